"""A run's result in, the tables a person reads out: the funnel, the scores, and what another setting would change."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

Result = Mapping[str, Any]


def funnel(result: Result) -> Table:
    """Every row in, what took it out, and what is left: the numbers add up from top to bottom."""
    title = f"{result['program']} on {result['date']}" + (" (dry run)" if result.get("dry_run") else "")
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("step")
    table.add_column("candidates", justify="right")
    table.add_column("share of unique", justify="right")
    table.add_row("extracted", _count(result["extracted"]), "")
    for name in ("rejected", "duplicates"):
        table.add_row(f"  {name}", _minus(result[name]), "")
    table.add_row("unique", _count(result["candidates"]), "100.0 %", end_section=True)
    for step in result["filters"]:
        table.add_row(f"  {step['filter']}", _minus(step["removed"]), _percent(step["share"]))
    table.add_row(
        "eligible",
        _count(result["eligible"]),
        _percent(_share(result["eligible"], result["candidates"])),
        end_section=True,
    )
    for level, reach in (("high", "0.7 to 1.0"), ("medium", "0.4 to 0.7"), ("low", "0.0 to 0.4")):
        table.add_row(
            f"  {level} ({reach})",
            _count(result["scores"][level]),
            _percent(_share(result["scores"][level], result["eligible"]), "of eligible"),
        )
    table.add_row("stored", _count(result["stored"]), f"{result['seconds']:.1f} s")
    return table


def difference(before: Result, after: Result, settings: list[str]) -> Table:
    """What `settings` would change: the program as it stands, with them, and the difference, a line a filter."""
    table = Table(
        title=f"{after['program']} on {after['date']} with {', '.join(settings)}",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("step")
    for name in ("as it stands", "with it", "difference"):
        table.add_column(name, justify="right")
    for step, was, now in changes(before, after):
        table.add_row(step, _count(was), _count(now), f"{now - was:+,}" if now != was else "")
    return table


def changes(before: Result, after: Result) -> list[tuple[str, int, int]]:
    """Each step's count before and after; a filter only one of the two has counts 0 in the other."""
    removed = [{step["filter"]: step["removed"] for step in result["filters"]} for result in (before, after)]
    names = dict.fromkeys([*removed[0], *removed[1]])
    rows = [("unique", before["candidates"], after["candidates"])]
    rows += [(f"removed by {name}", removed[0].get(name, 0), removed[1].get(name, 0)) for name in names]
    rows += [("eligible", before["eligible"], after["eligible"])]
    rows += [(level, before["scores"][level], after["scores"][level]) for level in ("high", "medium", "low")]
    return rows


def _count(number: int) -> str:
    return f"{number:,}"


def _minus(number: int) -> str:
    return f"-{number:,}" if number else "0"


def _percent(share: float, of: str = "") -> str:
    return f"{share:.1%}".replace("%", " %") + (f" {of}" if of else "")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
