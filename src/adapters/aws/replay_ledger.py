"""Which change records have been replayed: by event id, so that none is archived twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.aws.batch_items import PATIENT, Backoff, get, put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PK, SK = "REPLAY#", "REPLAY"
KEPT = timedelta(days=400)  # longer than any stage keeps what could be replayed again


@dataclass(frozen=True)
class ReplayLedger:
    """`REPLAY#{event id}` / `REPLAY` of the archive's ledger table: {plan, file, at}, no file where the record was dropped."""

    dynamodb: "DynamoDBClient"
    table: str
    backoff: Backoff = PATIENT

    def known(self, ids: Iterable[str]) -> dict[str, str]:
        """Of those that were replayed, by which plan."""
        keys = ({"PK": f"{PK}{id}", "SK": SK} for id in ids)
        items = get(self.dynamodb, self.table, keys, consistent=True, attributes=("PK", "plan"), backoff=self.backoff)
        return {item["PK"].removeprefix(PK): item["plan"] for item in items}

    def record(self, plan: str, files: Mapping[str, str | None], at: datetime) -> None:
        """`files`: by event id the key of the file its row is in, None for what was dropped."""
        expires = int((at + KEPT).timestamp())
        put(
            self.dynamodb,
            self.table,
            (_item(plan, id, file, at, expires) for id, file in files.items()),
            backoff=self.backoff,
        )


def _item(plan: str, id: str, file: str | None, at: datetime, expires: int) -> dict[str, Any]:
    told = {"file": file} if file else {"dropped": True}
    return {"PK": f"{PK}{id}", "SK": SK, "plan": plan, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "expiresAt": expires, **told}
