"""The peer's row, checked by pydantic, in; the items of a candidate out, as boto3's Table takes them."""

import json
from datetime import timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

from pydantic import BaseModel, Field

from benchmarks.facts import program
from benchmarks.ours import RUN
from domain.solicitation.stored import shard_of

NOW = RUN.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
EXPIRES_AT = int((RUN.started_at + timedelta(days=program().candidate_days)).timestamp())


class Subject(BaseModel):
    type: str
    id: str
    name: str | None


class Context(BaseModel):
    type: str
    id: str


class ModelScore(BaseModel):
    version: str
    value: float = Field(ge=0, le=1)


class Content(BaseModel):
    customerId: str
    programId: str
    subject: Subject
    context: list[Context]
    eventDate: str
    marketplace: str
    attributes: dict[str, float]
    channels: list[str]
    score: float = Field(ge=0, le=1)
    scoreFallback: bool
    scores: dict[str, ModelScore]
    sourceConnectorId: str


def items(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A candidate's base item and its index item."""
    model = program().scoring.models[0]
    content = Content(
        customerId=row["customer"],
        programId=program().id,
        subject=Subject(type=program().subject_type, id=row["subject"], name=row["subject_name"]),
        context=[Context(type="marketplace", id=row["marketplace"]), Context(type="program", id=program().id)],
        eventDate=row["event_date"],
        marketplace=row["marketplace"],
        attributes={"orderValue": row["order_value"]},
        channels=["email"],
        score=row["score"],
        scoreFallback=False,
        scores={model.id: ModelScore(version=model.version, value=row["score"])},
        sourceConnectorId="athena-deliveries",
    )
    plain = content.model_dump()
    shard = shard_of(row["customer"], program().serving_shards)
    key = {"PK": f"CUSTOMER#{row['customer']}", "SK": f"PROGRAM#{program().id}#SUBJECT#{row['subject']}"}
    pair = f"{row['customer']}#{row['subject']}"
    base = {
        **key,
        "GSI2PK": f"PROGRAM#{program().id}#DATE#{RUN.date.isoformat()}#{shard}",
        "GSI2SK": pair,
        **plain,
        "status": "OPEN",
        "createdAt": NOW,
        "updatedAt": NOW,
        "version": 1,
        "expiresAt": EXPIRES_AT,
        "runId": RUN.id,
        "contentHash": _digest(json.dumps(plain, sort_keys=True)),
    }
    index = {
        "PK": key["PK"],
        "SK": f"{key['SK']}#CHANNEL#email",
        "GSI1PK": f"PROGRAM#{program().id}#CHANNEL#email#{shard}",
        "GSI1SK": f"{row['score']:.6f}#{_digest(pair)}",
        "customerId": row["customer"],
        "programId": program().id,
        "channel": "email",
        "subjectType": program().subject_type,
        "subjectId": row["subject"],
        "subjectName": row["subject_name"],
        "marketplace": row["marketplace"],
        "eventDate": row["event_date"],
        "score": row["score"],
        "expiresAt": EXPIRES_AT,
    }
    return _decimals(base), _decimals(index)


def _decimals(item: dict[str, Any]) -> dict[str, Any]:
    """boto3's Table takes no floats."""
    return json.loads(json.dumps(item), parse_float=Decimal)  # type: ignore[no-any-return]


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
