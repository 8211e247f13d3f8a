"""Every answer's event reaches the bus, through a real table stream and Lambda's rules for it, whatever fails on the way."""

from contextlib import ExitStack
from datetime import timedelta
from unittest.mock import patch

import boto3
import orjson
import pytest
from answer_world import NOON, REVIEWS, TABLES, TRACKS, answers_of, ask
from botocore.exceptions import ClientError
from candidates_table import whole
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws import batch_items, session
from adapters.aws.quick_bodies import quicken
from adapters.aws.session import QUICK
from domain.solicitation.answer import Answer, Opinion
from domain.solicitation.submission import outbox_item
from handlers.solicitation import publish_responses
from handlers.solicitation.publish_responses import waiting
from sandbox.streams import Dispatcher, Mapping, invoke_handlers
from sandbox.timeline import VirtualClock

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "RESPONSES_TABLE": "Responses",
    "PHOTOS_BUCKET": "photos",
    "EVENT_BUS": "default",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
JPEG = b"\xff\xd8\xff\xe0 and so on"


class Crash(RuntimeError):
    """The function dies."""


class Stage:
    """Tables, a bus that tells a queue, and the function behind the table's stream."""

    def __init__(self, dynamodb):
        self.dynamodb = dynamodb
        self.answers = answers_of(dynamodb, TABLES)
        self.clock = VirtualClock(NOON)
        self.calls, self.crash = 0, None
        arn = dynamodb.describe_table(TableName="Responses")["Table"]["LatestStreamArn"]
        mapping = {
            "EventSourceArn": arn,
            "FunctionName": "publish",
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 100,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        self.dispatcher = Dispatcher(
            [Mapping.from_template(mapping)],
            invoke_handlers({"publish": publish_responses.handler}),
            boto3.client,
            self.clock,
        )

    def answer(self, number=1, program=REVIEWS, opinion=None):
        """An answer as a person gives it; the delivery's id."""
        said = opinion or Opinion(stars=5, text=f"no. {number}")
        customer = f"c{number:02}"
        id = ask(self.dynamodb, TABLES, program, customer)
        self.answers.submit(Answer(program.id, customer, "p1", "email", NOON, said, delivery=id), program)
        return id

    def wait(self, number):
        """An event in the outbox, put there quickly."""
        customer = f"c{number:02}"
        said = Answer(REVIEWS.id, customer, "p1", "email", NOON, Opinion(stars=5), delivery=f"{number:032x}")
        batch_items.put(self.dynamodb, "Responses", [outbox_item(said)])

    def deliver(self):
        """As often as Lambda tries again within the hour."""
        self.dispatcher.drain(ahead=timedelta(hours=1))

    def told(self):
        """What has reached the bus since the last look: detail type and detail."""
        queue, found = boto3.resource("sqs").get_queue_by_name(QueueName="told"), []
        while messages := queue.receive_messages(MaxNumberOfMessages=10):
            found += [orjson.loads(message.body) for message in messages]
            for message in messages:
                message.delete()
        return [(event["detail-type"], event["detail"]) for event in found]

    def outbox(self):
        return [key for key in whole(self.dynamodb, "Responses") if key[0].startswith("OUTBOX#")]

    def before(self, **_):
        self.calls += 1
        if self.crash == (self.calls, "before"):
            raise Crash

    def after(self, **_):
        if self.crash == (self.calls, "after"):
            raise Crash


@pytest.fixture
def stage():
    with ExitStack() as open_things:
        open_things.enter_context(mock_aws())
        open_things.enter_context(patch.dict("os.environ", ENVIRONMENT))
        dynamodb = quicken(boto3.client("dynamodb", config=QUICK))
        for name in TABLES.values():
            make_table(dynamodb, name, {"GSI1": "ALL", "GSI2": "KEYS_ONLY"})
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        dynamodb.update_table(TableName="Responses", StreamSpecification=stream)
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="photos", CreateBucketConfiguration=place)
        queue = boto3.resource("sqs").create_queue(QueueName="told")
        boto3.client("events").put_rule(Name="told", EventPattern='{"source": ["ovation.solicitation"]}')
        boto3.client("events").put_targets(Rule="told", Targets=[{"Id": "told", "Arn": queue.attributes["QueueArn"]}])
        publish_responses.live.cache_clear()
        open_things.callback(publish_responses.live.cache_clear)
        made = Stage(dynamodb)
        for name, watcher in (("before-call", made.before), ("after-call", made.after)):
            session.session().events.register(name, watcher)
            open_things.callback(session.session().events.unregister, name, watcher)
        yield made


def test_a_review_is_told_of_once_and_leaves_the_outbox(stage):
    id = stage.answer()
    stage.deliver()
    [(kind, detail)] = stage.told()
    assert kind == "ReviewSubmitted"
    assert (detail["responseId"], detail["stars"], detail["text"]) == ("c01#small-reviews#p1", 5, "no. 1")
    assert (detail["customer"], detail["delivery"], detail["photos"]) == ("c01", id, [])
    assert "ada@example.com" not in str(detail)
    assert stage.outbox() == []
    stage.deliver()
    assert stage.told() == []


