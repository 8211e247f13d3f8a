"""Ids in, keys out: of the Demand table's rows (seed 003; reference/ticketing.md, 2.5), of its indexes, and of what workers keep."""

from hashlib import sha256
from typing import NamedTuple

FAN, EVENT = "fan:", "event:"
DEMAND, NOTIFICATION, SALE = "demand#", "notification#", "sale#"
SMS, EMAIL = "sms", "email"
METHODS = (SMS, EMAIL)
SHARDS = 10  # of a sale's demand: an index key takes 1,000 writes a second, and each shard has a generator of its own

# Indexes of the Demand table, with their keys.
SALES = "sales"  # saleStartDate, saleStartDateTime: which sales start when
SALE_DEMANDS = "saleDemands"  # saleDemandShard, fanId: who wants to be reminded of a sale
SALE_DEMAND_SHARD = "saleDemandShard"
UNSETTLED = "unsettled"  # unsettledShard, unsettledSince: notifications that somebody must still send or settle
UNSETTLED_SHARD, UNSETTLED_SINCE = "unsettledShard", "unsettledSince"


class Key(NamedTuple):
    """Of one item."""

    pk: str
    sk: str

    def attributes(self) -> dict[str, str]:
        return {"PK": self.pk, "SK": self.sk}


def demand_row(fan: str, event: str, sale: str) -> Key:
    return Key(f"{FAN}{fan}", f"{DEMAND}{event}-{sale}")


def notification_row(fan: str, event: str, sale: str, method: str) -> Key:
    """One a fan, sale and way of contact: that there is at most one reminder is this key."""
    return Key(f"{FAN}{fan}", f"{NOTIFICATION}{event}-{sale}#{method}")


def event_row(event: str) -> Key:
    return Key(f"{EVENT}{event}", f"event#{event}")


def sale_row(event: str, sale: str) -> Key:
    return Key(f"{EVENT}{event}", f"{SALE}{sale}")


def shard_of(id: str) -> int:
    """0 to 9, the same for the same id, evenly dealt."""
    return int.from_bytes(sha256(id.encode("utf-8", "replace")).digest()[:8]) % SHARDS


def sale_demand(event: str, sale: str, shard: int) -> str:
    """The partition of index `saleDemands` that a shard of a sale's demand lies in."""
    return f"{event}-{sale}#{shard}"


def sale_demand_of(fan: str, event: str, sale: str) -> str:
    """What a demand row has as `saleDemandShard`."""
    return sale_demand(event, sale, shard_of(fan))


def unsettled_shard(shard: int) -> str:
    return f"unsettled#{shard}"


def message_id(key: Key, sale_starts: str) -> str:
    """What a notification is called outside: the idempotency key of all tries to send it, 32 hexadecimal digits.

    A sale that has moved before anybody was told makes another message of it.
    """
    return sha256(f"{key.pk}\0{key.sk}\0{sale_starts}".encode("utf-8", "replace")).hexdigest()[:32]


# Of the state table, which is about no fan by name.


def scheduler_mark() -> Key:
    """{claimed, until}: up to which sale start a run has begun, and has ended, to tell the generators."""
    return Key("SCHEDULER", "MARK")


def event_state(event: str) -> Key:
    """{flight, holder, leaseUntil, checkedAt, missingAt, failedAt}: who asks the vendor about an event, and what came of it."""
    return Key(f"EVENT#{event}", "CACHE")


def wanted_event(event: str) -> Key:
    """An event that somebody wants to be reminded of; listed by shard."""
    return Key(f"WANTED#{shard_of(event)}", event)


def vendor_quota(vendor: str, day: str) -> Key:
    """{used}: calls of a vendor on a UTC day."""
    return Key(f"QUOTA#{vendor}", day)


def opt_out(method: str, address: str) -> Key:
    """Who wants no reminders at an address: kept by its digest, so that the list holds no address."""
    digest = sha256(f"{method}\0{address.strip().lower()}".encode("utf-8", "replace")).hexdigest()
    return Key(f"OPTOUT#{digest}", method)
