from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.errors import Rejected
from domain.notifications.demand import Demand
from domain.notifications.keys import sale_demand_of

REQUESTED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
WISH = Demand(
    *("f1", "e1", "s1", ("sms", "email"), REQUESTED, "+12135550101", "fan@example.com", "fr-ca", "TM_CA"),
)


def test_a_wish_reads_back_as_it_was_written():
    assert Demand.of(WISH.row()) == WISH
    bare = replace(WISH, methods=("email",), phone=None, locale=None, market=None)
    assert Demand.of(bare.row()) == bare


def test_its_row_has_the_keys_of_table_and_index_and_nothing_that_is_unknown():
    assert replace(WISH, email=None, locale=None).row() == {
        "PK": "fan:f1",
        "SK": "demand#e1-s1",
        "type": "demand",
        "fanId": "f1",
        "eventId": "e1",
        "saleId": "s1",
        "contactMethod": "sms,email",
        "phoneNumber": "+12135550101",
        "marketId": "TM_CA",
        "demandType": "remind",
        "date": {"requested": "2026-11-22T09:30:00.000Z"},
        "saleDemandShard": sale_demand_of("f1", "e1", "s1"),
    }


def test_what_else_its_row_tells_is_never_a_key():
    row = replace(WISH, about={"eventName": "Winter Tour", "artistId": None, "PK": "fan:other", "fanId": "other"}).row()
    assert (row["eventName"], row["PK"], row["fanId"]) == ("Winter Tour", "fan:f1", "f1")
    assert "artistId" not in row


@pytest.mark.parametrize(
    ("told", "methods"),
    [
        ("sms", ("sms",)),
        ("email,sms", ("sms", "email")),
        (" SMS , Email ", ("sms", "email")),
        ("sms,sms", ("sms",)),
        (None, ("sms",)),
        ("", ("sms",)),
        ("pigeon", ()),
        ("pigeon,email", ("email",)),
    ],
)
def test_ways_of_contact_are_read_whoever_wrote_them(told, methods):
    assert Demand.of({**WISH.row(), "contactMethod": told}).methods == methods


def test_a_wish_without_its_time_is_an_old_one_and_one_with_a_wrong_time_is_rejected():
    row = WISH.row()
    assert Demand.of({**row, "date": None}).requested == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(Rejected, match="no instant"):
        Demand.of({**row, "date": {"requested": "yesterday"}})
