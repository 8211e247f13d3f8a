"""A day's campaigns, deliveries and answers in, the sums its report shows out; one pass, nothing kept of a person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]


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
) -> Sums:
    """`counts` are the campaigns' counters, already added up."""
    sums = Sums(counts=dict(counts))
    _campaigns(sums, campaigns)
    held = _deliveries(sums, deliveries)
    reasons = Counter(sums.reasons)
    reasons.update(row["reason"] for row in left_out if row["reason"] != "holdout")
    sums.reasons = dict(reasons.most_common())
    _answers(sums, answers, held)
    return sums


def _campaigns(sums: Sums, campaigns: Iterable[Item]) -> None:
    slots: Counter[str] = Counter()
    for campaign in campaigns:
        counts = campaign["counts"]
        sums.selected += counts.get("selected", 0)
        sums.recipients += counts.get("recipients", 0)
        slots.update({slot["at"]: slot["recipients"] for slot in campaign.get("slots", ())})
        sums.by_campaign[campaign["id"]] = {"template": campaign["templateId"], "state": campaign["state"], **counts}
    sums.by_slot = dict(sorted(slots.items()))


def _deliveries(sums: Sums, deliveries: Iterable[Item]) -> set[tuple[str, str]]:
    """The candidates held out; the rest goes into the sums."""
    zones: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    held: set[tuple[str, str]] = set()
    for delivery in deliveries:
        statuses[delivery["status"]] += 1
        if delivery["status"] == "SENT":
            zones[delivery.get("zone", "")] += 1
        if delivery["status"] == "HOLDOUT":
            held.add((delivery["customer"], delivery["subject"]))
        if delivery.get("reason"):
            reasons[delivery["reason"]] += 1
    sums.by_zone = dict(zones.most_common())
    sums.statuses, sums.reasons, sums.holdout = dict(statuses.most_common()), dict(reasons), len(held)
    return held


def _answers(sums: Sums, answers: Iterable[Item], held: set[tuple[str, str]]) -> None:
    channels: Counter[str] = Counter()
    stars: Counter[int] = Counter()
    thumbs: Counter[str] = Counter()
    for answer in answers:
        channels[answer["channel"]] += 1
        sums.holdout_answered += (answer["customer"], answer["subject"]) in held
        if answer.get("stars"):
            stars[int(answer["stars"])] += 1
        elif answer.get("thumb"):
            thumbs[answer["thumb"]] += 1
    sums.answers, sums.by_channel = channels.total(), dict(channels.most_common())
    sums.stars = (stars.total(), sum(number * count for number, count in stars.items()))
    sums.ratings = {str(number): stars[number] for number in range(1, 6)}
    sums.thumbs = (thumbs["up"], thumbs["down"])
