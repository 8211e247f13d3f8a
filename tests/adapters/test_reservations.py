"""Requests for one customer from all sides at once, on a DynamoDB that answers many at a time: the cap holds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from keyed_tables import make_table
from programs_in_small import READY, REVIEWS, RUN
from send_world import ACCESS, AT, CAMPAIGN

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.candidates import CandidateTable
from adapters.aws.deliveries import Deliveries, delivery_keys
from adapters.aws.outcomes import Outcome, Outcomes
from adapters.aws.quick_bodies import quicken
from adapters.aws.reservation_writes import Tables
from adapters.aws.reservations import Reservations
from adapters.aws.send_facts import SendFacts
from adapters.aws.session import QUICK
from domain.solicitation.campaign_records import settled
from domain.solicitation.delivery import Recipient, delivery_id
from domain.solicitation.keys import customer_key
from domain.solicitation.program import FilterStep
from domain.solicitation.sending import LEASE, milliseconds, skip_reason
from domain.solicitation.stored import storer

TABLES = Tables("Candidates", "Customers", "Deliveries")
RECORD = {"id": CAMPAIGN, "program": "small-reviews", "channel": "email", "locale": "en-US"}
QUICKLY = Backoff(tries=20, base=0.001, most=0.01)


@pytest.fixture
def dynamodb(ministack):
    client = quicken(boto3.client("dynamodb", endpoint_url=ministack.endpoint, config=QUICK, **ACCESS))
    tables = {"Candidates": ("GSI1", "GSI2"), "Customers": (), "Deliveries": ("GSI1", "GSI2")}
    for table, indexes in tables.items():
        make_table(client, table, dict.fromkeys(indexes, "ALL"))
    yield client
    for table in tables:
        client.delete_table(TableName=table)


def recipient(dynamodb, program, customer, subject):
    scored = {"value": 0.9, "fallback": False, "models": [["m", "1", 0.9]], "missing": []}
    stored = storer(program, RUN)({**READY.to_row(), "customer": customer, "subject": subject, "score": scored})
    CandidateTable(dynamodb, "Candidates").create([stored])
    id = delivery_id(program.id, customer, subject)
    return Recipient(
        id, customer, subject, "Kettle", "product", "US", 0.9, "Europe/London", AT, stored.base["expiresAt"]
    )


def contact(dynamodb, customer):
    item = {"PK": customer_key(customer), "SK": "CONTACT#small-reviews", "email": f"{customer}@example.org"}
    dynamodb.put_item(TableName="Customers", Item=encode_item(item))


def reserved_row(one, holder="h"):
    row = settled(one, RECORD, "RESERVED", "", AT)
    return {**row, **delivery_keys(row), "holder": holder, "leaseUntil": milliseconds(AT + LEASE)}


def reserve(dynamodb, program, one):
    """Look, decide, reserve; and anew when what was decided upon has moved."""
    facts, reservations = SendFacts(dynamodb, "Candidates", "Customers"), Reservations(dynamodb, TABLES, QUICKLY)
    while True:
        known = facts.of([one], program)[one.delivery]
        if reason := skip_reason(one, known, program, AT):
            return reason
        if reservations.reserve(reserved_row(one), None, known, AT):
            return "reserved"


def asks_of(dynamodb, customer):
    key = encode_item({"PK": customer_key(customer), "SK": "CAP#small-reviews"})
    item = dynamodb.get_item(TableName="Customers", Key=key, ConsistentRead=True)["Item"]
    return [ask["S"] for ask in item["asks"]["L"]]


@pytest.mark.parametrize(
    ("caps", "before", "left"),
    [
        ({"maxRequestsPerMonth": 3}, [AT - timedelta(days=31), AT - timedelta(days=29)], 2),
        ({"maxRequestsPerCalendarMonth": 4}, [AT.replace(day=1, month=10), AT.replace(day=1)], 3),
    ],
    ids=["rolling", "calendar"],
)
def test_a_hundred_reservations_at_once_never_exceed_the_cap(dynamodb, caps, before, left):
    program = replace(REVIEWS, filters=(FilterStep("frequency-cap", caps),))
    contact(dynamodb, "c0")
    asks = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in before]
    cap = {"PK": customer_key("c0"), "SK": "CAP#small-reviews", "asks": asks}
    dynamodb.put_item(TableName="Customers", Item=encode_item(cap))
    everyone = [recipient(dynamodb, program, "c0", f"p{n}") for n in range(100)]
    with ThreadPoolExecutor(100) as pool:
        ends = list(pool.map(lambda one: reserve(dynamodb, program, one), everyone))
    assert sorted(ends) == ["frequency_cap"] * (100 - left) + ["reserved"] * left
    assert len(asks_of(dynamodb, "c0")) == 2 + left
    assert len(list(Deliveries(dynamodb, "Deliveries").of_campaign(CAMPAIGN))) == left


def test_one_recipient_reserved_by_many_at_once_is_reserved_by_one(dynamodb):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    facts = SendFacts(dynamodb, "Candidates", "Customers").of([one], REVIEWS)[one.delivery]
    reservations = Reservations(dynamodb, TABLES, QUICKLY)
    with ThreadPoolExecutor(20) as pool:
        took = list(pool.map(lambda n: reservations.reserve(reserved_row(one, f"h{n}"), None, facts, AT), range(20)))
    assert took.count(True) == 1
    assert reservations.standing([one.delivery])[one.delivery]["holder"] == f"h{took.index(True)}"
    assert len(asks_of(dynamodb, "c0")) == 1


def test_what_is_released_is_as_if_it_had_never_been_reserved(dynamodb):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    look = SendFacts(dynamodb, "Candidates", "Customers")
    reservations = Reservations(dynamodb, TABLES, QUICKLY)
    before = dynamodb.scan(TableName="Candidates")["Items"]
    row = reserved_row(one)
    assert reservations.reserve(row, None, look.of([one], REVIEWS)[one.delivery], AT)
    assert reservations.release(row, look.of([one], REVIEWS)[one.delivery], REVIEWS, AT)
    facts = look.of([one], REVIEWS)[one.delivery]
    assert skip_reason(one, facts, REVIEWS, AT) is None
    assert (facts.history.asks, facts.history.asked, reservations.standing([one.delivery])) == ((), frozenset(), {})
    after = dynamodb.scan(TableName="Candidates")["Items"]
    stamps = ("version", "updatedAt")

    def plain(items):
        return sorted(str({name: item[name] for name in sorted(item) if name not in stamps}) for item in items)

    assert plain(after) == plain(before)


def test_a_candidate_that_was_answered_meanwhile_stays_answered_when_its_reservation_is_released(dynamodb):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    look = SendFacts(dynamodb, "Candidates", "Customers")
    reservations = Reservations(dynamodb, TABLES, QUICKLY)
    row = reserved_row(one)
    assert reservations.reserve(row, None, look.of([one], REVIEWS)[one.delivery], AT)
    dynamodb.update_item(
        TableName="Candidates",
        Key=encode_item({"PK": "CUSTOMER#c0", "SK": "PROGRAM#small-reviews#SUBJECT#p0"}),
        UpdateExpression="SET #status = :consumed ADD version :one",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=encode_item({":consumed": "CONSUMED", ":one": 1}),
    )
    assert reservations.release(row, look.of([one], REVIEWS)[one.delivery], REVIEWS, AT)
    assert look.of([one], REVIEWS)[one.delivery].candidate["status"] == "CONSUMED"
    assert len(dynamodb.scan(TableName="Candidates")["Items"]) == 1


def test_outcomes_are_written_once_and_only_by_whose_hands_the_delivery_is_in(dynamodb):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    facts = SendFacts(dynamodb, "Candidates", "Customers").of([one], REVIEWS)[one.delivery]
    reservations, outcomes = Reservations(dynamodb, TABLES, QUICKLY), Outcomes(dynamodb, "Deliveries", QUICKLY)
    assert reservations.reserve(reserved_row(one), None, facts, AT)
    [marked] = reservations.mark([reserved_row(one)], AT).rows
    assert outcomes.record([Outcome.sent({**marked, "holder": "another"}, "m0", AT)]) == []
    [written] = outcomes.record([Outcome.sent(marked, "m1", AT)])
    assert outcomes.record([Outcome.sent(marked, "m1", AT)]) == []
    assert outcomes.record([Outcome.unknown(marked, AT)]) == []
    assert reservations.standing([one.delivery])[one.delivery]["messageId"] == "m1"
    assert written.after["status"] == "SENT"
    assert Deliveries(dynamodb, "Deliveries").counts(CAMPAIGN) == {"sent": 1}


def consume(dynamodb, one):
    change(
        dynamodb,
        "Candidates",
        f"PROGRAM#small-reviews#SUBJECT#{one.subject}",
        "SET #it = :to",
        it="status",
        to="CONSUMED",
    )


def store_anew(dynamodb, one):
    change(dynamodb, "Candidates", f"PROGRAM#small-reviews#SUBJECT#{one.subject}", "SET #it = :to", it="version", to=2)


def ask_elsewhere(dynamodb, one):
    change(dynamodb, "Customers", "CAP#small-reviews", "SET #it = :to", it="rev", to=1)


def opt_out_of_all(dynamodb, one):
    change(dynamodb, "Customers", "PROFILE", "SET #it = :to", it="optedOut", to=True)


def opt_out_of_this(dynamodb, one):
    change(dynamodb, "Customers", "PROGRAM#small-reviews", "SET #it = :to", it="optedOut", to=True)


def take_up(dynamodb, one):
    dynamodb.put_item(TableName="Deliveries", Item=encode_item(reserved_row(one, "another")))


def change(dynamodb, table, sk, expression, *, it, to):
    dynamodb.update_item(
        TableName=table,
        Key=encode_item({"PK": customer_key("c0"), "SK": sk}),
        UpdateExpression=expression,
        ExpressionAttributeNames={"#it": it},
        ExpressionAttributeValues=encode_item({":to": to}),
    )


def everything(dynamodb):
    tables = (TABLES.candidates, TABLES.customers, TABLES.deliveries)
    return [sorted(map(str, dynamodb.scan(TableName=table)["Items"])) for table in tables]


@pytest.mark.parametrize(
    "move",
    [consume, store_anew, ask_elsewhere, opt_out_of_all, opt_out_of_this, take_up],
    ids=lambda move: move.__name__,
)
def test_nothing_is_reserved_when_anything_it_was_decided_upon_has_moved(dynamodb, move):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    facts = SendFacts(dynamodb, "Candidates", "Customers").of([one], REVIEWS)[one.delivery]
    move(dynamodb, one)
    before = everything(dynamodb)
    assert not Reservations(dynamodb, TABLES, QUICKLY).reserve(reserved_row(one), None, facts, AT)
    assert everything(dynamodb) == before


def test_of_two_who_take_over_a_dead_workers_reservation_one_gets_it(dynamodb):
    contact(dynamodb, "c0")
    one = recipient(dynamodb, REVIEWS, "c0", "p0")
    facts = SendFacts(dynamodb, "Candidates", "Customers").of([one], REVIEWS)[one.delivery]
    reservations, dead = Reservations(dynamodb, TABLES, QUICKLY), reserved_row(one)
    assert reservations.reserve(dead, None, facts, AT)
    later = AT + LEASE
    ours = reservations.take_over(dead, "first", later)
    assert ours is not None
    assert reservations.take_over(dead, "second", later) is None
    assert reservations.mark([dead], later).lost == (dead,)
    assert not reservations.release(dead, facts, REVIEWS, later)
    [marked] = reservations.mark([ours], later).rows
    assert (marked["holder"], marked["attempts"]) == ("first", 1)