def test_feedback_is_told_of_as_such(stage):
    stage.answer(program=TRACKS, opinion=Opinion(thumb="down", tags=("jazz",)))
    stage.deliver()
    [(kind, detail)] = stage.told()
    assert (kind, detail["thumb"], detail["tags"]) == ("FeedbackSubmitted", "down", ["jazz"])


def test_an_answer_by_voice_is_told_of_without_a_delivery(stage):
    stage.answers.submit(Answer(TRACKS.id, "c1", "p1", "voice-assistant", NOON, Opinion(thumb="up")), TRACKS)
    stage.deliver()
    [(kind, detail)] = stage.told()
    assert (kind, detail["delivery"], detail["channel"]) == ("FeedbackSubmitted", None, "voice-assistant")


def test_photos_that_came_after_the_answer_are_told_of(stage):
    id = stage.answer()
    for name in ("1-a", "2-b"):
        boto3.client("s3").put_object(Bucket="photos", Key=f"photos/{id}/{name}", Body=JPEG)
    stage.deliver()
    [(_, detail)] = stage.told()
    assert detail["photos"] == [f"photos/{id}/1-a", f"photos/{id}/2-b"]


def test_many_answers_are_told_of_in_order_ten_a_call(stage):
    for number in range(13):
        stage.wait(number)
    stage.deliver()
    assert [detail["customer"] for _, detail in stage.told()] == [f"c{number:02}" for number in range(13)]
    assert stage.outbox() == []


def test_only_new_outbox_items_are_looked_at():
    item = {"PK": {"S": "OUTBOX#c#p#s"}, "SK": {"S": "EVENT"}}
    answer = {"PK": {"S": "CUSTOMER#c"}, "SK": {"S": "PROGRAM#p#SUBJECT#s"}}
    records = [
        {"eventName": name, "dynamodb": {"SequenceNumber": str(number), "Keys": keys, "NewImage": keys}}
        for number, (name, keys) in enumerate(
            [("INSERT", answer), ("INSERT", item), ("MODIFY", item), ("REMOVE", item)]
        )
    ]
    assert [each.sequence_number for each in waiting(records)] == ["1"]


class Refusing:
    """A bus that does not take the events of one customer, the first few times."""

    def __init__(self, events, customer, times):
        self.events, self.customer, self.times = events, customer, times

    def put_events(self, Entries):
        bad = [orjson.loads(entry["Detail"])["customer"] == self.customer and self.times > 0 for entry in Entries]
        self.times -= any(bad)
        good = [entry for entry, refused in zip(Entries, bad, strict=True) if not refused]
        answers = iter(self.events.put_events(Entries=good)["Entries"] if good else ())
        entries = [{"ErrorCode": "ThrottlingException"} if refused else next(answers) for refused in bad]
        return {"FailedEntryCount": sum(bad), "Entries": entries}


def test_an_event_the_bus_did_not_take_comes_again_and_none_is_lost(stage):
    for number in range(15):
        stage.wait(number)
    bus = publish_responses.live()["bus"]
    with patch.dict(publish_responses.live(), bus=type(bus)(Refusing(bus.events, "c04", 2), bus.name)):
        stage.dispatcher.drain()
        assert ("OUTBOX#c04#small-reviews#p1", "EVENT") in stage.outbox()
        stage.deliver()
    told = [detail["customer"] for _, detail in stage.told()]
    assert set(told) == {f"c{number:02}" for number in range(15)}
    assert told.count("c04") == 1
    assert max(map(told.count, told)) <= 3  # what stood behind it in its call of ten came again each time
    assert stage.outbox() == []


def test_a_bus_out_of_reach_names_the_first_event_of_its_call(stage):
    for number in range(12):
        stage.wait(number)

    class Down:
        def put_events(self, Entries):
            raise ClientError(
                {"Error": {"Code": "InternalException"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "x"
            )

    bus = publish_responses.live()["bus"]
    with patch.dict(publish_responses.live(), bus=type(bus)(Down(), bus.name)):
        stage.dispatcher.drain()
    assert (stage.told(), len(stage.outbox())) == ([], 12)
    stage.deliver()
    assert (len(stage.told()), stage.outbox()) == (12, [])


def test_a_crash_before_or_after_any_call_loses_no_event(stage):
    for number in range(3):
        stage.wait(number)
    stage.deliver()
    calls = stage.calls
    stage.told()
    assert calls >= 3
    for round, (call, moment) in enumerate((n, when) for n in range(1, calls + 1) for when in ("before", "after")):
        expected = {f"c{10 * (round + 1) + number:02}" for number in range(3)}
        for customer in sorted(expected):
            stage.wait(int(customer[1:]))
        stage.calls, stage.crash = 0, (call, moment)
        stage.deliver()
        stage.crash = None
        told = [detail["customer"] for _, detail in stage.told()]
        assert set(told) == expected, (call, moment)
        assert max(map(told.count, told)) <= 2, (call, moment)
        assert stage.outbox() == [], (call, moment)
