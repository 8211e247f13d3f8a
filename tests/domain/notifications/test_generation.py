"""A notification's row: what all of a sale have in common, a fan's own part, and how those end that are not to be sent."""

from datetime import timedelta

import pytest
from sale_fans import EVENT, OPENED, PRESALE, PUBLIC, STARTS

from domain.notifications.generation import Wording, address_of, in_common, own, replaceable, told_at
from domain.notifications.instants import iso
from domain.notifications.keys import notification_row
from domain.notifications.rendering import Rendered
from domain.notifications.statuses import moved, status_of

WORDS = Rendered("It's almost time!", 1, "GSM-7", {"artistName": "Lantern"}, ())
WORDING = Wording("en-us", "TM_US", WORDS)


def row(method="sms", fate="send", sale=PUBLIC, address="+12125550100", wording=WORDING):
    return {**in_common(EVENT, sale, method, wording, fate, OPENED), **own("ann", sale, method, address, fate)}


def test_a_text_has_its_body_and_parts_and_a_mail_its_variables():
    text, mail = row(), row("email", address="ann@example.com")
    assert (text["messageBody"], text["parts"], text["phoneNumber"]) == ("It's almost time!", 1, "+12125550100")
    assert (mail["templateVariables"], mail["email"]) == ({"artistName": "Lantern"}, "ann@example.com")


def test_a_presale_is_named_and_what_is_not_known_is_left_out():
    assert row(sale=PRESALE)["saleName"] == PRESALE.name
    assert not {"saleName", "marketId"} & row(wording=Wording("en-us", None, WORDS)).keys()


def test_one_to_send_is_found_where_it_is_looked_for():
    made = row()
    assert made["unsettledSince"] == iso(OPENED)
    assert {name: made[name] for name in ("unsettledShard", "unsettledSince")} == {
        name: it for name, it in moved(made, "RETRY", OPENED).items() if name.startswith("unsettled")
    }


@pytest.mark.parametrize(
    ("fate", "status", "reason"), [("late", "EXPIRED", "sale_started"), ("no_address", "FAILED", "no_address")]
)
def test_one_that_is_not_to_be_sent_says_why_and_waits_for_nobody(fate, status, reason):
    made = row(fate=fate, address=None, wording=Wording("en-us", None, None))
    assert status_of(made) == status
    assert made["errors"] == [{"reason": reason, "timestamp": iso(OPENED)}]
    assert made["date"][status.lower()] == iso(OPENED)
    assert not {"unsettledShard", "unsettledSince", "messageBody", "phoneNumber"} & made.keys()


def test_a_row_lives_ninety_days_from_its_sale_on():
    assert row()["expiresAt"] == (STARTS + timedelta(days=90)).timestamp()


def test_each_fan_sale_and_way_of_contact_is_one_row():
    keys = {(it["PK"], it["SK"]) for it in (row(), row("email"), row(sale=PRESALE))}
    assert keys == {notification_row("ann", "Z7r9", *of) for of in (("pub", "sms"), ("pub", "email"), ("pre", "sms"))}


@pytest.mark.parametrize(
    ("found", "address"),
    [(" +12125550100 ", "+12125550100"), ("", None), (" ", None), (None, None), (2125550100, None)],
)
def test_an_address_is_a_text(found, address):
    assert address_of({"phoneNumber": found}, "sms") == address
    assert address_of({"email": found}, "email") == address


def test_only_what_was_not_sent_as_its_sale_had_moved_may_be_made_anew():
    assert replaceable(moved(row(), "EXPIRED", OPENED, expiredReason="sale_moved"))
    assert not replaceable(moved(row(), "EXPIRED", OPENED, expiredReason="sale_started"))
    assert not replaceable({**row(), "expiredReason": "sale_moved"})


@pytest.mark.parametrize(
    ("status", "starts", "told"),
    [
        *(("CREATED", STARTS, True), ("UNKNOWN", STARTS, True), ("DELIVERED", STARTS, True)),
        *(("FAILED", STARTS, False), ("EXPIRED", STARTS, False), ("DELIVERED", OPENED, False)),
    ],
)
def test_a_fan_is_told_at_an_instant_by_what_has_not_come_to_nothing(status, starts, told):
    assert told_at({**row(), "status": {"id": status}}, starts) is told
