"""Stream of Responses -> event bus: tell of each answer, then take its event out of the outbox."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item
from adapters.aws.batch_items import chunks
from adapters.aws.event_bus import EventBus
from adapters.aws.photos import Photos
from adapters.aws.session import client, dynamodb
from domain.errors import Unavailable
from handlers.solicitation.delivery_settings import PublishResponsesSettings

ENTRIES_A_CALL = 10  # EventBridge: PutEvents
OUTBOX = "OUTBOX#"

logger = Logger(service="publish_responses")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One new outbox item, and where in the stream it came."""

    sequence_number: str
    item: Mapping[str, Any]

    @property
    def key(self) -> dict[str, str]:
        return {"PK": self.item["PK"], "SK": self.item["SK"]}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return publish_responses(event["Records"], **live())


@cache
def live() -> dict[str, Any]:
    env = PublishResponsesSettings.from_env()
    return {
        "tables": dynamodb(),
        "responses_table": env.responses_table,
        "photos": Photos(client("s3"), env.photos_bucket),
        "bus": EventBus(client("events"), env.event_bus),
    }


def publish_responses(
    records: Sequence[Mapping[str, Any]], *, tables: Any, responses_table: str, photos: Photos, bus: EventBus
) -> dict[str, Any]:
    """Publish the events of new outbox items in order, ten a call; the first that fails and all after it come again.

    An event may be published twice (`responseId` tells), never not at all: its item goes only after it was told.
    """
    told = 0
    for page in chunks(waiting(records), ENTRIES_A_CALL):
        try:
            refusals = bus.publish_all([(each.item["detailType"], detail(each.item, photos)) for each in page])
            done = [each for each, refusal in zip(page, refusals, strict=True) if refusal is None]
            batch_items.delete(tables, responses_table, [each.key for each in done])
        except Unavailable as error:
            return _again(page[0], told, str(error))
        told += len(done)
        for each, refusal in zip(page, refusals, strict=True):
            if refusal is not None:
                return _again(each, told, refusal)
    logger.info("published", extra={"records": len(records), "told": told})
    return {"batchItemFailures": []}


def waiting(records: Sequence[Mapping[str, Any]]) -> Iterator[Waiting]:
    """The inserts of outbox items; answers, changes and removals pass by."""
    for record in records:
        if record["eventName"] == "INSERT" and record["dynamodb"]["Keys"]["PK"]["S"].startswith(OUTBOX):
            yield Waiting(record["dynamodb"]["SequenceNumber"], decode_item(record["dynamodb"]["NewImage"]))


def detail(item: Mapping[str, Any], photos: Photos) -> Mapping[str, Any]:
    """The event as it was kept; with the photos there are by now, where any may be."""
    kept: Mapping[str, Any] = item["detail"]
    if "stars" not in kept or kept["delivery"] is None:
        return kept
    return {**kept, "photos": [photo.key for photo in photos.of(kept["delivery"])]}


def _again(first: Waiting, told: int, why: str) -> dict[str, Any]:
    """Lambda goes back to the lowest sequence number and delivers all from there."""
    logger.warning("not published", extra={"told": told, "why": why})
    return {"batchItemFailures": [{"itemIdentifier": first.sequence_number}]}
