"""What a backfill says of an item it found."""

from datetime import UTC, datetime, timedelta, timezone

from domain.archive.backfill import as_found

SINCE = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
ITEM = {"PK": {"S": "fan:f1"}, "SK": {"S": "demand#e-s"}, "fanId": {"S": "f1"}, "photo": {"B": b"\x00\xff"}}


def test_an_item_is_told_with_its_keys_and_the_time_reading_began():
    found = as_found(ITEM, "Demand", SINCE)
    assert (found["eventName"], found["tableName"]) == ("BACKFILL", "Demand")
    assert found["dynamodb"]["Keys"] == {"PK": {"S": "fan:f1"}, "SK": {"S": "demand#e-s"}}
    assert found["dynamodb"]["NewImage"] == ITEM
    assert found["dynamodb"]["ApproximateCreationDateTime"] == 1_795_168_800_123_456


def test_the_time_is_the_same_instant_in_any_zone():
    elsewhere = SINCE.astimezone(timezone(timedelta(hours=-8)))
    assert as_found(ITEM, "Demand", elsewhere) == as_found(ITEM, "Demand", SINCE)


def test_equal_items_have_equal_event_ids_whenever_they_are_found():
    turned = dict(reversed(ITEM.items()))
    assert (
        as_found(turned, "Demand", SINCE + timedelta(days=1))["eventID"] == as_found(ITEM, "Demand", SINCE)["eventID"]
    )


def test_another_item_has_another_event_id():
    other = {**ITEM, "photo": {"B": b"\x00\xfe"}}
    assert as_found(other, "Demand", SINCE)["eventID"] != as_found(ITEM, "Demand", SINCE)["eventID"]


def test_binary_values_have_one_id_as_bytes_and_as_the_texts_of_the_wire():
    wired = {**ITEM, "photo": {"B": "AP8="}}
    assert as_found(wired, "Demand", SINCE)["eventID"] == as_found(ITEM, "Demand", SINCE)["eventID"]


def test_an_event_without_a_date_is_another_change_on_another_day():
    event = {"PK": {"S": "event:e"}, "SK": {"S": "event#e"}, "type": {"S": "event"}, "id": {"S": "e"}}
    seen = {**event, "date": {"M": {"firstSeen": {"S": "2026-01-01T00:00:00Z"}}}}
    today, tomorrow = SINCE, SINCE + timedelta(days=1)
    assert as_found(event, "Demand", today)["eventID"] != as_found(event, "Demand", tomorrow)["eventID"]
    assert as_found(event, "Demand", today)["eventID"] == as_found(event, "Demand", today.replace(hour=1))["eventID"]
    assert as_found(seen, "Demand", today)["eventID"] == as_found(seen, "Demand", tomorrow)["eventID"]
