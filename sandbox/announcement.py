"""A number of fans in, the Demand table's items of one announced tour date out, and what the archive has to say of them afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.aws.attribute_values import encode_item
from domain.notifications.keys import SALE_DEMAND_SHARD, sale_demand_of

Item = dict[str, Any]

DAY = date(2026, 11, 20)  # of the announcement; the show and its sales lie in the year after
FIRST_WISH = datetime(2026, 11, 20, 15, tzinfo=UTC)
RUSH = timedelta(minutes=5)  # seed 002, scenario 1: all wishes come within five minutes
LAGS = (30, 40, 50, 60)  # seconds between a wish and its reminder, one after the other: 45 on average, as in the seed
NOTIFIED_ONE_IN = 5
CONTACTS = ("sms", "email", "sms,email")
EVENT, PRESALE, PUBLIC = "ovs-lantern-2027", "ovs-lantern-2027-presale", "ovs-lantern-2027-public"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event with two sales, and `fans` who each want to be reminded of the public one."""

    fans: int

    @property
    def mean_lag(self) -> float:
        """Seconds between wish and reminder, over those that were reminded."""
        lags = [lag for number in range(self.fans) if (lag := _lag(number)) is not None]
        return sum(lags) / len(lags) if lags else 0.0

    def demand(self) -> Iterator[Item]:
        """One item a fan, in the order of their wishes."""
        return (_wish(number, self.fans) for number in range(self.fans))

    def event(self) -> list[Item]:
        """The event and its sales: what a fan wants to be reminded of."""
        return [_event(), _sale(PRESALE, "Lantern Club Presale", 16), _sale(PUBLIC, "Public Onsale", 18)]


def write(dynamodb: Any, table: str, items: Iterator[Item]) -> int:
    """Put the items, 25 a call; how many. Repeats what the table left undone."""
    count, page = 0, []
    for item in items:
        page.append({"PutRequest": {"Item": encode_item(item)}})
        count += 1
        if len(page) == 25:
            _put(dynamodb, table, page)
            page = []
    _put(dynamodb, table, page)
    return count


def key_of(item: Item) -> Item:
    """Its key, as DynamoDB types it."""
    return encode_item({"PK": item["PK"], "SK": item["SK"]})


def _put(dynamodb: Any, table: str, page: list[Item]) -> None:
    while page:
        page = dynamodb.batch_write_item(RequestItems={table: page})["UnprocessedItems"].get(table, [])


def _wish(number: int, fans: int) -> Item:
    fan, contact = f"fan-{number:06d}", CONTACTS[number % len(CONTACTS)]
    requested = FIRST_WISH + RUSH * number / fans
    lag = _lag(number)
    reached = {"notified": _iso(requested + timedelta(seconds=lag)), "triggered": _iso(requested)} if lag else {}
    return {
        "PK": f"fan:{fan}",
        "SK": f"demand#{EVENT}-{PUBLIC}",
        "type": "demand",
        "fanId": fan,
        "eventId": EVENT,
        "saleId": PUBLIC,
        "eventName": "Lantern Parade: The Long Way Home Tour",
        "saleName": "Public Onsale",
        "artistId": "ova-lantern-parade",
        "artistName": "Lantern Parade",
        "contactMethod": contact,
        SALE_DEMAND_SHARD: sale_demand_of(fan, EVENT, PUBLIC),
        "demandType": "remind",
        "marketId": "TM_US",
        "locale": "en-us",
        "date": {"requested": _iso(requested), **reached},
        "systemUserId": f"archtics-70.{10_000 + number}",
        **({"phoneNumber": f"+12025550{100 + number % 100}"} if "sms" in contact else {}),
        **({"email": f"{fan}@example.com"} if "email" in contact else {}),
    }


def _lag(number: int) -> int | None:
    return LAGS[number // NOTIFIED_ONE_IN % len(LAGS)] if number % NOTIFIED_ONE_IN == 0 else None


def _event() -> Item:
    return {
        "PK": f"event:{EVENT}",
        "SK": f"event#{EVENT}",
        "type": "event",
        "id": EVENT,
        "name": "Lantern Parade: The Long Way Home Tour",
        "url": f"https://tickets.example.com/{EVENT}",
        "shortUrl": "https://tickets.example.com/lantern",
        "locale": "en-us",
        "isSuppressed": False,
        "eventDate": {
            "start": {"dateTime": "2027-06-12T00:30:00Z", "localDate": "2027-06-11"},
            "timezone": "America/Chicago",
        },
        "date": {"firstSeen": _iso(FIRST_WISH - timedelta(hours=1)), "updated": _iso(FIRST_WISH - timedelta(hours=1))},
        "venues": [
            {"id": "ovv-riverside", "name": "Riverside Hall", "city": {"name": "Austin"}, "state": {"stateCode": "TX"}}
        ],
        "attractions": [{"id": "ova-lantern-parade", "name": "Lantern Parade"}],
        "images": [{"url": "https://tickets.example.com/lantern.jpg", "width": 1024, "height": 576}],
    }


def _sale(id: str, name: str, hour: int) -> Item:
    starts = datetime(2026, 12, 4, hour, tzinfo=UTC)
    return {
        "PK": f"event:{EVENT}",
        "SK": f"sale#{id}",
        "type": "sale",
        "id": id,
        "eventId": EVENT,
        "name": name,
        "saleTypes": ["PUBLIC"] if id == PUBLIC else ["ARTIST_PRESALE"],
        "saleStartDateTime": _iso(starts),
        "saleStartDate": starts.date().isoformat(),
        "saleEndDateTime": _iso(starts + timedelta(days=180)),
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
