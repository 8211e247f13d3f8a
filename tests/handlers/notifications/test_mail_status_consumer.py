"""What became of each reminder mail goes through the same machine as texts do."""

from itertools import permutations

import pytest
from notifications_world import notifications_world
from status_records import ADDRESS, after, by_bus, demand, emptied, notification, refusing

from domain.errors import Rejected, Unavailable
from domain.notifications.instants import iso
from domain.notifications.keys import EMAIL, Key, demand_row, opt_out
from handlers.notifications import mail_status_consumer as stage

ROW = notification(method=EMAIL)
KEY = Key(ROW["PK"], ROW["SK"])
TO = [{"emailAddress": ADDRESS, "status": "5.1.1", "diagnosticCode": f"550 {ADDRESS}"}]
BOUNCE = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": TO}
SEND = by_bus(ROW, "Send")
DELAY = by_bus(ROW, "DeliveryDelay", 2, deliveryDelay={"delayType": "MailboxFull", "delayedRecipients": TO})
DELIVERY = by_bus(ROW, "Delivery", 4, delivery={})
BOUNCED = by_bus(ROW, "Bounce", 3, bounce=BOUNCE)
COMPLAINT = by_bus(ROW, "Complaint", 9, complaint={"complainedRecipients": TO})


@pytest.fixture(scope="module")
def kept():
    with notifications_world(stage) as world:
        yield world


@pytest.fixture
def world(kept):
    world = emptied(kept)
    world.put(ROW, demand())
    return world


def consume(*events):
    return [stage.handler(event, None)["outcome"] for event in events]


def way_out(world):
    return world.row(opt_out(EMAIL, ADDRESS), "NotificationState")


def test_a_mail_is_queued_then_delivered_and_its_demand_says_so(world):
    assert consume(SEND, DELIVERY) == ["noted", "noted"]
    row = world.row(KEY)
    assert row["status"] == {"id": "DELIVERED", "date": iso(after(4))}
    assert row["date"]["queued"] == iso(after(0))
    date = world.row(demand_row("fan-1", "e1", "s1"))["date"]
    assert (date["triggered"], date["notified"]) == (iso(after(0)), iso(after(4)))


@pytest.mark.parametrize("order", [*permutations([SEND, DELAY, DELIVERY, BOUNCED])][::2])
def test_any_order_with_doubles_ends_the_same(world, order):
    consume(*order, *order)
    row = world.row(KEY)
    assert row["status"] == {"id": "DELIVERED", "date": iso(after(4))}
    assert [row["date"][name] for name in ("queued", "failed", "delivered")] == [iso(after(n)) for n in (0, 3, 4)]
    assert [it["reason"] for it in row["errors"]] == ["delay/MailboxFull", "bounce/Permanent/General"]
    assert [it["timestamp"] for it in row["errors"]] == [iso(after(2)), iso(after(3))]


def test_a_bounce_for_good_is_a_failure_and_a_way_out(world):
    assert consume(BOUNCED) == ["noted"]
    assert world.row(KEY)["errors"] == [
        {"statusCode": "5.1.1", "reason": "bounce/Permanent/General", "timestamp": iso(after(3))}
    ]
    assert (way_out(world)["out"], way_out(world)["source"]) == (True, "bounce")


def test_a_bounce_that_may_pass_is_no_way_out(world):
    consume(by_bus(ROW, "Bounce", 3, bounce={**BOUNCE, "bounceType": "Transient"}))
    assert world.row(KEY)["status"]["id"] == "FAILED"
    assert way_out(world) is None


def test_who_complains_is_mailed_no_more_and_nothing_else_changes(world):
    assert consume(COMPLAINT) == ["replied"]
    assert world.row(KEY) == ROW
    assert way_out(world)["source"] == "complaint"


def test_mails_of_others_are_not_ours(world):
    other = by_bus(ROW, "Delivery", delivery={})
    other["detail"]["mail"]["tags"] = {"delivery": ["0" * 32]}
    before = len(world.calls.made)
    assert consume(other, {"detail": {}}) == ["not_ours", "not_ours"]
    assert len(world.calls.made) == before


def test_a_mail_of_a_notification_that_is_gone_or_replaced_moves_nothing(world):
    gone = by_bus(notification("fan-2", EMAIL), "Delivery", delivery={})
    old = by_bus(notification(method=EMAIL, starts=after(7200)), "Delivery", delivery={})
    assert consume(gone, old) == ["unknown", "superseded"]
    assert world.rows("notification") == [ROW]


def test_an_event_that_cannot_be_true_is_rejected_for_somebody_to_look_at(world):
    with pytest.raises(Rejected):
        consume(by_bus(ROW, "Delivery"))


@pytest.mark.parametrize(("operation", "event"), [("BatchGetItem", SEND), ("UpdateItem", SEND), ("PutItem", COMPLAINT)])
def test_what_could_not_be_written_down_comes_again(world, operation, event):
    with refusing(operation), pytest.raises(Unavailable):
        consume(event)
    assert consume(event) != ["left"]


@pytest.mark.parametrize("event", [DELIVERY, BOUNCED, COMPLAINT])
def test_a_death_at_any_call_is_made_good_by_the_next_delivery(world, event):
    consume(event)
    whole, calls = (world.rows(), world.rows(table="NotificationState")), len(world.calls.made)
    for call in range(1, calls + 1):
        for dying in (world.calls.dying_before, world.calls.dying_after):
            for row in world.rows(table="NotificationState"):
                world.forget(Key(row["PK"], row["SK"]), "NotificationState")
            world.put(ROW, demand())
            with dying(call):
                consume(event)
            consume(event)
            assert (world.rows(), world.rows(table="NotificationState")) == whole


def test_no_line_and_no_error_names_a_person(world, capsys, caplog):
    stage.logger.setLevel("INFO")
    consume(DELAY, BOUNCED, BOUNCED, COMPLAINT, DELIVERY)
    with refusing("PutItem"), pytest.raises(Unavailable) as refused:
        consume(COMPLAINT)
    with pytest.raises(Rejected) as rejected:
        consume(by_bus(ROW, "Delivery", delivery={"timestamp": ADDRESS}))
    stage.logger.setLevel("CRITICAL")
    told = capsys.readouterr().out + caplog.text + str(refused.value) + str(rejected.value)
    assert "mail event" in told
    assert ADDRESS not in told
    assert ROW["messageId"] not in told
    assert ADDRESS not in str(world.row(KEY)["errors"])
