"""A fan's id -> archive bucket: no version of any object holds the fan any more, and a receipt says which did."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from botocore.config import Config

from adapters.aws.archive_versions import ArchiveVersions, Version
from adapters.aws.erasure_ledger import ErasureLedger, Pass
from adapters.aws.leases import Held, Lease
from adapters.aws.session import QUICK, client
from domain.archive.fan import Fan
from domain.archive.receipt import receipt, receipt_key
from handlers.archive.erasing.cutting import JSON, LOOKS
from handlers.archive.erasing.objects import Eraser
from handlers.archive.settings import EraseSettings

FILES = Config(
    retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=30, max_pool_connections=10
)
AT_ONCE = 8  # objects in work; S3 is waited for, not this function
PART_KEYS, PART_BYTES = (
    200,
    256 * 1024**2,
)  # after so much it is noted how far the pass has come; a minute's work at most
RESERVE = 120.0  # seconds for a part, and for the receipt

logger = Logger(service="erase")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return erase(
        event,
        f"erase {context.aws_request_id}",
        datetime.now(UTC),
        context.get_remaining_time_in_millis,
        **live(),
    )


@cache
def live() -> dict[str, Any]:
    env = EraseSettings.from_env()
    dynamodb = client("dynamodb", QUICK)
    return {
        "files": ArchiveVersions(client("s3", FILES), env.archive_bucket),
        "ledger": lambda fan: ErasureLedger(dynamodb, env.archive_ledger_table, fan.digest),
        "lease": lambda holder: Lease(dynamodb, env.archive_ledger_table, holder),
    }


def erase(
    event: Mapping[str, Any],
    holder: str,
    now: datetime,
    remaining: Callable[[], int],
    *,
    files: ArchiveVersions,
    ledger: Callable[[Fan], ErasureLedger],
    lease: Callable[[str], Lease],
) -> dict[str, Any]:
    """Go through the archive as far as time allows; `remaining` is in milliseconds. Call again, with the same `at`, until it is `done`.

    `at` of the event is when the erasure was asked for. Another `at` begins anew: since an earlier one was left half-way, rows may have
    come where it had been. Without it the one that was left is taken up.
    Answers {done, looked}, and in the end {receipt, objects, versions, rows, unreadable} too; where another one rewrites the archive
    nothing is done, and `heldBy` says who. Erasing twice finds nothing and leaves the receipt as it is.
    What the stream delivers later or once more, or a table that still has the fan's items, brings rows back: erase again.
    Rejected: the id is none.
    """
    fan = Fan(event["fanId"])
    try:
        with lease(holder).held() as held:
            known = ledger(fan)
            begun = _begun(known.going_on(), event.get("at"), now)
            answer = _pass(begun, Eraser(fan, begun.at, files, known, held), remaining)
    except Held as reason:
        answer = {"done": False, "heldBy": reason.holder}
    logger.info("erase", extra={"fan": fan.digest, **answer})
    return answer


def _begun(left: Pass | None, at: str | None, now: datetime) -> Pass:
    if left and at in (None, left.at):
        return left
    return Pass(at or f"{now:%Y-%m-%dT%H:%M:%SZ}")


def _pass(begun: Pass, eraser: Eraser, remaining: Callable[[], int]) -> dict[str, Any]:
    looked = 0
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for reached, some in _parts(eraser.files, begun):
            if remaining() / 1000 < RESERVE:
                return {"done": False, "looked": looked}
            eraser.lease.keep()
            list(workers.map(eraser.erase, some))
            eraser.ledger.keep(reached)
            looked += len(some)
    return {"done": True, "looked": looked, **_receipt(eraser)}


def _parts(files: ArchiveVersions, begun: Pass) -> Iterator[tuple[Pass, Sequence[Sequence[Version]]]]:
    """Objects with all their versions, some at a time, and how far that is; from where an earlier call has come."""
    places = list(LOOKS)
    for place in places[places.index(begun.place) if begun.place else 0 :]:
        some: list[Sequence[Version]] = []
        size = 0
        for versions in files.versions(place):
            key = versions[0].key
            if place == begun.place and key <= begun.after:
                continue
            some.append(versions)
            size += sum(version.size for version in versions)
            if len(some) == PART_KEYS or size > PART_BYTES:
                yield Pass(begun.at, place, key), some
                some, size = [], 0
        if some:
            yield Pass(begun.at, place, some[-1][0].key), some


def _receipt(eraser: Eraser) -> dict[str, Any]:
    """Written once all is done, and anew only where it says something else."""
    digest, key = eraser.fan.digest, receipt_key(eraser.fan.digest)
    before = json.loads(eraser.files.read(key)) if any(eraser.files.files(key)) else None
    said = receipt(digest, eraser.ledger.findings(), eraser.ledger.unreadable(eraser.at), eraser.at, before)
    if said != before:
        eraser.files.put(key, json.dumps(said).encode(), JSON)
    eraser.ledger.end()
    counts = {name: len(said[name]) for name in ("objects", "unreadable")}
    return {"receipt": key, "versions": said["versions"], "rows": said["rows"], **counts}
