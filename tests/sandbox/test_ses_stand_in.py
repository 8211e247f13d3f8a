"""boto3's own client talks to the SES stand-in as it does to AWS."""

import email
import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from stand_ins import reach

from sandbox.ses import Account, EventFaults, Fates, SesServer, to_bus

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


class Hand:
    """A clock that moves by hand: seconds of the real one, or an instant of the sandbox's."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def now():
    return Hand(AT)


@pytest.fixture
def clock():
    return Hand(100.0)


@pytest.fixture
def ses(now, clock):
    with SesServer(now, account=Account(rate=50, clock=clock)) as running:
        yield running


@pytest.fixture
def client(ses):
    return reach("sesv2", ses.endpoint)


def entry(to, *, data=None, tags=None, headers=None):
    data = {"subject": "How was it?", "html": "<p>{{x}} & you</p>", "text": "you"} if data is None else data
    return {
        "Destination": {"ToAddresses": [to]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": json.dumps(data)}},
        "ReplacementTags": [{"Name": name, "Value": value} for name, value in (tags or {}).items()],
        "ReplacementHeaders": [{"Name": name, "Value": value} for name, value in (headers or {}).items()],
    }


def bulk(client, *entries, sender="Shop <reviews@shop.example>", default="{}", **more):
    content = {"Subject": "{{subject}}", "Html": "{{html}}", "Text": "{{ text }}"}
    answer = client.send_bulk_email(
        FromEmailAddress=sender,
        DefaultContent={"Template": {"TemplateContent": content, "TemplateData": default}},
        BulkEmailEntries=list(entries),
        **more,
    )
    return answer["BulkEmailEntryResults"]


def statuses(results):
    return [result["Status"] for result in results]


def people(count):
    return [entry(f"person{number}@mail.example") for number in range(count)]


def kinds(ses):
    return [(event["DetailType"], json.loads(event["Detail"])["mail"]["destination"][0]) for event in ses.events()]


def test_an_accepted_mail_lies_in_the_outbox_as_it_was_asked_for(ses, client):
    headers = {"List-Unsubscribe": "<https://pages.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    [result] = bulk(
        client,
        entry("ann@mail.example", tags={"delivery": "d1"}, headers=headers),
        ConfigurationSetName="ovation",
        DefaultEmailTags=[{"Name": "program", "Value": "reviews"}],
    )
    [mail] = ses.mails()
    assert result == {"Status": "SUCCESS", "MessageId": mail.id}
    assert (mail.to, mail.sender) == (("ann@mail.example",), "Shop <reviews@shop.example>")
    assert (mail.subject, mail.text) == ("How was it?", "you")
    assert mail.html == "<p>{{x}} & you</p>"  # neither escaped nor filled in a second time
    assert mail.headers == headers
    assert mail.tags == {"program": "reviews", "delivery": "d1"}
    assert (mail.configuration_set, mail.accepted_at) == ("ovation", AT)


def test_an_entrys_data_wins_over_the_default(ses, client):
    default = json.dumps({"subject": "ours", "html": "ours", "text": "ours"})
    bulk(client, entry("ann@mail.example", data={"html": "theirs"}), default=default)
    [mail] = ses.mails()
    assert (mail.subject, mail.html, mail.text) == ("ours", "theirs", "ours")


def test_a_name_without_a_value_is_accepted_and_never_sent(ses, client):
    [result] = bulk(client, entry("ann@mail.example", data={"subject": "only"}, tags={"delivery": "d1"}))
    assert result["Status"] == "SUCCESS"
    assert ses.mails() == ()
    [event] = ses.events()
    assert event["DetailType"] == "Email Rendering Failed"
    assert json.loads(event["Detail"])["mail"]["tags"]["delivery"] == ["d1"]


def test_one_entry_too_many_is_a_bad_request(client):
    assert statuses(bulk(client, *people(50))) == ["SUCCESS"] * 50
    with pytest.raises(client.exceptions.BadRequestException):
        bulk(client, *people(51))


@pytest.mark.parametrize(
    "wrong",
    [
        entry("nobody"),
        entry("ann@mail.example", tags={"delivery": "no spaces"}),
        entry("ann@mail.example", headers={"List-Unsubscribe": f"<https://{'x' * 900}>"}),
        entry("ann@mail.example", headers={"X-Name": "Zoë"}),
        entry("ann@mail.example", headers={f"X-{number}": "1" for number in range(16)}),
    ],
    ids=["address", "tag", "long header", "header of other letters", "many headers"],
)
def test_an_entry_that_ses_would_not_take_leaves_the_others_alone(ses, client, wrong):
    results = bulk(client, wrong, entry("bob@mail.example"))
    assert statuses(results) == ["INVALID_PARAMETER", "SUCCESS"]
    assert [mail.to for mail in ses.mails()] == [("bob@mail.example",)]


def test_the_rate_holds_over_any_second(ses, client, clock):
    ses.account.rate = 3
    assert statuses(bulk(client, *people(2))) == ["SUCCESS"] * 2
    clock.at += 0.9
    assert statuses(bulk(client, *people(2))) == ["SUCCESS", "ACCOUNT_THROTTLED"]
    clock.at += 0.11  # a second after the first two
    assert statuses(bulk(client, *people(3))) == ["SUCCESS", "SUCCESS", "ACCOUNT_THROTTLED"]
    assert len(ses.mails()) == 5
    assert (ses.account.peak(), ses.account.throttled) == (5, 2)


def test_a_whole_call_can_be_refused_for_its_rate(ses, client):
    ses.account.rate, ses.account.throttles = 3, "call"
    with pytest.raises(client.exceptions.TooManyRequestsException):
        bulk(client, *people(4))
    assert ses.mails() == ()
    assert ses.account.peak() == 4


def test_the_quota_is_of_the_last_24_hours_of_the_sandboxs_clock(ses, client, now):
    ses.account.quota = 2
    results = bulk(client, *people(3))
    assert statuses(results) == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]
    quota = client.get_account()["SendQuota"]
    assert quota == {"Max24HourSend": 2.0, "MaxSendRate": 50.0, "SentLast24Hours": 2.0}
    now.at += timedelta(days=1)
    assert statuses(bulk(client, *people(1))) == ["SUCCESS"]


def test_chosen_and_drawn_entries_fail(ses, client, clock):
    ses.refuse("Person1@mail.example", "TRANSIENT_FAILURE")
    assert statuses(bulk(client, *people(3))) == ["SUCCESS", "TRANSIENT_FAILURE", "SUCCESS"]
    assert statuses(bulk(client, *people(2))) == ["SUCCESS", "SUCCESS"]
    ses.refusals.shares = {"FAILED": 0.2, "ACCOUNT_THROTTLED": 0.2}
    clock.at += 1
    drawn = statuses(bulk(client, *people(50)))
    assert 4 <= drawn.count("FAILED") <= 16
    assert 4 <= drawn.count("ACCOUNT_THROTTLED") <= 16


def test_a_sender_must_be_verified(ses, client):
    ses.account.verified = frozenset({"shop.example"})
    assert statuses(bulk(client, *people(1))) == ["SUCCESS"]
    with pytest.raises(client.exceptions.MessageRejected):
        bulk(client, *people(1), sender="reviews@other.example")


def test_a_paused_account_and_an_unknown_configuration_set_refuse_the_call(ses, client):
    ses.account.configuration_sets = frozenset({"ovation"})
    with pytest.raises(client.exceptions.NotFoundException):
        bulk(client, *people(1), ConfigurationSetName="other")
    ses.account.enabled = False
    assert client.get_account()["SendingEnabled"] is False
    with pytest.raises(client.exceptions.SendingPausedException):
        bulk(client, *people(1), ConfigurationSetName="ovation")


def test_a_call_that_gets_no_answer_may_have_sent_its_mails(ses):
    client = reach("sesv2", ses.endpoint, Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
    ses.faults.hang_after = 1
    with pytest.raises(ReadTimeoutError):
        bulk(client, *people(2))
    ses.faults.cut_after = 1
    with pytest.raises(ConnectionClosedError):
        bulk(client, *people(1))
    assert len(ses.mails()) == 3
    ses.faults.hang = 1  # before it was accepted
    with pytest.raises(ReadTimeoutError):
        bulk(client, *people(1))
    assert len(ses.mails()) == 3


def test_calls_can_be_throttled_or_fail(ses, client):
    ses.faults.throttle = 1
    with pytest.raises(client.exceptions.TooManyRequestsException):
        bulk(client, *people(1))
    ses.faults.unavailable = 1
    with pytest.raises(ClientError) as error:
        bulk(client, *people(1))
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert ses.mails() == ()


def test_a_single_mail_goes_the_same_way(ses, client):
    simple = {"Subject": {"Data": "Soon"}, "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>rich</p>"}}}
    call = {"FromEmailAddress": "tickets@shop.example", "Destination": {"ToAddresses": ["ann@mail.example"]}}
    tags = [{"Name": "delivery", "Value": "d1"}]
    answer = client.send_email(**call, Content={"Simple": simple}, EmailTags=tags)
    [mail] = ses.mails()
    assert (mail.id, mail.subject, mail.html, mail.tags) == (
        answer["MessageId"],
        "Soon",
        "<p>rich</p>",
        {"delivery": "d1"},
    )
    ses.refuse("ann@mail.example", "ACCOUNT_THROTTLED")
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.send_email(**call, Content={"Simple": simple})


def test_the_suppression_list_is_kept_by_address(ses, client, now):
    client.put_suppressed_destination(EmailAddress="Ann+1@mail.example", Reason="COMPLAINT")
    client.put_suppressed_destination(EmailAddress="bob@mail.example", Reason="BOUNCE")
    found = client.get_suppressed_destination(EmailAddress="ann+1@mail.example")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == ("ann+1@mail.example", "COMPLAINT")
    assert found["LastUpdateTime"] == AT

    def listed(**asked):
        answer = client.list_suppressed_destinations(**asked)
        return [summary["EmailAddress"] for summary in answer["SuppressedDestinationSummaries"]]

    assert listed() == ["ann+1@mail.example", "bob@mail.example"]
    assert listed(Reasons=["BOUNCE"]) == ["bob@mail.example"]
    assert listed(StartDate=AT + timedelta(hours=1)) == []
    first = client.list_suppressed_destinations(PageSize=1)
    assert listed(NextToken=first["NextToken"]) == ["bob@mail.example"]
    client.delete_suppressed_destination(EmailAddress="ann+1@mail.example")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_suppressed_destination(EmailAddress="ann+1@mail.example")


@pytest.mark.parametrize(
    ("local", "life", "subtype"),
    [
        ("success", ["Email Sent", "Email Delivered"], None),
        ("ooto", ["Email Sent", "Email Delivered"], None),
        ("bounce+label", ["Email Sent", "Email Bounced"], "General"),
        ("suppressionlist", ["Email Sent", "Email Bounced"], "Suppressed"),
        ("softbounce", ["Email Sent", "Email Delivery Delayed", "Email Bounced"], "MailboxFull"),
        ("complaint", ["Email Sent", "Email Delivered", "Email Complaint Received"], None),
    ],
)
def test_the_simulators_addresses_have_their_fates(ses, client, local, life, subtype):
    bulk(client, entry(f"{local}@simulator.example", tags={"delivery": "d1"}), ConfigurationSetName="ovation")
    events = ses.events()
    assert [event["DetailType"] for event in events] == life
    assert {event["Source"] for event in events} == {"aws.ses"}
    details = [json.loads(event["Detail"]) for event in events]
    assert {detail["mail"]["messageId"] for detail in details} == {ses.mails()[0].id}
    assert details[0]["mail"]["tags"]["delivery"] == ["d1"]
    assert details[0]["mail"]["tags"]["ses:configuration-set"] == ["ovation"]
    assert [detail.get("bounce", {}).get("bounceSubType") for detail in details][-1] == subtype


def test_who_bounced_is_on_the_accounts_list_and_bounces_for_it_next_time(ses, client):
    bulk(client, entry("bounce@mail.example"))
    assert client.get_suppressed_destination(EmailAddress="bounce@mail.example")["SuppressedDestination"]["Reason"] == (
        "BOUNCE"
    )
    bulk(client, entry("bounce@mail.example"))
    last = json.loads(ses.events()[-1]["Detail"])
    assert last["bounce"]["bounceType"] == "Permanent"
    assert last["bounce"]["bounceSubType"] == "OnAccountSuppressionList"


def test_a_seeded_share_of_all_others_bounces_and_complains(now):
    def lives(seed):
        fates = Fates(bounced=0.1, soft_bounced=0.1, complained=0.1, seed=seed)
        return [fates.of(f"person{number}@mail.example", suppressed=False) for number in range(1000)]

    drawn = lives(1)
    assert all(60 <= drawn.count(fate) <= 140 for fate in ("bounced", "soft_bounced", "complained"))
    assert drawn == lives(1) != lives(2)


def test_the_bus_may_double_shuffle_delay_and_lose_events(now, clock):
    def told(**faults):
        with SesServer(now, account=Account(rate=50, clock=clock), event_faults=EventFaults(**faults)) as ses:
            bulk(reach("sesv2", ses.endpoint), *people(20))
            clock.at += 1
            return kinds(ses), ses.bus.release(), kinds(ses)

    calm, held, _ = told()
    assert (len(calm), held) == (40, 0)
    doubled, *_ = told(duplicated=0.5)
    assert set(doubled) == set(calm)
    assert 50 < len(doubled) < 70
    lost, *_ = told(dropped=0.5)
    assert 10 < len(lost) < 30
    shuffled, *_ = told(reordered=1.0)
    assert sorted(shuffled) == sorted(calm)
    assert any(shuffled.index(("Email Delivered", to)) < shuffled.index(("Email Sent", to)) for _, to in calm)
    soon, held, late = told(delayed=0.5)
    assert len(soon) + held == len(late) == 40
    assert 10 < held < 30


def test_events_reach_the_default_bus(ministack, now):
    queue = ministack.resource("sqs").create_queue(QueueName="ses-told")
    events = ministack.client("events")
    pattern = {"source": ["aws.ses"], "detail": {"mail": {"tags": {"ses:configuration-set": ["told"]}}}}
    events.put_rule(Name="ses-told", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ses-told", Targets=[{"Id": "1", "Arn": queue.attributes["QueueArn"]}])
    with SesServer(now, publish=to_bus(events)) as ses:
        bulk(reach("sesv2", ses.endpoint), entry("ann@mail.example"), ConfigurationSetName="told")
        assert ses.bus.drain()
    messages = [json.loads(message.body) for message in queue.receive_messages(MaxNumberOfMessages=10)]
    assert sorted(message["detail-type"] for message in messages) == ["Email Delivered", "Email Sent"]
    assert {message["time"][:16] for message in messages} == {"2026-11-20T15:00"}


def test_another_process_reads_the_outbox_as_json_and_eml(ses, client, tmp_path):
    [result] = bulk(client, entry("ann@mail.example", headers={"List-Unsubscribe": "<https://pages.example/u/1>"}))
    ses.faults.latency = 60  # of the service, not of who looks on
    [mail] = json.load(urlopen(f"{ses.endpoint}/_sandbox/mails"))
    assert (mail["id"], mail["to"], mail["acceptedAt"]) == (result["MessageId"], ["ann@mail.example"], AT.isoformat())
    assert ses.write_eml(tmp_path) == 1
    [file] = tmp_path.iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["List-Unsubscribe"]) == ("ann@mail.example", "<https://pages.example/u/1>")
    assert message.get_body(("html",)).get_content().strip() == "<p>{{x}} & you</p>"
    with urlopen(f"{ses.endpoint}/_sandbox/mails/{mail['id']}.eml") as answer:
        assert email.message_from_bytes(answer.read())["Subject"] == "How was it?"


def test_calls_side_by_side_lose_and_double_nothing(ses):
    ses.account.rate = 1000
    groups = [[entry(f"p{number}@group{group}.example") for number in range(50)] for group in range(8)]
    threads = [threading.Thread(target=bulk, args=(reach("sesv2", ses.endpoint), *group)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({mail.to for mail in ses.mails()}) == len({mail.id for mail in ses.mails()}) == 400
