"""An answer and the candidate and delivery it belongs to in; the answer complete, and how the candidate stands after it, out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.solicitation.answer import Answer
from domain.solicitation.keys import escaped
from domain.solicitation.stored import channel_key, iso

CONSUMED = "CONSUMED"
OUTBOX_DAYS = 7  # how long an event that could not be published is kept

Item = Mapping[str, Any]


def completed(answer: Answer, candidate: Item, delivery: Item) -> Answer:
    """What the answer leaves open, from the delivery, else the candidate; either may be empty: TTL or an erasure took it.

    A mail counts as delivered when its delivery was reported, until then when it was sent.
    """
    subject, attributes = candidate.get("subject", {}), candidate.get("attributes", {})
    known = {
        "campaign": delivery.get("campaign"),
        "delivered_at": delivery.get("timeline", {}).get("delivered") or delivery.get("sentAt"),
        "subject_name": delivery.get("subjectName") or subject.get("name"),
        "subject_type": delivery.get("subjectType") or subject.get("type"),
        "marketplace": delivery.get("marketplace") or candidate.get("marketplace"),
        "locale": delivery.get("locale"),
        "genre": delivery.get("genre") or attributes.get("genre"),
        "artist": attributes.get("artist"),
        "score": delivery["score"] if "score" in delivery else candidate.get("score"),
    }
    return replace(answer, **{name: value for name, value in known.items() if getattr(answer, name) is None})


def consumption(answer: Answer) -> dict[str, Any]:
    """What a candidate that has been answered says of it."""
    return {"channel": answer.channel, "deliveredAt": answer.delivered_at, "submittedAt": iso(answer.submitted_at)}


def index_keys(candidate: Item) -> list[dict[str, str]]:
    """The keys of a candidate's index items, one a channel; some may have been deleted before."""
    return [{"PK": candidate["PK"], "SK": channel_key(candidate["SK"], name)} for name in candidate["channels"]]


def outbox_item(answer: Answer) -> dict[str, Any]:
    """The event that tells of the answer, waiting beside it until it is published."""
    ids = "#".join(map(escaped, (answer.customer, answer.program, answer.subject)))
    return {
        "PK": f"OUTBOX#{ids}",
        "SK": "EVENT",
        "detailType": "ReviewSubmitted" if answer.opinion.thumb is None else "FeedbackSubmitted",
        "detail": {"responseId": ids, **answer.to_event()},
        "expiresAt": int(answer.submitted_at.timestamp()) + OUTBOX_DAYS * 86_400,
    }
