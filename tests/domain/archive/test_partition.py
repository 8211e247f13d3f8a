"""The partition of a row is the UTC date that its item tells, whatever the day of the change; nothing is put where no query looks."""

import pytest

from domain.archive.partition import partition_date
from domain.archive.refusal import Refused

AT = "2026-11-20T23:59:59.999999Z"


def s(text):
    return {"S": text}


def m(**attributes):
    return {"M": attributes}


DATED = {
    "demand": lambda text: {"date": m(requested=s(text), deleted=s(AT))},
    "notification": lambda text: {"date": m(created=s(text), updated=s(AT))},
    "event": lambda text: {"date": m(firstSeen=s(text), updated=s(AT)), "eventDate": m(start=m(dateTime=s(AT)))},
    "sale": lambda text: {"saleStartDateTime": s(text), "date": m(deleted=s(AT))},
}


@pytest.mark.parametrize("kind", DATED)
@pytest.mark.parametrize(("text", "day"), [
    ("2026-01-01T00:00:00Z", "2026-01-01"),
    ("2025-12-31T23:59:59.999Z", "2025-12-31"),
    ("2026-01-01T00:30:00+01:00", "2025-12-31"),
    ("1767225599999", "2025-12-31"),
    ("2015-01-01T00:00:00Z", "2015-01-01"),
    ("2014-12-31T23:59:59Z", "2015-01-01"),  # before the first partition
    ("1900-01-01T06:00:00Z", "2015-01-01"),  # what resellers say for "unknown"
    ("2031-11-20T23:59:59Z", "2031-11-20"),
    ("2031-11-21T00:00:00Z", "2015-01-01"),  # more than five years ahead
    ("9999-12-31T00:00:00Z", "2015-01-01"),
])  # fmt: skip
def test_the_date_is_the_items_own(kind, text, day):
    assert partition_date(kind, DATED[kind](text), AT) == day


@pytest.mark.parametrize(("image", "day"), [
    ({"date": m(), "eventDate": m(start=m(dateTime=s("2026-12-24T20:00:00Z")))}, "2026-12-24"),
    ({"date": m(firstSeen={"NULL": True}), "eventDate": m(start=m(dateTime=s("2026-12-24T20:00:00Z")))}, "2026-12-24"),
    ({"date": m(firstSeen=s("")), "eventDate": m(start=m(dateTime=s("2026-12-24T20:00:00Z")))}, "2026-12-24"),
    ({"eventDate": m(start=m(localDate=s("2026-12-24")))}, "2026-11-20"),
    ({"eventDate": {"NULL": True}}, "2026-11-20"),
    ({}, "2026-11-20"),
])  # fmt: skip
def test_an_event_that_nobody_has_seen_before_counts_by_its_start_and_else_by_its_change(image, day):
    assert partition_date("event", image, AT) == day


def test_five_years_from_a_leap_day_are_a_day_too():
    assert partition_date("sale", DATED["sale"]("2033-02-28T00:00:00Z"), "2028-02-29T12:00:00.000000Z") == "2033-02-28"
    assert partition_date("sale", DATED["sale"]("2033-03-01T00:00:00Z"), "2028-02-29T12:00:00.000000Z") == "2015-01-01"


@pytest.mark.parametrize(("kind", "path"), [
    ("demand", "date.requested"),
    ("notification", "date.created"),
    ("event", "date.firstSeen"),
    ("sale", "saleStartDateTime"),
])  # fmt: skip
def test_a_date_that_cannot_be_read_is_refused_by_name_and_not_by_value(kind, path):
    with pytest.raises(Refused) as refusal:
        partition_date(kind, DATED[kind]("Friday"), AT)
    assert (refusal.value.reason.code, refusal.value.reason.fingerprint) == ("bad_date", f"bad_date:{kind}:{path}")
    assert "Friday" not in str(refusal.value)


def test_an_unreadable_start_of_an_event_is_no_reason_to_take_another_date():
    image = {"eventDate": m(start=m(dateTime=s("soon")))}
    with pytest.raises(Refused, match=r"event: eventDate\.start\.dateTime"):
        partition_date("event", image, AT)
