"""One customer's traces in the tables: found, erased or cut loose from the person, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.customers import PROFILE
from adapters.aws.faults import aws_calls
from adapters.aws.queries import items, query
from adapters.aws.score_cache import ScoreCache
from domain.solicitation.delivery import FORGOTTEN
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.stored import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Traces:
    """What is known of a customer before the erasure; it tells where else to look."""

    pairs: frozenset[tuple[str, str]]  # program, subject
    deliveries: frozenset[str]
    photos: tuple[str, ...]


@dataclass(frozen=True)
class Erasure:
    """Every step may be repeated; a second erasure finds nothing and counts nothing. `tables` by the settings' names."""

    dynamodb: "DynamoDBClient"
    candidates_table: str
    customers_table: str
    score_cache_table: str
    deliveries_table: str
    responses_table: str

    def traces(self, customer: str) -> Traces:
        sent, answers = list(self._deliveries(customer)), list(self._of(self.responses_table, customer))
        candidates = [item for item in self._of(self.candidates_table, customer) if "status" in item]
        pairs = {(item["programId"], item["subject"]["id"]) for item in candidates}
        pairs |= {(item["program"], item["subject"]) for item in (*sent, *answers)}
        photos = tuple(key for answer in answers for key in answer.get("photos", ()))
        return Traces(frozenset(pairs), frozenset(item["id"] for item in sent), photos)

    def candidates(self, customer: str) -> int:
        """Base and index items."""
        return self._delete(self.candidates_table, customer)

    def customer(self, customer: str, at: datetime) -> int:
        """Contact data, history and caps; what stays is a bare opt-out, so that tomorrow's batch does not begin anew."""
        tombstone = {"PK": customer_key(customer), "SK": PROFILE, "optedOut": True, "optedOutAt": iso(at)}
        with aws_calls(f"write {self.customers_table}"):
            self.dynamodb.put_item(TableName=self.customers_table, Item=encode_item(tombstone))
        return self._delete(self.customers_table, customer, keep=PROFILE)

    def scores(self, customer: str, traces: Traces) -> int:
        pairs = [(customer, subject) for _, subject in traces.pairs]
        return ScoreCache(self.dynamodb, self.score_cache_table).forget(pairs)

    def deliveries(self, customer: str) -> int:
        """A delivery stays, so that counts stay right, but nobody can tell any more whose it was; nor of those it took the place of."""
        found = list(self._deliveries(customer))
        for item in found:
            with aws_calls(f"change {self.deliveries_table}"):
                self.dynamodb.update_item(
                    TableName=self.deliveries_table,
                    Key=encode_item({"PK": item["PK"], "SK": item["SK"]}),
                    UpdateExpression="SET customer = :nobody, GSI1SK = :id REMOVE GSI2PK, GSI2SK, #zone",
                    ExpressionAttributeNames={"#zone": "zone"},
                    ExpressionAttributeValues=encode_item({":nobody": FORGOTTEN, ":id": item["id"]}),
                )
        return len(found)

    def answers(self, customer: str) -> int:
        """An answer stays without its author, under a key that does not tell; one not yet published is never published."""
        found = list(self._of(self.responses_table, customer))
        for item in found:
            nobody = sha256(f"{item['PK']}|{item['SK']}".encode()).hexdigest()[:32]
            time = item["GSI1SK"].partition("#")[0]
            keys = {"PK": f"FORGOTTEN#{nobody}", "GSI1SK": f"{time}#{nobody}"}
            anonymous = {**item, **keys, "customer": FORGOTTEN, "delivery": None, "photos": []}
            ids = "#".join(map(escaped, (customer, item["program"], item["subject"])))
            gone = ({"PK": item["PK"], "SK": item["SK"]}, {"PK": f"OUTBOX#{ids}", "SK": "EVENT"})
            deletes = [{"Delete": {"TableName": self.responses_table, "Key": encode_item(key)}} for key in gone]
            put = {"Put": {"TableName": self.responses_table, "Item": encode_item(anonymous)}}
            with aws_calls(f"change {self.responses_table}"):
                self.dynamodb.transact_write_items(TransactItems=[put, *deletes])  # type: ignore[list-item]
        return len(found)

    def _deliveries(self, customer: str) -> Iterator[dict[str, Any]]:
        request = query(self.deliveries_table, "GSI2PK = :customer", {"customer": customer_key(customer)})
        return map(decode_item, items(self.dynamodb, {**request, "IndexName": "GSI2"}))

    def _of(self, table: str, customer: str) -> Iterator[dict[str, Any]]:
        request = query(table, "PK = :customer", {"customer": customer_key(customer)})
        return map(decode_item, items(self.dynamodb, {**request, "ConsistentRead": True}))

    def _delete(self, table: str, customer: str, keep: str | None = None) -> int:
        keys = [{"PK": item["PK"], "SK": item["SK"]} for item in self._of(table, customer) if item["SK"] != keep]
        batch_items.delete(self.dynamodb, table, keys)
        return len(keys)
