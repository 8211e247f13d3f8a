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
from sandbox.sample.campaigns import NAME, campaign
from sandbox.sample.fanlist import write_fanlist
from sandbox.sample.registrants import mixed, write_registrants

CAMPAIGN = "lantern-parade"
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
    files, wanted, first = written(rows, scratch)
    loads, seconds = [], []
    for path, whose in files:
        began = monotonic()
        file = File.named(path, whose, NAME if whose == CAMPAIGN else None, datetime.now(UTC))
        loads.append(followed(deployment, put(deployment, file), longest=LONGEST))
        seconds.append(monotonic() - began)
    found = ScoreCounts(deployment.client("dynamodb"), deployment.names["scores_table"]).read([CAMPAIGN, LISTED])
    counts = {
        "verified": found[CAMPAIGN].verified,
        "rejected": found[CAMPAIGN].rejected,
        "listed": found[LISTED].unscored,
    }
    posts = [it["text"] for it in sandbox.neighbours.slack.messages]
    entered = len(sandbox.neighbours.entries.entries.get(CAMPAIGN, ()))
    return Told(loads, seconds, counts, wanted, posts, entered, first)


def written(rows: int, scratch: Path) -> tuple[Sequence[tuple[Path, str]], Mapping[str, int], int]:
    """The files with their campaigns, the counts that they must lead to, and the fans of rank 0."""
    first, second, listed = scratch / "first.csv", scratch / "corrected.csv", scratch / "friends.csv"
    kinds = mixed(rows)
    expected = write_registrants(first, seed=1, campaign=CAMPAIGN, **kinds)
    verified = expected["verified"] + FLIPS // 4
    corrected = write_registrants(second, seed=1, campaign=CAMPAIGN, flips=FLIPS, verified=verified, **kinds)
    fans = write_fanlist(listed, rows // 2, 1, invalid=rows // 100, duplicate=rows // 100)
    wanted = {"verified": corrected["verified"], "rejected": corrected["rejected"], "listed": fans["valid"]}
    files = ((first, CAMPAIGN), (second, CAMPAIGN), (second, CAMPAIGN), (listed, LISTED))
    return files, wanted, corrected["first"]


def introduce(sandbox: Sandbox) -> None:
    """The campaigns, as Campaign Service has them."""
    sandbox.neighbours.campaigns.add(*campaign(CAMPAIGN))
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
