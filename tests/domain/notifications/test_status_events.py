"""What a record of the status stream says, and which ones say nothing that could be written down."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.keys import notification_row
from domain.notifications.status_events import Reply, Told, kept_reason, read
from domain.notifications.statuses import Sighting
from domain.notifications.text_events import context_of

KEY = notification_row("fan-1", "e1", "s1", "sms")
AT = datetime(2026, 3, 13, 9, 30, 5, 250_000, tzinfo=UTC)
EVENT = {
    "messageId": "m1",
    "status": "queued",
    "timestamp": "2026-03-13T09:30:05.250Z",
    "groupId": KEY.sk,
    "appId": "ovation-reminders",
    "appMetadata": {"pk": KEY.pk, "sk": KEY.sk},
}
STOP = {"type": "inbound", "from": "+12125550123", "text": "STOP", "timestamp": "2026-03-13T09:30:05.250Z"}
TEXT = {
    "eventType": "TEXT_DELIVERED",
    "eventTimestamp": 1773394205250,
    "context": context_of(KEY, "m1"),
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "Message has been accepted by phone",
}


@pytest.mark.parametrize(
    ("word", "status"),
    [("queued", "QUEUED"), ("sent", "SENT"), ("delivered", "DELIVERED"), ("DELIVERED", "DELIVERED")],
)
def test_the_services_words_are_our_statuses(word, status):
    assert read({**EVENT, "status": word}) == Told(KEY, Sighting(status, AT), "m1")


@pytest.mark.parametrize(
    "told", ["2026-03-13T09:30:05.250Z", "2026-03-13T05:30:05.250-04:00", 1773394205.25, 1773394205250]
)
def test_a_time_is_an_iso_text_or_an_epoch_in_seconds_or_milliseconds(told):
    assert read({**EVENT, "timestamp": told}).sighting.at == AT


@pytest.mark.parametrize(
    "told",
    [None, True, "", "soon", "2026-03-13T09:30:05", -1, 0, 10**30, 1e300, 253402300800, [], {}, "9999-12-31T00:00:00Z"],
)
def test_what_is_no_likely_time_is_rejected(told):
    with pytest.raises(Rejected, match=r"^no_time$"):
        read({**EVENT, "timestamp": told})


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ({"code": 400, "detail": "Invalid phone number"}, {"statusCode": 400, "reason": "Invalid phone number"}),
        ({"code": "30003", "detail": "Unreachable"}, {"statusCode": "30003", "reason": "Unreachable"}),
        ({"detail": "Unreachable"}, {"reason": "Unreachable"}),
        ({"code": True, "detail": 7}, {"reason": "unspecified"}),
        ({"code": 10**12, "detail": " "}, {"reason": "unspecified"}),
        ({"code": "", "detail": None}, {"reason": "unspecified"}),
        ("Unreachable", {"reason": "Unreachable"}),
        (None, {"reason": "unspecified"}),
        ({"code": "+12125550123", "detail": "x"}, {"statusCode": "[redacted]", "reason": "x"}),
    ],
)
def test_a_failure_keeps_why(error, kept):
    assert read({**EVENT, "status": "failed", "error": error}).sighting == Sighting("FAILED", AT, kept)


def test_what_did_not_fail_has_no_error():
    assert read({**EVENT, "error": {"detail": "x"}}).sighting.error is None


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Invalid number +1 (212) 555-0123, try another", "Invalid number [redacted], try another"),
        ("no mailbox for ana@people.example", "no mailbox for [redacted]"),
        ("smpp error 1234", "smpp error 1234"),
        ("x" * 1000, "x" * 200),
    ],
)
def test_a_reason_is_short_and_names_nobody(told, kept):
    assert kept_reason(told) == kept


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "lost"}, "unknown_status"),
        ({"status": None}, "unknown_status"),
        ({"status": ["queued"]}, "unknown_status"),
        ({"messageId": None}, "no_message_id"),
        ({"messageId": 7}, "no_message_id"),
        ({"appMetadata": None}, "no_key"),
        ({"appMetadata": "fan:1"}, "no_key"),
        ({"appMetadata": {"pk": KEY.pk}}, "no_key"),
        ({"appMetadata": {"pk": KEY.pk, "sk": 1}}, "no_key"),
        ({"appMetadata": {"pk": "event:e1", "sk": KEY.sk}}, "no_key"),
        ({"appMetadata": {"pk": KEY.pk, "sk": "demand#e1-s1"}}, "no_key"),
        ({"appMetadata": {"pk": KEY.pk + "é" * 1100, "sk": KEY.sk}}, "no_key"),
        ({"appMetadata": {"pk": KEY.pk, "sk": KEY.sk + "x" * 1100}}, "no_key"),
    ],
)
def test_what_cannot_be_read_says_why_in_a_word(change, why):
    with pytest.raises(Rejected, match=rf"^{why}$"):
        read({**EVENT, **change})


@pytest.mark.parametrize("document", [None, 7, "x", [], [EVENT]])
def test_what_is_no_object_is_rejected(document):
    with pytest.raises(Rejected, match="not_an_object"):
        read(document)


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop. ", "STOPALL", "unsubscribe", "Cancel", "END", "quit!", "Arrêt", "ARRET"]
)
def test_a_word_that_says_so_is_a_way_out(word):
    assert read({**STOP, "text": word}) == Reply("sms", "+12125550123", AT, True, "STOP")


@pytest.mark.parametrize("word", ["START", "unstop"])
def test_a_word_that_says_so_is_a_way_back(word):
    assert read({**STOP, "text": word}) == Reply("sms", "+12125550123", AT, False, "START")


@pytest.mark.parametrize("text", ["When does the show end?", "yes", "stop it", "STOP " + "x" * 500])
def test_what_people_say_besides_is_not_for_us(text):
    assert read({**STOP, "text": text}) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"text": None}, "no_text"),
        ({"from": None}, "no_number"),
        ({"from": "12345"}, "no_number"),
        ({"from": "+1\n2125550123"}, "no_number"),
        ({"timestamp": "x"}, "no_time"),
    ],
)
def test_a_way_out_that_names_nobody_is_rejected(change, why):
    with pytest.raises(Rejected, match=why):
        read({**STOP, **change})


def test_the_events_of_aws_say_the_same():
    assert read(TEXT) == Told(KEY, Sighting("DELIVERED", AT), "m1")
    failed = {
        **TEXT,
        "eventType": "TEXT_BLOCKED",
        "messageStatus": "BLOCKED",
        "messageStatusDescription": "to +12125550123",
    }
    assert read(failed).sighting == Sighting("FAILED", AT, {"statusCode": "BLOCKED", "reason": "to [redacted]"})


def test_events_of_aws_that_say_nothing_are_not_followed():
    assert read({**TEXT, "eventType": "TEXT_UNKNOWN"}) is None


@pytest.mark.parametrize(
    "change", [{"eventTimestamp": 1}, {"context": {"pk": "event:e1", "sk": "x", "id": "m"}}, {"context": None}]
)
def test_events_of_aws_that_cannot_be_true_are_rejected(change):
    with pytest.raises(Rejected):
        read({**TEXT, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({*EVENT, *STOP, *TEXT, "error"})


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([EVENT, {**EVENT, "status": "failed"}, STOP, TEXT]), st.dictionaries(st.sampled_from(NAMES), JSON)
)
def test_whatever_a_record_holds_it_is_read_or_rejected(whole, changes):
    try:
        document = orjson.loads(json.dumps({**whole, **changes}))
        found = read(document)
    except (Rejected, orjson.JSONDecodeError):
        return
    assert found is None or isinstance(found, Told | Reply)
