"""A file that was dropped into the scoring bucket: its key in; which campaign it is for, how new it is and its load's id out."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from domain.errors import Rejected
from domain.scores.places import FANLIST, SCRUBBED

REGISTRANTS, FANS = "registrants", "fanlist"  # the two kinds of files
# A campaign's id has 200 characters at most: it becomes part of other keys, and S3's have 1,024 bytes.
# scrubbed/registrants.<campaignId>.<campaignName>.<dateTime>.cleaned.prepared.merged.csv, or shorter: all from the name on may be missing
NAME = re.compile(
    r"registrants\.(?P<campaign>[^./]{1,200})"
    r"(?:\.(?P<name>[^/]+?))??"  # only where what follows is nothing else
    r"(?:\.(?P<at>\d{4}-?\d\d-?\d\dT[\d:.-]+?(?:Z|[+-]\d\d:?\d\d)?))?"
    r"(?:\.cleaned)?(?:\.prepared)?(?:\.merged)?\.csv(?:\.gz)?"
)
SCORED = re.compile(r"(?P<campaign>[^/]{1,200})/(?P<at>[^/]+?)\.csv(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What S3 tells of a new object: `key` decoded, `sequencer` S3's own order of one key's versions, `at` when it came."""

    bucket: str
    key: str
    version_id: str  # or the ETag, where the bucket keeps no versions
    sequencer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """One version of one file. `load` is its id: the same however often its event comes; `version` sorts loads by age."""

    arrival: Arrival
    kind: str
    campaign: str
    name: str | None  # of the campaign, as the file is called
    scored_at: datetime

    @property
    def load(self) -> str:
        told = "\x00".join((self.arrival.bucket, self.arrival.key, self.arrival.version_id))
        return sha256(told.encode()).hexdigest()[:12]

    @property
    def version(self) -> str:
        """The file's own time first; of files that tell the same, the one that S3 took last is newer."""
        return f"{sortable(self.scored_at)}#{sortable(self.arrival.at)}#{self.arrival.sequencer.rjust(32, '0')}"


def dropped(arrival: Arrival) -> Drop:
    """What the file is. Rejected: nothing that is loaded has such a name; the text names the key and the names there are."""
    key = arrival.key
    if key.startswith(SCRUBBED) and (found := NAME.fullmatch(key.removeprefix(SCRUBBED))):
        return Drop(arrival, REGISTRANTS, found["campaign"], found["name"], _instant(found["at"], arrival.at))
    if key.startswith(FANLIST) and (found := SCORED.fullmatch(key.removeprefix(FANLIST))):
        return Drop(arrival, FANS, found["campaign"], None, _instant(found["at"], arrival.at))
    raise Rejected(
        f"{key}: not loaded; a file is called {SCRUBBED}registrants.<campaignId>.<campaignName>.<dateTime>"
        f".cleaned.prepared.merged.csv or {FANLIST}<campaignId>/<timestamp>.csv"
    )


def _instant(text: str | None, otherwise: datetime) -> datetime:
    """An ISO time, also without colons or zone (then UTC), or epoch seconds or milliseconds; what is none counts as not told."""
    try:
        return _told(text).astimezone(UTC) if text else otherwise
    except (ValueError, OverflowError):
        return otherwise


def _told(text: str) -> datetime:
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    date, _, time = text.partition("T")
    colons = re.sub(r"^(\d\d)-(\d\d)-(\d\d)", r"\1:\2:\3", time)
    found = datetime.fromisoformat(f"{date}T{colons}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def sortable(at: datetime) -> str:
    """All of one length, so that texts sort as times do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
