"""A delivery in, what its reader does with the mail out: the same for the same delivery, at the seeds' rates over many."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.solicitation.program import Program
from sandbox.ses.events import chance

MINUTES = 170  # from the first to the last reader of one hour's mails
SOONEST = 3  # minutes


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of the mails sent; of those who open some click, and of those some answer. `scanned` mails meet a machine that
    follows every link, `prefetched` ones a mail program that fetches images for nobody. `stars`: weights of 1 to 5.
    """

    opened: float
    clicked: float
    answered: float
    unsubscribed: float = 0.02
    scanned: float = 0.06
    prefetched: float = 0.10
    stars: tuple[float, ...] = (0.02, 0.07, 0.12, 0.27, 0.52)  # a mean of 4.2
    liked: float = 0.85
    wordy: float = 0.6


REVIEWS = Habits(opened=0.25, clicked=0.10, answered=0.05)  # seed 001
MUSIC = Habits(opened=0.30, clicked=0.18, answered=0.15)  # seed 000, the complete use case


@dataclass(frozen=True, slots=True)
class Reader:
    """One mail's reader. `after`: from the mail to its opening. Who opens and unsubscribes does nothing else."""

    opens: bool
    clicks: bool
    answers: bool
    unsubscribes: bool
    scanned: bool
    prefetched: bool
    after: timedelta
    stars: int
    likes: bool
    words: int | None
    draw: float


def habits_of(program: Program) -> Habits:
    return MUSIC if program.subject_type == "track" else REVIEWS


def reader_of(delivery: str, habits: Habits) -> Reader:
    """Drawn by the delivery's id alone."""

    def drawn(what: str) -> float:
        return chance("people", what, delivery)

    interest = drawn("interest")
    leaves = 1 - habits.unsubscribed <= interest
    opens = interest < habits.opened or leaves
    return Reader(
        opens=opens,
        clicks=interest < habits.clicked,
        answers=interest < habits.answered,
        unsubscribes=leaves,
        scanned=drawn("scanned") < habits.scanned,
        # Where images were fetched ahead, an opening is not seen; so only those who never look are among them.
        prefetched=not opens and drawn("prefetched") < habits.prefetched,
        after=timedelta(minutes=SOONEST + MINUTES * drawn("after") ** 2),
        stars=_weighted(habits.stars, drawn("stars")),
        likes=drawn("liked") < habits.liked,
        words=int(1000 * drawn("words")) if drawn("wordy") < habits.wordy else None,
        draw=drawn("more"),
    )


def _weighted(weights: Any, at: float) -> int:
    """The number, from 1, of the weight in which `at` lies."""
    total = 0.0
    for number, weight in enumerate(weights, start=1):
        total += weight
        if at < total:
            return number
    return len(weights)
