"""Records of `scoresStream` as Kinesis delivers them, and what a table may answer instead of taking them."""

import base64
import json
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse
from scores_world import BUCKET, TABLE, ScoresWorld, own

OLD, NEW = "2026-11-20T00:00#1", "2026-11-21T00:00#1"  # versions of two loads


def document(fan: str = "g1", score: float = 0.9, version: str = OLD, part: int = 0, **more: Any) -> dict[str, Any]:
    about = {"load": ("a" if version == OLD else "b") * 12, "version": version, "part": part}
    event = {"0": {"market": "New York", "score": score, "isVerified": score >= 0.5}}
    told = {"campaignId": "c1", "globalUserId": fan, "score": score, "isVerified": score >= 0.5, "rank": "0"}
    return {**told, "email": f"{fan}@people.example", "events": event, "__meta": about, **more}


def batch(*documents: dict[str, Any] | bytes) -> dict[str, Any]:
    """An event; its sequence numbers are 490000, 490001, …; bytes are sent as they are."""
    return {"Records": [_arrived(number, it) for number, it in enumerate(documents)]}


def _arrived(number: int, it: dict[str, Any] | bytes) -> dict[str, Any]:
    data = it if isinstance(it, bytes) else json.dumps(it).encode()
    about = {"sequenceNumber": f"{490_000 + number}", "approximateArrivalTimestamp": 1.5}
    return {
        "eventID": f"shardId-0:{490_000 + number}",
        "kinesis": {**about, "data": base64.b64encode(data).decode()},
    }


def refused(code: str, status: int = 400) -> tuple[AWSResponse, dict[str, Any]]:
    """An answer of AWS, as botocore has read it."""
    return AWSResponse("", status, {}, None), {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {}}


def refuse(dynamodb: Any, operation: str, code: str, holding: bytes, times: int = 10**6) -> None:
    """The service answers so to requests that hold these bytes, so often."""
    left = iter(range(times))
    answer = refused(code)
    before_each(dynamodb, operation, lambda body: answer if holding in body and next(left, None) is not None else None)


def before_each(dynamodb: Any, operation: str, happens: Callable[[bytes], Any]) -> None:
    """What `happens` with a request's body answers instead of the service, unless it is None. The client is a quickened one."""
    hook = f"before-call.dynamodb.{operation}"
    dynamodb.meta.events.register_last(hook, lambda params, **_: happens(params["body"]))


def emptied(world: ScoresWorld) -> ScoresWorld:
    """The same world, with nothing in its table and bucket and no call made: a new one takes half a second."""
    with world.calls.own():
        for item in world.items():
            own("dynamodb").delete_item(TableName=TABLE, Key={name: {"S": item[name]} for name in ("PK", "SK")})
        for key in world.objects():
            own("s3").delete_object(Bucket=BUCKET, Key=key)
    world.calls.made.clear()
    return world
