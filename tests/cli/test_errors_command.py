"""`ovation errors`: what could not be archived, told by its cause, shown without personal values, and planned to be replayed."""

import json

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from replay_world import change, demand, own, replay_world
from typer.testing import CliRunner

from cli import errors
from cli.console import out
from cli.patching import patch_in
from domain.archive.places import ERRORS, REPLAYS
from domain.errors import Rejected, Unavailable

STACK = "ours"
MAIL = "f1@example.org"


@pytest.fixture
def world():
    with replay_world() as world:
        told = {"ArchiveBucket": "archive", "ArchiveLedgerTable": "Ledger"}
        template = {
            "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in told.items()},
        }
        own("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        yield world


def run(*words):
    return CliRunner().invoke(errors.app, [*words, "--stack", STACK])


def printed(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def filled(world):
    world.arrive(change(demand("f1", None), 5), change(demand("f2", None), 0), "###")
    world.give_up(change(demand("f3")), change(demand("f4")))


def test_causes_are_counted_with_their_first_and_last_and_a_sample(world):
    filled(world)
    found = {it["cause"]: it for it in printed("list", "--json")}
    assert {cause: (it["events"], it["objects"]) for cause, it in found.items()} == {
        "given_up:RetryAttemptsExhausted": (2, 1),
        "missing_field:demand:saleId": (2, 2),
        "malformed_base64": (1, 1),
    }
    missing = found["missing_field:demand:saleId"]
    assert (missing["first"], missing["last"]) == ("2025-11-20T12:00:00.000000Z", "2025-11-20T12:00:05.000000Z")
    assert missing["sample"] in world.keys(ERRORS)


def test_the_table_says_the_same(world, monkeypatch):
    monkeypatch.setattr(out, "_width", 240)  # xdist tells its workers a narrow terminal before anything is imported
    filled(world)
    told = run("list").output
    assert "missing_field:demand:saleId" in told
    assert "given_up" in told


def test_an_archive_without_errors_says_so(world):
    assert "all is archived" in run("list").output
    assert printed("list", "--json") == []


def test_a_cause_is_shown_without_personal_values(world):
    filled(world)
    shown = printed("show", "missing_field:demand:saleId")
    assert [record["eventID"] for one in shown for record in one["events"]] == ["f2-INSERT-0", "f1-INSERT-5"]
    assert shown[0]["events"][0]["eventName"] == "INSERT"
    assert shown[0]["error"]["message"] == "demand: saleId is missing"
    assert MAIL not in run("show", "missing_field").output
    assert MAIL in run("show", "missing_field", "--raw").output


def test_what_cannot_be_parsed_is_shown_when_asked_for(world):
    world.arrive("YWJj")  # abc
    assert printed("show", "malformed_json")[0]["events"] == ["[redacted]"]
    assert printed("show", "malformed_json", "--raw")[0]["events"] == ["abc"]


def test_one_object_is_shown_by_its_key(world):
    filled(world)
    [key] = [one.key for one in world.quarantined("given_up")]
    [shown] = printed("show", key, "--limit", "1")
    assert (shown["key"], len(shown["events"]), shown["more"]) == (key, 1, 1)


@pytest.mark.parametrize("target", ["no_such_cause", f"{ERRORS}no-such-key.json"])
def test_what_is_not_there_is_not_shown(world, target):
    done = run("show", target)
    assert done.exit_code == 2
    assert target in done.output


def test_a_plan_is_printed_and_nothing_is_done(world):
    filled(world)
    before = world.objects()
    told = printed("replay", "--set", "saleId=s1", "--plan", "--json")
    assert {(it["cause"], it["outcome"], it["events"]) for it in told["tallies"]} == {
        ("given_up:RetryAttemptsExhausted", "archived", 2),
        ("malformed_base64", "not patched", 1),
        ("missing_field:demand:saleId", "archived", 2),
    }
    assert "--apply does it" in run("replay", "--set", "saleId=s1").output
    assert (world.objects(), world.keys(REPLAYS)) == (before, [])


def test_a_plan_that_was_begun_is_told_of(world):
    filled(world)
    assert run("replay", "--apply").exit_code == 1  # this stack has no function to do it
    told = printed("replay", "--json")
    assert told["begun"] == [key for key in world.keys(REPLAYS) if key.count("/") == 1]
    assert "1 plans were begun" in run("replay").output


@pytest.mark.parametrize(
    "words", [["--set", "saleId"], ["--set", "=s1"], ["--set", "date..x=1"], ["--cause", "no_such"]]
)
def test_what_makes_no_sense_is_refused(world, words):
    filled(world)
    assert run("replay", *words).exit_code == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [("x = (", "SyntaxError"), ("1 / 0", "ZeroDivisionError"), ("patch = 7", "def patch"), (None, "No such file")],
)
def test_a_file_that_holds_no_patch_is_refused(tmp_path, body, says):
    file = tmp_path / "fix.py"
    if body is not None:
        file.write_text(body)
    with pytest.raises(Rejected, match=says):
        patch_in(file)


@pytest.mark.parametrize("error", [ReadTimeoutError, EndpointConnectionError, ConnectionClosedError])
def test_an_object_that_cannot_be_read_now_is_neither_gone_nor_a_crash(world, error):
    filled(world)
    events = own("s3").meta.events

    def cut_off(**_):
        raise error(endpoint_url="https://archive")

    events.register("before-call.s3.GetObject", cut_off)
    try:
        with pytest.raises(Unavailable, match="errors/"):
            world.quarantined()
    finally:
        events.unregister("before-call.s3.GetObject", cut_off)
    assert len(world.quarantined()) == 4


@pytest.mark.parametrize("verb", ["ListObjectsV2", "GetObject"])
def test_who_may_not_read_the_bucket_is_told_so(world, verb):
    filled(world)
    events = own("s3").meta.events

    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, verb)

    events.register(f"before-call.s3.{verb}", denied)
    try:
        with pytest.raises(Rejected, match=r"s3://archive.* cannot be read: .*AccessDenied"):
            world.quarantined()
    finally:
        events.unregister(f"before-call.s3.{verb}", denied)


@pytest.mark.parametrize("words", [["list"], ["show", "malformed_base64"], ["replay"], ["replay", "--apply"]])
def test_a_bucket_that_does_not_answer_is_a_failure_and_no_bad_input(world, monkeypatch, words):
    filled(world)

    def cut_off(*_, **__):
        raise ReadTimeoutError(endpoint_url="https://archive")

    monkeypatch.setattr(BaseClient, "_make_api_call", unless(cut_off, "GetObject"))
    done = run(*words)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "failed: get s3://archive/" in done.output


def unless(instead, verb):
    real = BaseClient._make_api_call

    def call(client, name, arguments):
        return instead() if name == verb else real(client, name, arguments)

    return call
