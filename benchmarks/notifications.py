"""Reminders: what one costs to decide and to put into words, and how much of a rate is used without ever passing it."""

from contextlib import redirect_stdout
from io import StringIO

from benchmarks import notification_generation, notification_pacing, notification_rendering
from benchmarks.result import Line

PARTS = (notification_generation, notification_rendering, notification_pacing)


def measure() -> list[Line]:
    with redirect_stdout(StringIO()):  # the handlers' own metrics are no lines of the table
        return [line for part in PARTS for line in part.measure()]


def check() -> None:
    """Both sides of each part make the same."""
    for part in PARTS:
        part.check()
