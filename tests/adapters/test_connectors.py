"""Both engines behind one port: what holds for Athena holds for Redshift Data."""

import itertools
from dataclasses import replace

import pyarrow as pa
import pytest
from small_warehouse import BUCKET, CONNECTORS, MAPPING, D, connect, query, settled, small_warehouse, unloaded
from sqlglot import exp

from adapters.aws.unload_sql import unloads
from domain.errors import Rejected, Unavailable
from domain.solicitation.extraction import Done, Failed, Running
from domain.solicitation.run import bucket_of

folders = itertools.count()


@pytest.fixture(scope="module")
def server(ministack):
    with small_warehouse(ministack) as running:
        yield running


@pytest.fixture
def s3(ministack):
    return ministack.client("s3")


@pytest.fixture(params=["athena", "redshift"])
def engine(request):
    return request.param


@pytest.fixture
def warehouse(engine, server, s3):
    return connect(engine, server, s3)


@pytest.fixture
def folder():
    return f"connectors/{next(folders)}/"


def statement_of(engine, folder, asked=None, buckets=4):
    [unload] = unloads(asked or query(), CONNECTORS[engine], D, buckets, f"s3://{BUCKET}/{folder}")
    return unload


def rows_of(warehouse, s3, engine, folder, asked=None):
    """Unload and return the rows, by customer."""
    statement = warehouse.start(statement_of(engine, folder, asked), f"{folder:x<40}")
    state = settled(warehouse, statement)
    assert isinstance(state, Done), state
    found = {row["customer"]: row for rows in unloaded(s3, folder).values() for row in rows}
    assert state.rows in (None, len(found))
    return found


def test_rows_arrive_under_wire_names_in_wire_form(warehouse, s3, engine, folder):
    rows = rows_of(warehouse, s3, engine, folder)
    assert rows["ann"] == {
        "customer": "ann",
        "subject": "1",
        "eventdate": "2026-11-19T00:00:00Z",
        "purchaseverified": "1",
        "relationship": "1",
        "botscore": "0.25",
        "subjectname": "it's",
    }
    assert [rows[name]["purchaseverified"] for name in ("ann", "bob", None)] == ["1", "0", None]


def test_the_day_before_the_run_is_what_a_question_mark_selects(warehouse, s3, engine, folder):
    assert set(rows_of(warehouse, s3, engine, folder)) == {"ann", "bob", None, "zoë 😀"}


def test_a_text_that_is_no_flag_or_number_travels_as_it_is(warehouse, s3, engine, folder):
    rows = rows_of(warehouse, s3, engine, folder)
    assert (rows["bob"]["relationship"], rows[None]["relationship"]) == ("0", "perhaps")
    assert (rows["zoë 😀"]["botscore"], rows[None]["botscore"]) == ("nan", None)


@pytest.mark.parametrize(
    ("column", "instants"),
    [
        ("delivered_on", {"ann": "2026-11-19T00:00:00Z", "bob": "2026-11-19T00:00:00Z"}),
        ("delivered_at", {"ann": "2026-11-19T08:30:00Z", None: "2026-11-19T08:30:00Z"}),
        (
            "delivered_text",
            {"ann": "2026-11-19T06:00:00Z", "bob": "last week", None: None, "zoë 😀": "2026-11-19T00:00:00Z"},
        ),
    ],
)
def test_instants_of_any_column_type_are_utc_and_a_bad_one_spoils_only_its_row(
    warehouse, s3, engine, folder, column, instants
):
    mapping = (*MAPPING[:2], (column, "eventDate"))
    rows = rows_of(warehouse, s3, engine, folder, query(mapping=mapping))
    assert {name: rows[name]["eventdate"] for name in instants} == instants


def test_every_row_lies_in_the_bucket_of_its_customer(warehouse, s3, engine, folder):
    rows_of(warehouse, s3, engine, folder)
    for bucket, rows in unloaded(s3, folder).items():
        assert {bucket_of(row["customer"], 4) for row in rows} == {bucket}


def test_more_buckets_than_one_statement_can_write_are_several_statements(warehouse, server, s3, engine, folder):
    customers = query("SELECT CAST(i AS VARCHAR) AS i FROM many", (("i", "customer"),))
    server.add("many", _many(800))
    parts = list(unloads(customers, CONNECTORS[engine], D, 101, f"s3://{BUCKET}/{folder}"))
    states = [settled(warehouse, warehouse.start(part, f"{part.location:x<60.60}")) for part in parts]
    assert [part.location[-2] for part in parts] == ["0", "1"]
    assert [state.rows is None for state in states] == [engine == "athena"] * 2
    rows = unloaded(s3, folder)
    assert sum(map(len, rows.values())) == 800
    assert set(rows) == {f"{number:03d}" for number in range(101)}
    assert all(bucket_of(row["customer"], 101) == bucket for bucket, some in rows.items() for row in some)


def _many(count):
    return pa.table({"i": list(range(count))})


