"""`ovation archive`: the table told to the archive, and both held against each other."""

import json
from datetime import UTC, datetime

import boto3
import orjson
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.archive_delivery import deliver
from adapters.aws.attribute_values import encode_item
from adapters.files import avro_files
from adapters.files.kind_writers import kind_writers
from cli import archive
from cli.deployment import Deployment
from domain.archive.batch import Arrival, sort_out
from domain.archive.places import DATA, ERRORS
from sandbox.announcement import EVENT, PUBLIC, Announcement, key_of, write
from tests.keyed_tables import make_table

TABLE, BUCKET, DAY = "Demand", "archive", "2026-11-20"
STACK = "ours"
FANS = 12


def run(app, words):
    return CliRunner().invoke(app, [*words, "--stack", STACK])


@pytest.fixture
def deployment(monkeypatch):
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        make_table(boto3.client("dynamodb"), TABLE)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        told = {"DemandTable": TABLE, "ArchiveBucket": BUCKET, "ArchiveLedgerTable": "unused"}
        template = {
            "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in told.items()},
        }
        boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        yield Deployment.reached(STACK, "archive")


@pytest.fixture
def at_call(deployment, monkeypatch):
    """What happens before a call of the command's, which makes its own clients."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    boto3.setup_default_session()
    return lambda name, happens: boto3.DEFAULT_SESSION.events.register(f"before-call.{name}", happens)


@pytest.fixture
def wishes(deployment):
    announcement = Announcement(FANS)
    items = [*announcement.demand(), *announcement.event()]
    write(deployment.client("dynamodb"), TABLE, iter(items))
    return items


def backfill(*words):
    done = run(archive.app, ["backfill", "--yes", "--json", *words])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def verify(*words, day=DAY):
    done = run(archive.app, ["verify", "--date", day, "--json", *words])
    return done.exit_code, json.loads(done.output)


def rows(deployment, kind="demand"):
    bucket = ArchiveBucket(deployment.client("s3"), BUCKET)
    return [row for key in bucket.keys(f"{DATA}{kind}/") for row in avro_files.read(bucket.read(key), kind)]


def live(deployment, *records):
    """Change records as the archiver takes them."""
    arrivals = [Arrival(record["eventID"], orjson.dumps(record), 1.0) for record in records]
    batch = sort_out(arrivals, source="shard", parse=orjson.loads, writers=kind_writers())
    assert not deliver(batch, ArchiveBucket(deployment.client("s3"), BUCKET)).failed


def record(item, at, name="MODIFY", id="live-1"):
    side = "OldImage" if name == "REMOVE" else "NewImage"
    change = {"ApproximateCreationDateTime": at, "Keys": key_of(item), side: encode_item(item)}
    return {"eventID": id, "eventName": name, "dynamodb": change, "eventSource": "aws:dynamodb"}


def test_a_backfill_archives_every_item_and_a_verification_finds_all_of_them(deployment, wishes):
    assert backfill() == {
        "done": True,
        "demand": FANS,
        "notification": 0,
        "event": 1,
        "sale": 2,
        "errors": 0,
        "skipped": 0,
        "files": 3,
    }
    assert {row["fanId"] for row in rows(deployment)} == {item["fanId"] for item in wishes if "fanId" in item}
    code, found = verify()
    assert code == 0
    assert (found["demand"]["equal"], found["event"]["equal"], found["sale"]["equal"]) == (FANS, 1, 0)
    assert verify(day="2026-12-04")[1]["sale"]["equal"] == 2


def test_without_yes_a_backfill_counts_and_puts_nothing(deployment, wishes):
    done = run(archive.app, ["backfill", "--json"])
    assert (json.loads(done.output)["done"], json.loads(done.output)["demand"]) == (False, FANS)
    assert rows(deployment) == []


def test_a_second_backfill_adds_only_duplicates(deployment, wishes):
    backfill()
    backfill()
    assert len({row["change"]["eventId"] for row in rows(deployment)}) == FANS
    assert verify()[0] == 0


def test_a_backfill_that_ends_half_way_does_not_say_that_nothing_was_done(deployment, wishes):
    deployment.client("s3").delete_bucket(Bucket=BUCKET)
    done = run(archive.app, ["backfill", "--yes"])
    assert (done.exit_code, "run it again" in done.output) == (1, True)


def test_only_the_kinds_asked_for_are_backfilled(deployment, wishes):
    assert backfill("--kind", "sale")["sale"] == 2
    assert rows(deployment) == []
    done = run(archive.app, ["backfill", "--kind", "demands"])
    assert done.exit_code == 2
    assert "there are demand, notification, event, sale" in done.output


def test_a_backfill_never_overrules_what_the_stream_tells_later(deployment, wishes):
    backfill()
    later = {**wishes[0], "saleName": "Renamed"}
    live(deployment, record(later, 4_000_000_000))  # seconds, long after the backfill
    backfill()
    write(deployment.client("dynamodb"), TABLE, iter([later]))
    assert verify()[0] == 0


def test_what_the_archive_lacks_is_named(deployment, wishes):
    backfill()
    new = {**wishes[0], "PK": "fan:new", "fanId": "new"}
    write(deployment.client("dynamodb"), TABLE, iter([new]))
    code, found = verify("--kind", "demand")
    assert code == 1
    assert found == {
        "demand": {
            "equal": FANS,
            "missing": [[EVENT, PUBLIC, "new"]],
            "parked": [],
            "stale": [],
            "left_over": [],
            "complete": False,
        }
    }
    words = run(archive.app, ["verify", "--date", DAY]).output
    assert f"missing: demand {EVENT} {PUBLIC} new" in words


def test_what_waits_in_errors_is_parked_and_not_missing(deployment, wishes):
    backfill()
    spoilt = {**wishes[0], "PK": "fan:new", "fanId": "new", "date": {}}
    write(deployment.client("dynamodb"), TABLE, iter([spoilt]))
    code, found = verify("--kind", "demand")
    assert (code, found["demand"]["missing"]) == (1, [[EVENT, PUBLIC, "new"]])
    live(deployment, record(spoilt, 4_000_000_000))
    assert list(ArchiveBucket(deployment.client("s3"), BUCKET).keys(ERRORS))
    code, found = verify("--kind", "demand")
    assert (code, found["demand"]["missing"], found["demand"]["parked"]) == (1, [], [[EVENT, PUBLIC, "new"]])


def test_another_state_is_stale_and_a_row_without_its_item_is_left_over(deployment, wishes):
    backfill()
    changed, gone = wishes[0], wishes[1]
    write(deployment.client("dynamodb"), TABLE, iter([{**changed, "saleName": "Renamed"}]))
    deployment.client("dynamodb").delete_item(TableName=TABLE, Key=key_of(gone))
    found = verify("--kind", "demand")[1]["demand"]
    assert (found["stale"], found["left_over"]) == (
        [[EVENT, PUBLIC, changed["fanId"]]],
        [[EVENT, PUBLIC, gone["fanId"]]],
    )
    live(deployment, record(gone, 4_000_000_000, "REMOVE"))
    assert verify("--kind", "demand")[1]["demand"]["left_over"] == []


def test_a_removal_that_waits_in_errors_is_parked_and_not_left_over(deployment, wishes):
    backfill()
    gone = wishes[0]
    deployment.client("dynamodb").delete_item(TableName=TABLE, Key=key_of(gone))
    live(deployment, record({**gone, "date": {}}, 4_000_000_000, "REMOVE"))
    found = verify("--kind", "demand")[1]["demand"]
    assert (found["left_over"], found["parked"]) == ([], [[EVENT, PUBLIC, gone["fanId"]]])


def show(day="2026-11-20", **changes):
    start = {"eventDate": {"start": {"dateTime": f"{day}T20:00:00Z"}}} if day else {}
    return {"PK": "event:e9", "SK": "event", "type": "event", "id": "e9", "name": "A show", **start, **changes}


def test_what_was_removed_under_another_date_is_not_left_over_under_its_first(deployment):
    first, moved = show(), show("2026-11-25")
    live(deployment, record(first, 1_790_000_000, "INSERT", "a"), record(moved, 1_790_000_100, id="b"))
    assert verify("--kind", "event")[1]["event"]["left_over"] == [["e9"]]
    live(deployment, record(moved, 1_790_000_200, "REMOVE", "c"))
    assert [verify("--kind", "event", day=day)[0] for day in (DAY, "2026-11-25")] == [0, 0]


def test_a_wish_made_anew_and_removed_is_not_left_over_under_its_first_date(deployment, wishes):
    first = wishes[0]
    anew = {**first, "date": {"requested": "2026-11-22T12:00:00Z"}}
    live(deployment, record(first, 1_790_000_000, "INSERT", "a"), record(anew, 1_790_000_100, id="b"))
    live(deployment, record(anew, 1_790_000_200, "REMOVE", "c"))
    assert verify("--kind", "demand")[1]["demand"]["left_over"] == []


def test_what_was_moved_back_without_a_word_is_stale(deployment):
    first, moved = show(), show("2026-11-25")
    live(deployment, record(first, 1_790_000_000, "INSERT", "a"), record(moved, 1_790_000_100, id="b"))
    write(deployment.client("dynamodb"), TABLE, iter([first]))
    assert verify("--kind", "event")[1]["event"]["stale"] == [["e9"]]
    live(deployment, record(first, 1_790_000_200, id="c"))
    assert verify("--kind", "event")[0] == 0


def test_an_event_without_a_date_is_found_under_the_day_of_its_change(deployment):
    undated = show(day=None)
    write(deployment.client("dynamodb"), TABLE, iter([undated]))
    today = datetime.now(UTC).date().isoformat()
    assert verify("--kind", "event", day=today)[1]["event"]["missing"] == [["e9"]]
    live(deployment, record(undated, 1_700_000_000, "INSERT", "a"))
    assert verify("--kind", "event", day=today)[0] == 0


def test_what_a_compaction_replaces_meanwhile_is_looked_at_again(deployment, wishes, at_call):
    backfill()
    s3 = deployment.client("s3")
    [key] = ArchiveBucket(s3, BUCKET).keys(f"{DATA}demand/")
    compacted = key.rpartition("/")[0] + "/compacted-2026-11-21-01-30-00-a.avro"

    def replaced(params, **_):
        if "/errors/" not in params["url"] and "demand" in params["url"] and not moved:
            moved.append(key)
            s3.copy_object(Bucket=BUCKET, Key=compacted, CopySource={"Bucket": BUCKET, "Key": key})
            s3.delete_object(Bucket=BUCKET, Key=key)

    moved = []
    at_call("s3.GetObject", replaced)
    assert verify("--kind", "demand")[0] == 0
    assert moved


@pytest.mark.parametrize("command", [["verify", "--date", DAY], ["backfill"]])
def test_what_aws_does_not_allow_is_told_in_its_words(deployment, command, at_call):
    def refused(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Scan")

    for name in ("Scan", "DescribeTable"):
        at_call(f"dynamodb.{name}", refused)
    done = run(archive.app, command)
    assert (done.exit_code, "not you" in done.output) == (2, True)


def test_an_item_of_no_kind_is_told_by_its_keys(deployment, wishes):
    backfill()
    write(deployment.client("dynamodb"), TABLE, iter([{"PK": "x:1", "SK": "y#2", "type": "voucher"}]))
    assert verify()[1]["other"]["missing"] == [["x:1", "y#2"]]
