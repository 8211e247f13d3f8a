"""What a lived day left in tables and buckets, and what people say they did, in; the day's counts out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.aws import batch_items
from adapters.aws.deliveries import Deliveries
from adapters.aws.responses import Responses
from adapters.aws.subjects import aggregate_key
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.program import Program
from sandbox.people import Deed, Letter
from sandbox.runtime import Sandbox

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """The mails SES took at one instant, and what time it was for their readers."""

    at: datetime
    local: Sequence[str]
    zones: Sequence[str]
    mails: int


ANSWERING = timedelta(days=3)  # after the day itself: the last zones answer a day later


@dataclass(frozen=True)
class DayBooks:
    """`counts` are the campaigns' own counters, `deeds` what people and machines did; `consumed` the answered candidates that will
    not be asked again; `subjects` the answered subjects' aggregates; `report` is where the page lies.
    """

    program: str
    day: date
    campaigns: Sequence[Row]
    deliveries: Sequence[Row]
    letters: Sequence[Letter]
    deeds: Sequence[Deed]
    counts: Mapping[str, int]
    answers: Sequence[Row]
    consumed: int
    subjects: Sequence[Row]
    report: str

    @property
    def done(self) -> Mapping[str, int]:
        """How often each deed was done."""
        return Counter(deed.what for deed in self.deeds)

    def slots(self) -> list[Slot]:
        """In order; a mail's local time is that of its recipient's zone."""
        zones = {row["id"]: row["zone"] for row in self.deliveries}
        taken: dict[datetime, Counter[str]] = {}
        for letter in self.letters:
            taken.setdefault(letter.accepted_at, Counter())[zones[letter.delivery]] += 1
        return [
            Slot(at, sorted({f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for zone in by}), sorted(by), sum(by.values()))
            for at, by in sorted(taken.items())
        ]

    @property
    def mean_stars(self) -> float | None:
        stars = [answer["stars"] for answer in self.answers if answer.get("stars")]
        return sum(stars) / len(stars) if stars else None

    @property
    def liked(self) -> int:
        return sum(answer.get("thumb") == "up" for answer in self.answers)


def read_books(
    sandbox: Sandbox, program: Program, day: date, letters: Sequence[Letter], deeds: Sequence[Deed]
) -> DayBooks:
    names, dynamodb = sandbox.address.names, sandbox.client("dynamodb")
    table = Deliveries(dynamodb, names["deliveries_table"])
    campaigns = list(table.campaigns(program.id, day))
    deliveries = [row for campaign in campaigns for row in table.of_campaign(campaign["id"])]
    counts: Counter[str] = Counter()
    for campaign in campaigns:
        counts.update(table.counts(campaign["id"]))
    answers = _answers(sandbox, program, day, deliveries)
    return DayBooks(
        program=program.id,
        day=day,
        campaigns=campaigns,
        deliveries=deliveries,
        letters=letters,
        deeds=deeds,
        counts=counts,
        answers=answers,
        consumed=_consumed(sandbox, program, answers),
        subjects=_subjects(sandbox, program, answers),
        report=f"s3://{names['outputs_bucket']}/reports/{program.id}/{day}.html",
    )


def _answers(sandbox: Sandbox, program: Program, day: date, deliveries: Sequence[Row]) -> list[Row]:
    """The answers to this day's mails."""
    asked = {row["id"] for row in deliveries}
    table = Responses(sandbox.client("dynamodb"), sandbox.address.names["responses_table"])
    days = [day + timedelta(days=n) for n in range(ANSWERING.days + 1)]
    return [answer for each in days for answer in table.of_day(program.id, each) if answer.get("delivery") in asked]


def _consumed(sandbox: Sandbox, program: Program, answers: Sequence[Row]) -> int:
    keys = [
        {
            "PK": customer_key(answer["customer"]),
            "SK": f"PROGRAM#{escaped(program.id)}#SUBJECT#{escaped(answer['subject'])}",
        }
        for answer in answers
    ]
    table = sandbox.address.names["candidates_table"]
    found = batch_items.get(sandbox.client("dynamodb"), table, keys, consistent=True)
    return sum(item.get("status") == "CONSUMED" for item in found)


def _subjects(sandbox: Sandbox, program: Program, answers: Sequence[Row]) -> list[Row]:
    keys = [aggregate_key(program.id, subject) for subject in sorted({answer["subject"] for answer in answers})]
    table = sandbox.address.names["subjects_table"]
    return list(batch_items.get(sandbox.client("dynamodb"), table, keys, consistent=True))
