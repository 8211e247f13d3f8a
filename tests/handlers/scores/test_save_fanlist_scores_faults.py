"""What breaks while a fanlist is saved: in the end the rows, the stream and the figures are as if nothing had."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from fanlist_world import CAMPAIGN, LATER, FanlistWorld, fanlist_world
from scores_world import own

from adapters.aws.load_ledger import LEASE
from domain.scores.keys import EMAIL, fan_row
from handlers.scores.fanlists.reading import ROWS_A_TURN

LIST = """email,score
a@example.com,0.1
b@example.com,0.7
c@example.com,0.3
nobody,0.9
d@example.com,0.4
A@example.com,0.6
"""
FIGURES = {"in": 6, "valid": 4, "invalid": 1, "duplicate": 1, "out": 4, "failed": 0, "combined": 0}
FOUND = {"email:a@example.com": 0.6, "email:b@example.com": 0.7, "email:c@example.com": 0.3, "email:d@example.com": 0.4}
CALLS = 18  # of AWS, of one undisturbed invocation


@pytest.fixture(scope="module")
def shared() -> Iterator[FanlistWorld]:
    with fanlist_world() as world:
        yield world


@pytest.fixture
def world(shared) -> FanlistWorld:
    return shared.afresh(identifier="email")


def assert_as_undisturbed(world, event):
    assert world.figures(event) == FIGURES
    assert world.load(event)["state"] == "LOADED"
    assert world.load(event)["reasons"] == {"bad_email": 1}
    assert world.found() == FOUND
    assert all(row["loads"].endswith((":created:0", ":created:1")) for row in world.fans().values())
    told = {json.dumps(it, sort_keys=True): it for it in world.told(event)}.values()  # some of it twice, at worst
    assert len(told) == 4
    assert {f"email:{key}": document["score"] for key, document in told} == FOUND
    assert [it["line"] for it in world.refused(event)[0]] == [5]
    verdicts = world.scores.messages("verdictReporterQueue")
    assert len({json.dumps(it) for it in verdicts}) == 1
    assert verdicts[0]["count"] == 4


def test_an_undisturbed_invocation_makes_as_many_calls_as_are_disturbed_here(world):
    event, before = world.drop(LIST), len(world.scores.calls.made)
    world.save(event)
    assert len(world.scores.calls.made) - before == CALLS
    assert_as_undisturbed(world, event)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_a_death_at_any_call_changes_nothing_in_the_end(world, side, call):
    event = world.drop(LIST)
    with getattr(world.scores.calls, f"dying_{side}")(call):
        world.save(event)
    world.now += timedelta(minutes=5)
    world.finish(event)
    assert_as_undisturbed(world, event)


def test_when_time_runs_out_the_next_invocation_goes_on_where_it_stopped(world):
    event = world.drop(LIST)
    first = world.save(event, times=[900_000, 1_000])
    assert first["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert (first["input"]["in"], first["dynamo"]["out"]) == (6, 3)
    assert world.scores.messages("verdictReporterQueue") == []
    second = world.save(event)  # at once: no lease is in the way
    assert (second["input"]["in"], second["dynamo"]["out"], second["batchItemFailures"]) == (0, 1, [])
    assert_as_undisturbed(world, event)
    assert len(world.told(event)) == 4


def test_a_message_whose_time_ran_out_comes_again_at_once(world):
    event = world.drop(LIST)
    world.save(event, times=[1_000])
    assert event in world.scores.messages("fanlistFiles")


def test_a_file_that_another_one_is_saving_is_left_to_it(world):
    event, answers = world.drop(LIST), []
    with world.scores.calls.before(8, lambda: answers.append(world.save(event))):
        world.save(event)
    assert answers[0]["dynamo"]["in"] == 0
    assert answers[0]["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert_as_undisturbed(world, event)
    assert len(world.told(event)) == 4


@pytest.mark.parametrize("call", range(3, 15, 2))
def test_who_was_away_for_longer_than_the_lease_leaves_the_file_to_its_successor(world, call):
    event = world.drop(LIST)

    def meanwhile():
        world.now += timedelta(minutes=10)
        world.save(event)

    with world.scores.calls.before(call, meanwhile):
        world.save(event)
    world.finish(event)
    assert_as_undisturbed(world, event)


def disturbed(operation, happens, times=1, about=""):
    """`happens(call)` instead of the first so many calls of an operation in whose parameters `about` stands."""
    real, left = BaseClient._make_api_call, [times]

    def call(client, name, params):
        if name == operation and about in json.dumps(params, default=str) and left[0] > 0:
            left[0] -= 1
            return happens(lambda: real(client, name, params))
        return real(client, name, params)

    return patch.object(BaseClient, "_make_api_call", call)


def throttled(call):
    raise ClientError({"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "it")


def broken_off(call):
    """The answer's body breaks after its first bytes."""
    answer = call()
    body = answer["Body"].read()
    answer["Body"] = StreamingBody(BytesIO(body[:40]), len(body))
    return answer


