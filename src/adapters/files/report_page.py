"""A report's document in, one HTML page out that needs nothing but itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from adapters.files.charts import NARROW, bars, groups, lines_of_bars

TOP_ZONES = 15


@dataclass(frozen=True)
class ReportPage:
    """`folder` is that of all templates; the page is `report/report.html` in it."""

    folder: Path

    def render(self, document: Mapping[str, Any]) -> str:
        return self._template.render(**document, charts=self._charts(document), shown=shown, money=_money)

    @cached_property
    def _template(self) -> Template:
        environment = Environment(
            loader=FileSystemLoader(self.folder / "report"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        return environment.get_template("report.html")

    def _charts(self, document: Mapping[str, Any]) -> dict[str, Markup]:
        """Those charts there is something to show in."""
        sums, counts, bins = document["sums"], document["counts"], document["scores"]
        wanted: dict[str, str] = {}
        if any(bins):
            wanted["scores"] = bars(
                "Candidates by score", {f"{number / len(bins):.2f}": count for number, count in enumerate(bins)}
            )
        if sums["by_zone"]:
            wanted["zones"] = lines_of_bars("Mails by time zone", dict(list(sums["by_zone"].items())[:TOP_ZONES]))
        if sums["reasons"]:
            wanted["reasons"] = lines_of_bars("Selected but not sent, by reason", sums["reasons"])
        if counts.get("sent"):
            names = ("opened", "clicked")
            people = [counts.get(f"{name}Human", 0) for name in names]
            raw = [counts.get(name, 0) for name in names]
            answered = counts.get("answered", 0)
            wanted["engagement"] = groups(
                "Deliveries opened, clicked, answered",
                [*names, "answered"],
                {"people (estimate)": [*people, answered], "all, machines too": [*raw, answered]},
            )
        if any(sums["ratings"].values()):
            wanted["ratings"] = bars(
                "Answers by stars", {f"{stars} ★": n for stars, n in sums["ratings"].items()}, NARROW
            )
        return {name: Markup(svg) for name, svg in wanted.items()}  # noqa: S704 - our own SVG, its texts escaped by pygal


def shown(value: float | None, unit: str) -> str:
    """A figure as people read it."""
    if value is None:
        return "not measured"
    match unit:
        case "share":
            return f"{value:.2%}"
        case "seconds":
            return f"{value / 60:,.1f} min" if value >= 120 else f"{value:,.1f} s"
        case "milliseconds":
            return f"{value:,.1f} ms"
        case "money":
            return f"${value:,.4f}"
        case "stars":
            return f"{value:.2f} of 5"
        case "per_minute":
            return f"{value:,.0f} a minute"
    return f"{value:,.0f}"


def _money(value: float) -> str:
    return f"${value:,.4f}"
