"""The adapter of AWS End User Messaging against its stand-in over AWS's protocol: what is asked, and what each answer is taken for."""

from datetime import UTC, datetime, timedelta

import pytest
from stand_ins import reach

from adapters.aws.end_user_messaging import ONCE, SERVICE, EndUserMessaging
from domain.notifications.keys import Key
from domain.notifications.sms import Accepted, Refusal, Text
from domain.notifications.text_events import context_of, sighted
from sandbox.aws_http import AwsError
from sandbox.end_user_messaging import EndUserMessagingServer
from sandbox.text_fates import TextFates

AT = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
KEY = Key("fan:f1", "notification#e1-s1#sms")
TEXT = Text("+12135550199", "soon", "m1", "g1", "app", {"pk": KEY.pk, "sk": KEY.sk}, AT + timedelta(minutes=30))


@pytest.fixture
def told():
    return []


@pytest.fixture
def server(told):
    with EndUserMessagingServer(tell=told.extend, clock=AT.timestamp) as server:
        yield server


@pytest.fixture
def service(server):
    client = reach(SERVICE, server.endpoint, ONCE.merge(type(ONCE)(read_timeout=0.4)))
    return EndUserMessaging(client, "+18335550100", "ovation-test")


def test_a_text_is_asked_for_as_aws_wants_it(server, service):
    assert service.send(TEXT, AT) == Accepted("00000000-0000-4000-8000-000000000001")
    [asked] = server.accepted
    assert asked == {
        "DestinationPhoneNumber": "+12135550199",
        "MessageBody": "soon",
        "MessageType": "TRANSACTIONAL",
        "TimeToLive": 1800,
        "Context": context_of(KEY, "m1"),
        "OriginationIdentity": "+18335550100",
        "ConfigurationSetName": "ovation-test",
        "MessageId": "00000000-0000-4000-8000-000000000001",
    }


@pytest.mark.parametrize(("before", "lives"), [(timedelta(seconds=1), 5), (timedelta(days=9), 259_200)])
def test_its_life_ends_with_the_sale_as_far_as_aws_allows(server, service, before, lives):
    service.send(TEXT, TEXT.expires_at - before)
    assert server.accepted[0]["TimeToLive"] == lives


def test_without_an_origination_aws_chooses_one(server, service):
    EndUserMessaging(service.client).send(TEXT, AT)
    assert not {"OriginationIdentity", "ConfigurationSetName"} & set(server.accepted[0])


def test_its_events_are_sightings_of_the_notification(server, service, told):
    service.send(TEXT, AT)
    assert server.statuses.drain()
    found = [sighted(it) for it in told]
    assert [it.sighting.status for it in found] == ["QUEUED", "SENT", "DELIVERED"]
    assert {(it.key, it.message_id) for it in found} == {(KEY, "m1")}


def test_a_phone_out_of_reach_is_told_of_at_the_end(server, service, told):
    server.fates.named[TEXT.to] = "undelivered"
    service.send(TEXT, AT)
    assert server.statuses.drain()
    assert sighted(told[-1]).sighting.error["reason"] == "Phone is currently unreachable/unavailable"


@pytest.mark.parametrize(
    ("fate", "refusal"),
    [
        ("invalid", Refusal(400, "Invalid phone number")),
        ("opted_out", Refusal(400, "DESTINATION_PHONE_NUMBER_OPTED_OUT")),
        ("flaky", Refusal(429, "ThrottlingException")),
    ],
)
def test_what_is_the_recipients_fault_or_the_hours_is_told_apart(server, service, fate, refusal):
    server.fates = TextFates(named={TEXT.to: fate})
    assert service.send(TEXT, AT) == refusal


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (
            AwsError(400, "AccessDeniedException", "no", {"Reason": "ACCOUNT_DISABLED"}),
            Refusal(403, "ACCOUNT_DISABLED"),
        ),
        (AwsError(400, "ResourceNotFoundException", "no"), Refusal(404, "ResourceNotFoundException")),
        (AwsError(400, "ServiceQuotaExceededException", "no", {"Reason": "MONTHLY"}), Refusal(402, "MONTHLY")),
        (
            AwsError(400, "ConflictException", "no", {"Reason": "RESOURCE_NOT_ACTIVE"}),
            Refusal(403, "RESOURCE_NOT_ACTIVE"),
        ),
        (
            AwsError(400, "ValidationException", "no", {"Reason": "PRICE_OVER_THRESHOLD"}),
            Refusal(400, "PRICE_OVER_THRESHOLD"),
        ),
        (AwsError(403, "ExpiredTokenException", "no"), Refusal(403, "ExpiredTokenException")),
        (AwsError(500, "InternalServerException", "no"), Refusal(500, "InternalServerException", ambiguous=True)),
        (AwsError(503, "ServiceUnavailable", "no"), Refusal(503, "ServiceUnavailable", ambiguous=True)),
    ],
)
def test_an_error_of_aws_is_taken_for_what_it_says(server, service, error, refusal):
    def fail(request):
        raise error

    server.answer = fail
    assert service.send(TEXT, AT) == refusal


def test_a_call_that_is_not_answered_leaves_a_doubt_and_is_not_made_again(server, service):
    server.faults.unanswered = 1
    assert service.send(TEXT, AT) == Refusal(0, "AWS End User Messaging did not answer", ambiguous=True)
    assert len(server.accepted) == 1


def test_a_place_that_is_not_there_has_heard_nothing():
    nowhere = EndUserMessaging(reach(SERVICE, "http://127.0.0.1:9", ONCE))
    assert nowhere.send(TEXT, AT) == Refusal(0, "AWS End User Messaging was not reached")


@pytest.mark.parametrize(
    "asked",
    [
        {"DestinationPhoneNumber": "12"},
        {"MessageBody": ""},
        {"MessageBody": "x" * 1601},
        {"TimeToLive": 4},
        {"Context": {"pk": ""}},
        {"Context": {str(number): "x" for number in range(6)}},
    ],
    ids=str,
)
def test_the_stand_in_refuses_what_aws_would(server, service, asked):
    with pytest.raises(service.client.exceptions.ValidationException):
        service.client.send_text_message(**{"DestinationPhoneNumber": TEXT.to, "MessageBody": "x", **asked})
