"""The archive's tables through Athena's protocol: Avro files, projected partitions, views, a workgroup that insists."""

from io import BytesIO
from itertools import count

import fastavro
import pytest
from archived_rows import DAY, file, lagging, row
from archived_tables import catalogued, presto_view
from stand_ins import reach

from adapters.files.avro_schemas import schema
from domain.archive.questions import QUESTIONS
from sandbox.warehouse import WarehouseServer
from sandbox.warehouse.catalogue import Catalogue
from sandbox.warehouse.dialects import EngineError
from sandbox.warehouse.tables import Tables

NUMBER = count()


class Archive:
    """One database of its own on the embedded AWS, and Athena in front of it."""

    def __init__(self, aws, athena, projected=True):
        self.name = f"archive_{next(NUMBER)}"
        self.bucket = self.name.replace("_", "-")
        self.aws, self.athena, self.s3, self.glue = aws, athena, aws.client("s3"), aws.client("glue")
        catalogued(aws, self.name, projected)

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def run(self, sql, **more):
        context = {"QueryExecutionContext": {"Database": self.name}, "WorkGroup": self.name}
        id = self.athena.start_query_execution(QueryString=sql, **{**context, **more})["QueryExecutionId"]
        while True:
            execution = self.athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED"):
                return execution

    def rows(self, sql, **more):
        """Lines of texts, the header first."""
        execution = self.run(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        found = [it["Data"] for page in pages for it in page["ResultSet"]["Rows"]]
        return [[cell.get("VarCharValue") for cell in line] for line in found]

    def reason(self, sql):
        return self.run(sql)["Status"].get("StateChangeReason", "")


@pytest.fixture(scope="module")
def server(ministack):
    with WarehouseServer(ministack.endpoint, glue=True) as running:
        yield running


@pytest.fixture(scope="module")
def athena(server):
    return reach("athena", server.endpoint)


@pytest.fixture(scope="module")
def asked(ministack, athena):
    """An archive that nobody writes to any more: what the questions of the mission find something in."""
    archive = Archive(ministack, athena)
    archive.put(*file("demand", "a", *(lagging(n, s, eventId=f"e{n % 2}") for n, s in enumerate([30, 40, None, 65]))))
    archive.put(*file("demand", "b", lagging(1, 40, eventId="e1")))  # the second delivery of one change
    gone = row(
        "demand",
        7,
        name="REMOVE",
        fanId="f7",
        date={"requested": "2024-11-01T00:00:00Z", "deleted": "2025-01-02T00:00:00Z"},
    )
    archive.put(*file("demand", "c", gone, day="2024-11-01"))
    archive.put(
        *file("event", "a", row("event", 1), row("event", 2, name="MODIFY", venues=[{"id": "v", "name": 'The "V"'}]))
    )
    return archive


@pytest.fixture
def archive(ministack, athena):
    return Archive(ministack, athena)


def test_the_events_most_wanted(asked):
    assert asked.rows(QUESTIONS["top_events"].sql) == [["eventid", "demand_count"], ["e1", "3"], ["e0", "2"]]


def test_the_deleted_of_a_quarter(asked):
    assert asked.rows(QUESTIONS["deleted_in_quarter"].sql) == [
        ["fanid", "eventid", "requested", "deleted"],
        ["f7", "e1", "2024-11-01T00:00:00Z", "2025-01-02T00:00:00Z"],
    ]


def test_the_average_lag_of_the_notified(asked):
    assert asked.rows(QUESTIONS["notify_lag"].sql) == [["avg_lag_seconds"], [str((30 + 40 + 40 + 65) / 4)]]


def test_one_event_on_one_day(asked):
    sql = QUESTIONS["event_on_a_day"].sql.replace("ovs-lantern-2027", "e1").replace("2026-11-20", DAY)
    assert asked.rows(sql) == [["demand_count"], ["3"]]


def test_a_struct_is_reached_without_quotes_too(asked):
    sql = f"SELECT date.requested, change.at FROM demand WHERE partition_date < '{DAY}'"
    assert asked.rows(sql)[1] == ["2024-11-01T00:00:00Z", f"{DAY}T10:00:00.000007Z"]


def test_views_have_no_row_twice_and_nothing_that_was_deleted(asked):
    assert asked.rows("SELECT count(*) FROM demand")[1] == ["6"]
    assert asked.rows("SELECT count(*), approx_distinct(fanid) FROM demand_events")[1] == ["5", "5"]
    assert asked.rows("SELECT count(*) FROM demand_current")[1] == ["4"]
    assert asked.rows("SELECT change.eventname FROM event_current")[1:] == [["MODIFY"]]
    assert asked.rows("SELECT count(*) FROM events")[1] == ["2"]


def test_every_view_has_the_columns_that_the_catalogue_promises(asked):
    for kind in ("demand", "notification", "event", "sale"):
        asked.rows(f"SELECT * FROM {kind}_current UNION ALL SELECT * FROM {kind}_events")


def test_rows_and_arrays_are_written_as_athena_writes_them(asked):
    [_, (reference, venue, images)] = asked.rows(
        "SELECT reference, transform(venues, v -> v.name) AS names, images FROM event WHERE venues IS NOT NULL"
    )
    assert (reference, venue, images) == (f"{{id=x, timestamp={DAY}T10:00:00.000002Z}}", '[The "V"]', None)


def test_results_lie_where_the_workgroup_insists_on_and_nowhere_else(asked):
    elsewhere = {"ResultConfiguration": {"OutputLocation": "s3://elsewhere/"}}
    execution = asked.run("SELECT venues[1].name AS said, name FROM event ORDER BY 1", **elsewhere)
    key = f"results/{execution['QueryExecutionId']}.csv"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{asked.bucket}/{key}"
    body = asked.s3.get_object(Bucket=asked.bucket, Key=key)["Body"].read()
    assert body.decode() == '"said","name"\n"The ""V""",\n,\n'


def test_named_queries_are_those_of_the_aws_behind(asked):
    query = QUESTIONS["top_events"]
    made = asked.aws.client("athena").create_named_query(
        Name="top_events", Database=asked.name, QueryString=query.sql, WorkGroup=asked.name
    )
    assert asked.athena.list_named_queries(WorkGroup=asked.name)["NamedQueryIds"] == [made["NamedQueryId"]]
    found = asked.athena.get_named_query(NamedQueryId=made["NamedQueryId"])["NamedQuery"]
    assert asked.rows(found["QueryString"])[1] == ["e1", "3"]


def test_a_file_that_comes_is_seen_and_one_that_goes_is_not(archive):
    assert archive.rows("SELECT count(*) FROM sale")[1] == ["0"]
    archive.put(*file("sale", "a", row("sale", 1)))
    assert archive.rows("SELECT count(*) FROM sale")[1] == ["1"]
    archive.put(*file("sale", "b", row("sale", 2), row("sale", 3)))
    archive.s3.delete_object(Bucket=archive.bucket, Key=file("sale", "a")[0])
    assert archive.rows("SELECT count(*) FROM sale_events")[1] == ["2"]


def test_dates_beyond_the_projection_are_not_seen(archive):
    for day in ("2014-12-31", "2015-01-01", "2031-01-01", "2099-01-01", "yesterday"):
        archive.put(*file("sale", "a", row("sale", 1), day=day))
    found = archive.rows("SELECT partition_date FROM sale ORDER BY 1")
    assert found == [["partition_date"], ["2015-01-01"], ["2031-01-01"]]


def test_what_hive_holds_for_hidden_is_not_read(archive):
    place, body = file("sale", "a", row("sale", 1))
    for name in ("_SUCCESS", ".part.avro", "a.avro"):
        archive.put(place.replace("a.avro", name), b"no Avro" if name != "a.avro" else body)
    assert archive.rows("SELECT count(*) FROM sale")[1] == ["1"]


def test_an_older_file_is_read_by_today_s_schema(archive):
    old = {
        **schema("sale"),
        "fields": [it for it in schema("sale")["fields"] if it["name"] not in ("isDeleted", "date")],
    }
    body = BytesIO()
    fastavro.writer(body, fastavro.parse_schema(old), [row("sale", 1)])
    archive.put(file("sale", "a")[0], body.getvalue())
    assert archive.rows('SELECT isdeleted, "date".deleted FROM sale')[1] == ["false", None]


def test_a_file_that_is_none_fails_the_query_by_name(archive):
    key, body = file("sale", "a", row("sale", 1))
    archive.put(key, body[:-9])
    assert f"HIVE_BAD_DATA: {key}" in archive.reason("SELECT count(*) FROM sale")


def test_a_view_whose_columns_are_not_those_of_its_query_is_stale(archive):
    wrong = presto_view(
        "odd", "SELECT id, partition_date FROM sale", archive.name, [("id", "bigint"), ("partition_date", "varchar")]
    )
    archive.glue.create_table(DatabaseName=archive.name, TableInput=wrong)
    assert "INVALID_VIEW: View 'odd' is stale" in archive.reason("SELECT * FROM odd")


def test_repairing_tells_the_catalogue_of_new_partitions_once(ministack, athena):
    archive = Archive(ministack, athena, projected=False)
    archive.put(*file("demand", "a", row("demand", 1)))
    assert archive.rows("SELECT count(*) FROM demand")[1] == ["0"]
    done = archive.run("MSCK REPAIR TABLE demand")
    assert (done["Status"]["State"], done["StatementType"]) == ("SUCCEEDED", "DDL")
    assert archive.rows("SHOW PARTITIONS demand") == [[f"partition_date={DAY}"]]
    assert archive.rows("SELECT count(*) FROM demand")[1] == ["1"]
    assert archive.rows(f"MSCK REPAIR TABLE `{archive.name}`.`demand`;") == []


def test_repairing_a_projected_table_runs_and_queries_do_not_need_it(archive):
    archive.put(*file("demand", "a", row("demand", 1)))
    assert archive.rows("SHOW PARTITIONS demand") == []
    assert archive.rows("MSCK REPAIR TABLE demand")[-1] == [
        f"Repair: Added partition to metastore demand:partition_date={DAY}"
    ]
    assert archive.rows("SELECT count(*) FROM demand")[1] == ["1"]


def test_a_table_that_is_not_there_cannot_be_repaired(archive):
    assert "SemanticException" in archive.reason("MSCK REPAIR TABLE nothing")


def test_files_that_are_merged_between_listing_and_reading_are_looked_for_again(archive):
    """A compaction comes between, once: its file is written, the ones it replaces are removed."""
    s3, merged = archive.aws.client("s3"), []
    old = [file("sale", name, row("sale", number)) for number, name in enumerate("ab")]

    def merge(**told):
        if not merged:
            merged.append(told)
            archive.put(*file("sale", "compacted-a", row("sale", 0), row("sale", 1)))
            for key, _ in old:
                archive.s3.delete_object(Bucket=archive.bucket, Key=key)

    for key, body in old:
        archive.put(key, body)
    s3.meta.events.register("before-call.s3.GetObject", merge)
    tables = Tables()
    Catalogue(archive.glue, s3, tables).refresh("SELECT * FROM sale", archive.name)
    with tables.cursor(archive.name) as cursor:
        assert cursor.execute("SELECT id FROM sale ORDER BY change.at").fetchall() == [("s1",), ("s1",)]
    assert merged


def test_a_file_that_is_always_gone_ends_the_query(archive):
    s3 = archive.aws.client("s3")
    key, body = file("sale", "a", row("sale", 0))
    archive.put(key, body)
    s3.meta.events.register("before-parameter-build.s3.GetObject", lambda params, **_: params.update(Key="gone"))
    with pytest.raises(EngineError, match="HIVE_CANNOT_OPEN_SPLIT"):
        Catalogue(archive.glue, s3, Tables()).refresh("SELECT * FROM sale", archive.name)
