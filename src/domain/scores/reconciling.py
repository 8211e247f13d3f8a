"""What two looks at the fans' rows found, and the counts in between, in; which campaigns have drifted and what mends them out.

Why a repair is exact, although rows change and changes are on their way to be counted while it works:

1. A look takes each row's content into a fingerprint. Where both looks found the same, each row was the same when it was read twice;
   so no row of the campaign changed from the end of the first look to the beginning of the second, and what was recounted is the
   state of the whole campaign at any instant in between. (Each write of ours leaves another content behind. Only a neighbour's verdict
   that is set and taken back within a repair would not be seen; the next night sees what it did.)
2. The fence is the middle of that quiet time. Changes made before the fence are in the recount, and `process_saved_scores` passes
   over those of them that it has not counted yet, however long their shard is stuck. Changes made after it came after the second look
   began, and will be counted. A record tells its time in whole seconds, rounded down, so the quiet time ends a second early; what is
   left on either side of the fence is what another machine's clock may be wrong by.
3. The counts were read within the quiet time, and the repair is written only if their `version` still stands; so no change that came
   after the fence has been counted yet and is overwritten.
4. A transaction that read the fence before the repair carries the condition that `repairs` still stands: it is done anew.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from domain.scores.counting import Counts, Figures, Row, figures_of

WIDTH = 16  # bytes of a fingerprint
MODULUS = 2 ** (8 * WIDTH)
NOTHING = Figures()
RESOLUTION = timedelta(seconds=1)  # of the time that a record tells, rounded down (AWS)


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A fan's row as a look found it; `content` is its key and all that our writes, and those that are counted, can change.

    `row` None: it is no fan's, but tells that the campaign has counts.
    """

    campaign: str
    row: Row | None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Recount:
    """Of one campaign. The fingerprint does not depend on the order in which rows were found."""

    figures: Figures = NOTHING
    fingerprint: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What stood in a campaign's counts and what its rows say. `busy`: rows or counts moved meanwhile, so neither is to be relied on."""

    campaign: str
    counts: Counts
    recounted: Figures
    busy: bool = False
    repaired: bool = False

    @property
    def drift(self) -> int:
        return (self.counts.figures - self.recounted).distance


def recount(rows: Iterable[SavedRow]) -> dict[str, Recount]:
    """By campaign. Of a table of millions each row is taken in a few microseconds: alike ones are counted before they are added up."""
    alike: Counter[tuple[str, Row | None]] = Counter()
    prints: dict[str, int] = {}
    for it in rows:
        alike[it.campaign, it.row] += 1
        if it.row:
            digest = blake2b(it.content, digest_size=WIDTH).digest()
            prints[it.campaign] = prints.get(it.campaign, 0) + int.from_bytes(digest)
    figures: dict[str, Figures] = {}
    for (campaign, row), number in alike.items():
        figures[campaign] = figures.get(campaign, NOTHING) + figures_of(row) * number
    return {campaign: Recount(it, prints.get(campaign, 0) % MODULUS) for campaign, it in figures.items()}


def merged(looks: Iterable[Mapping[str, Recount]]) -> dict[str, Recount]:
    """One look, of its segments."""
    whole: dict[str, Recount] = {}
    for look in looks:
        for campaign, part in look.items():
            one = whole.get(campaign, Recount())
            whole[campaign] = Recount(one.figures + part.figures, (one.fingerprint + part.fingerprint) % MODULUS)
    return whole


def differing(look: Mapping[str, Recount], counts: Mapping[str, Counts]) -> list[str]:
    """The campaigns whose counts do not say what the rows say; they may only be late."""
    return sorted(campaign for campaign, it in look.items() if it.figures != counts[campaign].figures)


def found(campaign: str, first: Recount, second: Recount, counts: Counts) -> Finding:
    """`counts` as they were read between the looks. What agrees by then was only late."""
    finding = Finding(campaign, counts, second.figures, busy=first.fingerprint != second.fingerprint)
    return Finding(campaign, counts, second.figures) if not finding.drift else finding


def fence(first_ended: datetime, second_began: datetime) -> datetime:
    """Changes that tell a time before it are in a recount that both looks agree on; the others are not."""
    latest = max(first_ended, second_began - RESOLUTION)
    return first_ended + (latest - first_ended) / 2
