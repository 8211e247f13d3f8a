"""The Responses table as the jobs read it: the answers of one program by the UTC day they were given on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.solicitation.keys import escaped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS = 4  # of a day's answers in GSI1


@dataclass(frozen=True)
class Responses:
    """Index GSI1 holds `PROGRAM#p#DATE#d#shard`, within it the answers by time."""

    dynamodb: "DynamoDBClient"
    table: str

    def of_day(self, program: str, day: date) -> Iterator[dict[str, Any]]:
        """The day's answers, in no order. Unavailable: throttled beyond patience."""
        for shard in range(SHARDS):
            with aws_calls(f"read the answers of {program} on {day}"):
                for page in self.dynamodb.get_paginator("query").paginate(
                    TableName=self.table,
                    IndexName="GSI1",
                    KeyConditionExpression="GSI1PK = :pk",
                    ExpressionAttributeValues=encode_item(
                        {":pk": f"PROGRAM#{escaped(program)}#DATE#{day.isoformat()}#{shard}"}
                    ),
                ):
                    yield from map(decode_item, page["Items"])

    def between(self, program: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """The answers given in [start, end), in no order."""
        days = range(start.toordinal(), end.toordinal() + 1)
        for day in map(date.fromordinal, days):
            for answer in self.of_day(program, day):
                if start <= datetime.fromisoformat(answer["submittedAt"]) < end:
                    yield answer
