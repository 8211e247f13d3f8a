"""Whatever shape S3's news come in, they tell of the same objects; and what is no news is refused."""

import json
from datetime import UTC, datetime

import pytest

from domain.errors import Rejected
from domain.scores.arrivals import arrivals
from domain.scores.drop import Arrival

AT = datetime(2026, 2, 13, 10, 0, 5, tzinfo=UTC)
KEY = "scrubbed/registrants.c1.Beyoncé + Jay-Z 100%.2026-02-13T10:00:00.csv"
ENCODED = "scrubbed/registrants.c1.Beyonc%C3%A9+%2B+Jay-Z+100%25.2026-02-13T10%3A00%3A00.csv"


def event_bridge(key=KEY, **told):
    about = {"key": key, "size": 5, "etag": "0f" * 16, "version-id": "v1", "sequencer": "0055AED6"} | told
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-02-13T10:00:05Z",
        "detail": {"bucket": {"name": "scoring"}, "object": {it: about[it] for it in about if about[it] is not None}},
    }


def notification(key=ENCODED, name="ObjectCreated:Put", **told):
    about = {"key": key, "size": 5, "eTag": "0f" * 16, "versionId": "v1", "sequencer": "0055AED6"} | told
    record = {
        "eventSource": "aws:s3",
        "eventTime": "2026-02-13T10:00:05.000Z",
        "eventName": name,
        "s3": {"bucket": {"name": "scoring"}, "object": {it: about[it] for it in about if about[it] is not None}},
    }
    return {"Records": [record]}


def sqs(*bodies):
    return {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(body)} for body in bodies]}


SHAPES = {
    "event": event_bridge(),
    "notification": notification(),
    "body of an event": json.dumps(event_bridge()),
    "body of a notification": json.dumps(notification()),
    "bytes": json.dumps(notification()).encode(),
    "a message with an event": {"messageId": "1", "body": json.dumps(event_bridge())},
    "a batch of messages": sqs(notification()),
    "a body that is an object": {"body": notification()},
}


@pytest.mark.parametrize("told", SHAPES.values(), ids=SHAPES)
def test_every_shape_tells_of_the_same_object_its_key_decoded(told):
    assert arrivals(told) == [Arrival("scoring", KEY, "v1", "0055AED6", AT)]


def test_the_key_of_an_event_is_taken_as_it_is():
    [arrival] = arrivals(event_bridge(ENCODED))
    assert arrival.key == ENCODED


@pytest.mark.parametrize("version", [None, "null", ""])
def test_without_versions_the_etag_tells_which_it_is_in_quotes(version):
    [event], [notified] = arrivals(event_bridge(**{"version-id": version})), arrivals(notification(versionId=version))
    assert event.version_id == notified.version_id == f'"{"0f" * 16}"'


def test_a_sequencer_may_be_missing():
    assert arrivals(event_bridge(sequencer=None))[0].sequencer == ""
    assert arrivals(notification(sequencer=None))[0].sequencer == ""


def test_several_records_are_several_objects_in_their_order():
    both = {"Records": [*notification("a.csv")["Records"], *notification("b.csv")["Records"]]}
    assert [it.key for it in arrivals(both)] == ["a.csv", "b.csv"]
    assert [it.key for it in arrivals(sqs(notification("a.csv"), event_bridge("b.csv")))] == ["a.csv", "b.csv"]


NONE = {
    "S3's test": {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-02-13T10:00:05.000Z"},
    "a removal": notification(name="ObjectRemoved:Delete"),
    "a removal as event": {**event_bridge(), "detail-type": "Object Deleted"},
    "no records": {"Records": []},
}


@pytest.mark.parametrize("told", NONE.values(), ids=NONE)
def test_what_tells_of_no_new_object_is_nothing_to_do(told):
    assert arrivals(told) == arrivals(json.dumps(told)) == []


def without(event, *path):
    event = json.loads(json.dumps(event))
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return event


WRONG = {
    "no JSON": "{",
    "a text": '"scrubbed/x.csv"',
    "a number": 5,
    "nothing": None,
    "a list": [],
    "another event": {"source": "aws.ec2", "detail": {}},
    "no key": without(event_bridge(), "detail", "object", "key"),
    "an empty key": event_bridge(""),
    "no bucket": without(event_bridge(), "detail", "bucket"),
    "no time": without(event_bridge(), "time"),
    "no such time": {**event_bridge(), "time": "yesterday"},
    "neither version nor ETag": event_bridge(**{"version-id": None, "etag": None}),
    "a notification without object": without(notification(), "Records", 0, "s3", "object"),
    "a notification without time": without(notification(), "Records", 0, "eventTime"),
    "a body that is no JSON": {"body": "x"},
    "a key that is a number": notification(5),
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_what_is_no_news_of_s3_is_refused(told):
    with pytest.raises(Rejected, match="tells of no object of S3"):
        arrivals(told)


def test_a_time_without_zone_is_utc():
    [arrival] = arrivals({**event_bridge(), "time": "2026-02-13T10:00:05"})
    assert arrival.at == AT
