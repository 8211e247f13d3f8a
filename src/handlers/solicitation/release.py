"""One-time schedule -> outbox: queue pointers to the chunks of a campaign whose local hour has come."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.deliveries import Deliveries
from adapters.aws.outbox import Outbox
from adapters.aws.session import QUICK, client
from domain.errors import Rejected
from domain.solicitation.campaigns import chunk_keys
from handlers.solicitation.delivery_settings import ReleaseSettings

logger = Logger(service="release")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return release(event, **live())


@cache
def live() -> dict[str, Any]:
    env = ReleaseSettings.from_env()
    return {
        "deliveries": Deliveries(client("dynamodb", QUICK), env.deliveries_table),
        "outbox": Outbox(client("sqs"), env.outbox_url),
    }


def release(event: Mapping[str, Any], *, deliveries: Deliveries, outbox: Outbox) -> dict[str, Any]:
    """Queue a slot's chunks, or the one chunk that was put off, at least once each; none of a campaign that was stopped."""
    id = event["campaign"]
    record = deliveries.campaign(id)
    if record is None:
        raise Rejected(f"there is no campaign {id}")
    number, slot = slot_of(record, event["slot"])
    put_off = event.get("chunk")
    if ("releasedAt" in slot and not put_off) or not deliveries.move_campaign(id, "SENDING"):
        logger.info("not released", extra={"campaign": id, "slot": slot["at"], "state": record["state"]})
        return {"chunks": 0}
    keys = [put_off] if put_off else chunk_keys(record, slot)
    sent = outbox.send({"campaign": id, "chunk": key, "scheduledTime": event["scheduledTime"]} for key in keys)
    if not put_off:
        deliveries.note_slot(id, number, {"releasedAt": event["scheduledTime"]})
    logger.info("release", extra={"campaign": id, "slot": slot["at"], "chunks": sent})
    return {"chunks": sent}


def slot_of(record: Mapping[str, Any], at: str) -> tuple[int, Mapping[str, Any]]:
    """A campaign's slot and its place in the list. Rejected: there is none at this instant."""
    for number, slot in enumerate(record["slots"]):
        if slot["at"] == at:
            return number, slot
    raise Rejected(f"{record['id']} has no slot at {at}")
