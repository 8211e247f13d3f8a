"""The archive, end to end: a burst into the Demand table, read back by Athena and on this machine; errors, replay, compaction, erasure."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.attribute_values import encode_item
from adapters.files import avro_files
from cli.archive_reading import remote
from cli.archive_reading.local import LocalArchive
from cli.archive_reading.places import Bucket
from cli.deployment import Deployment
from domain.archive.kinds import KINDS, REDACTED
from domain.archive.places import DATA, ERRORS, partition_at
from domain.archive.questions import QUESTIONS
from sandbox.announcement import DAY, EVENT, PUBLIC, Announcement, key_of, write
from sandbox.runtime import Sandbox
from tests.ovation_command import ovation

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

BURST = 50_000
FILES_A_BATCH, FILES_IN_ALL = 5, 200  # seed 002, scenario 1
AS_THE_SEED_HAS_IT = (
    "SELECT AVG(UNIX_TIMESTAMP(date.notified) - UNIX_TIMESTAMP(date.requested)) as avg_lag_seconds"
    " FROM demand WHERE date.notified IS NOT NULL AND partition_date >= '2025-01-01'"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox whose archive no other test counts on."""
    with Sandbox.start(state_dir=tmp_path_factory.mktemp("archive")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def deployment(running: Sandbox) -> Deployment:
    return Deployment.of(running.client, "ovation-sandbox-archive", "archive")


@pytest.fixture(scope="module")
def bucket(deployment: Deployment) -> ArchiveBucket:
    return ArchiveBucket(deployment.client("s3"), deployment.names["archive_bucket"])


@pytest.fixture(scope="module")
def burst(running: Sandbox, deployment: Deployment) -> Announcement:
    announcement = Announcement(BURST)
    put(deployment, announcement.event())
    put(deployment, announcement.demand())
    running.settle()
    return announcement


def put(deployment: Deployment, items: Any) -> None:
    write(deployment.client("dynamodb"), deployment.names["demand_table"], iter(items))


def by_athena(deployment: Deployment, sql: str) -> list[dict[str, Any]]:
    place = {"workgroup": deployment.names["athena_workgroup"], "database": deployment.names["glue_database"]}
    found: list[dict[str, Any]] = remote.ask(deployment.client("athena"), sql, **place).to_pylist()
    return found


def here(running: Sandbox, sql: str) -> list[dict[str, Any]]:
    done = ovation("query", sql, "--format", "json", "--copies", running.folder / "copies", state=running.folder)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def data_files(bucket: ArchiveBucket, kind: str = "") -> list[str]:
    return list(bucket.keys(f"{DATA}{kind}"))


def rows_of(running: Sandbox, bucket: ArchiveBucket, *fans: str) -> list[dict[str, Any]]:
    """Every row that tells of these fans, names in lower case."""
    named = ", ".join(f"'{fan}'" for fan in fans)
    archive = LocalArchive(Bucket(bucket.s3, bucket.bucket), running.folder / "copies")
    sql = f'SELECT * FROM demand WHERE fanid IN ({named}) ORDER BY fanid, change."at"'
    found: list[dict[str, Any]] = archive.ask(sql).to_pylist()
    return found


def test_every_insert_of_a_burst_is_counted_by_athena_and_on_this_machine(
    running: Sandbox, deployment: Deployment, burst: Announcement
) -> None:
    counted = "SELECT COUNT(*) AS n FROM demand"
    assert by_athena(deployment, counted) == here(running, counted) == [{"n": BURST}]
    once = "SELECT COUNT(*) AS n FROM demand_current"
    assert by_athena(deployment, once) == here(running, once) == [{"n": BURST}]


def test_a_burst_makes_few_files(running: Sandbox, bucket: ArchiveBucket, burst: Announcement) -> None:
    streams = running._host.streams  # type: ignore[union-attr]
    batches = sum((streams.counts(mapping.function) for mapping in streams.mappings), Counter())["Done"]
    files = len(data_files(bucket))
    assert files <= FILES_IN_ALL
    assert files <= FILES_A_BATCH * batches
    assert not list(bucket.keys(ERRORS))


def test_the_analysts_questions_run_as_they_are_written(
    running: Sandbox, deployment: Deployment, burst: Announcement
) -> None:
    for question in QUESTIONS.values():
        assert by_athena(deployment, question.sql) == here(running, question.sql)
    assert by_athena(deployment, QUESTIONS["top_events"].sql) == [{"eventid": EVENT, "demand_count": BURST}]
    assert by_athena(deployment, QUESTIONS["event_on_a_day"].sql) == [{"demand_count": BURST}]


def test_the_mean_lag_is_the_samples_also_as_the_mission_asks_for_it(
    running: Sandbox, deployment: Deployment, burst: Announcement
) -> None:
    asked = [by_athena(deployment, QUESTIONS["notify_lag"].sql), here(running, AS_THE_SEED_HAS_IT)]
    assert [row["avg_lag_seconds"] for [row] in asked] == pytest.approx([burst.mean_lag] * 2)


def test_partitions_can_be_repaired_though_nothing_needs_it(deployment: Deployment, burst: Announcement) -> None:
    athena, names = deployment.client("athena"), deployment.names
    started = athena.start_query_execution(
        QueryString="MSCK REPAIR TABLE demand",
        WorkGroup=names["athena_workgroup"],
        QueryExecutionContext={"Database": names["glue_database"]},
    )
    while (status := _status(athena, started["QueryExecutionId"])) in ("QUEUED", "RUNNING"):
        continue
    assert status == "SUCCEEDED"


def _status(athena: Any, id: str) -> str:
    return str(athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"])


def test_a_deletion_shows_up_redacted_under_the_date_of_the_wish(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    wish = next(item for item in burst.demand() if "phoneNumber" in item and "email" in item)
    deployment.client("dynamodb").delete_item(TableName=deployment.names["demand_table"], Key=key_of(wish))
    running.settle()
    kept, gone = rows_of(running, bucket, wish["fanId"])
    assert (kept["phonenumber"], kept["email"], kept["isdeleted"]) == (wish["phoneNumber"], wish["email"], False)
    assert (gone["phonenumber"], gone["email"], gone["isdeleted"]) == (REDACTED, REDACTED, True)
    assert gone["date"]["deleted"] == gone["change"]["at"]
    assert {str(row["partition_date"]) for row in (kept, gone)} == {str(DAY)}
    told = f"SELECT COUNT(*) AS n FROM demand_current WHERE fanid = '{wish['fanId']}'"
    assert by_athena(deployment, told) == here(running, told) == [{"n": 0}]


def test_what_expires_is_told_from_what_a_fan_deletes(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    [wish] = islice(burst.demand(), 7, 8)
    put(deployment, [{**wish, "PK": "fan:brief", "fanId": "brief", "expiresAt": int(running.now().timestamp()) - 60}])
    running.settle()
    running.sweep(running.now())
    running.settle()
    told = [(row["isdeleted"], row["change"]["expired"]) for row in rows_of(running, bucket, "brief")]
    assert told == [(False, False), (True, True)]


def test_bad_items_are_clustered_mended_and_archived_once(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    wishes = list(islice(burst.demand(), 6))
    bad = [
        {name: it for name, it in wish.items() if name != "saleId"} | {"PK": f"fan:bad-{n}", "fanId": f"bad-{n}"}
        for n, wish in enumerate(wishes)
    ]
    put(deployment, bad)
    running.settle()
    assert len(list(bucket.keys(ERRORS))) == len(bad)
    [cause] = json.loads(ovation("errors", "list", "--json", state=running.folder).stdout)
    assert (cause["cause"], cause["events"]) == ("missing_field:demand:saleId", len(bad))
    for _ in range(2):
        mended = ovation("errors", "replay", "--set", f"saleId={PUBLIC}", "--apply", state=running.folder)
        assert mended.returncode == 0, mended.stderr + mended.stdout
    assert not list(bucket.keys(ERRORS))
    assert [row["saleid"] for row in rows_of(running, bucket, *(item["fanId"] for item in bad))] == [PUBLIC] * len(bad)
    put(deployment, [{**item, "saleId": PUBLIC} for item in bad])
    running.settle()


def test_compaction_leaves_one_file_a_date_and_every_row(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    counted = "SELECT COUNT(*) AS n, COUNT(DISTINCT change.eventid) AS changes FROM demand"
    before, files = by_athena(deployment, counted), len(data_files(bucket, "demand/"))
    told = deployment.call("compact", {"scheduledTime": "2026-11-22T03:15:00Z"})
    assert len(data_files(bucket, "demand/")) < files
    assert {len(data_files(bucket, f"demand/partition_date={DAY}/"))} == {1}, told
    assert by_athena(deployment, counted) == here(running, counted) == before
    again = len(data_files(bucket))
    deployment.call("compact", {"scheduledTime": "2026-11-23T03:15:00Z"})
    assert len(data_files(bucket)) == again


def test_table_and_archive_are_equal_key_by_key(running: Sandbox, burst: Announcement) -> None:
    done = ovation("archive", "verify", "--date", str(DAY), "--json", state=running.folder)
    found = json.loads(done.stdout)
    assert done.returncode == 0, {kind: {**it, "equal": 0} for kind, it in found.items()}
    assert set(found) == set(KINDS)
    assert found["demand"]["equal"] > BURST - 10


def test_an_erased_fan_is_in_no_version_of_any_object(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    [wish] = islice(burst.demand(), 40, 41)
    fan = wish["fanId"]
    deployment.client("dynamodb").delete_item(TableName=deployment.names["demand_table"], Key=key_of(wish))
    running.settle()
    first, second = (ovation("erase", fan, "--yes", "--json", state=running.folder) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert json.loads(first.stdout)["rows"] >= 2
    s3, name = deployment.client("s3"), deployment.names["archive_bucket"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, Prefix=DATA):
        for version in page.get("Versions", ()):
            if partition_at(version["Key"])[0] == "demand":
                body = s3.get_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
                assert fan not in {row["fanId"] for row in avro_files.read(body, "demand")}
    assert here(running, f"SELECT COUNT(*) AS n FROM demand WHERE fanid = '{fan}'") == [{"n": 0}]


def test_an_item_may_be_of_any_dynamodb_type(
    running: Sandbox, deployment: Deployment, bucket: ArchiveBucket, burst: Announcement
) -> None:
    wish = next(burst.demand())
    item = {
        **wish,
        "PK": "fan:odd",
        "fanId": "odd",
        "set": {"a", "b"},
        "bytes": b"\x00\xff",
        "nothing": None,
        "many": [1, 2.5],
    }
    deployment.client("dynamodb").put_item(TableName=deployment.names["demand_table"], Item=encode_item(item))
    running.settle()
    assert [row["saleid"] for row in rows_of(running, bucket, "odd")] == [PUBLIC]
