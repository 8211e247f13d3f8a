"""What tells of new objects in, in whichever shape S3 lets it come; the objects out."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from domain.errors import Rejected
from domain.scores.drop import Arrival

UNVERSIONED = ("", "null", None)  # what S3 says where a bucket keeps no versions, or has stopped to


def arrivals(told: Any) -> list[Arrival]:
    """The objects that an EventBridge event, an S3 notification, or an SQS message with one of them as its body tells of.

    Empty: it tells of none (S3's test message, a removal). Rejected: it is nothing of the kind; the text says what is missing.
    """
    try:
        return list(_arrivals(_document(told)))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Rejected(f"tells of no object of S3: {type(error).__name__}: {error}") from error


def _document(told: Any) -> Any:
    if not isinstance(told, str | bytes):
        return told
    try:
        return json.loads(told)
    except ValueError:
        raise Rejected("tells of no object of S3: not JSON") from None


def _arrivals(event: Mapping[str, Any]) -> Iterator[Arrival]:
    if event.get("source") == "aws.s3":
        if event["detail-type"] == "Object Created":
            yield _of_event(event)
    elif event.get("Event") == "s3:TestEvent":
        return
    elif "Records" in event:
        for record in event["Records"]:
            yield from _of_record(record)
    elif "body" in event:
        yield from _arrivals(_document(event["body"]))
    else:
        raise Rejected("tells of no object of S3: neither EventBridge's shape nor that of a notification")


def _of_record(record: Mapping[str, Any]) -> Iterator[Arrival]:
    if "body" in record:
        yield from _arrivals(_document(record["body"]))
    elif record["eventName"].startswith("ObjectCreated:"):
        told = record["s3"]["object"]
        yield Arrival(
            bucket=_text(record["s3"]["bucket"]["name"]),
            key=unquote_plus(_text(told["key"])),  # a notification's keys are encoded as in a form
            version_id=_version(told.get("versionId"), told.get("eTag")),
            sequencer=str(told.get("sequencer", "")),
            at=_instant(record["eventTime"]),
        )


def _of_event(event: Mapping[str, Any]) -> Arrival:
    told = event["detail"]["object"]
    return Arrival(
        bucket=_text(event["detail"]["bucket"]["name"]),
        key=_text(told["key"]),  # an event's keys are as they are
        version_id=_version(told.get("version-id"), told.get("etag")),
        sequencer=str(told.get("sequencer", "")),
        at=_instant(event["time"]),
    )


def _version(version: str | None, etag: str | None) -> str:
    """An ETag stands in quotes, as in HTTP: so it is told from a version."""
    if version not in UNVERSIONED:
        return _text(version)
    return f'"{_text(etag).strip(chr(34))}"'


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} where a text must be")
    return value
