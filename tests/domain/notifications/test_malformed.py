"""A row that nobody can work with ends alone, with the name of what is wrong with it, and no other row waits for it."""

from datetime import UTC, datetime

import pytest

from domain.notifications.claiming import Facts, course, in_hand
from domain.notifications.instants import iso
from domain.notifications.malformed import IF_THERE, WANTED, can_be_noted, malformed
from domain.notifications.statuses import status_of

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
ROW = {
    "PK": "fan:f1",
    "SK": "notification#e1-s1#sms",
    "fanId": "f1",
    "eventId": "e1",
    "saleId": "s1",
    "contactMethod": "sms",
    "messageId": "m1",
    "phoneNumber": "+12135550199",
    "messageBody": "soon",
    "saleStartDateTime": "2026-12-04T18:00:00.000Z",
    "status": {"id": "CREATED", "date": iso(AT)},
    "date": {"created": iso(AT)},
}


def test_a_row_as_the_generator_writes_it_is_well():
    assert malformed(ROW) is None
    whole = {"parts": 2, "sendAttempts": 0, "email": "f@example.com", "templateVariables": {}, "errors": []}
    assert malformed({**ROW, **whole, "notBefore": iso(AT)}) is None


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("gone", [True, False])
def test_what_is_missing_or_of_another_kind_is_named(name, gone):
    row = {key: it for key, it in ROW.items() if key != name} | ({} if gone else {name: 7})
    assert malformed(row) == name
    it = in_hand(row, AT)
    assert (status_of(it.row), it.row["errors"][-1]["reason"]) == ("FAILED", f"malformed {name}")


@pytest.mark.parametrize("name", IF_THERE)
def test_what_need_not_be_there_must_be_of_its_kind(name):
    assert malformed({**ROW, name: object()}) == name


@pytest.mark.parametrize(("name", "told"), [("date", {"updated": 7}), ("errors", ["no"])])
def test_what_lies_within_must_be_of_its_kind_too(name, told):
    it = in_hand({**ROW, name: told}, AT)
    assert (status_of(it.row), it.row["errors"][-1]["reason"]) == ("FAILED", f"malformed {name}")


@pytest.mark.parametrize(
    "change", [{}, {"errors": []}, {"date": 7}, {"status": {}}, {"status": "x"}, {"errors": 7}, {"saleId": ""}], ids=str
)
def test_something_can_be_noted_of_what_has_dates_a_status_and_errors(change):
    assert can_be_noted({**ROW, **change}) == (change in ({}, {"errors": []}))


@pytest.mark.parametrize("status", [None, "CREATED", {}, {"id": None}])
def test_a_row_without_a_status_is_nobodys(status):
    assert in_hand({**ROW, "status": status}, AT).do == "leave"


@pytest.mark.parametrize("starts", [None, "soon", "1900-01-01"])
def test_a_sale_that_does_not_say_when_it_starts_has_not_moved(starts):
    assert course(ROW, Facts({"saleStartDateTime": starts}, {}, {}), AT, 3).do == "send"
    assert course(ROW, Facts({}, {}, {}), AT, 3).do == "send"
