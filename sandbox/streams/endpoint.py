"""A way to make boto3 clients -> the streams behind it, and what a table says about its Kinesis destination."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.streams.mapping import Mapping
from sandbox.streams.sources import KinesisSource, Source, TableSource

DEFAULT_PRECISION = "MILLISECOND"


@dataclass(slots=True)
class Endpoint:
    """An AWS, real or emulated; each client is made once."""

    aws: Callable[[str], Any]
    _clients: dict[str, Any] = field(default_factory=dict)
    _precisions: dict[tuple[str, str], str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The boto3 client of a service."""
        if service not in self._clients:
            self._clients[service] = self.aws(service)
        return self._clients[service]

    def source(self, mapping: Mapping) -> Source:
        """The stream a mapping reads."""
        if mapping.of_table:
            return TableSource(self.client("dynamodbstreams"), mapping.stream_arn)
        return KinesisSource(self.client("kinesis"), mapping.stream_arn)

    def precision(self, table: str, stream_arn: str) -> str:
        """The unit of the creation times `table` sends to a Kinesis stream: MILLISECOND or MICROSECOND."""
        if (table, stream_arn) not in self._precisions:
            answer = self.client("dynamodb").describe_kinesis_streaming_destination(TableName=table)
            found = [d for d in answer["KinesisDataStreamDestinations"] if d["StreamArn"] == stream_arn]
            precision = found[0].get("ApproximateCreationDateTimePrecision", DEFAULT_PRECISION) if found else None
            self._precisions[table, stream_arn] = precision or DEFAULT_PRECISION
        return self._precisions[table, stream_arn]