def test_hostile_text_in_a_query_stays_text(warehouse, s3, engine, folder):
    hostile = ["it's", "two '' quotes", "back\\slash", ":x", "why?"]
    texts = ", ".join(exp.Literal.string(text).sql(engine) for text in hostile)
    sql = f"SELECT * FROM deliveries WHERE note IN ({texts}) -- ? it's\n AND delivered_on >= YESTERDAY - INTERVAL '1' DAY;"
    rows = rows_of(warehouse, s3, engine, folder, query(sql))
    assert {row["subjectname"] for row in rows.values()} == set(hostile)


def test_several_question_marks_are_each_the_day_before(warehouse, s3, engine, folder):
    sql = (
        "SELECT * FROM deliveries WHERE delivered_on = ? OR (delivered_on < ? AND CURRENT_DATE - INTERVAL '1' DAY = ?)"
    )
    assert len(rows_of(warehouse, s3, engine, folder, query(sql))) == 5


def test_the_same_token_is_the_same_statement(warehouse, engine, folder):
    unload = statement_of(engine, folder)
    first, second = (warehouse.start(unload, f"{folder:t<40}") for _ in range(2))
    assert first == second
    assert settled(warehouse, first) == Done(4 if engine == "redshift" else None, 3)


def test_a_lost_answer_starts_nothing_twice(server, s3, engine, folder):
    warehouse = connect(engine, server, s3, attempts=2)
    server.faults.lose_answer = 1
    statement = warehouse.start(statement_of(engine, folder), f"{folder:l<40}")
    assert settled(warehouse, statement) == Done(
        4 if engine == "redshift" else None, 3
    )  # a second UNLOAD would find the folder used


def test_athena_s_manifest_is_read_wherever_it_lies(server, s3, folder, ministack):
    """A workgroup that overrides its clients' settings keeps it in a bucket of its own."""
    s3.create_bucket(Bucket="by-products", CreateBucketConfiguration={"LocationConstraint": ministack.region})
    athena = connect("athena", server, s3)
    unload = replace(statement_of("athena", folder), results="s3://by-products/of/the/workgroup/")
    assert settled(athena, athena.start(unload, f"{folder:b<40}")) == Done(None, 3)
    assert not any("manifest" in item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=folder)["Contents"])


def test_an_empty_result_is_done_with_no_rows(warehouse, engine, folder):
    unload = statement_of(engine, folder, query("SELECT * FROM deliveries WHERE product_id > 99"))
    assert settled(warehouse, warehouse.start(unload, f"{folder:e<40}")) == Done(0 if engine == "redshift" else None, 0)


def test_a_used_folder_fails_the_statement(warehouse, engine, folder):
    settled(warehouse, warehouse.start(statement_of(engine, folder), f"{folder:1<40}"))
    again = settled(warehouse, warehouse.start(statement_of(engine, folder), f"{folder:2<40}"))
    assert isinstance(again, Failed)


def test_a_failure_carries_the_engine_s_own_words(warehouse, server, engine, folder):
    missing = statement_of(engine, folder, query("SELECT * FROM no_such_table"))
    state = settled(warehouse, warehouse.start(missing, f"{folder:f<40}"))
    assert isinstance(state, Failed)
    assert "no_such_table" in state.message
    server.faults.fail_statement("disk full on node 7")
    state = settled(warehouse, warehouse.start(statement_of(engine, folder), f"{folder:g<40}"))
    assert "disk full on node 7" in state.message


def test_a_column_missing_behind_a_star_is_named(warehouse, engine, folder):
    unload = statement_of(engine, folder, query(mapping=(("customer_id", "customer"), ("colour", "subject"))))
    state = settled(warehouse, warehouse.start(unload, f"{folder:c<40}"))
    assert "colour" in state.message


def test_a_cancelled_statement_has_failed(warehouse, server, engine, folder):
    server.faults.never_end()
    statement = warehouse.start(statement_of(engine, folder), f"{folder:c<40}")
    assert warehouse.state(statement) == Running()
    warehouse.cancel(statement)
    assert isinstance(settled(warehouse, statement), Failed)
    warehouse.cancel(statement)  # once more does no harm


def test_a_statement_the_engine_no_longer_knows_has_failed_and_may_be_cancelled(warehouse, server, engine, folder):
    statement = warehouse.start(statement_of(engine, folder), f"{folder:k<40}")
    settled(warehouse, statement)
    server.forget()
    assert warehouse.state(statement) == Failed(f"the statement is no longer known to {engine.capitalize()}")
    warehouse.cancel(statement)


@pytest.mark.parametrize("fault", ["throttle", "unavailable"])
def test_an_engine_that_is_busy_or_broken_is_unavailable(warehouse, server, engine, folder, fault):
    setattr(server.faults, fault, 1)
    with pytest.raises(Unavailable):
        warehouse.start(statement_of(engine, folder), f"{folder:u<40}")


def test_a_request_the_engine_will_not_take_is_rejected(warehouse, engine, folder):
    unload = statement_of(engine, folder)
    warehouse.start(unload, f"{folder:r<40}")
    other = statement_of(engine, folder, query("SELECT * FROM deliveries"))
    with pytest.raises(Rejected, match=CONNECTORS[engine].id):
        warehouse.start(other, f"{folder:r<40}")
