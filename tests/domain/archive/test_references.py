"""What a row is about and since when, and whose system it came from."""

import pytest

from domain.archive.references import reference, system

AT = "2026-11-20T12:00:00.000000Z"


def s(text):
    return {"S": text}


def dates(**texts):
    return {"date": {"M": {name: s(text) for name, text in texts.items()}}}


IDS = {"eventId": s("e"), "saleId": s("s"), "fanId": s("f"), "id": s("i"), "contactMethod": s("sms")}


@pytest.mark.parametrize(
    ("kind", "id"), [("demand", "e_s_f"), ("notification", "e_s_f"), ("event", "i"), ("sale", "e_i")]
)
def test_a_reference_is_made_of_the_items_ids(kind, id):
    assert reference(kind, IDS, AT)["id"] == id


ALL = {"deleted": "4", "notified": "3", "triggered": "2", "requested": "1", "updated": "5", "created": "0"}


@pytest.mark.parametrize(("kind", "there", "since"), [
    ("demand", "deleted notified triggered requested", "4"),
    ("demand", "notified triggered requested updated", "3"),
    ("demand", "triggered requested created", "2"),
    ("demand", "requested", "1"),
    ("demand", "updated", AT),
    ("notification", "deleted updated created", "4"),
    ("notification", "updated created", "5"),
    ("notification", "created", AT),
    ("event", "deleted updated", "4"),
    ("event", "updated", "5"),
    ("event", "", AT),
    ("sale", "deleted updated", "4"),
    ("sale", "updated", AT),
])  # fmt: skip
def test_the_first_date_that_is_there_says_since_when(kind, there, since):
    image = {**IDS, **dates(**{name: ALL[name] for name in there.split()})}
    assert reference(kind, image, AT)["timestamp"] == since


def test_a_sale_is_what_it_is_since_it_starts_unless_it_is_deleted():
    start = {**IDS, "saleStartDateTime": s("2026-12-01T10:00:00Z")}
    assert reference("sale", start, AT)["timestamp"] == "2026-12-01T10:00:00Z"
    assert reference("sale", {**start, **dates(deleted="4")}, AT)["timestamp"] == "4"


@pytest.mark.parametrize(
    "date", [{"NULL": True}, {"S": "4"}, {"M": {"deleted": {"NULL": True}}}, {"M": {"deleted": {"N": "4"}}}, None]
)
def test_a_date_that_is_none_is_passed_over(date):
    assert reference("demand", {**IDS, "date": date}, AT)["timestamp"] == AT


@pytest.mark.parametrize(("user", "parts"), [
    ("archtics-70.12345", ("archtics", "70", "12345")),
    ("host_1-a_b.12.34-5", ("host_1", "a_b", "12.34-5")),
    ("archtics-70.", None),
    ("archtics-70", None),
    ("archtics.70-1", None),
    ("-70.1", None),
    ("arch tics-70.1", None),
    ("a-b-70.1", None),
    ("", None),
])  # fmt: skip
def test_a_system_user_has_three_parts_or_is_left_alone(user, parts):
    found = system({"systemUserId": s(user)})
    assert found == (dict(zip(("systemId", "databaseId", "memberId"), parts, strict=True)) if parts else None)


@pytest.mark.parametrize("attribute", [{}, {"systemUserId": {"NULL": True}}, {"systemUserId": {"N": "7"}}])
def test_without_a_system_user_there_is_no_system(attribute):
    assert system(attribute) is None
