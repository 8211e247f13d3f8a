"""Streams to put to, a function that remembers its calls, and a dispatcher between them."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sandbox.streams import Dispatcher, Mapping, MemoryCheckpoints, MemoryStream, invoke_handlers
from sandbox.timeline import VirtualClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMORY_ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/in-memory"
NAMES = count()


@dataclass
class Function:
    """A handler that remembers every event and answers as it is told."""

    answer: Callable[[dict[str, Any]], Any] = lambda event: None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.calls.append(event)
        return self.answer(event)

    @property
    def batches(self) -> list[list[Any]]:
        """The values of each call."""
        return [values(event) for event in self.calls]


def values(event: dict[str, Any]) -> list[Any]:
    """What was put: the JSON of Kinesis records, the number `n` of changed items."""
    return [
        json.loads(base64.b64decode(record["kinesis"]["data"]))
        if "kinesis" in record
        else int((record["dynamodb"].get("NewImage") or record["dynamodb"]["OldImage"])["n"]["N"])
        for record in event["Records"]
    ]


def number(event: dict[str, Any], value: Any) -> str:
    """The sequence number of the record with a value."""
    record = event["Records"][values(event).index(value)]
    return str(record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"])


def failing(*bad: Any) -> Callable[[dict[str, Any]], Any]:
    """An answer that raises while any of these values is in the batch."""

    def answer(event: dict[str, Any]) -> None:
        if set(bad) & set(values(event)):
            raise RuntimeError("poison")

    return answer


def reporting(*bad: Any) -> Callable[[dict[str, Any]], Any]:
    """An answer that names these values as failed."""

    def answer(event: dict[str, Any]) -> dict[str, Any]:
        found = [number(event, value) for value in values(event) if value in bad]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in found]}

    return answer


@dataclass
class Cloud:
    """An emulator, with streams to make and put to. `kind` is the type of stream `stream()` makes."""

    name: str
    kind: str
    client: Callable[[str], Any]
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))

    def fresh(self, what: str) -> str:
        return f"{what}-{next(NAMES)}"

    def stream(self, shards: int = 1) -> str:
        """The ARN of a new stream."""
        return self.kinesis(shards) if self.kind == "kinesis" else self.table()

    def kinesis(self, shards: int = 1) -> str:
        name = self.fresh("stream")
        self.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        summary = self.client("kinesis").describe_stream_summary(StreamName=name)
        return str(summary["StreamDescriptionSummary"]["StreamARN"])

    def table(self, view: str = "NEW_AND_OLD_IMAGES") -> str:
        made = self.client("dynamodb").create_table(
            TableName=self.fresh("table"),
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        return str(made["TableDescription"]["LatestStreamArn"])

    def put(self, arn: str, *items: Any, key: str | None = None) -> None:
        """Put values, each under its own key unless one is given; those of a table are its items' number `n`."""
        for item in items:
            if ":kinesis:" in arn:
                self.client("kinesis").put_record(
                    StreamARN=arn, Data=json.dumps(item).encode(), PartitionKey=key or f"key-{item}"
                )
            else:
                self.client("dynamodb").put_item(
                    TableName=arn.split("/")[1], Item={"pk": {"S": key or f"key-{item}"}, "n": {"N": str(item)}}
                )

    def dispatcher(
        self, arn: str | Sequence[str], function: Any, checkpoints: Any = None, **settings: Any
    ) -> Dispatcher:
        """A dispatcher of one mapping an ARN, with functions reader, reader-2 and so on.

        Capitalised settings are the template's, the others the dispatcher's.
        """
        arns = [arn] if isinstance(arn, str) else arn
        names = ["reader", *(f"reader-{i}" for i in range(2, len(arns) + 1))]
        properties = {name: value for name, value in settings.items() if name[0].isupper()}
        ours = {name: value for name, value in settings.items() if name[0].islower()}
        mappings = [
            Mapping.from_template(
                {"EventSourceArn": a, "FunctionName": name, "StartingPosition": "TRIM_HORIZON", **properties}
            )
            for name, a in zip(names, arns, strict=True)
        ]
        return Dispatcher(
            mappings,
            ours.pop("invoke", None) or invoke_handlers(dict.fromkeys(names, function)),
            self.client,
            self.clock,
            checkpoints if checkpoints is not None else MemoryCheckpoints(),
            **ours,
        )

    def bucket(self) -> str:
        name = self.fresh("failures")
        place = {"LocationConstraint": "eu-west-1"}
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
        return name

    def failures(self, bucket: str) -> list[tuple[str, dict[str, Any]]]:
        """Key and content of every object in a bucket."""
        s3 = self.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [(key, json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in keys]


@dataclass
class InMemory:
    """A stream in memory and dispatchers on it: for what neither emulator shows, and for speed."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    stream: MemoryStream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = MemoryStream(self.clock.now)

    def put(self, *items: Any, key: str | None = None) -> None:
        for item in items:
            self.stream.put(key or f"key-{item}", json.dumps(item).encode())

    def dispatcher(self, function: Any, **settings: Any) -> Dispatcher:
        cloud = Cloud("memory", "kinesis", _nothing, self.clock)
        return cloud.dispatcher(MEMORY_ARN, function, sources={MEMORY_ARN: self.stream}, **settings)


def _nothing(service: str) -> Any:
    raise AssertionError(f"no client of {service} is needed")
