"""A report in, Slack's message of it out, in the words of seed 004: one sentence, and the counts beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.scores.load import COMPLETE
from domain.scores.report import TOLD, Report

LONGEST = 150  # characters of a name, or of what is missing; nobody reads on
GOOD, ODD, GREY = "good", "warning", "#9e9e9e"  # Slack's words for green and amber; grey: nothing was scored
MANY_REFUSED = 0.05  # a larger share of a file's rows is a fault of who made it (reference, 3.3)
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # Slack: what a text must not hold as it is


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent to Slack: `text` for notifications, the blocks above, the attachments beneath."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]


def post(report: Report, name: str | None, environment: str) -> Post:
    """`name` as people call the campaign; where there is none, the file's will do."""
    called = plain(name) if name else readable(report.file)
    text = sentence(report, called)
    header = " · ".join(
        (*((f"*{escaped(called)}*",) if called else ()), escaped(report.campaign), escaped(environment))
    )
    fields = [{"title": title, "value": value, "short": True} for title, value in _counts(report)]
    beneath = {"color": colour(report), "fallback": text, "text": text, "fields": fields, "mrkdwn_in": []}
    return Post(text, ({"type": "section", "text": {"type": "mrkdwn", "text": header}},), (beneath,))


def sentence(report: Report, name: str | None) -> str:
    """`Campaign 'Taylor Swift Presale' scoring complete: 75,000 verified (+3,000), 23,500 rejected (-3,000)`."""
    campaign = f"Campaign '{escaped(name)}'" if name else "Campaign"
    if report.outcome == COMPLETE:
        return f"{campaign} scoring complete: {_figures(report)}"
    after = f" after {report.minutes:,} minutes" if report.minutes else ""
    missing = escaped(", ".join(map(plain, report.missing)))
    return f"{campaign} scoring incomplete: {missing}{after}; {_figures(report)} so far"


def colour(report: Report) -> str:
    if report.outcome != COMPLETE or report.refused > report.rows * MANY_REFUSED:
        return ODD
    return GOOD if report.processed or report.figures["verified"] or report.figures["rejected"] else GREY


def readable(name: str | None) -> str | None:
    """A campaign as a file calls it, as people would: `taylor-swift` is Taylor Swift; capitals that are there stay."""
    words = re.split(r"[\s_.+-]+", plain(name or ""))
    return " ".join(it[:1].upper() + it[1:] for it in words if it) or None


def plain(text: str) -> str:
    """One line of some length."""
    line = " ".join("".join(it if it.isprintable() else " " for it in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def escaped(text: str) -> str:
    """So that no name calls a channel or is a link."""
    return text.translate(ESCAPES)


def _figures(report: Report) -> str:
    """A figure that is 0 and was 0 is not worth a word, but for the verified."""
    last = report.last.figures if report.last else {}
    told = [] if report.of_fans else [it for it in TOLD if it == TOLD[0] or report.figures[it] or last.get(it)]
    words = [f"{report.figures[it]:,} {it}{_change(report, it)}" for it in told]
    if report.processed is not None:
        words.append(f"{report.processed:,} records processed")
    return ", ".join(words)


def _change(report: Report, name: str) -> str:
    """Since Slack heard of it last: nothing where it has not changed, or was never told."""
    if report.last is None:
        return ""
    by = report.figures[name] - report.last.figures.get(name, 0)
    return f" ({by:+,})" if by else ""


def _counts(report: Report) -> list[tuple[str, str]]:
    counts = [(name.capitalize(), f"{report.figures[name]:,}{_change(report, name)}") for name in TOLD]
    if report.processed is not None:
        counts.append(("Records processed", f"{report.processed:,}"))
    if report.refused:
        counts.append(("Rows refused", f"{report.refused:,} of {report.rows:,}"))
    return counts
