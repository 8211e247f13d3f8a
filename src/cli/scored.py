"""A sandbox in, what a file of scores, a corrected one, the same again and a fanlist lead to, out: the scores' part of `ovation demo`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from rich.table import Table

from adapters.aws.score_counts import ScoreCounts
from cli.deployment import Deployment
from cli.loading import File, followed, put
from cli.scores_tables import identities
from domain.scores.load import COMPLETE, UNCHANGED, Load
from sandbox.runtime import Sandbox
from sandbox.sample.fanlist import write_fanlist
from sandbox.sample.registrant_rows import MARKETS
from sandbox.sample.registrants import mixed, write_registrants

CAMPAIGN, NAME = "lantern-parade", "Lantern Parade Presale"
LISTED, LIST_NAME = "lantern-friends", "Friends of the Lantern Parade"
FLIPS = 40  # fans who are what they were not in the corrected file
LONGEST = 240.0  # seconds for one load
SETTLED = (COMPLETE, COMPLETE, UNCHANGED, COMPLETE)


@dataclass(frozen=True)
class Told:
    """`counts` by campaign as counted, `wanted` as the files were made; `posts` are Slack's, in order; seconds of each load."""

    loads: Sequence[Load]
    seconds: Sequence[float]
    counts: Mapping[str, int]
    wanted: Mapping[str, int]
    posts: Sequence[str]
    entered: int
    entries_wanted: int

    @property
    def as_wanted(self) -> bool:
        """Every figure, every sum, one post a result, and none for the file that came twice."""
        sums = all(it.holds for load in self.loads for it in identities(load))
        settled = tuple(load.settled_as for load in self.loads) == SETTLED
        return (
            sums
            and settled
            and self.counts == self.wanted
            and len(self.posts) == 3
            and self.entered == self.entries_wanted
        )


def told(sandbox: Sandbox, rows: int, scratch: Path) -> Told:
    """Drop four files one after the other, each when the one before is settled."""
    deployment = Deployment.of(sandbox.client, "ovation-sandbox-scores", "scores")
    introduce(sandbox)
    first, flipped, listed = scratch / "first.csv", scratch / "corrected.csv", scratch / "friends.csv"
    kinds = mixed(rows)
    expected = write_registrants(first, seed=1, campaign=CAMPAIGN, **kinds)
    corrected = write_registrants(
        flipped, seed=1, campaign=CAMPAIGN, flips=FLIPS, verified=expected["verified"] + FLIPS // 4, **kinds
    )
    fans = write_fanlist(listed, rows // 2, 1, invalid=rows // 100, duplicate=rows // 100)
    loads, seconds = [], []
    for path, campaign in ((first, CAMPAIGN), (flipped, CAMPAIGN), (flipped, CAMPAIGN), (listed, LISTED)):
        began = monotonic()
        name = NAME if campaign == CAMPAIGN else None
        loads.append(
            followed(deployment, put(deployment, File.named(path, campaign, name, datetime.now(UTC))), longest=LONGEST)
        )
        seconds.append(monotonic() - began)
    counts = ScoreCounts(deployment.client("dynamodb"), deployment.names["scores_table"]).read([CAMPAIGN, LISTED])
    scored, unscored = counts[CAMPAIGN].figures, counts[LISTED].figures
    return Told(
        loads,
        seconds,
        {"verified": scored.verified, "rejected": scored.rejected, "listed": unscored.unscored},
        {"verified": corrected["verified"], "rejected": corrected["rejected"], "listed": fans["valid"]},
        [it["text"] for it in sandbox.neighbours.slack.messages],
        len(sandbox.neighbours.entries.entries.get(CAMPAIGN, ())),
        corrected["first"],
    )


def introduce(sandbox: Sandbox) -> None:
    """The campaigns, as Campaign Service has them."""
    markets = [{"id": f"{number:024d}", "name": name.upper()} for number, name in enumerate(MARKETS)]
    sandbox.neighbours.campaigns.add({"id": CAMPAIGN, "name": NAME, "type": "registration"}, markets)
    sandbox.neighbours.campaigns.add({"id": LISTED, "name": LIST_NAME, "type": "fanlist", "identifier": "email"})


def table(found: Told) -> Table:
    """What to show."""
    shown = Table(title="scores: a file, a corrected one, the same again, and a fanlist", title_justify="left")
    for head in ("load", "rows", "fans", "created", "updated", "unchanged", "settled", "seconds"):
        shown.add_column(head, justify="left" if head in ("load", "settled") else "right")
    for load, seconds in zip(found.loads, found.seconds, strict=True):
        figures = (
            load.progress.figures["in"],
            *(load.counted.get(it, 0) for it in ("unique", "created", "updated", "unchanged")),
        )
        shown.add_row(load.load, *(f"{it:,}" for it in figures), load.settled_as or load.state, f"{seconds:.1f}")
    shown.caption, shown.caption_justify = "\n".join(["Slack:", *found.posts]), "left"
    return shown


def document(found: Told) -> dict[str, Any]:
    """For scripts."""
    return {
        "counts": dict(found.counts),
        "wanted": dict(found.wanted),
        "posts": list(found.posts),
        "entries": found.entered,
        "seconds": [round(it, 3) for it in found.seconds],
    }
