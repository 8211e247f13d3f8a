"""The Deliveries table: campaigns, one item a selected recipient, and the campaigns' counters."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import PATIENT
from adapters.aws.faults import aws_calls, code
from adapters.aws.transactions import put, transact, update
from domain.solicitation.campaign_states import BEFORE, State
from domain.solicitation.delivery import campaign_key, delivery_key
from domain.solicitation.keys import customer_key, escaped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Deliveries:
    """GSI1 holds a campaign's deliveries and a program's campaigns of a day, GSI2 a customer's deliveries by time."""

    dynamodb: "DynamoDBClient"
    table: str

    def get(self, id: str) -> dict[str, Any] | None:
        """One delivery, read consistently; None when nobody has taken it up yet."""
        return self._one(delivery_key(id))

    def campaign(self, id: str) -> dict[str, Any] | None:
        """One campaign's record, read consistently."""
        return self._one(campaign_key(id))

    def of_campaign(self, campaign: str) -> Iterator[dict[str, Any]]:
        """Its deliveries by customer and subject, as the index knows them (it may lag by a moment)."""
        return self._query("GSI1", f"CAMPAIGN#{campaign}")

    def of_customer(self, customer: str) -> Iterator[dict[str, Any]]:
        """The customer's deliveries of all programs, the oldest first."""
        return self._query("GSI2", customer_key(customer))

    def campaigns(self, program: str, day: date) -> Iterator[dict[str, Any]]:
        """The campaigns of a program for one date, by id."""
        return self._query("GSI1", f"PROGRAM#{escaped(program)}#DATE#{day.isoformat()}")

    def known(self, ids: Iterable[str], attributes: tuple[str, ...] = ("id", "campaign")) -> dict[str, dict[str, Any]]:
        """Those deliveries that exist, by id: a few attributes of each, `id` among them, read 100 a call."""
        keys = (delivery_key(id) for id in ids)
        found = batch_items.get(self.dynamodb, self.table, keys, consistent=True, attributes=attributes)
        return {item["id"]: item for item in found}

    def put_campaign(self, campaign: Plain) -> bool:
        """Write a campaign's record; False when one stands already, which is left as it is."""
        day = f"PROGRAM#{escaped(campaign['program'])}#DATE#{campaign['date']}"
        keys = {**campaign_key(campaign["id"]), "GSI1PK": day, "GSI1SK": f"CAMPAIGN#{campaign['id']}"}
        return self._put({**campaign, **keys})

    def put_delivery(self, delivery: Plain) -> bool:
        """Write a delivery nobody has taken up yet; False when one stands already, which is left as it is."""
        return self._put({**delivery, **delivery_keys(delivery)})

    def put_skipped(self, delivery: Plain) -> bool:
        """Write a delivery nobody has taken up, as skipped, and count it; False when one stands already, which is counted."""
        shard = {"PK": campaign_key(delivery["campaign"])["PK"], "SK": count_shard(delivery["id"])}
        entries = [
            ("delivery", put(self.table, {**delivery, **delivery_keys(delivery)}, "attribute_not_exists(PK)")),
            ("count", update(self.table, shard, "ADD skipped :one", one=1)),
        ]
        return not transact(self.dynamodb, entries, f"skip {delivery['id']}", PATIENT)

    def move_campaign(self, id: str, state: State) -> bool:
        """Bring a campaign into a state; False when the one it is in forbids it (or there is no such campaign)."""
        before = {f":b{number}": name for number, name in enumerate(BEFORE[state])}
        return self._update(
            id,
            "SET #state = :state",
            f"#state IN ({', '.join(before)})",
            {":state": state, **before},
            {"#state": "state"},
        )

    def note_slot(self, id: str, number: int, what: Plain) -> None:
        """Set some attributes of a campaign's slot, by its place in the list."""
        names = {f"#{at}": name for at, name in enumerate(what)}
        values = {f":{at}": value for at, value in enumerate(what.values())}
        sets = ", ".join(f"slots[{number}].#{at} = :{at}" for at in range(len(what)))
        self._update(id, f"SET {sets}", "attribute_exists(PK)", values, names)

    def counts(self, campaign: str) -> dict[str, int]:
        """The campaign's counters, summed over their shards; those never moved are left out."""
        total: Counter[str] = Counter()
        for shard in self._query(None, campaign_key(campaign)["PK"], "COUNT#"):
            total.update({name: value for name, value in shard.items() if name not in ("PK", "SK", "expiresAt")})
        return dict(total)

    def _one(self, key: Plain) -> dict[str, Any] | None:
        with aws_calls(f"read {key['PK']}"):
            found = self.dynamodb.get_item(TableName=self.table, Key=encode_item(key), ConsistentRead=True)
        return decode_item(found["Item"]) if "Item" in found else None

    def _query(self, index: str | None, partition: str, begins: str | None = None) -> Iterator[dict[str, Any]]:
        prefix = index or ""
        condition, values = f"{prefix}PK = :pk", {":pk": partition}
        if begins:
            condition, values = f"{condition} AND begins_with({prefix}SK, :sk)", {**values, ":sk": begins}
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            **({"IndexName": index} if index else {"ConsistentRead": True}),
            KeyConditionExpression=condition,
            ExpressionAttributeValues=encode_item(values),
        )
        with aws_calls(f"read {partition}"):
            for page in pages:
                yield from map(decode_item, page["Items"])

    def _put(self, item: Plain) -> bool:
        try:
            with aws_calls(f"write {item['PK']}"):
                self.dynamodb.put_item(
                    TableName=self.table, Item=encode_item(item), ConditionExpression="attribute_not_exists(PK)"
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _update(self, id: str, update: str, condition: str, values: Plain, names: Mapping[str, str]) -> bool:
        try:
            with aws_calls(f"change campaign {id}"):
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key=encode_item(campaign_key(id)),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=encode_item(values),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def delivery_keys(delivery: Plain) -> dict[str, str]:
    """The table and index keys of a delivery item, from its own attributes."""
    customer = escaped(delivery["customer"])
    return {
        **delivery_key(delivery["id"]),
        "GSI1PK": f"CAMPAIGN#{delivery['campaign']}",
        "GSI1SK": f"{customer}#{escaped(delivery['subject'])}",
        "GSI2PK": customer_key(delivery["customer"]),
        "GSI2SK": f"{delivery['sendAt']}#{delivery['id']}",
    }


def count_shard(delivery: str) -> str:
    """The sort key of the counter that a delivery is counted in: one of eight, so that no counter is hot."""
    return f"COUNT#{int(delivery[0], 16) % 8}"
