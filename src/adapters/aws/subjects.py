"""The Subjects table: what has been said of each product or track so far, read whole and given its score."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.solicitation.keys import escaped, unescaped
from domain.solicitation.stored import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Subjects:
    """`PROGRAM#p#SUBJECT#s` / `AGGREGATE`: ratingCount, ratingSum, thumbsUp, thumbsDown, tags, name, genre, artist."""

    dynamodb: "DynamoDBClient"
    table: str

    def all(self, program: str) -> Iterator[dict[str, Any]]:
        """Every aggregate of a program with its `subject` id, in no order; a scan, for a job that runs once a day."""
        prefix = f"PROGRAM#{escaped(program)}#SUBJECT#"
        with aws_calls(f"scan {self.table}"):
            for page in self.dynamodb.get_paginator("scan").paginate(
                TableName=self.table,
                FilterExpression="begins_with(PK, :prefix)",
                ExpressionAttributeValues=encode_item({":prefix": prefix}),
            ):
                for item in map(decode_item, page["Items"]):
                    yield {**item, "subject": unescaped(item["PK"].removeprefix(prefix))}

    def rate(self, program: str, subject: str, score: float, at: datetime) -> None:
        """Note a subject's score; one that is not there (erased meanwhile) stays away."""
        with aws_calls(f"score a subject of {program}"):
            try:
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key=encode_item(aggregate_key(program, subject)),
                    UpdateExpression="SET score = :score, scoredAt = :at",
                    ConditionExpression="attribute_exists(PK)",
                    ExpressionAttributeValues=encode_item({":score": score, ":at": iso(at)}),
                )
            except self.dynamodb.exceptions.ConditionalCheckFailedException:
                return


def aggregate_key(program: str, subject: str) -> dict[str, str]:
    return {"PK": f"PROGRAM#{escaped(program)}#SUBJECT#{escaped(subject)}", "SK": "AGGREGATE"}
