"""How far an erasure has come and what it has found, so that none that dies loses count."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from adapters.aws.queries import items, query
from domain.archive.receipt import Finding

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OBJECT, UNREADABLE, PASS = "OBJECT#", "UNREADABLE#", "PASS"


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the archive: when it began (ISO 8601), and the last key that is done, after which it goes on."""

    at: str
    place: str = ""  # the prefix that is being looked through
    after: str = ""


@dataclass(frozen=True)
class ErasureLedger:
    """`ERASURE#{digest of the fan's id}` in the archive's ledger table: `OBJECT#…` per version found, `UNREADABLE#…`, and `PASS`."""

    dynamodb: "DynamoDBClient"
    ledger_table: str
    digest: str

    def note(self, found: Iterable[Finding]) -> None:
        """Before anything is changed. What is known already stays as it was noted first."""
        for one in found:
            told = {"key": one.key, "version": one.version, "rows": one.rows, "at": one.at}
            try:
                self._put(
                    f"{OBJECT}{_name(one.key, one.version)}", told, ConditionExpression="attribute_not_exists(PK)"
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise

    def note_unreadable(self, key: str, at: str) -> None:
        self._put(f"{UNREADABLE}{_name(key)}", {"key": key, "at": at})

    def findings(self) -> list[Finding]:
        return [Finding(it["key"], it["version"], it["rows"], it["at"]) for it in self._items(OBJECT)]

    def unreadable(self, at: str) -> list[str]:
        """By the pass that began at that time."""
        return [it["key"] for it in self._items(UNREADABLE) if it["at"] == at]

    def going_on(self) -> Pass | None:
        """The pass that has not come to its end; None: there is none."""
        found = self._items(PASS)
        return Pass(found[0]["at"], found[0]["place"], found[0]["after"]) if found else None

    def keep(self, reached: Pass) -> None:
        self._put(PASS, {"at": reached.at, "place": reached.place, "after": reached.after})

    def end(self) -> None:
        with aws_calls("end a pass of an erasure"):
            self.dynamodb.delete_item(TableName=self.ledger_table, Key=encode_item(self._key(PASS)))

    def _put(self, name: str, told: dict[str, Any], **condition: Any) -> None:
        with aws_calls("note what an erasure has found"):
            self.dynamodb.put_item(
                TableName=self.ledger_table, Item=encode_item({**self._key(name), **told}), **condition
            )

    def _items(self, prefix: str) -> list[dict[str, Any]]:
        values = {"pk": self._key("")["PK"], "prefix": prefix}
        request = query(self.ledger_table, "PK = :pk AND begins_with(SK, :prefix)", values)
        return list(map(decode_item, items(self.dynamodb, {**request, "ConsistentRead": True})))

    def _key(self, name: str) -> dict[str, str]:
        return {"PK": f"ERASURE#{self.digest}", "SK": name}


def _name(*parts: str) -> str:
    """A sort key may be no longer than 1,024 bytes, as long as an object's key alone."""
    return sha256("\x00".join(parts).encode()).hexdigest()[:32]
