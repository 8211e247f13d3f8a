"""Chunks of recipients in; mails at SES, rows in the tables, and for each who gets none, the one reason out."""

import logging
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header

import pytest
from programs_in_small import REVIEWS
from send_world import AT, CAMPAIGN, own, send_world

from adapters.aws.attribute_values import encode_item
from domain.solicitation.delivery import delivery_id
from domain.solicitation.keys import customer_key
from domain.solicitation.program import FilterStep
from domain.solicitation.suppression import address_key
from handlers.solicitation import send
from sandbox.aws_http import AwsError
from sandbox.ses import SesServer


@pytest.fixture
def world():
    with send_world() as fresh:
        yield fresh


def test_a_mail_goes_out_with_our_links_tags_and_headers_in_the_name_of_the_marketplace(world):
    assert world.deliver(world.campaign([world.recipient("c0")]))
    [mail] = world.ses.mails()
    id = delivery_id("small-reviews", "c0", "p1")
    assert mail.to == ("c0@example.org",)
    assert str(make_header(decode_header(mail.sender))) == "Ünser Reviews <reviews@example.com>"
    assert mail.tags == {"delivery": id, "campaign": "small-reviews_2026-11-20_US", "program": "small-reviews"}
    assert mail.configuration_set == "ovation"
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way_out = mail.headers["List-Unsubscribe"]
    assert way_out.startswith("<https://pages.example.com/u/")
    assert way_out.endswith(">")
    assert "Kettle" in mail.subject
    assert all(f"https://pages.example.com/{route}/" in mail.html for route in "coh")
    assert way_out[1:-1] in mail.html
    assert way_out[1:-1] in mail.text


def test_who_was_sent_a_mail_is_asked_and_counts_under_the_cap(world):
    assert world.deliver(world.campaign([world.recipient("c#0", "p#1", email="c@example.org")]))
    [row] = world.rows().values()
    [mail] = world.ses.mails()
    assert (row["status"], row["messageId"], row["attempts"]) == ("SENT", mail.id, 1)
    assert (row["sentAt"], row["campaign"]) == ("2026-11-20T15:00:00Z", CAMPAIGN)
    assert not {"holder", "leaseUntil", "reason"} & row.keys()
    assert row["expiresAt"] - AT.timestamp() == 400 * 24 * 3600
    assert world.counts() == {"sent": 1}
    [candidate] = [item for item in world.items("Candidates").values() if "status" in item]
    asked = {"email": {"delivery": row["id"], "campaign": CAMPAIGN, "at": "2026-11-20T15:00:00Z"}}
    assert (candidate["status"], candidate["version"], candidate["asked"]) == ("ASKED", 2, asked)
    assert len(world.items("Candidates")) == 1  # the index item is gone
    history = world.items("Customers")[("CUSTOMER#c%230", "PROGRAM#small-reviews")]
    assert history["asked"] == {"p#1"}
    assert world.asks("c#0") == [row["id"]]


def without_address(world):
    return world.recipient("c0", email=None)


def with_a_bad_address(world):
    return world.recipient("c0", email="no address")


def suppressed(world):
    world.put("Customers", **address_key(" C0@Example.org "), reason="bounce")
    return world.recipient("c0")


def opted_out(world):
    world.put("Customers", PK=customer_key("c0"), SK="PROFILE", optedOut=True)
    return world.recipient("c0")


def answered(world):
    world.put("Customers", PK=customer_key("c0"), SK="PROGRAM#small-reviews", answered={"p1"})
    return world.recipient("c0")


def consumed(world):
    return world.recipient("c0", status="CONSUMED")


def asked(world):
    world.put("Customers", PK=customer_key("c0"), SK="PROGRAM#small-reviews", asked={"p1"})
    return world.recipient("c0")


def expired(world):
    return world.recipient("c0", expiresAt=int(AT.timestamp()))


def gone(world):
    one = world.recipient("c0")
    own("dynamodb").delete_item(
        TableName="Candidates", Key=encode_item({"PK": "CUSTOMER#c0", "SK": "PROGRAM#small-reviews#SUBJECT#p1"})
    )
    return one


def capped(world):
    asks = [f"2026-11-{day}T10:00:00Z{'#d' * (day % 2)}" for day in (17, 18, 19)]
    world.put("Customers", PK=customer_key("c0"), SK="CAP#small-reviews", asks=asks)
    return world.recipient("c0")


