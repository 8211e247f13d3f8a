"""Many items of one DynamoDB table, read 100 keys and written 25 items a call; what the table left undone is asked for again."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import Item, decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.errors import Rejected, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Plain = Mapping[str, Any]

KEYS_A_READ = 100  # and at most 16 MB a response: the rest comes back as UnprocessedKeys
ITEMS_A_WRITE = 25  # of at most 400 KB each, so a call stays below 16 MB
ITEM_BYTES = 400 * 1024


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full jitter: before try n, wait anything up to base * 2**n seconds, at most `most`. `tries` counts those without progress."""

    tries: int = 8
    base: float = 0.05
    most: float = 5.0
    chance: Callable[[], float] = random.random  # in [0, 1)
    sleep: Callable[[float], None] = time.sleep

    def wait(self, tried: int) -> None:
        self.sleep(self.chance() * min(self.most, self.base * 2**tried))


PATIENT = Backoff()


def get(
    client: "DynamoDBClient",
    table: str,
    keys: Iterable[Plain],
    *,
    consistent: bool = False,
    attributes: tuple[str, ...] = (),
    backoff: Backoff = PATIENT,
) -> Iterator[dict[str, Any]]:
    """The items that exist, in no order; a key asked for twice comes once. `attributes` narrows what is returned of each.

    Unavailable: throttled beyond patience; the text names the table and how many keys were left.
    """
    distinct = {tuple(key.values()): encode_item(key) for key in keys}
    options: dict[str, Any] = {"ConsistentRead": consistent}
    if attributes:
        options["ProjectionExpression"] = ", ".join(f"#{number}" for number in range(len(attributes)))
        options["ExpressionAttributeNames"] = {f"#{number}": name for number, name in enumerate(attributes)}
    for chunk in chunks(distinct.values(), KEYS_A_READ):
        for item in _read(client, table, chunk, options, backoff):
            yield decode_item(item)


def put(client: "DynamoDBClient", table: str, items: Iterable[Plain], *, backoff: Backoff = PATIENT) -> int:
    """Write whole items, whatever was there; keys must be distinct. Returns how many; on any error some may be written.

    Unavailable: throttled beyond patience; the text names the table and how many items were left.
    Rejected: an item is larger than 400 KB; the text names its key.
    """
    written = 0
    for chunk in chunks(items, ITEMS_A_WRITE):
        requests = [{"PutRequest": {"Item": encode_item(item)}} for item in chunk]
        _write(client, table, requests, backoff)
        written += len(requests)
    return written


def delete(client: "DynamoDBClient", table: str, keys: Iterable[Plain], *, backoff: Backoff = PATIENT) -> None:
    """Delete items by their keys, which must be distinct; one that is not there does no harm. Unavailable as `put`."""
    for chunk in chunks(keys, ITEMS_A_WRITE):
        _write(client, table, [{"DeleteRequest": {"Key": encode_item(key)}} for key in chunk], backoff)


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive lists of `size`, the last one shorter."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def _read(client: "DynamoDBClient", table: str, keys: list[Item], options: Plain, backoff: Backoff) -> Iterator[Item]:
    tried = 0
    while keys:
        request: Any = {table: {"Keys": keys, **options}}
        with aws_calls(f"read {table}"):
            answer: Any = client.batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(table, ())
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        tried = _again(table, len(left), len(keys), tried, backoff)
        keys = left


def _write(client: "DynamoDBClient", table: str, requests: list[Any], backoff: Backoff) -> None:
    tried = 0
    while requests:
        try:
            with aws_calls(f"write {table}"):
                answer: Any = client.batch_write_item(RequestItems={table: requests})
        except ClientError as error:
            if code(error) == "ValidationException":
                _reject_the_large(table, requests, error)
            raise
        left = answer.get("UnprocessedItems", {}).get(table, [])
        tried = _again(table, len(left), len(requests), tried, backoff)
        requests = left


def _again(table: str, left: int, asked: int, tried: int, backoff: Backoff) -> int:
    """Wait before what is left is asked for again; the count of tries starts anew whenever some of it was done."""
    if not left:
        return 0
    tried = 1 if left < asked else tried + 1
    if tried >= backoff.tries:
        raise Unavailable(f"{table}: {left} of {asked} left unprocessed {tried} times")
    backoff.wait(tried)
    return tried


def _reject_the_large(table: str, requests: list[Any], error: ClientError) -> None:
    for request in requests:
        item = request.get("PutRequest", {}).get("Item", {})
        if size_of({"M": item}) > ITEM_BYTES:
            key = "/".join(item[name]["S"] for name in ("PK", "SK") if name in item)
            raise Rejected(f"{table}: {key} is larger than 400 KB") from error


def size_of(typed: Any) -> int:
    """Bytes DynamoDB counts for an attribute value, names included (AWS: item sizes and formats; numbers are rounded up)."""
    [(tag, value)] = typed.items()
    match tag:
        case "S":
            return len(value.encode())
        case "N":
            return len(value) // 2 + 2
        case "B":
            return len(value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + size_of(member) for name, member in value.items())
        case "L":
            return 3 + sum(1 + size_of(member) for member in value)
        case "SS" | "NS" | "BS":
            return sum(size_of({tag[0]: member}) for member in value)
        case _:
            return 1
