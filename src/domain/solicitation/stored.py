"""A scored row in, the items it is stored as out; and, where it is stored already, what this run does about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from json import JSONEncoder
from typing import Any, Literal

from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.program import Program
from domain.solicitation.run import Run

Item = dict[str, Any]
Result = Literal["created", "updated", "unchanged", "kept"]
Write = Literal["create", "replace"]

OPEN = "OPEN"  # may be asked; ASKED and CONSUMED candidates have left the index and are never written again
STANDING = (
    "PK",
    "SK",
    "status",
    "version",
    "contentHash",
    "runId",
    "createdAt",
    "updatedAt",
    "expiresAt",
    "channels",
)
canonical = JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Stored:
    """One candidate as it lies in the table: the base item, and one index item a channel it may be served on."""

    base: Item
    index: tuple[Item, ...]

    @property
    def key(self) -> tuple[str, str]:
        return (self.base["PK"], self.base["SK"])


@dataclass(frozen=True, slots=True)
class Choice:
    """`result` is what this run did to the candidate, the same however often it is repeated; `write` what is left to do."""

    result: Result
    write: Write | None = None


def decide(stored: Stored, standing: Mapping[str, Any] | None, at: datetime) -> Choice:
    """What to do, seeing the `standing` base item (its STANDING attributes) or None; `at` is the run's first start."""
    if standing is None or standing["expiresAt"] <= at.timestamp():  # TTL deletes late
        return Choice("created", "create")
    if standing["status"] != OPEN or standing["updatedAt"] > iso(at):  # asked, consumed, or of a later run
        return Choice("kept")
    if standing["contentHash"] != stored.base["contentHash"]:
        return Choice("updated", "replace")
    if standing["runId"] != stored.base["runId"]:
        return Choice("unchanged")
    return Choice("created" if standing["version"] == 1 else "updated")  # by this run, before it was repeated


def succeeding(stored: Stored, standing: Mapping[str, Any]) -> Stored:
    """The items that take the place of the standing ones: the next version, first created when those were."""
    base = {**stored.base, "createdAt": standing["createdAt"], "version": standing["version"] + 1}
    return replace(stored, base=base)


def orphans(stored: Stored, standing: Mapping[str, Any]) -> list[dict[str, str]]:
    """The keys of index items whose channel the program no longer has."""
    gone = (channel for channel in standing["channels"] if channel not in stored.base["channels"])
    return [{"PK": stored.base["PK"], "SK": channel_key(stored.base["SK"], channel)} for channel in gone]


def withdrawable(stored: Stored, standing: Mapping[str, Any] | None) -> bool:
    """Whether what an earlier attempt of the run stored goes now that this one refuses it; index items without a base do."""
    return standing is None or (standing["status"] == OPEN and standing["runId"] == stored.base["runId"])


def channel_key(base_key: str, channel: str) -> str:
    return f"{base_key}#CHANNEL#{escaped(channel)}"


def storer(program: Program, run: Run) -> Callable[[Mapping[str, Any]], Stored]:
    """How this run stores one scored row; the same row always gives the same items."""
    prefix, day = f"PROGRAM#{escaped(program.id)}", f"#DATE#{run.date.isoformat()}"
    channels = [channel.id for channel in program.channels]
    expires_at = int((run.started_at + timedelta(days=program.candidate_days)).timestamp())
    born = {"status": OPEN, "createdAt": iso(run.started_at), "updatedAt": iso(run.started_at), "version": 1}
    lasting = {**born, "expiresAt": expires_at, "runId": run.id}

    def store(row: Mapping[str, Any]) -> Stored:
        customer, subject = escaped(row["customer"]), escaped(row["subject"])
        shard = shard_of(row["customer"], program.serving_shards)
        content = _content(row, program, channels)
        base = {
            "PK": customer_key(row["customer"]),
            "SK": f"{prefix}#SUBJECT#{subject}",
            # GSI2: what the run of a day left; for music, of one track
            "GSI2PK": f"{prefix}{f'#SUBJECT#{subject}' if program.date_index_by_subject else ''}{day}#{shard}",
            "GSI2SK": f"{customer}#{subject}",
            **content,
            **lasting,
            "contentHash": _digest(canonical(content)),
        }
        return Stored(base, index_items(base, program.serving_shards))

    return store


def _content(row: Mapping[str, Any], program: Program, channels: list[str]) -> Item:
    """What tells whether a candidate has changed: everything known of it but when and by which run."""
    score = row["score"]
    attributes = dict(row["attributes"])
    return {
        "customerId": row["customer"],
        "programId": program.id,
        "subject": {"type": program.subject_type, "id": row["subject"], "name": attributes.pop("subjectName", None)},
        "context": [{"type": kind, "id": id} for kind, id in row["context"]],
        "eventDate": row["eventDate"],
        "marketplace": row["marketplace"],
        "attributes": attributes,
        "channels": channels,
        "score": score["value"],
        "scoreFallback": score["fallback"],
        "scores": {model: {"version": version, "value": value} for model, version, value in score["models"]},
        "sourceConnectorId": row["connector"],
    }


def index_items(base: Mapping[str, Any], shards: int) -> tuple[Item, ...]:
    """GSI1: each channel's candidates by score, in `shards` parts; they hold only what serving returns."""
    prefix, shard = f"PROGRAM#{escaped(base['programId'])}", shard_of(base["customerId"], shards)
    subject, attributes = base["subject"], base["attributes"]
    shown = {
        "GSI1SK": f"{base['score']:.6f}#{_digest(base['GSI2SK'])}",  # ties fall by hash, so that no id is favoured
        "customerId": base["customerId"],
        "programId": base["programId"],
        "subjectType": subject["type"],
        "subjectId": subject["id"],
        "subjectName": subject["name"],
        "marketplace": base["marketplace"],
        "eventDate": base["eventDate"],
        "score": base["score"],
        "expiresAt": base["expiresAt"],
    }
    if "genre" in attributes:
        shown["genre"] = attributes["genre"]
    return tuple(
        {
            "PK": base["PK"],
            "SK": channel_key(base["SK"], channel),
            "GSI1PK": f"{prefix}#CHANNEL#{escaped(channel)}#{shard}",
            "channel": channel,
            **shown,
        }
        for channel in base["channels"]
    )


def shard_of(customer: str, shards: int) -> int:
    """The index shard of a customer: other bits of the hash than `bucket_of`, so that each bucket writes to all shards."""
    return int(_digest(customer)[8:16], 16) % shards


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """An ISO 8601 instant as an aware datetime in UTC: what `iso` wrote, or a schedule filled in."""
    return datetime.fromisoformat(text).astimezone(UTC)
