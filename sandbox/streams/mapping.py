"""CloudFormation properties of a stream's event source mapping -> its settings, checked against AWS's limits."""

import json
from collections.abc import Mapping as Properties
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.streams.patterns import Pattern, compile_pattern

MAX_FILTERS = 5
INFINITE = -1
# name: (lowest, highest) as AWS::Lambda::EventSourceMapping states them for streams
LIMITS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (INFINITE, 10_000),
    "MaximumRecordAgeInSeconds": (INFINITE, 604_800),
    "TumblingWindowInSeconds": (0, 900),
}
SHORTEST_RECORD_AGE = 60
KINESIS_STARTS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
TABLE_STARTS = ("TRIM_HORIZON", "LATEST")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one function reads one stream. Durations in seconds; -1 is without limit, as in AWS."""

    uuid: str
    function: str
    stream_arn: str
    starting_position: str = "TRIM_HORIZON"
    starting_at: datetime | None = None
    batch_size: int = 100
    batching_window: int = 0
    parallelization: int = 1
    filters: tuple[Pattern, ...] = ()
    partial_response: bool = False
    bisect: bool = False
    max_retries: int = INFINITE
    max_age: int = INFINITE
    on_failure: str | None = None
    tumbling_window: int = 0
    enabled: bool = True

    @property
    def of_table(self) -> bool:
        """Whether the source is a DynamoDB stream; else it is a Kinesis one."""
        return is_table_stream(self.stream_arn)

    @classmethod
    def from_template(cls, properties: Properties[str, Any], uuid: str | None = None) -> "Mapping":
        """Read the resolved properties of an `AWS::Lambda::EventSourceMapping`; without `uuid`, one is derived.

        Raises ValueError naming the property AWS would refuse."""
        number = _Numbers(properties)
        arn, function = properties["EventSourceArn"], properties["FunctionName"]
        position, at = _start(properties, arn)
        number.refuse_parallel_windows()
        return cls(
            uuid=uuid or str(uuid5(NAMESPACE_URL, f"{arn}>{function}")),
            function=function,
            stream_arn=arn,
            starting_position=position,
            starting_at=at,
            batch_size=number("BatchSize", 100),
            batching_window=number("MaximumBatchingWindowInSeconds", 0),
            parallelization=number("ParallelizationFactor", 1),
            filters=_filters(properties, arn),
            partial_response="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
            bisect=_truth(properties.get("BisectBatchOnFunctionError", False)),
            max_retries=number("MaximumRetryAttempts", INFINITE),
            max_age=number("MaximumRecordAgeInSeconds", INFINITE),
            on_failure=properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
            tumbling_window=number("TumblingWindowInSeconds", 0),
            enabled=_truth(properties.get("Enabled", True)),
        )


def is_table_stream(arn: str) -> bool:
    """Whether the ARN names a DynamoDB stream."""
    return arn.split(":")[2] == "dynamodb"


@dataclass(frozen=True, slots=True)
class _Numbers:
    properties: Properties[str, Any]

    def __call__(self, name: str, default: int) -> int:
        value = int(self.properties.get(name, default))
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}; AWS takes {low} to {high}")
        if name == "MaximumRecordAgeInSeconds" and INFINITE < value < SHORTEST_RECORD_AGE:
            raise ValueError(f"{name} is {value}; AWS takes -1 or at least {SHORTEST_RECORD_AGE}")
        return value

    def refuse_parallel_windows(self) -> None:
        if self("TumblingWindowInSeconds", 0) and self("ParallelizationFactor", 1) > 1:
            raise ValueError("TumblingWindowInSeconds needs a ParallelizationFactor of 1: state is passed on by shard")


def _start(properties: Properties[str, Any], arn: str) -> tuple[str, datetime | None]:
    known = TABLE_STARTS if is_table_stream(arn) else KINESIS_STARTS
    position = str(properties.get("StartingPosition"))
    if position not in known:
        raise ValueError(f"StartingPosition is {position}; this stream takes {', '.join(known)}")
    if position != "AT_TIMESTAMP":
        return position, None
    if "StartingPositionTimestamp" not in properties:
        raise ValueError("StartingPosition AT_TIMESTAMP needs a StartingPositionTimestamp, in seconds since 1970")
    return position, datetime.fromtimestamp(float(properties["StartingPositionTimestamp"]), UTC)


def _filters(properties: Properties[str, Any], arn: str) -> tuple[Pattern, ...]:
    filters = properties.get("FilterCriteria", {}).get("Filters", ())
    if len(filters) > MAX_FILTERS:
        raise ValueError(f"FilterCriteria has {len(filters)} filters; AWS takes {MAX_FILTERS}")
    patterns = [json.loads(f["Pattern"]) if isinstance(f["Pattern"], str) else f["Pattern"] for f in filters]
    for pattern in patterns:
        if not is_table_stream(arn) and not isinstance(pattern.get("data", {}), dict):
            raise ValueError(
                f"FilterCriteria: the data of a Kinesis record is matched as JSON, not by {pattern['data']}"
            )
    return tuple(compile_pattern(pattern) for pattern in patterns)


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"
