"""Whom a changed row of the Demand table is for, and what its mapping lets through."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.attribute_values import encode_item
from domain.errors import Rejected
from domain.notifications.demand import Demand
from domain.notifications.events import Event, Sale
from domain.notifications.keys import Key
from domain.notifications.routing import FILTERS, Announced, ToSend, Unshortened, Wish, behind, sorted_out
from sandbox.streams.patterns import compile_pattern

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
CREATED = AT + timedelta(seconds=1)
NOW = timedelta()
EVENT = Event("Z7r9", "Lantern", "https://example.com/e", AT, AT).row()
DEMAND = Demand("f1", "Z7r9", "s1", ("sms",), AT, "+12125550123").row()
NOTIFICATION = {
    "PK": "fan:f1",
    "SK": "notification#Z7r9-s1#sms",
    "type": "notification",
    "status": {"id": "CREATED", "date": "2026-12-04T17:30:00.000Z"},
    "rev": 1,
}
SALE = Sale("s1", "Z7r9", "Presale", ("VF",), AT).row()
RETRY = {"id": "RETRY", "date": "2026-12-04T17:30:00.000Z"}


def test_an_event_without_a_short_link_is_for_the_short_links_queue():
    found = sorted_out(EVENT, CREATED, NOW)
    assert found == Unshortened("Z7r9", AT)
    assert found.message() == {"time": "2026-12-04T17:30:00.000Z", "id": "Z7r9", "data": {"id": "Z7r9"}}


@pytest.mark.parametrize("change", [{"shortUrl": "https://bit.ly/x"}, {"isSuppressed": True}, {"isSuppressed": None}])
def test_an_event_that_needs_no_short_link_is_for_nobody(change):
    assert sorted_out({**EVENT, **change}, CREATED, NOW) is None


@pytest.mark.parametrize("kind", ["notification", "notification:asu"])
@pytest.mark.parametrize("status", ["CREATED", "RETRY"])
def test_a_notification_to_send_is_for_the_outbox(kind, status):
    found = sorted_out({**NOTIFICATION, "type": kind, "status": {**RETRY, "id": status}}, CREATED, NOW)
    assert found == ToSend(Key("fan:f1", "notification#Z7r9-s1#sms"), 1, AT)
    assert found.message() == {
        "time": "2026-12-04T17:30:00.000Z",
        "pk": "fan:f1",
        "sk": "notification#Z7r9-s1#sms",
        "rev": 1,
    }


@pytest.mark.parametrize(
    "status", ["SENDING", "UNKNOWN", "TRIGGERED", "QUEUED", "SENT", "DELIVERED", "FAILED", "EXPIRED", None, ["CREATED"]]
)
def test_a_notification_that_is_under_way_or_done_is_for_nobody(status):
    assert sorted_out({**NOTIFICATION, "status": {"id": status}}, CREATED, NOW) is None


@pytest.mark.parametrize("kind", ["test-notification", "sale", "mapping", ""])
def test_rows_of_other_types_are_for_nobody(kind):
    assert sorted_out({**NOTIFICATION, "type": kind}, CREATED, NOW) is None


@pytest.mark.parametrize(
    ("not_before", "delay"),
    [
        ("2026-12-04T17:30:00.000Z", 0),
        ("2026-12-04T17:29:00.000Z", 0),
        ("2026-12-04T17:30:00.001Z", 1),
        ("2026-12-04T17:30:12.500Z", 13),
        ("2026-12-04T17:45:00.000Z", 900),
        ("2026-12-04T17:45:00.001Z", 900),
        ("2027-12-04T17:45:00.000Z", 900),
        ("soon", 0),
        (None, 0),
        (7, 0),
    ],
)
def test_a_retry_waits_until_it_may_be_sent_and_no_longer_than_a_queue_can(not_before, delay):
    row = {**NOTIFICATION, "status": RETRY, "notBefore": not_before}
    assert sorted_out(row, CREATED, NOW).delay == delay


def test_a_record_that_comes_late_says_so_and_waits_the_less():
    row = {**NOTIFICATION, "status": RETRY, "notBefore": "2026-12-04T17:31:00.000Z"}
    found = sorted_out(row, CREATED, timedelta(seconds=20))
    assert (found.at, found.delay) == (AT + timedelta(seconds=20), 40)


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "yesterday", 12, None, {"a": 1}])
def test_a_notification_whose_time_nobody_can_read_is_sent_all_the_same(at):
    row = {**NOTIFICATION, "status": {**RETRY, "date": at}, "notBefore": at, "rev": at}
    assert sorted_out(row, CREATED, timedelta(hours=24)).at == CREATED + timedelta(hours=24)


def test_demand_is_a_wish_of_the_time_it_was_last_changed():
    key = Key("fan:f1", "demand#Z7r9-s1")
    assert sorted_out(DEMAND, CREATED, NOW) == Wish(key, "f1", "Z7r9", "s1", AT, placed=True)
    changed = {**DEMAND, "date": {**DEMAND["date"], "updated": "2026-12-04T17:40:00.000Z"}}
    assert sorted_out(changed, CREATED, NOW).at == AT + timedelta(minutes=10)
    assert sorted_out({**DEMAND, "date": None}, CREATED, NOW).at == CREATED


def test_demand_of_another_system_has_no_place_in_the_index_yet():
    theirs = {name: value for name, value in DEMAND.items() if name != "saleDemandShard"}
    assert sorted_out(theirs, CREATED, NOW).placed is False


def test_a_sale_that_is_not_suppressed_is_announced_as_of_its_change():
    assert sorted_out(SALE, CREATED, timedelta(seconds=9)) == Announced("Z7r9", "s1", CREATED + timedelta(seconds=9))


def test_demand_that_has_been_told_of_is_for_nobody():
    assert sorted_out({**DEMAND, "date": {"triggered": "2026-12-04T17:31:00Z"}}, CREATED, NOW) is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"type": None},
        {"type": ["event"]},
        {"type": b"event"},
        {**EVENT, "id": None},
        {**EVENT, "id": ""},
        {**NOTIFICATION, "PK": 7},
        {**NOTIFICATION, "SK": b"x"},
        {**DEMAND, "fanId": None},
        {**DEMAND, "eventId": {}},
        {**DEMAND, "saleId": ""},
        *(
            {**it, name: "é" * 501}
            for it, name in ((DEMAND, "eventId"), (DEMAND, "saleId"), (EVENT, "id"), (SALE, "eventId"))
        ),
    ],
)
def test_a_row_that_nobody_could_find_is_rejected(row):
    with pytest.raises(Rejected):
        sorted_out(row, CREATED, NOW)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["RETRY", "event", "0001-01-01T00+14:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "date", "triggered"]), inner),
    max_leaves=5,
)
NAMES = st.sampled_from([*EVENT, *DEMAND, *NOTIFICATION, "notBefore", "shortUrl"])


@given(st.sampled_from([EVENT, DEMAND, NOTIFICATION, SALE]), st.dictionaries(NAMES, JSON, max_size=5))
def test_whatever_others_write_is_for_somebody_or_nobody_or_rejected(row, change):
    try:
        found = sorted_out({**row, **change}, CREATED, timedelta(hours=1))
    except Rejected:
        return
    assert found is None or found.at


def test_a_record_is_as_far_behind_as_the_clock_says_and_never_ahead():
    assert behind(AT, AT + timedelta(seconds=7)) == timedelta(seconds=7)
    assert behind(AT, AT - timedelta(seconds=7)) == timedelta()
    assert behind(AT, AT + timedelta(days=2)) == timedelta()  # no stream keeps a record for so long


def let_through(row, name="INSERT", image="NewImage"):
    record = {"eventName": name, "dynamodb": {image: encode_item(row)}}
    return any(compile_pattern(pattern)(record) for pattern in FILTERS)


@pytest.mark.parametrize(
    "row", [EVENT, NOTIFICATION, {**NOTIFICATION, "type": "notification:asu", "status": RETRY}, DEMAND, SALE]
)
def test_the_mapping_lets_through_what_is_for_somebody(row):
    assert let_through(row)
    assert let_through(row, "MODIFY")
    assert not let_through(row, "REMOVE", "OldImage")


@pytest.mark.parametrize(
    "row",
    [
        {**EVENT, "shortUrl": "https://bit.ly/x"},
        {**EVENT, "isSuppressed": True},
        {**NOTIFICATION, "type": "test-notification"},
        {**NOTIFICATION, "status": {"id": "SENDING", "date": "x"}},
        {**DEMAND, "date": {**DEMAND["date"], "triggered": "2026-12-04T17:31:00.000Z"}},
        {"PK": "event:Z7r9", "SK": "sale#s1", "type": "sale"},
        {**SALE, "isSuppressed": True},
    ],
)
def test_the_mapping_drops_what_is_for_nobody_and_so_does_the_router(row):
    assert not let_through(row)
    assert sorted_out(row, CREATED, NOW) is None


def test_lambda_takes_so_many_filters():
    assert len(FILTERS) <= 5
