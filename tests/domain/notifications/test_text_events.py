"""Events of AWS End User Messaging become sightings of the notification that they name, or are refused in so many words."""

from datetime import UTC, datetime

import pytest

from domain.errors import Rejected
from domain.notifications.keys import Key
from domain.notifications.statuses import Sighting
from domain.notifications.text_events import STATUSES, context_of, is_text_event, sighted

AT = datetime(2026, 12, 4, 17, 31, 3, 470000, UTC)
KEY = Key("fan:f1", "notification#e1-s1#sms")
EVENT = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": round(AT.timestamp() * 1000),
    "isFinal": True,
    "destinationPhoneNumber": "+12135550199",
    "messageId": "862a8790-60c0-4430-9b2b-658bdexample",
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "Message has been accepted by phone",
    "context": context_of(KEY, "m1"),
}


@pytest.mark.parametrize(("type", "status"), STATUSES.items())
def test_each_type_has_its_status_and_a_reason_where_it_ends_badly(type, status):
    found = sighted({**EVENT, "eventType": type, "messageStatus": "SO", "messageStatusDescription": "so it is"})
    error = {"statusCode": "SO", "reason": "so it is"} if status in ("FAILED", "EXPIRED") else None
    assert found == (KEY, Sighting(status, AT, error), "m1")


def test_what_gives_no_reason_has_its_type_for_one():
    bare = {name: EVENT[name] for name in ("eventTimestamp", "context")}
    assert sighted({**bare, "eventType": "TEXT_SPAM"}).sighting.error == {"statusCode": "SPAM", "reason": "SPAM"}


@pytest.mark.parametrize("type", ["TEXT_UNKNOWN", "VOICE_COMPLETED", "REGISTRATION_STATUS_CHANGE", None, 7])
def test_what_says_nothing_of_a_text_is_no_sighting(type):
    assert sighted({**EVENT, "eventType": type}) is None


@pytest.mark.parametrize(
    "context", [None, {}, {"pk": "a"}, {"pk": 1, "sk": "b", "id": "c"}, "pk", {**context_of(KEY, "")}]
)
def test_nobody_knows_whose_an_event_is_without_its_context(context):
    with pytest.raises(Rejected, match="which notification"):
        sighted({**EVENT, "context": context})


@pytest.mark.parametrize("time", [None, "soon", 1.5, True, 10**30, -(10**30)])
def test_an_event_without_an_instant_is_rejected(time):
    with pytest.raises(Rejected, match="no time"):
        sighted({**EVENT, "eventTimestamp": time})


def test_an_event_of_texts_is_told_from_others():
    assert is_text_event(EVENT)
    assert not is_text_event({"status": "sent"})
