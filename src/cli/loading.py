"""A file of scores and a stack in; the file dropped, and its load followed to its verdict, out."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from adapters.aws.load_ledger import LoadLedger
from cli.deployment import Deployment
from domain.errors import Rejected, Unavailable
from domain.scores.drop import NAME, Arrival, Drop, dropped
from domain.scores.load import REJECTED, Load
from domain.scores.places import FANLIST, SCRUBBED

PAUSE = 0.5  # seconds between two looks
LONGEST = 4 * 3600.0  # seconds; after that whoever waits may ask `status`
REGISTRANTS = ("globaluserid", "id", "isverified")  # columns that no fanlist has
Told = Callable[[Load], None]


@dataclass(frozen=True)
class File:
    """A file on this machine, and the key that it is to have in the scoring bucket."""

    path: Path
    key: str

    @classmethod
    def named(cls, path: Path, campaign: str | None, name: str | None, now: datetime) -> "File":
        """Rejected: it cannot be read, or nothing says which campaign it is for."""
        columns, stamp = header(path), now.strftime("%Y-%m-%dT%H-%M-%SZ")
        found, ending = NAME.fullmatch(path.name), ".csv.gz" if path.suffix == ".gz" else ".csv"
        if not set(REGISTRANTS) <= columns:
            if campaign is None:
                raise Rejected(f"{path}: a fanlist does not say which campaign it is for: give --campaign")
            return cls(path, f"{FANLIST}{campaign}/{stamp}{ending}")
        if found and campaign in (None, found["campaign"]) and name is None:
            return cls(path, SCRUBBED + path.name)
        if campaign is None and found is None:
            raise Rejected(f"{path}: its name does not say which campaign it is for: give --campaign")
        if campaign and "." in campaign:
            raise Rejected(f"a campaign called {campaign} fits into no file's name: it ends at its first dot")
        called = re.sub(r"[^\w-]+", "-", name or (found["name"] if found else None) or path.stem.partition(".")[0])
        whose = campaign or (found and found["campaign"])
        return cls(path, f"{SCRUBBED}registrants.{whose}.{called}.{stamp}.cleaned.prepared.merged{ending}")

    def drop(self, version: str = "", sequencer: str = "", now: datetime | None = None, bucket: str = "") -> Drop:
        """The file as a load knows it."""
        return dropped(Arrival(bucket, self.key, version, sequencer, now or datetime.now(UTC)))

    def lines(self) -> Iterator[bytes]:
        with opened(self.path) as file:
            yield from file


def put(deployment: Deployment, file: File) -> Drop:
    """Drop the file where files are dropped. What follows happens by itself."""
    bucket = deployment.names["scoring_bucket"]
    with file.path.open("rb") as body:
        answer = deployment.client("s3").put_object(Bucket=bucket, Key=file.key, Body=body)
    return file.drop(answer.get("VersionId") or answer["ETag"].strip('"'), bucket=bucket)


def followed(deployment: Deployment, drop: Drop, told: Told = lambda load: None, longest: float = LONGEST) -> Load:
    """Its load, once it is settled or rejected; `told` hears of each step. Unavailable: it takes too long."""
    ledger = LoadLedger(deployment.client("dynamodb"), deployment.names["scores_table"])
    give_up = monotonic() + longest
    while monotonic() < give_up:
        found = next((it for it in ledger.loads(drop.campaign) if it.load == drop.load), None)
        if found:
            told(found)
            if found.settled_as or found.state == REJECTED:
                return found
        sleep(PAUSE)
    raise Unavailable(
        f"load {drop.load} is not settled yet; `ovation scores status {drop.campaign}` tells how it stands"
    )


def header(path: Path) -> set[str]:
    """The columns, in small letters. Rejected: the file cannot be read."""
    try:
        with opened(path) as file:
            first = file.readline(1 << 16)
    except OSError as error:  # a broken gzip too
        raise Rejected(f"{path} cannot be read: {error.strerror or error}") from error
    return {column.strip().strip('"').lower() for column in first.decode("utf-8-sig", "replace").split(",")}


def opened(path: Path) -> Any:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