def test_rows_that_the_table_does_not_take_keep_the_others_from_nothing(world):
    event = world.drop(LIST)
    with disturbed("UpdateItem", throttled, 100, "email:b@example.com"):
        answer = world.save(event)
    assert answer["dynamo"] == {"in": 3, "failed": 1, "out": 2, "rejected": 0}
    assert answer["stream"] == {"in": 2, "failed": 0, "out": 2}
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert world.scores.messages("verdictReporterQueue") == []
    world.finish(event)
    assert_as_undisturbed(world, event)


def test_a_stream_that_takes_nothing_is_tried_again_with_the_next_delivery(world):
    event = world.drop(LIST)
    with disturbed("PutRecords", throttled):
        answer = world.save(event)
    assert answer["dynamo"]["out"] == 3
    assert answer["stream"] == {"in": 3, "failed": 3, "out": 0}
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    world.finish(event)
    assert_as_undisturbed(world, event)


def test_while_campaign_service_is_away_nothing_is_decided(world):
    event = world.drop(LIST)
    world.campaigns.faults.failing = 1
    assert world.save(event)["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert world.fans() == {}
    world.finish(event)
    assert_as_undisturbed(world, event)


def test_one_campaign_that_cannot_be_saved_keeps_no_other_from_being(world):
    first, second = world.drop(LIST), world.drop("email,score\na@example.com,1\n", LATER.replace(CAMPAIGN, "c2"))
    world.campaigns.faults.failing = 1
    assert world.save(first, second)["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert world.found() == {"email:a@example.com": 1}


def test_a_version_that_is_gone_is_rejected_and_never_asked_for_again(world):
    event = world.drop(LIST)
    with world.scores.calls.own():
        told = event["detail"]["object"]
        own("s3").delete_object(Bucket="scoring", Key=told["key"], VersionId=told["version-id"])
    assert world.save(event)["batchItemFailures"] == []
    assert world.load(event)["state"] == "REJECTED"
    assert "not there any more" in world.load(event)["why"]
    assert world.scores.messages("verdictReporterQueue") == []


def test_a_connection_to_the_bucket_that_breaks_is_made_again(world):
    event = world.drop(LIST)
    with disturbed("GetObject", broken_off):
        assert world.save(event)["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert world.fans() == {}
    world.finish(event)
    assert_as_undisturbed(world, event)


@pytest.mark.parametrize(("operation", "about"), [
    ("UpdateItem", ""), ("GetObject", ""), ("PutObject", ""), ("BatchGetItem", ""), ("SendMessage", "loadId"),
])  # fmt: skip
def test_what_is_out_of_reach_for_a_moment_loses_nothing(world, operation, about):
    event = world.drop(LIST)
    with disturbed(operation, throttled, about=about):
        world.save(event)
    world.finish(event)
    assert_as_undisturbed(world, event)


def test_a_row_that_the_table_can_never_hold_ends_the_load_all_the_same(world):
    world.scores.put(fan_row(EMAIL, "b@example.com", CAMPAIGN), loads="what is this")
    event = world.drop(LIST)
    answer = world.save(event)
    assert answer["dynamo"] == {"in": 4, "failed": 0, "out": 3, "rejected": 1}
    assert answer["stream"]["out"] == 3
    assert world.figures(event) == {**FIGURES, "out": 3, "failed": 1}
    assert world.scores.messages("verdictReporterQueue")[0]["count"] == 3


def test_a_list_that_was_overtaken_while_nobody_worked_on_it_is_told_to_nobody(world):
    older, newer = world.drop(LIST), world.drop("email,score\nb@example.com,0.2\nz@example.com,1\n", LATER)
    with disturbed("PutRecords", throttled):
        world.save(older)
    world.save(newer)
    world.finish(older)
    assert {document["email"] for _, document in world.told(older)} == {f"{fan}@example.com" for fan in "acd"}
    assert world.found() == {**FOUND, "email:b@example.com": 0.2, "email:z@example.com": 1}
    assert world.figures(older) == FIGURES


def test_the_lease_of_a_long_file_is_kept_up_while_it_is_read(world):
    event, others = world.drop("email,score\n" + "a@example.com,1\n" * (2 * ROWS_A_TURN)), []
    world.pace = LEASE * 2 / 5  # so that the lease of the first call is over by then

    def somebody_comes(call):
        others.append(world.save(event))
        return call()

    with disturbed("UpdateItem", somebody_comes, about='"duplicate"'):  # the first checkpoint, when all is read
        world.save(event)
    assert others[0]["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert others[0]["input"]["in"] == 0
    assert world.figures(event)["duplicate"] == 2 * ROWS_A_TURN - 1
    assert world.load(event)["state"] == "LOADED"
