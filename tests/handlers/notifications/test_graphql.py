"""Apps' questions through the stand-in of AppSync, its real schema and resolver, answered by the functions that are deployed."""

from datetime import timedelta

import pytest
from appsync_world import AT, appsync_world
from notifications_world import DEMAND, notifications_world

from handlers.notifications import demand_capture, event_details
from sandbox.discovery import DiscoveryServer
from sandbox.sample.events import event_document

EVENT = "vvG1zZ9kXbQ2aB"
DETAILS = """query($id: ID!) { eventDetails(eventId: $id) {
  id name startDateTime isSuppressed suppressionReason url shortUrl imageUrl marketEventId
  venue { id name timezone city state country countryCode }
  sales { id name saleTypes startDateTime endDateTime isSuppressed suppressionReason }
} }"""
REMIND = "mutation($it: RemindMeInput!) { remindMe(input: $it) { status eventId saleId errorCode } }"
FORGET = "mutation($it: ForgetMeInput!) { forgetMe(input: $it) { status eventId saleId errorCode } }"
MINE = """query($limit: Int, $next: String) { myReminders(limit: $limit, nextToken: $next) {
  items { eventId saleId eventName saleName artistName contactMethods locale requested triggered notified } nextToken
} }"""


@pytest.fixture(scope="module")
def api():
    with (
        DiscoveryServer() as vendor,
        notifications_world(event_details, demand_capture, DISCOVERY_URL=vendor.endpoint) as world,
        appsync_world() as app,
    ):
        for id, artist in ((EVENT, "Beyoncé"), ("vvOther", "Rosalía")):
            presales = {"Verified Fan Presale": AT + timedelta(days=1)}
            vendor.add(event_document(id, artist=artist, onsale=AT + timedelta(days=2), presales=presales))
        app.functions["eventDetails"] = lambda payload: event_details.handler(payload, None)
        for field in ("remindMe", "forgetMe", "myReminders"):
            app.functions[field] = lambda payload: demand_capture.handler(payload, None)
        app.world = world
        yield app


@pytest.fixture
def sales(api):
    return [it["id"] for it in api.ask(DETAILS, variables={"id": EVENT})["data"]["eventDetails"]["sales"]]


def reminders(api, fan, **variables):
    return api.ask(MINE, variables=variables, token=api.token(fan))["data"]["myReminders"]


def test_an_event_is_told_in_every_field_of_the_schema(api):
    answer = api.ask(DETAILS, variables={"id": EVENT})
    assert "errors" not in answer
    told = answer["data"]["eventDetails"]
    assert (told["id"], told["name"], told["isSuppressed"]) == (EVENT, "Beyoncé Live", False)
    assert told["venue"]["timezone"] == "America/Los_Angeles"
    assert [it["name"] for it in told["sales"]] == ["Verified Fan Presale", "Public Onsale"]
    assert told["sales"][1]["startDateTime"] == "2026-12-06T17:30:00.000Z"


@pytest.mark.parametrize(
    ("id", "kind"),
    [("vvMissing", "Not Found"), ("../other", "Bad Request"), ("#a :b", "Bad Request"), ("", "Bad Request")],
)
def test_what_is_not_there_or_no_id_is_a_typed_error(api, id, kind):
    answer = api.ask(DETAILS, variables={"id": id})
    assert answer["data"] == {"eventDetails": None}
    assert [(it["errorType"], it["path"]) for it in answer["errors"]] == [(kind, ["eventDetails"])]


def test_a_wish_is_saved_seen_and_forgotten_by_its_fan_alone(api, sales):
    wish = {"eventId": EVENT, "saleId": sales[0], "contactMethods": ["email", "sms"], "locale": "fr-ca"}
    wish |= {"phoneNumber": "(212) 555-0123", "email": "fan@example.com"}
    saved = api.ask(REMIND, variables={"it": wish}, token=api.token("fan-a"), tm_market_id="TM_CA")
    assert saved == {"data": {"remindMe": {"status": "SAVED", "eventId": EVENT, "saleId": sales[0], "errorCode": None}}}
    [row] = [it for it in api.world.rows("demand", DEMAND) if it["fanId"] == "fan-a"]
    assert (row["contactMethod"], row["marketId"]) == ("sms,email", "TM_CA")

    [seen] = reminders(api, "fan-a")["items"]
    assert (seen["eventId"], seen["saleId"], seen["artistName"]) == (EVENT, sales[0], "Beyoncé")
    assert (seen["contactMethods"], seen["locale"], seen["triggered"]) == (["sms", "email"], "fr-ca", None)
    assert seen["requested"] == "2026-12-04T17:30:00.000Z"
    assert reminders(api, "fan-b") == {"items": [], "nextToken": None}

    taken_back = {"it": {"eventId": EVENT, "saleId": sales[0]}}
    api.ask(FORGET, variables=taken_back, token=api.token("fan-b"))
    assert reminders(api, "fan-a")["items"]
    assert api.ask(FORGET, variables=taken_back, token=api.token("fan-a"))["data"]["forgetMe"]["status"] == "DELETED"
    assert not reminders(api, "fan-a")["items"]


def test_wishes_are_shown_page_by_page(api, sales):
    for sale in sales:
        wish = {"eventId": EVENT, "saleId": sale, "phoneNumber": "212 555 0123"}
        assert "errors" not in api.ask(REMIND, variables={"it": wish}, token=api.token("fan-c"))
    first = reminders(api, "fan-c", limit=1)
    second = reminders(api, "fan-c", limit=1, next=first["nextToken"])
    assert sorted(it["saleId"] for page in (first, second) for it in page["items"]) == sorted(sales)
    assert not reminders(api, "fan-c", limit=5)["nextToken"]


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"saleId": "no-such-sale"}, "Not Found", 404),
        ({"eventId": "vvMissing"}, "Not Found", 404),
        ({"eventId": "a b"}, "Bad Request", 400),
        ({"phoneNumber": "12"}, "Bad Request", 400),
        ({"phoneNumber": None}, "Bad Request", 400),
        ({"locale": "x" * 5000}, "Bad Request", 400),
    ],
)
def test_a_wish_that_cannot_be_is_a_typed_error_that_tells_its_code(api, sales, changes, kind, code):
    wish = {"eventId": EVENT, "saleId": sales[0], "phoneNumber": "212 555 0123", **changes}
    answer = api.ask(REMIND, variables={"it": wish}, token=api.token("fan-d"))
    assert answer["data"] == {"remindMe": None}
    [error] = answer["errors"]
    assert (error["errorType"], error["data"]["status"], error["data"]["errorCode"]) == (kind, "FAILED", code)
    assert not reminders(api, "fan-d")["items"]


def test_who_has_no_name_is_told_to_sign_in(api, sales):
    wish = {"eventId": EVENT, "saleId": sales[0], "phoneNumber": "212 555 0123"}
    answer = api.ask(REMIND, variables={"it": wish}, token=api.token(None))
    assert [it["errorType"] for it in answer["errors"]] == ["Unauthorized"]
