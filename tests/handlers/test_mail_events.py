"""What SES tells of mails reaches the tables once, whatever its order, and tells no log whom it was about."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

import pytest
from delivery_tables import counts, delivery, events, items, make_tables, put_delivery
from moto import mock_aws
from stand_ins import reach

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.deliveries import Deliveries
from adapters.aws.opt_outs import OptOuts
from adapters.aws.telemetry import Telemetry
from domain.errors import Rejected, Unavailable
from domain.solicitation.suppression import address_key
from handlers.solicitation.delivery_settings import MailEventsSettings
from handlers.solicitation.mail_events import handler, live, mail_events
from sandbox.ses import Account, SesServer

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
AT_ONCE = Backoff(tries=5, sleep=lambda seconds: None)
FATES = ("success", "bounce", "softbounce", "complaint", "suppressionlist", "ooto")


class Crash(BaseException):
    """The process dies."""


@pytest.fixture
def dynamodb(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_NAMESPACE": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield make_tables()


@pytest.fixture
def parts(dynamodb):
    return {
        "telemetry": Telemetry(dynamodb, "Deliveries", AT_ONCE),
        "deliveries": Deliveries(dynamodb, "Deliveries"),
        "opt_outs": OptOuts(dynamodb, "Customers", "Candidates", AT_ONCE),
    }


def id_of(local):
    return sha256(local.encode()).hexdigest()[:32]


def address(local):
    return f"{local}@People.example"


@pytest.fixture(scope="module")
def told():
    """What the bus delivers of one mail to each of the simulator's addresses, in order."""
    with SesServer(lambda: AT, account=Account(rate=1000)) as ses:
        client = reach("sesv2", ses.endpoint)
        client.send_bulk_email(
            FromEmailAddress="shop@shop.example",
            DefaultContent={"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}},
            BulkEmailEntries=[
                {
                    "Destination": {"ToAddresses": [address(local)]},
                    "ReplacementTags": [{"Name": "delivery", "Value": id_of(local)}],
                }
                for local in FATES
            ],
        )
        return [as_delivered(event) for event in ses.events()]


numbers = count()


def as_delivered(entry):
    """An event as EventBridge hands it to a function."""
    return {
        "id": f"event-{next(numbers)}",
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "time": f"{entry['Time']:%Y-%m-%dT%H:%M:%SZ}",
        "detail": json.loads(entry["Detail"]),
    }


def of(told, local, kind):
    [event] = [
        event
        for event in told
        if event["detail"]["mail"]["tags"]["delivery"] == [id_of(local)] and event["detail"]["eventType"] == kind
    ]
    return event


def everything(dynamodb):
    return json.dumps([items(dynamodb, table) for table in ("Deliveries", "Customers", "Candidates")], default=sorted)


def outcome(dynamodb):
    """What the events of all fates have left, but for the counters' zeros."""
    items_of = {local: (delivery(dynamodb, id_of(local)), events(dynamodb, id_of(local))) for local in FATES}
    return items_of, counts(dynamodb), items(dynamodb, "Customers")


def test_each_mails_fate_is_told(dynamodb, parts, told):
    for local in FATES:
        put_delivery(dynamodb, id_of(local), status="UNKNOWN")
    for event in told:
        assert mail_events(event, **parts) == {"outcome": "noted"}
    found = {local: delivery(dynamodb, id_of(local)) for local in FATES}
    assert {item["status"] for item in found.values()} == {"SENT"}
    assert {local: sorted(item["timeline"]) for local, item in found.items()} == {
        "success": ["delivered"],
        "bounce": ["bounced"],
        "softbounce": ["softBounced"],
        "complaint": ["complained", "delivered"],
        "suppressionlist": ["bounced"],
        "ooto": ["delivered"],
    }
    assert counts(dynamodb) == {"sent": 6, "unknown": -6, "delivered": 3, "bounced": 2, "complained": 1}


def test_who_bounced_for_good_or_complained_is_suppressed_by_a_hash(dynamodb, parts, told):
    for local in FATES:
        put_delivery(dynamodb, id_of(local))
    for event in told:
        mail_events(event, **parts)
    listed = {item["PK"]: (item["reason"], item["delivery"]) for item in items(dynamodb, "Customers", "ADDRESS#")}
    assert listed == {
        address_key(address(local).lower())["PK"]: (reason, id_of(local))
        for local, reason in (("bounce", "bounce"), ("complaint", "complaint"), ("suppressionlist", "bounce"))
    }
    assert "people.example" not in everything(dynamodb).lower()


def test_an_address_keeps_the_first_reason_it_was_suppressed_for(dynamodb, parts, told):
    for local in ("bounce", "complaint"):
        put_delivery(dynamodb, id_of(local))
    bounce, complaint = of(told, "bounce", "Bounce"), of(told, "complaint", "Complaint")
    same = complaint["detail"]["complaint"]["complainedRecipients"][0]["emailAddress"]
    again = {**bounce["detail"]["bounce"], "bouncedRecipients": [{"emailAddress": same}]}
    mail_events(complaint, **parts)
    mail_events({**bounce, "detail": {**bounce["detail"], "bounce": again}}, **parts)
    [listed] = items(dynamodb, "Customers", "ADDRESS#")
    assert (listed["reason"], listed["delivery"]) == ("complaint", id_of("complaint"))


def test_who_complains_is_opted_out_of_the_program_and_loses_its_candidates(dynamodb, parts, told):
    id = id_of("complaint")
    put_delivery(dynamodb, id)
    customer = delivery(dynamodb, id)["customer"]
    candidate = {"PK": f"CUSTOMER#{customer}", "SK": "PROGRAM#small-reviews#SUBJECT#p1"}
    standing = {**candidate, "status": "OPEN", "version": 1, "channels": []}
    dynamodb.put_item(TableName="Candidates", Item=encode_item(standing))
    mail_events(of(told, "complaint", "Complaint"), **parts)
    [opted_out] = items(dynamodb, "Customers", f"CUSTOMER#{customer}")
    assert (opted_out["SK"], opted_out["optedOut"]) == ("PROGRAM#small-reviews", True)
    assert items(dynamodb, "Candidates") == []


def test_an_old_complaint_told_again_does_not_opt_out_who_has_come_back(dynamodb, parts, told):
    id = id_of("complaint")
    put_delivery(dynamodb, id)
    complaint = of(told, "complaint", "Complaint")
    mail_events(complaint, **parts)
    customer = delivery(dynamodb, id)["customer"]
    parts["opt_outs"].opt_in(customer, "small-reviews")
    dynamodb.delete_item(TableName="Customers", Key=encode_item(address_key(address("complaint"))))
    assert mail_events(complaint, **parts) == {"outcome": "duplicate"}
    assert [item["optedOut"] for item in items(dynamodb, "Customers")] == [False]


def test_order_and_repetition_of_events_leave_the_same(dynamodb, parts, told):
    outcomes = []
    for seed in range(4):
        for table in ("Deliveries", "Customers"):
            for item in items(dynamodb, table):
                dynamodb.delete_item(TableName=table, Key=encode_item({name: item[name] for name in ("PK", "SK")}))
        for local in FATES:
            put_delivery(dynamodb, id_of(local))
        some = [*told, *random.Random(seed).sample(told, 6)]
        random.Random(seed).shuffle(some)
        for event in some if seed else told:
            mail_events(event, **parts)
        outcomes.append(outcome(dynamodb))
    assert all(other == outcomes[0] for other in outcomes[1:])


@pytest.mark.parametrize("local", ["bounce", "complaint"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_crash_at_any_call_and_a_redelivery_leave_what_one_delivery_leaves(dynamodb, parts, told, local, before):
    id, event = id_of(local), of(told, local, local.capitalize())
    calm, crashed_at = None, 0
    while calm is None or crashed_at is not None:
        for table in ("Deliveries", "Customers"):
            for item in items(dynamodb, table):
                dynamodb.delete_item(TableName=table, Key=encode_item({name: item[name] for name in ("PK", "SK")}))
        put_delivery(dynamodb, id)
        if calm is None:
            mail_events(event, **parts)
            calm = everything(dynamodb)
            continue
        crashed_at += 1
        died = dies_at(dynamodb, crashed_at, before, lambda: mail_events(event, **parts))
        mail_events(event, **parts)
        assert everything(dynamodb) == calm, f"crashed at call {crashed_at}"
        crashed_at = crashed_at if died else None


def dies_at(dynamodb, call, before, act):
    """Whether the process died: it does right before or after its n-th call."""
    calls = count(1)

    def watch(**_):
        if next(calls) == call:
            raise Crash

    name = "before-call" if before else "after-call"
    dynamodb.meta.events.register(name, watch)
    try:
        act()
    except Crash:
        return True
    finally:
        dynamodb.meta.events.unregister(name, watch)
    return False


def without_tag(event):
    mail = {**event["detail"]["mail"], "tags": {"ses:caller-identity": ["other"]}}
    return {**event, "detail": {**event["detail"], "mail": mail}}


def test_what_is_not_about_a_delivery_of_ours_is_counted_and_changes_nothing(dynamodb, parts, told, caplog, capsys):
    bounce = of(told, "bounce", "Bounce")
    assert mail_events(bounce, **parts) == {"outcome": "unknown_delivery"}
    assert mail_events(without_tag(bounce), **parts) == {"outcome": "not_ours"}
    opened = {**bounce, "detail": {**bounce["detail"], "eventType": "Open"}}
    assert mail_events(opened, **parts) == {"outcome": "not_followed"}
    assert json.loads(everything(dynamodb)) == [[], [], []]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "MailEvents" in line]
    assert [metric["Outcome"] for metric in metrics] == ["unknown_delivery", "not_ours", "not_followed"]


def test_a_malformed_event_is_rejected_and_named_in_the_log_by_its_id(parts, told, caplog):
    bounce = of(told, "bounce", "Bounce")
    broken = {**bounce, "detail": {**bounce["detail"], "bounce": {}}}
    with pytest.raises(Rejected):
        mail_events(broken, **parts)
    [record] = [record for record in caplog.records if record.message == "mail event rejected"]
    assert (record.event_id, record.reason) == (bounce["id"], "mail event without bounceType")


def test_no_log_line_holds_an_address(dynamodb, parts, told, caplog, capsys):
    put_delivery(dynamodb, id_of("complaint"))
    for event in [*told, *told]:
        mail_events(event, **parts)
        with pytest.raises(Rejected):
            mail_events({**event, "detail": {**event["detail"], "mail": {}}}, **parts)
    records = json.dumps([{name: str(value) for name, value in vars(record).items()} for record in caplog.records])
    printed = capsys.readouterr()
    assert "duplicate" in records
    assert "example" not in (records + printed.out + printed.err).lower()


def test_a_table_out_of_reach_leaves_the_event_to_be_told_again(dynamodb, parts, told):
    put_delivery(dynamodb, id_of("success"))
    away = reach("dynamodb", "http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        mail_events(told[0], **{**parts, "telemetry": replace(parts["telemetry"], dynamodb=away)})
    assert events(dynamodb, id_of("success")) == []


def test_the_deployed_handler_reads_its_tables_from_its_settings(dynamodb, told, monkeypatch):
    settings = MailEventsSettings(
        candidates_table="Candidates", customers_table="Customers", deliveries_table="Deliveries"
    )
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    live.cache_clear()
    put_delivery(dynamodb, id_of("success"))
    try:
        assert handler(of(told, "success", "Delivery"), None) == {"outcome": "noted"}
    finally:
        live.cache_clear()
    assert delivery(dynamodb, id_of("success"))["status"] == "SENT"
