"""A day's campaigns, deliveries and answers in, the sums its report shows out; one pass, nothing kept of a person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from domain.solicitation.delivery import FINAL

Item = Mapping[str, Any]
Pairs = set[tuple[str, str]]  # customer and subject


@dataclass
class Sums:
    """`by_zone`: zone -> planned and sent; `reasons`: why selected candidates got no mail; `by_campaign`: the day's campaigns."""

    counts: dict[str, int] = field(default_factory=dict)
    selected: int = 0
    recipients: int = 0
    by_zone: dict[str, int] = field(default_factory=dict)
    by_slot: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    by_campaign: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked_answered: int = 0
    holdout: int = 0
    holdout_answered: int = 0
    answers: int = 0
    by_channel: dict[str, int] = field(default_factory=dict)
    stars: tuple[int, int] = (0, 0)
    ratings: dict[str, int] = field(default_factory=dict)
    thumbs: tuple[int, int] = (0, 0)


def summed(
    campaigns: Iterable[Item],
    deliveries: Iterable[Item],
    left_out: Iterable[Item],
    answers: Iterable[Item],
    counts: Mapping[str, int],
    answers_after: Iterable[Item] = (),
) -> Sums:
    """`counts` are the campaigns' counters, already added up; `answers_after` are the next day's, when late zones are sent to.

    Those asked and those held out are compared by their answers of both days, whichever channel they came by.
    """
    sums = Sums(counts=dict(counts))
    _campaigns(sums, campaigns)
    asked, held = _deliveries(sums, deliveries)
    reasons = Counter(sums.reasons)
    reasons.update(row["reason"] for row in left_out if row["reason"] != "holdout")
    sums.reasons = dict(reasons.most_common())
    today = list(answers)
    _answers(sums, today)
    answered = {(answer["customer"], answer["subject"]) for answer in chain(today, answers_after)}
    sums.asked_answered, sums.holdout_answered = len(asked & answered), len(held & answered)
    return sums


def over(campaign: Item) -> bool:
    """Whether every candidate a campaign has selected has come to an end; `campaign` is one of `by_campaign`."""
    return campaign["state"] in ("SCHEDULED", "SENDING") and campaign["ended"] >= campaign.get("selected", 0)


def _campaigns(sums: Sums, campaigns: Iterable[Item]) -> None:
    slots: Counter[str] = Counter()
    for campaign in campaigns:
        counts = campaign["counts"]
        sums.selected += counts.get("selected", 0)
        sums.recipients += counts.get("recipients", 0)
        slots.update({slot["at"]: slot["recipients"] for slot in campaign.get("slots", ())})
        about = {"template": campaign["templateId"], "state": campaign["state"], "ended": 0}
        sums.by_campaign[campaign["id"]] = {**about, **counts}
    sums.by_slot = dict(sorted(slots.items()))


def _deliveries(sums: Sums, deliveries: Iterable[Item]) -> tuple[Pairs, Pairs]:
    """The candidates sent to, and those held out; the rest goes into the sums."""
    zones: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    asked: Pairs = set()
    held: Pairs = set()
    for delivery in deliveries:
        pair = (delivery["customer"], delivery["subject"])
        statuses[delivery["status"]] += 1
        if (campaign := sums.by_campaign.get(delivery["campaign"])) is not None:
            campaign["ended"] += delivery["status"] in FINAL
        if delivery["status"] == "SENT":
            zones[delivery.get("zone", "erased")] += 1
            asked.add(pair)
        if delivery["status"] == "HOLDOUT":
            held.add(pair)
        if delivery.get("reason"):
            reasons[delivery["reason"]] += 1
    sums.by_zone = dict(zones.most_common())
    sums.statuses, sums.reasons, sums.holdout = dict(statuses.most_common()), dict(reasons), len(held)
    return asked, held


def _answers(sums: Sums, answers: Iterable[Item]) -> None:
    channels: Counter[str] = Counter()
    stars: Counter[int] = Counter()
    thumbs: Counter[str] = Counter()
    for answer in answers:
        channels[answer["channel"]] += 1
        if answer.get("stars"):
            stars[int(answer["stars"])] += 1
        elif answer.get("thumb"):
            thumbs[answer["thumb"]] += 1
    sums.answers, sums.by_channel = channels.total(), dict(channels.most_common())
    sums.stars = (stars.total(), sum(number * count for number, count in stars.items()))
    sums.ratings = {str(number): stars[number] for number in range(1, 6)}
    sums.thumbs = (thumbs["up"], thumbs["down"])
