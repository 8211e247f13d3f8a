"""Notifications of the outbox are sent once each, in time, to whom still wants them; what becomes of each stands in its row."""

from dataclasses import replace
from datetime import timedelta

import pytest
from notifications_world import GENERATION, STATE
from sending_world import AT, EVENT, SALE, STARTS, TEXT, in_status, key_of, notification, sending_world

from adapters.aws.kill_switch import KillSwitch
from adapters.aws.opt_out_list import OptOutList
from domain.notifications.instants import iso
from domain.notifications.keys import demand_row


@pytest.fixture
def world():
    with sending_world() as world:
        yield world


def test_a_text_is_sent_once_and_its_fans_demand_knows_of_it(world):
    row = notification()
    world.stage(row)
    assert world.send(row) == []
    [text] = world.sms.accepted
    assert (text.to, text.text, text.message_id) == (row["phoneNumber"], TEXT, row["messageId"])
    assert (text.group_id, text.metadata) == (row["SK"], {"pk": row["PK"], "sk": row["SK"]})
    assert (text.app_id, text.expires_at) == ("ovation-reminders", iso(STARTS))
    now = world.row(row)
    assert (now["status"]["id"], now["sendAttempts"]) == ("TRIGGERED", 1)
    assert "lease" not in now
    assert "unsettledShard" not in now
    assert world.demand(row)["date"]["triggered"] == now["date"]["triggered"]


def test_a_mail_is_sent_with_its_way_out_and_what_its_events_find_it_by(world):
    row = notification(method="email")
    world.stage(row)
    assert world.send(row) == []
    [mail] = world.ses.mails()
    assert mail.to == row["email"]
    assert world.status(row) == "TRIGGERED"
