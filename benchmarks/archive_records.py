"""A seed in, Kinesis records of the Demand table's changes out: four kinds, two dates, one in ten a removal, four bad in 1,000."""

import json
from base64 import b64encode
from collections.abc import Iterator
from random import Random
from typing import Any

DAYS = ("2026-11-20", "2026-11-21")
AT = 1_795_258_800_000_000  # 2026-11-21T11:00:00Z in microseconds
BAD = {
    250: "truncated",
    500: "text for a flag",
    750: "half an attempt",
    999: "no fan",
}  # by the record's number in 1,000
ARTISTS = ("Beyoncé", "The Midnight", "Sigur Rós", "Rosalía", "Wilco", "BTS")
CITIES = (("Los Angeles", "California", "CA"), ("Québec", "Québec", "QC"), ("Austin", "Texas", "TX"))
EVENTS = 20  # that are spoken of at a time
SHARD = "shardId-000000000000"


def records(count: int) -> Iterator[dict[str, Any]]:
    """As Lambda hands them to a function; some 1.3 KB of JSON each."""
    dice = Random(20261121)
    for number in range(count):
        text = json.dumps(_change(dice, number), separators=(",", ":"), ensure_ascii=False)
        if BAD.get(number % 1_000) == "truncated":
            text = text[:-40]
        yield {
            "kinesis": {
                "partitionKey": dice.randbytes(16).hex().upper(),
                "sequenceNumber": f"496{number:053d}",
                "data": b64encode(text.encode()).decode(),
                "approximateArrivalTimestamp": AT / 1e6 + 1,
            },
            "eventSource": "aws:kinesis",
            "eventID": f"{SHARD}:496{number:053d}",
            "eventName": "aws:kinesis:record",
        }