REASONS = {
    without_address: "no_address",
    with_a_bad_address: "no_address",
    suppressed: "suppressed",
    opted_out: "opted_out_late",
    answered: "already_answered",
    consumed: "already_answered",
    asked: "already_asked",
    expired: "candidate_gone",
    gone: "candidate_gone",
    capped: "frequency_cap",
}


@pytest.mark.parametrize("case", REASONS, ids=lambda case: case.__name__)
def test_who_gets_no_mail_has_one_row_with_one_reason_and_is_not_asked(world, case):
    one = case(world)
    before = world.items("Candidates"), world.items("Customers")
    assert world.deliver(world.campaign([one, world.recipient("other")]))
    assert world.ends() == {"c0 p1": f"SKIPPED {REASONS[case]}", "other p1": "SENT"}
    assert world.accepted() == ["other"]
    assert world.counts() == {"sent": 1, "skipped": 1}
    row = world.rows()["c0 p1"]
    assert (row["campaign"], row["attempts"], row["GSI1SK"]) == (CAMPAIGN, 0, "c0#p1")
    after = world.items("Candidates"), world.items("Customers")
    for old, new in zip(before, after, strict=True):
        assert {key: item for key, item in new.items() if "other" not in key[0]} == old


def test_one_customers_subjects_share_a_cap_within_a_chunk(world):
    assert world.deliver(world.campaign([world.recipient("c0", f"p{n}") for n in range(5)]))
    assert sorted(world.ends().values()) == ["SENT"] * 3 + ["SKIPPED frequency_cap"] * 2
    assert len(world.asks("c0")) == 3


def test_a_chunk_goes_out_in_as_many_calls_as_the_rate_asks_for(world):
    world.ses.account.rate = 6.0
    recipients = world.recipients(20)
    assert world.deliver(world.campaign(recipients))
    assert world.accepted() == sorted(one.customer for one in recipients)
    assert world.ses.account.peak() == 6
    assert world.ses.account.throttled == 0
    assert 3.0 <= world.passed <= 3.5


def test_a_chunk_of_a_stopped_sending_waits_and_nothing_is_lost(world):
    message = world.campaign(world.recipients(2))
    world.stop()
    assert world.deliver(message)
    [(again, delay)] = world.queued()
    assert (again, delay, world.rows()) == (message, 900, {})
    world.stop(False)
    world.passed += delay
    assert world.deliver(again)
    assert set(world.ends().values()) == {"SENT"}
    assert world.rows()["c0 p1"]["sentAt"] == "2026-11-20T15:15:00Z"


def test_a_chunk_that_waited_till_the_night_goes_out_at_the_next_days_hour(world):
    message = world.campaign(world.recipients(2))
    world.passed += timedelta(hours=13).total_seconds()  # 23:00 in New York: the switch was thrown back late
    assert world.deliver(message)
    assert (world.rows(), world.queued(), world.accepted()) == ({}, [], [])
    [schedule] = world.schedules()
    assert schedule["at"] == "at(2026-11-21T15:00:00)"
    world.passed = timedelta(days=1).total_seconds()
    assert world.deliver({**message, "scheduledTime": schedule["scheduledTime"]})
    assert set(world.ends().values()) == {"SENT"}


def test_what_waited_till_the_night_does_not_keep_a_call_in_doubt_from_being_settled(world):
    message = world.campaign(world.recipients(1))
    world.ses.faults.hang_after = 1
    assert world.deliver(message)
    assert set(world.ends().values()) == {"UNKNOWN"}
    world.passed += timedelta(hours=13).total_seconds()
    assert world.deliver(message)
    assert "reportedAt" in world.rows()["c0 p1"]


def test_a_chunk_that_comes_back_from_the_dead_letters_knows_what_time_it_is(world):
    message = world.campaign(world.recipients(1))
    world.passed += timedelta(minutes=90).total_seconds()
    assert world.deliver(message, redriven=True)
    assert world.rows()["c0 p1"]["sentAt"] == "2026-11-20T16:30:00Z"


