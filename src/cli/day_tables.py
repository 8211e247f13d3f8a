"""A lived day's books in, what a person or a script reads of them out: mails by local hour, and what came of them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from sandbox.day_books import DayBooks

Reasons = Counter[str]


def mails_by_hour(books: DayBooks) -> Table:
    """A line an instant at which mails went out: the hour it was for their readers, and where they live."""
    table = Table(title=f"{books.program}: mails of {books.day}", title_justify="left", title_style="bold")
    table.add_column("sent (UTC)")
    table.add_column("their time")
    table.add_column("zones", overflow="fold")
    table.add_column("mails", justify="right")
    for slot in books.slots():
        table.add_row(f"{slot.at:%b %d %H:%M}", ", ".join(slot.local), ", ".join(slot.zones), f"{slot.mails:,}")
    table.add_section()
    table.add_row("", "", f"{len(books.campaigns)} campaigns", f"{len(books.letters):,}")
    return table


def what_came_of_it(books: DayBooks) -> Table:
    """Counts, with the share of the mails sent; of opens and clicks those of people, and all that were seen."""
    table = Table(title=f"{books.program}: what came of them", title_justify="left", title_style="bold")
    for name in ("what", "people", "share of sent", "machines too"):
        table.add_column(name, justify="left" if name == "what" else "right")
    sent = books.counts.get("sent", 0)
    for what, people, everything in _lines(books):
        share = f"{people / sent:.1%}".replace("%", " %") if sent else ""
        table.add_row(what, f"{people:,}", share, f"{everything:,}" if everything is not None else "")
    table.add_section()
    for what, value in _facts(books):
        table.add_row(what, value)
    return table


def document(books: DayBooks, page: Path) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "program": books.program,
        "date": books.day.isoformat(),
        "campaigns": len(books.campaigns),
        "mails": len(books.letters),
        "slots": [
            {"at": slot.at.isoformat(), "local": list(slot.local), "zones": list(slot.zones), "mails": slot.mails}
            for slot in books.slots()
        ],
        "counts": dict(books.counts),
        "not_sent": dict(not_sent(books)),
        "deeds": dict(books.done),
        "answers": len(books.answers),
        "consumed": books.consumed,
        "mean_stars": books.mean_stars,
        "liked": books.liked,
        "report": str(page),
    }


def not_sent(books: DayBooks) -> Reasons:
    """The selected who got no mail, by their one reason."""
    return Counter(row["reason"] for row in books.deliveries if row.get("reason"))


def _lines(books: DayBooks) -> Iterator[tuple[str, int, int | None]]:
    counts = books.counts
    yield "sent", counts.get("sent", 0), None
    yield "delivered", counts.get("delivered", 0), None
    yield "bounced", counts.get("bounced", 0), None
    yield "opened", counts.get("openedHuman", 0), counts.get("opened", 0)
    yield "clicked", counts.get("clickedHuman", 0), counts.get("clicked", 0)
    yield "answered", counts.get("answered", 0), None
    yield "unsubscribed", counts.get("unsubscribed", 0), None


def _facts(books: DayBooks) -> Iterator[tuple[str, str]]:
    yield "answers stored", f"{len(books.answers):,}"
    yield "candidates consumed", f"{books.consumed:,}"
    if books.mean_stars is not None:
        yield "mean rating", f"{books.mean_stars:.2f}"
    elif books.answers:
        yield "thumbs up", f"{books.liked:,} of {len(books.answers):,}"
    yield "products or tracks rated", f"{len(books.subjects):,}"
    for reason, count in sorted(not_sent(books).items()):
        yield f"not sent: {reason}", f"{count:,}"
