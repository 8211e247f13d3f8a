"""One candidate that was asked, its delivery and campaign, in tables on any DynamoDB: what an answer finds when it comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keyed_tables import make_table
from programs_in_small import READY, REVIEWS, RUN

from adapters.aws import batch_items
from adapters.aws.answers import Answers
from adapters.aws.batch_items import Backoff
from domain.solicitation.delivery import delivery_id, delivery_key
from domain.solicitation.keys import customer_key
from domain.solicitation.program import Channel, Program
from domain.solicitation.stored import iso, storer

TABLES = {
    "candidates_table": "Candidates",
    "customers_table": "Customers",
    "deliveries_table": "Deliveries",
    "responses_table": "Responses",
    "subjects_table": "Subjects",
}
VOICE = Channel("voice-assistant", "voice", {"prompt": "Did you enjoy {trackName}?", "responses": ("yes", "no")})
TRACKS = replace(
    REVIEWS, id="small-tracks", name="Small tracks", subject_type="track", channels=(*REVIEWS.channels, VOICE)
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT_ONCE = Backoff(tries=40, sleep=lambda seconds: None)


def make_tables(dynamodb: Any, prefix: str = "") -> dict[str, str]:
    """The five tables an answer touches, by the names `Answers` gives them."""
    names = {argument: prefix + name for argument, name in TABLES.items()}
    for name in names.values():
        make_table(dynamodb, name, {"GSI1": "ALL", "GSI2": "KEYS_ONLY"})
    return names


def answers_of(dynamodb: Any, names: dict[str, str]) -> Answers:
    return Answers(dynamodb, **names, backoff=AT_ONCE)


def ask(
    dynamodb: Any, names: dict[str, str], program: Program, customer: str = "c1", subject: str = "p1", **changes: Any
) -> str:
    """Store a candidate, ask it by mail and deliver that; the delivery's id. `changes` go to the delivery."""
    id = delivery_id(program.id, customer, subject)
    batch_items.put(dynamodb, names["candidates_table"], candidate(program, customer, subject, id))
    delivered = delivery(program, customer, subject, id) | changes
    batch_items.put(dynamodb, names["deliveries_table"], [{k: v for k, v in delivered.items() if v is not None}])
    contact = {"PK": customer_key(customer), "SK": f"CONTACT#{program.id}", "email": "ada@example.com", "name": "Ada"}
    batch_items.put(dynamodb, names["customers_table"], [contact])
    return id


def candidate(program: Program, customer: str, subject: str, id: str) -> list[dict[str, Any]]:
    """An asked candidate: its mail's index item has gone, the other channels' are there."""
    score = {"value": 0.9, "fallback": False, "models": [["m", "1", 0.9]], "missing": []}
    attributes = {"subjectName": "Paper Lanterns & Co", "genre": "jazz", "artist": "artist-7"}
    row = {**READY.to_row(), "customer": customer, "subject": subject, "attributes": attributes, "score": score}
    stored = storer(program, replace(RUN, program=program.id))(row)
    asked = {"email": {"delivery": id, "campaign": f"{program.id}.2026-11-20.US", "at": "2026-11-20T15:00:00Z"}}
    base = {**stored.base, "status": "ASKED", "version": 2, "asked": asked}
    return [base, *(item for item in stored.index if item["channel"] != "email")]


def delivery(program: Program, customer: str, subject: str, id: str) -> dict[str, Any]:
    campaign = f"{program.id}.2026-11-20.US"
    return {
        **delivery_key(id),
        "id": id,
        "campaign": campaign,
        "program": program.id,
        "customer": customer,
        "subject": subject,
        "subjectName": "Paper Lanterns & Co",
        "subjectType": program.subject_type,
        "marketplace": "US",
        "channel": "email",
        "locale": "en-US",
        "zone": "America/New_York",
        "sendAt": "2026-11-20T15:00:00Z",
        "score": 0.9,
        "status": "SENT",
        "attempts": 1,
        "reservedAt": "2026-11-20T15:00:00Z",
        "sentAt": "2026-11-20T15:00:02Z",
        "timeline": {"delivered": "2026-11-20T15:00:05Z"},
        "GSI1PK": f"CAMPAIGN#{campaign}",
        "GSI1SK": f"{customer}#{subject}",
        "GSI2PK": customer_key(customer),
        "GSI2SK": f"2026-11-20T15:00:00Z#{id}",
        "expiresAt": int((NOON + timedelta(days=400)).timestamp()),
    }


__all__ = ["NOON", "REVIEWS", "TABLES", "TRACKS", "answers_of", "ask", "iso", "make_tables"]