def test_a_chunk_that_has_to_wait_says_so_as_the_queues_age_does_not(world, monkeypatch):
    said = []
    monkeypatch.setattr(send, "measure", lambda name, count, **dimensions: said.append((name, count, dimensions)))
    message = world.campaign(world.recipients(1))
    world.stop()
    assert world.deliver(message)
    world.stop(False)
    world.ses.account.enabled = False
    assert world.deliver(message)
    told = [dimensions["Reason"] for name, _, dimensions in said if name == "PutOff"]
    assert told == ["stopped", "held"]


def test_sending_may_be_stopped_between_two_calls_of_a_chunk(world):
    world.ses.account.rate = 1.0
    message = world.campaign(world.recipients(2))

    def stop_after_the_first():
        assert len(world.accepted()) == 1
        world.stop()

    with world.at_call(19, stop_after_the_first):
        assert world.deliver(message)
    assert sorted(world.ends().values()) == ["RESERVED", "SENT"]
    [(again, delay)] = world.queued()
    assert delay == 900
    world.stop(False)
    world.passed += delay
    assert world.deliver(again)
    assert world.accepted() == ["c0", "c1"]
    assert world.counts() == {"sent": 2}


def test_a_chunk_of_a_stopped_campaign_is_left_alone(world):
    assert world.deliver(world.campaign(world.recipients(1), state="STOPPED"))
    assert (world.rows(), world.queued(), world.accepted()) == ({}, [], [])
    assert world.indexed("c0")


def test_a_shadow_campaign_does_all_but_the_call_and_keeps_no_reservation(world):
    recipients = [world.recipient("c0"), world.recipient("c1", email=None)]
    before = world.items("Candidates"), world.items("Customers")
    assert world.deliver(world.campaign(recipients, shadow=True))
    assert world.ends() == {"c0 p1": "SHADOW shadow", "c1 p1": "SKIPPED no_address"}
    assert (world.accepted(), world.counts()) == ([], {"skipped": 1})
    assert (world.items("Candidates"), world.items("Customers")) == before
    assert world.deliver(world.campaign(recipients, shadow=True))
    assert world.counts() == {"skipped": 1}


def test_a_shadow_campaign_needs_its_template_as_a_real_one_does(world):
    message = world.campaign(world.recipients(1), shadow=True, templateId="none-such")
    assert not world.deliver(message)
    assert world.rows() == {}


@pytest.mark.parametrize("first", [{"shadow": True}, {}])
def test_who_got_no_mail_from_one_campaign_may_get_one_from_the_next_and_both_campaigns_books_stand(world, first):
    one = world.recipient("c0", email="c0@example.org" if first else None)
    assert world.deliver(world.campaign([one], "campaigns/monday.jsonl.gz", id="monday", **first))
    own("dynamodb").put_item(
        TableName="Customers",
        Item=encode_item({"PK": "CUSTOMER#c0", "SK": "CONTACT#small-reviews", "email": "c0@example.org"}),
    )
    assert world.deliver(world.campaign([one], "campaigns/tuesday.jsonl.gz", id="tuesday"))
    [row] = world.rows().values()
    assert (row["campaign"], row["status"]) == ("tuesday", "SENT")
    earlier = [item["status"] for item in world.deliveries.of_campaign("monday")]
    assert earlier == (["SHADOW"] if first else ["SKIPPED"])
    assert world.counts("tuesday") == {"sent": 1}
    assert world.counts("monday") == ({} if first else {"skipped": 1})


def test_who_was_asked_by_a_later_campaign_while_this_one_was_put_off_is_in_the_books_of_both(world):
    one = world.recipient("c0")
    monday = world.campaign([one], "campaigns/monday.jsonl.gz", id="monday")
    assert world.deliver(world.campaign([one], "campaigns/tuesday.jsonl.gz", id="tuesday"))
    for _ in range(2):
        assert world.deliver(monday)
    assert world.accepted() == ["c0"]
    [late] = world.deliveries.of_campaign("monday")
    assert (late["status"], late["reason"]) == ("SKIPPED", "already_asked")
    assert [item["status"] for item in world.deliveries.of_campaign("tuesday")] == ["SENT"]
    assert (world.counts("monday"), world.counts("tuesday")) == ({"skipped": 1}, {"sent": 1})