def _change(dice: Random, number: int) -> dict[str, Any]:
    image = (_demand, _notification, _sale, _event)[number % 4](dice, DAYS[number // 4 % 2])
    _spoil(image, BAD.get(number % 1_000))
    name = "REMOVE" if number % 10 == 7 else "INSERT" if number % 3 else "MODIFY"
    side = "OldImage" if name == "REMOVE" else "NewImage"
    dynamodb = {
        "ApproximateCreationDateTime": AT + number * 37,
        "Keys": {"PK": image["PK"], "SK": image["SK"]},
        side: image,
        "SizeBytes": 900,
        "ApproximateCreationDateTimePrecision": "MICROSECOND",
    }
    return {
        "awsRegion": "us-east-1",
        "eventID": str(_uuid(dice)),
        "eventName": name,
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "ovation-dev-demand",
        "dynamodb": dynamodb,
        "eventSource": "aws:dynamodb",
    }


def _spoil(image: dict[str, Any], how: str | None) -> None:
    match how:
        case "text for a flag":
            image |= {"type": {"S": "sale"}, "saleStartDateTime": {"S": DAYS[0]}, "isSuppressed": {"S": "false"}}
        case "half an attempt":
            image |= {"type": {"S": "notification"}, "sendAttempts": {"N": "1.9"}}
        case "no fan":
            image["type"] = {"S": "demand"}
            image.pop("fanId", None)


def _uuid(dice: Random) -> str:
    digits = dice.randbytes(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _time(dice: Random, day: str) -> dict[str, str]:
    return {
        "S": f"{day}T{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}.{dice.randrange(1000):03}Z"
    }


def _ids(dice: Random) -> dict[str, Any]:
    """Many fans, few events and sales: what a batch holds while something is announced."""
    event = dice.randrange(EVENTS)
    return {
        "fanId": {"S": _uuid(dice)},
        "eventId": {"S": _event_id(event)},
        "saleId": {"S": f"0B00{_digits(event + EVENTS)}_{event}"},
    }


def _event_id(number: int) -> str:
    return f"0B00{_digits(number)}"


def _digits(number: int) -> str:
    return f"{number * 2654435761 % 2**48:012X}"


def _contact(dice: Random) -> dict[str, Any]:
    return {
        "phoneNumber": {"S": f"+1{dice.randrange(2 * 10**9, 10**10)}"},
        "email": {"S": f"fan.{dice.randrange(10**9)}@example.com"},
        "contactMethod": {"S": dice.choice(("sms", "email", "sms,email"))},
    }


def _artist(ids: dict[str, Any]) -> str:
    return ARTISTS[int(ids["eventId"]["S"], 16) % len(ARTISTS)]


def _demand(dice: Random, day: str) -> dict[str, Any]:
    ids = _ids(dice)
    artist = _artist(ids)
    requested = _time(dice, day)
    return {
        "PK": {"S": f"event:{ids['eventId']['S']}"},
        "SK": {"S": f"demand:{ids['saleId']['S']}:{ids['fanId']['S']}"},
        "GSI1PK": {"S": f"fan:{ids['fanId']['S']}"},
        "GSI1SK": {"S": f"sale:{ids['saleId']['S']}"},
        "type": {"S": "demand"},
        **ids,
        "requestedDateTime": requested,
        "artistId": {"S": f"K8v{artist}"},
        "eventName": {"S": f"{artist}: Live 2027"},
        "saleName": {"S": "General Onsale"},
        "artistName": {"S": artist},
        **_contact(dice),
        "demandType": {"S": "remind"},
        "marketId": {"S": str(dice.randrange(100))},
        "locale": {"S": "en-us"},
        "date": {"M": {"requested": requested, "triggered": {"NULL": True}, "notified": {"NULL": True}}},
        "systemUserId": {"S": f"archtics-{dice.randrange(90)}.{dice.randrange(10**6)}"},
    }


def _notification(dice: Random, day: str) -> dict[str, Any]:
    ids = _ids(dice)
    artist = _artist(ids)
    code = f"{dice.randrange(16**8):08x}"
    body = f"Tickets to {artist} in {dice.choice(CITIES)[0]} go on sale in 30 minutes: https://tix.example/{code} Reply STOP to opt out"
    return {
        "PK": {"S": f"event:{ids['eventId']['S']}"},
        "SK": {"S": f"notification:{ids['saleId']['S']}:{ids['fanId']['S']}:sms"},
        "type": {"S": "notification"},
        **ids,
        "saleName": {"S": "General Onsale"},
        "messageBody": {"S": body},
        **_contact(dice),
        "status": {"M": {"id": {"S": "DELIVERED"}, "date": _time(dice, day)}},
        "date": {
            "M": {name: _time(dice, day) for name in ("created", "updated", "triggered", "queued", "sent", "delivered")}
        },
        "sendAttempts": {"N": str(dice.randrange(1, 4))},
        "messageId": {"S": _uuid(dice)},
    }


def _sale(dice: Random, day: str) -> dict[str, Any]:
    event, sale = _event_id(dice.randrange(EVENTS)), f"0B00{dice.randrange(16**12):012X}"
    return {
        "PK": {"S": f"event:{event}"},
        "SK": {"S": f"sale:{sale}"},
        "GSI1PK": {"S": f"start:{day}"},
        "GSI1SK": {"S": sale},
        "type": {"S": "sale"},
        "id": {"S": sale},
        "eventId": {"S": event},
        "saleStartDateTime": _time(dice, day),
        "name": {"S": dice.choice(("General Onsale", "Artist Presale", "Official Platinum"))},
        "saleTypes": {"L": [{"S": "presale"}, {"S": dice.choice(("public", "vip"))}]},
        "saleStartDate": {"S": day},
        "saleEndDateTime": _time(dice, "2026-12-31"),
        "isSuppressed": {"BOOL": dice.random() < 0.2},
    }


def _event(dice: Random, day: str) -> dict[str, Any]:
    event, artist, (city, state, code) = _event_id(dice.randrange(EVENTS)), dice.choice(ARTISTS), dice.choice(CITIES)
    named = {"M": {"id": {"S": f"KZFz{dice.randrange(10**9)}"}, "name": {"S": dice.choice(("Music", "Rock", "Pop"))}}}
    image = {"url": {"S": f"https://images.example/{_uuid(dice)}.jpg"}, "ratio": {"S": "16_9"}}
    venue = {
        "id": {"S": f"KovZ{dice.randrange(10**9)}"},
        "name": {"S": f"{city} Arena"},
        "type": {"S": "venue"},
        "timezone": {"S": "America/Los_Angeles"},
        "postalCode": {"S": str(dice.randrange(10**4, 10**5))},
        "address": {"M": {"line1": {"S": f"{dice.randrange(9999)} Main St."}}},
        "city": {"M": {"name": {"S": city}}},
        "state": {"M": {"name": {"S": state}, "stateCode": {"S": code}}},
        "location": {
            "M": {"longitude": {"S": f"-118.{dice.randrange(10**6)}"}, "latitude": {"S": f"34.{dice.randrange(10**6)}"}}
        },
    }
    return {
        "PK": {"S": f"event:{event}"},
        "SK": {"S": "event"},
        "type": {"S": "event"},
        "id": {"S": event},
        "name": {"S": f"{artist}: Live {dice.randrange(2000)}"},
        "isSuppressed": {"BOOL": False},
        "url": {"S": f"https://tickets.example/event/{event}"},
        "locale": {"S": "en-us"},
        "eventDate": {"M": {"start": {"M": {"dateTime": _time(dice, "2027-06-05"), "localDate": {"S": "2027-06-05"}}}}},
        "date": {"M": {"firstSeen": _time(dice, day), "updated": _time(dice, day)}},
        "classifications": {"L": [{"M": {"primary": {"BOOL": True}, "segment": named, "genre": named}}]},
        "images": {"L": [{"M": image | {"width": {"N": "1024"}, "height": {"N": "576"}}}]},
        "promoter": named,
        "venues": {"L": [{"M": venue}]},
        "attractions": {"L": [{"M": {"id": {"S": f"K8v{dice.randrange(10**9)}"}, "name": {"S": artist}}}]},
    }
