"""Events on a real table: each noted once, all that it changes together, however many come at the same moment."""

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from delivery_tables import counts, delivery, events, make_table, make_tables, put_delivery
from moto import mock_aws

from adapters.aws.batch_items import Backoff
from adapters.aws.telemetry import Telemetry
from domain.errors import Unavailable
from domain.solicitation.telemetry import Seen

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
ID = "a" * 32
MET = "DeliveriesThatMeet"  # a table of the embedded AWS
HUMAN = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
AT_ONCE = Backoff(tries=60, sleep=lambda seconds: None)


@pytest.fixture
def dynamodb(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield make_tables()


@pytest.fixture
def telemetry(dynamodb):
    put_delivery(dynamodb, ID)
    return Telemetry(dynamodb, "Deliveries", AT_ONCE)


def told(kind, after=0.0):
    return Seen(kind, AT + timedelta(seconds=after), False, None, "message-1")


def request(kind, after, unique):
    return Seen.of_request(kind, AT + timedelta(seconds=after), unique, "GET", HUMAN)


def test_one_event_changes_item_timeline_status_and_counts_together(dynamodb, telemetry):
    assert telemetry.note(ID, told("delivered")) == "noted"
    found = delivery(dynamodb, ID)
    assert (found["status"], found["messageId"], found["sentAt"]) == ("SENT", "message-1", "2026-11-20T15:00:00Z")
    assert found["timeline"] == {"delivered": "2026-11-20T15:00:00Z"}
    assert counts(dynamodb) == {"sent": 1, "delivered": 1}
    assert events(dynamodb, ID) == [
        {
            "PK": f"DELIVERY#{ID}",
            "SK": "EVENT#2026-11-20T15:00:00.000Z#delivered#message-1",
            "kind": "delivered",
            "at": "2026-11-20T15:00:00.000Z",
            "machine": False,
            "why": None,
            "unique": "message-1",
            "expiresAt": 1_900_000_000,
        }
    ]


def test_a_settled_delivery_is_in_no_workers_hands(dynamodb, telemetry):
    put_delivery(dynamodb, ID, holder="worker-1", leaseUntil=1_800_000_000_000)
    telemetry.note(ID, request("clicked", 5, "r1"))
    assert delivery(dynamodb, ID)["holder"] == "worker-1"
    telemetry.note(ID, told("sent"))
    assert not delivery(dynamodb, ID).keys() & {"holder", "leaseUntil"}


def test_an_event_told_twice_is_noted_once(dynamodb, telemetry):
    assert [telemetry.note(ID, told("delivered")) for _ in range(3)] == ["noted", "duplicate", "duplicate"]
    assert counts(dynamodb) == {"sent": 1, "delivered": 1}
    assert delivery(dynamodb, ID)["events"] == 1


def test_a_delivery_that_is_not_there_is_said_to_be_unknown(dynamodb, telemetry):
    assert telemetry.note("b" * 32, told("delivered")) == "unknown_delivery"
    assert counts(dynamodb) == {}


def test_a_hit_on_the_hidden_link_takes_back_what_was_taken_for_a_person(dynamodb, telemetry):
    telemetry.note(ID, told("delivered"))
    for event in (request("opened", 30, "r1"), request("clicked", 31, "r2"), request("clicked", 90, "r3")):
        telemetry.note(ID, event)
    assert {name: counts(dynamodb)[name] for name in ("opensHuman", "openedHuman", "clicksHuman")} == {
        "opensHuman": 1,
        "openedHuman": 1,
        "clicksHuman": 2,
    }
    telemetry.note(ID, request("trapped", 33, "r4"))
    found = delivery(dynamodb, ID)
    assert (found["rawOpens"], found["humanOpens"], found["rawClicks"], found["humanClicks"]) == (1, 0, 2, 1)
    assert counts(dynamodb) == {
        **dict.fromkeys(("sent", "delivered", "opened", "opens", "clicked", "clickedHuman", "clicksHuman"), 1),
        "clicks": 2,
    }
    assert [(event["kind"], event["machine"], event["why"]) for event in events(dynamodb, ID)] == [
        ("delivered", False, None),
        ("opened", True, "hidden_link"),
        ("clicked", True, "hidden_link"),
        ("trapped", True, "hidden_link"),
        ("clicked", False, None),
    ]


def test_instants_that_others_wrote_into_the_timeline_stay(dynamodb, telemetry):
    put_delivery(dynamodb, ID, status="SENT", timeline={"answered": "2026-11-20T16:00:00Z"})
    telemetry.note(ID, request("clicked", 30, "r1"))
    telemetry.note(ID, request("clicked", 20, "r2"))  # earlier, told later
    assert delivery(dynamodb, ID)["timeline"] == {
        "answered": "2026-11-20T16:00:00Z",
        "clicked": "2026-11-20T15:00:20Z",
    }


def test_what_joins_an_event_is_written_with_it_or_not_at_all(dynamodb, telemetry):
    def mark(name):
        item = {"PK": {"S": name}, "SK": {"S": "-"}}
        return {"Put": {"TableName": "Customers", "Item": item, "ConditionExpression": "attribute_not_exists(PK)"}}

    assert telemetry.note(ID, told("bounced"), also=[mark("listed")]) == "noted"
    assert telemetry.note(ID, told("bounced"), also=[mark("again")]) == "duplicate"
    with pytest.raises(Unavailable):
        telemetry.note(ID, told("complained"), also=[mark("listed")])
    assert dynamodb.scan(TableName="Customers")["Count"] == 1
    assert counts(dynamodb) == {"sent": 1, "bounced": 1}


def test_events_of_one_delivery_that_meet_are_judged_and_counted_one_by_one(ministack):
    dynamodb = ministack.client("dynamodb")
    make_table(dynamodb, MET)  # moto's transactions do not keep apart what comes from several threads
    put_delivery(dynamodb, ID, MET)
    sweep = [request("opened", 20, "r1"), request("clicked", 21, "r2"), request("trapped", 22, "r3")]
    told_twice = [*sweep, request("opened", 60, "r4"), told("sent"), told("delivered", 0.5)] * 2
    random.Random(5).shuffle(told_twice)
    outcomes = []

    def tell(some):
        own = Telemetry(ministack.client("dynamodb"), MET, AT_ONCE)
        outcomes.extend(own.note(ID, event) for event in some)

    threads = [threading.Thread(target=tell, args=(told_twice[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate"] * 6 + ["noted"] * 6
    assert counts(dynamodb, MET) == {
        **dict.fromkeys(("sent", "delivered", "opened", "openedHuman", "opensHuman", "clicked", "clicks"), 1),
        "opens": 2,
    }
    found = delivery(dynamodb, ID, MET)
    assert (found["rawOpens"], found["humanOpens"], found["rawClicks"], found["humanClicks"]) == (2, 1, 1, 0)
    assert found["events"] == 6
