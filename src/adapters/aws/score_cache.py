"""The ScoreCache table: what a model said of a candidate before, kept until the program's days are over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from adapters.aws import batch_items
from adapters.aws.attribute_values import decode_item
from adapters.aws.queries import items, query
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.program import Model
from domain.solicitation.scoring import Pair, valid

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ScoreCache:
    """One item a candidate, model and version; only what a model really answered is kept."""

    dynamodb: "DynamoDBClient"
    table: str

    def scores(self, model: Model, pairs: Iterable[Pair], at: datetime) -> dict[Pair, float]:
        """The scores still good at `at`, by candidate, read 100 keys a call. TTL deletes late, so expiry is checked here."""
        held = {pair_key(pair): pair for pair in pairs}
        sort_key = model_key(model)
        found = batch_items.get(self.dynamodb, self.table, ({"PK": key, "SK": sort_key} for key in held))
        fresh = ((held[item["PK"]], valid(item["score"])) for item in found if item["expiresAt"] > at.timestamp())
        return {pair: score for pair, score in fresh if score is not None}

    def keep(self, model: Model, scores: Mapping[Pair, float], expires_at: datetime) -> None:
        """Keep a model's scores; writing them again changes nothing. `expires_at` becomes epoch seconds for TTL."""
        sort_key, expiry = model_key(model), int(expires_at.timestamp())
        batch_items.put(
            self.dynamodb,
            self.table,
            (
                {"PK": pair_key(pair), "SK": sort_key, "score": score, "expiresAt": expiry}
                for pair, score in scores.items()
            ),
        )

    def forget(self, pairs: Iterable[Pair]) -> int:
        """Delete what any model, in any version, said of these candidates; how many scores that was."""
        requests = (query(self.table, "PK = :pair", {"pair": pair_key(pair)}, ("PK", "SK")) for pair in pairs)
        keys = [decode_item(item) for request in requests for item in items(self.dynamodb, request)]
        batch_items.delete(self.dynamodb, self.table, keys)
        return len(keys)


def pair_key(pair: Pair) -> str:
    customer, subject = pair
    return f"{customer_key(customer)}#SUBJECT#{escaped(subject)}"


def model_key(model: Model) -> str:
    return f"MODEL#{escaped(model.id)}#{escaped(model.version)}"