def test_a_mail_that_ses_refuses_for_good_is_failed_and_takes_no_place_under_the_cap(world):
    message = world.campaign(world.recipients(2))
    world.ses.refuse("c0@example.org", "MESSAGE_REJECTED")
    assert world.deliver(message)
    assert world.ends() == {"c0 p1": "FAILED refused_by_ses", "c1 p1": "SENT"}
    assert world.counts() == {"failed": 1, "sent": 1}
    assert (world.asks("c0"), len(world.asks("c1"))) == ([], 1)
    assert not world.indexed("c0")
    assert world.deliver(message)
    assert world.accepted() == ["c1"]


def test_an_account_that_may_not_send_fails_nobody(world):
    message = world.campaign(world.recipients(2))
    world.ses.refuse("c1@example.org", "ACCOUNT_SENDING_PAUSED")
    assert world.deliver(message)
    assert world.ends() == {"c0 p1": "SENT", "c1 p1": "RESERVED"}
    [(again, delay)] = world.queued()
    assert delay == 900
    world.ses.account.enabled = False
    world.passed += delay
    assert world.deliver(again)
    assert world.ends()["c1 p1"] == "RESERVED"
    world.ses.account.enabled = True
    world.drain()
    assert world.accepted() == ["c0", "c1"]


class Choosy(SesServer):
    """Refuses a whole call for one of its mails, as SES does with what it cannot read."""

    def _bulk(self, call):
        if any("c2@example.org" in entry["Destination"]["ToAddresses"] for entry in call["BulkEmailEntries"]):
            raise AwsError(400, "BadRequestException", "Bad request.")
        return super()._bulk(call)


def test_one_mail_that_spoils_a_call_fails_alone():
    with send_world(ses=Choosy) as world:
        assert world.deliver(world.campaign(world.recipients(5)))
        assert world.ends() == {f"c{n} p1": "FAILED refused_by_ses" if n == 2 else "SENT" for n in range(5)}
        assert world.accepted() == ["c0", "c1", "c3", "c4"]


def test_a_message_that_can_never_be_worked_on_is_named_for_redrive(world):
    world.campaign([])
    assert not world.deliver({"campaign": "none-such", "chunk": "x", "scheduledTime": "2026-11-20T15:00:00Z"})
    record = {"messageId": "m", "body": "no json", "attributes": {"SentTimestamp": "0"}}
    assert send.send([record], received=0.0, desk=world.desk()) == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_one_bad_message_keeps_no_other_from_being_sent(world):
    message = world.campaign(world.recipients(1))
    bad = {"messageId": "bad", "body": "{}", "attributes": {"SentTimestamp": "0"}}
    good = {"messageId": "good", "body": world.json(message), "attributes": {"SentTimestamp": "0"}}
    answer = send.send([bad, good], received=0.0, desk=world.desk(), seconds=lambda: world.passed)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert world.accepted() == ["c0"]


def test_rolling_and_calendar_caps_both_hold():
    cap = FilterStep(
        "frequency-cap", {"maxRequestsPerMonth": 9, "maxRequestsPerWeek": 9, "maxRequestsPerCalendarMonth": 2}
    )
    with send_world(replace(REVIEWS, filters=(cap,))) as world:
        world.put("Customers", PK=customer_key("c0"), SK="CAP#small-reviews", asks=["2026-10-31T23:59:59Z"] * 3)
        assert world.deliver(world.campaign([world.recipient("c0", f"p{n}") for n in range(4)]))
        assert sorted(world.ends().values()) == ["SENT"] * 2 + ["SKIPPED frequency_cap"] * 2


def test_no_address_and_no_name_is_in_any_log_line_or_metric(world, capsys, monkeypatch):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    monkeypatch.setattr(send.logger, "level", logging.DEBUG)
    send.logger.setLevel("DEBUG")
    recipients = [
        world.recipient("c0"),
        world.recipient("c1", email="hidden@example.net"),
        world.recipient("c2", email=None),
    ]
    world.ses.refuse("hidden@example.net", "MESSAGE_REJECTED")
    assert world.deliver(world.campaign(recipients))
    world.ses.faults.cut_after = 1
    assert world.deliver(world.campaign([world.recipient("c3")], "campaigns/other.jsonl.gz", id="other"))
    told = capsys.readouterr().out
    assert '"Sent":[1.0]' in told
    assert '"Reason":"no_address"' in told
    assert '"Unknown":[1.0]' in told
    assert not [word for word in ("example.org", "hidden", "Name of", "Kettle") if word in told]
