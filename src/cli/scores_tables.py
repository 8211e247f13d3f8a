"""A campaign's counts and loads in, what to show of them out: figures, and the sums that must hold among them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from domain.scores.accounting import Identity, of_counts, of_entries, of_load
from domain.scores.counting import Counts
from domain.scores.load import LOADED, Load
from domain.scores.plan import FATES, Plan

ENTRY_FIGURES = (
    "records",
    "input",
    "scoring",
    "entries",
    "inserted",
    "updated",
    "found",
    "combined",
    "parked",
    "waiting",
)


def identities(load: Load) -> Iterator[Identity]:
    """Of a load that was read to its end; before that there is nothing to add up."""
    if load.state == LOADED:
        yield from of_load(load.progress.figures, load.counted)
        if load.entries:
            yield of_entries(load.entries)


def document(campaign: str, counts: Counts, loads: Sequence[Load], slack: Mapping[str, Any]) -> dict[str, Any]:
    """All of it, for scripts."""
    return {
        "campaignId": campaign,
        "counts": counts.figures.by_name(),
        "identity": told(of_counts(counts.figures.by_name())),
        "slack": {name: slack.get(name) for name in ("verified", "rejected", "selected", "text", "at")},
        "loads": [of_one(load) for load in loads],
    }


def of_one(load: Load) -> dict[str, Any]:
    """One load."""
    return {
        "loadId": load.load,
        "key": load.drop.arrival.key,
        "state": load.state,
        "why": load.why,
        "settledAs": load.settled_as,
        "count": dict(load.progress.figures),
        "reasons": dict(load.progress.reasons),
        "counted": dict(load.counted),
        "entries": dict(load.entries),
        "identities": [told(it) for it in identities(load)],
    }


def told(identity: Identity) -> dict[str, Any]:
    return {"text": str(identity), "holds": identity.holds}


def of_campaign(campaign: str, counts: Counts, slack: Mapping[str, Any]) -> Table:
    table = Table(title=escape(f"{campaign}: counts"), title_justify="left")
    table.add_column("figure")
    table.add_column("now", justify="right")
    table.add_column("as Slack was told", justify="right")
    for name, figure in counts.figures.by_name().items():
        last = slack.get(name)
        table.add_row(name, f"{figure:,}", f"{last:,}" if isinstance(last, int) else "")
    said = [f"Slack: {escape(slack['text'])}"] if slack.get("text") else []
    table.caption = "\n".join([str(of_counts(counts.figures.by_name())), *said])
    table.caption_justify = "left"
    return table


def of_loads(loads: Sequence[Load]) -> Iterator[Table]:
    """The last one first."""
    for load in reversed(loads):
        state = load.settled_as or load.state.lower()
        table = Table(title=f"load {load.load}: {state}", title_justify="left", show_header=False)
        table.add_column("what")
        table.add_column("figures")
        table.add_row("file", escape(load.drop.arrival.key))
        if load.why:
            table.add_row("rejected", escape(load.why))
        for identity in identities(load):
            table.add_row("holds" if identity.holds else "does not hold", str(identity))
        if load.progress.reasons:
            found = sorted(load.progress.reasons.items(), key=lambda it: -it[1])
            table.add_row("refused rows", ", ".join(f"{reason} {count:,}" for reason, count in found))
        if load.entries:
            shown = ((name, load.entries[name]) for name in ENTRY_FIGURES if load.entries.get(name))
            table.add_row("Entry Service", ", ".join(f"{name} {count:,}" for name, count in shown))
        yield table


def of_plan(plan: Plan) -> Table:
    """By market, and all of them."""
    table = Table(title="What loading the file would do", title_justify="left", show_footer=True)
    totals = plan.totals()
    table.add_column("market", footer="all")
    for fate in FATES:
        table.add_column(fate.replace("_", " "), justify="right", footer=f"{totals[fate]:,}")
    for market, fates in plan.markets():
        table.add_row(escape(market), *(f"{fates[fate]:,}" for fate in FATES))
    return table
