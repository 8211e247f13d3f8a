"""The Controls table's record of the model that serves: read by scoring, moved by retraining and by a rollback."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable
from domain.solicitation.champion import Champion
from domain.solicitation.keys import escaped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Champions:
    """One item a model: `MODEL#{program}#{model}` / `CHAMPION`."""

    dynamodb: "DynamoDBClient"
    controls_table: str

    def read(self, program: str, model: str) -> Champion:
        """As written last; of generation 0 where we never changed the model."""
        with aws_calls(f"read the champion {model}"):
            found = self.dynamodb.get_item(
                TableName=self.controls_table, Key=encode_item(_key(program, model)), ConsistentRead=True
            )
        item = decode_item(found.get("Item", {}))
        known = {name: value for name, value in item.items() if name not in ("PK", "SK")}
        return Champion(**{"program": program, "model": model, **known})

    def write(self, champion: Champion) -> Champion:
        """The next revision of what was read. Unavailable: somebody else has written it meanwhile, so look again."""
        written = replace(champion, revision=champion.revision + 1)
        known = {name: value for name, value in asdict(written).items() if value is not None}
        try:
            with aws_calls(f"write the champion {champion.model}"):
                self.dynamodb.put_item(
                    TableName=self.controls_table,
                    Item=encode_item({**_key(champion.program, champion.model), **known}),
                    ConditionExpression="attribute_not_exists(PK) OR revision = :read",
                    ExpressionAttributeValues=encode_item({":read": champion.revision}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            raise Unavailable(f"the champion {champion.model} has been changed meanwhile") from error
        return written

    def generations(self, program: str, models: Iterable[str]) -> dict[str, int]:
        """By model, how many changes have come to serve."""
        return {model: self.read(program, model).generation for model in models}


def _key(program: str, model: str) -> dict[str, str]:
    return {"PK": f"MODEL#{escaped(program)}#{escaped(model)}", "SK": "CHAMPION"}
