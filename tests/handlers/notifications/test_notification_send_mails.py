"""Reminders by mail: up to fifty a call, at the account's rate; each word of SES leads to an end of its own, for its mail alone."""

from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config
from notifications_world import own
from sending_world import AT, notification, sending_world

from domain.notifications.instants import moment
from handlers.notifications import notification_send as sender
from sandbox.aws_http import AwsError
from sandbox.ses import Account


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


def mails(count):
    return [notification(f"f{number:03}", "email") for number in range(count)]


def test_fifty_go_in_one_call_and_each_has_its_own_words(world):
    rows = mails(60)
    world.stage(*rows)
    before = world.aws.calls.made.count("sesv2.SendBulkEmail")
    assert world.send(*rows) == []
    assert world.aws.calls.made.count("sesv2.SendBulkEmail") - before == 2
    assert {it.to[0] for it in world.ses.mails()} == {row["email"] for row in rows}
    assert len({it.headers["List-Unsubscribe"] for it in world.ses.mails()}) == 60


WORDS = [
    ("MESSAGE_REJECTED", "FAILED", 1),
    ("INVALID_PARAMETER", "FAILED", 1),
    ("ACCOUNT_THROTTLED", "RETRY", 1),
    ("TRANSIENT_FAILURE", "RETRY", 1),
    ("ACCOUNT_SENDING_PAUSED", "RETRY", 0),
    ("ACCOUNT_DAILY_QUOTA_EXCEEDED", "RETRY", 0),
    ("A_WORD_OF_TOMORROW", "UNKNOWN", 1),
]


@pytest.mark.parametrize(("word", "status", "attempts"), WORDS)
def test_a_word_on_one_mail_is_about_that_one_alone(world, word, status, attempts):
    rows = mails(3)
    world.stage(*rows)
    world.ses.refuse(rows[1]["email"], word)
    assert world.send(*rows) == []
    assert [world.status(row) for row in rows] == ["TRIGGERED", status, "TRIGGERED"]
    assert world.row(rows[1])["sendAttempts"] == attempts
    if status == "RETRY":
        world.passed = (moment(world.row(rows[1])["notBefore"]) - AT).total_seconds()
        world.send(rows[1])
        assert world.status(rows[1]) == "TRIGGERED"
    assert len(world.ses.mails()) == 2 + (status == "RETRY")


@pytest.mark.parametrize("fault", ["hang_after", "cut_after"])
def test_a_call_that_is_not_answered_leaves_all_its_mails_unknown(world, fault):
    rows = mails(2)
    world.stage(*rows)
    setattr(world.ses.faults, fault, 1)
    with quick_reading(world):
        assert world.send(*rows) == []
    assert {world.status(row) for row in rows} == {"UNKNOWN"}
    world.passed += 600
    assert world.send(*rows) == []
    assert len(world.ses.mails()) == 2


def quick_reading(world):
    """A client of SES that waits no fifteen seconds for an answer."""
    quick = Config(connect_timeout=1, read_timeout=0.4, retries={"total_max_attempts": 1})
    client = boto3.client("sesv2", endpoint_url=world.ses.endpoint, region_name="eu-west-1", config=quick)
    return patch.object(sender.live().channels["email"].mailer, "sending", client)


def test_one_mail_that_spoils_its_call_goes_alone_and_the_others_go(world):
    rows = mails(4)
    world.stage(*rows)
    spoil(world, rows[2]["email"])
    assert world.send(*rows) == []
    assert {world.status(row) for row in rows} == {"RETRY"}
    assert {world.row(row)["alone"] for row in rows} == {True}
    world.passed += 30
    assert world.send(*rows) == []
    assert [world.status(row) for row in rows] == ["TRIGGERED", "TRIGGERED", "FAILED", "TRIGGERED"]
    assert world.reasons(rows[2])[-1] == "INVALID_PARAMETER"
    del world.ses._bulk


def spoil(world, address):
    """A call with this address is turned away as a whole."""
    bulk = world.ses._bulk

    def spoilt(call):
        if any(address in it["Destination"]["ToAddresses"] for it in call["BulkEmailEntries"]):
            raise AwsError(400, "BadRequestException", "one of them")
        return bulk(call)

    world.ses._bulk = spoilt


def test_an_account_that_may_not_send_keeps_all_waiting(world):
    row = notification(method="email")
    text = notification()
    world.stage(row, text)
    world.ses.account.enabled = False
    assert world.send(row, text) == ["m1"]
    assert world.put_off == [("r1", 60.0)]
    assert (world.status(row), world.status(text)) == ("CREATED", "TRIGGERED")


def test_a_day_whose_quota_is_spent_keeps_the_rest_waiting(world):
    rows = mails(5)
    world.stage(*rows)
    world.ses.account.quota = 3
    failed = world.send(*rows)
    assert len(world.ses.mails()) == 3
    assert len(failed) == 2
    assert sum(world.status(row) == "CREATED" for row in rows) == 2


def test_mails_keep_the_accounts_rate(world):
    rows = mails(12)
    world.stage(*rows)
    world.ses.account = world.ses.room.account = Account(rate=5.0, clock=world.clock)
    assert world.send(*rows) == []
    assert len(world.ses.mails()) == 12
    assert world.ses.account.peak() <= 5
    assert world.passed >= 2


def test_links_that_cannot_be_signed_keep_mails_waiting_and_texts_going(world):
    mail, text = notification(method="email"), notification()
    world.stage(mail, text)
    sender.live().channels["email"].link_keys._held.clear()
    with world.aws.calls.own():
        own("secretsmanager").put_secret_value(SecretId="links", SecretString="{}")
    try:
        assert world.send(mail, text) == ["m1"]
    finally:
        with world.aws.calls.own():
            own("secretsmanager").put_secret_value(SecretId="links", SecretString='{"keys": "a-key-of-tests"}')
    assert (world.status(mail), world.status(text)) == ("CREATED", "TRIGGERED")


def test_a_mail_in_another_locale_speaks_it(world):
    row = notification(method="email", locale="fr-ca")
    world.stage(row)
    world.send(row)
    [mail] = world.ses.mails()
    assert 'lang="fr-CA"' in mail.html
    assert "10:00 AM PST" in mail.text
