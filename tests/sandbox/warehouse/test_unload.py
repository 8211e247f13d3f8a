"""What the stand-in's UNLOADs leave on S3, and which tables they can read."""

import io
import itertools
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_warehouse import BUCKET, connect, settled, small_warehouse, unloaded

from adapters.aws.warehouse import Unload
from domain.solicitation.extraction import Done, Failed, Running
from sandbox.warehouse import WarehouseServer

OLIST = Path(__file__).parents[3].parent / "shared/data/olist"
folders = itertools.count()
WITH = "WITH (format = 'JSON', compression = 'gzip', partitioned_by = ARRAY['bucket'])"
ROWS = "SELECT customer_id, CAST(product_id % 3 AS VARCHAR) AS bucket FROM deliveries"


@pytest.fixture(scope="module")
def server(ministack):
    with small_warehouse(ministack) as running:
        yield running


@pytest.fixture
def s3(ministack):
    return ministack.client("s3")


@pytest.fixture
def place():
    return f"unload/{next(folders)}/"


def run(server, s3, sql, place, engine="athena"):
    warehouse = connect(engine, server, s3)
    results = f"s3://{BUCKET}/results/{place}"
    return settled(warehouse, warehouse.start(Unload(sql, (), f"s3://{BUCKET}/{place}", results), f"{place:u<40}"))


def unload(select, place, options=WITH):
    return f"UNLOAD ({select}) TO 's3://{BUCKET}/{place}' {options}"


def redshift_unload(select, place):
    quoted = select.replace("'", "''")
    return f"UNLOAD ('{quoted}') TO 's3://{BUCKET}/{place}' IAM_ROLE default FORMAT JSON PARTITION BY (bucket) MANIFEST VERBOSE GZIP"


def body(s3, key):
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def keys(s3, place):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=place).get("Contents", ())]


def test_the_partition_column_is_in_the_folder_and_not_in_the_rows(server, s3, place):
    assert run(server, s3, unload(ROWS, place), place) == Done(None, 3)
    assert unloaded(s3, place) == {
        "0": [{"customer_id": None}],
        "1": [{"customer_id": "ann"}, {"customer_id": "zoë 😀"}],
        "2": [{"customer_id": "bob"}, {"customer_id": "eve"}],
    }


def test_athena_lists_its_files_one_a_line(server, s3, place):
    run(server, s3, unload(ROWS, place), place)
    [manifest] = keys(s3, f"results/{place}")
    assert manifest.endswith("-manifest.csv")
    assert body(s3, manifest).decode().split() == [f"s3://{BUCKET}/{key}" for key in keys(s3, place)]


def test_redshift_counts_each_file_s_rows_in_the_verbose_manifest(server, s3, place):
    assert run(server, s3, redshift_unload(ROWS, place), place, "redshift") == Done(5, 3)
    manifest = json.loads(body(s3, f"{place}manifest"))
    counted = {entry["url"]: entry["meta"]["record_count"] for entry in manifest["entries"]}
    assert counted == {
        f"s3://{BUCKET}/{place}bucket={bucket}/0000_part_00.gz": rows for bucket, rows in (("0", 1), ("1", 2), ("2", 2))
    }
    assert manifest["meta"]["record_count"] == 5


def test_athena_refuses_a_hundred_and_one_partitions(server, s3, place):
    server.add("many", pa.table({"i": list(range(101))}))
    ids = "SELECT i, CAST(i AS VARCHAR) AS bucket FROM many"
    state = run(server, s3, unload(ids, place), place)
    assert isinstance(state, Failed)
    assert "HIVE_TOO_MANY_OPEN_PARTITIONS" in state.message
    assert run(server, s3, unload(f"{ids} WHERE i < 100", f"{place}fewer/"), f"{place}fewer/") == Done(None, 100)


def test_the_same_unload_leaves_the_same_bytes(server, s3, place):
    server.add("many", pa.table({"i": list(range(5000))}))
    ids = "SELECT i, CAST(i % 4 AS VARCHAR) AS bucket FROM many"
    for copy in "ab":
        assert run(server, s3, unload(ids, f"{place}{copy}/"), f"{place}{copy}") == Done(None, 4)
    first, second = ([body(s3, key) for key in keys(s3, f"{place}{copy}/")] for copy in "ab")
    assert first == second


def test_unloads_as_parquet_can_be_read_as_tables_again(server, s3, place, tmp_path):
    options = "WITH (format = 'PARQUET')"
    assert run(server, s3, unload("SELECT customer_id AS Who FROM deliveries", place, options), place) == Done(None, 1)
    [key] = keys(s3, place)
    assert pq.read_table(io.BytesIO(body(s3, key))).column_names == ["who"]
    (tmp_path / "again.parquet").write_bytes(body(s3, key))
    assert server.load(tmp_path) == ["again"]
    place += "again/"
    assert run(server, s3, unload("SELECT who, '0' AS bucket FROM again", place), place) == Done(None, 1)


def test_a_csv_column_of_us_dates_stays_text_and_iso_dates_are_dates(server, s3, place, tmp_path):
    (tmp_path / "orders.csv").write_text('id,us,iso,note\n1,10/10/2017 21:25,2017-10-10,"a, b"\n2,,2017-10-11,\n')
    server.load(tmp_path)
    select = "SELECT typeof(us) AS us, typeof(iso) AS iso, note, '0' AS bucket FROM orders WHERE id = 1"
    run(server, s3, unload(select, place), place)
    assert unloaded(s3, place)["0"] == [{"us": "VARCHAR", "iso": "DATE", "note": "a, b"}]


def test_a_table_is_replaced_by_the_next_folder_that_has_it(server, s3, place, tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "first/swapped.csv").write_text("n\n1\n")
    (tmp_path / "second").mkdir()
    pq.write_table(pa.table({"n": [2]}), tmp_path / "second/swapped.parquet")
    for folder, n in (("first", 1), ("second", 2), ("first", 1)):
        server.load(tmp_path / folder)
        place += "again/"
        run(server, s3, unload("SELECT n, '0' AS bucket FROM swapped", place), place)
        assert unloaded(s3, place)["0"] == [{"n": n}]


def test_each_database_has_tables_of_its_own(server, s3, place):
    for shop in ("north", "south"):
        server.add("orders_of", pa.table({"shop": [shop]}), database=shop)
    for shop in ("north", "south"):
        select = f"SELECT shop, '0' AS bucket FROM {shop}.orders_of"
        run(server, s3, unload(select, f"{place}{shop}/"), f"{place}{shop}/")
        assert unloaded(s3, f"{place}{shop}/")["0"] == [{"shop": shop}]


def test_statements_at_the_same_time_do_not_mix(server, s3, place):
    server.add("many", pa.table({"i": list(range(5000))}))

    def one(number):
        own = f"{place}{number}/"
        engine = ("athena", "redshift")[number % 2]
        select = f"SELECT i, CAST(i % 2 AS VARCHAR) AS bucket FROM many WHERE i % 8 = {number}"
        made = redshift_unload(select, own) if number % 2 else unload(select, own)
        run(server, s3, made, own, engine)
        rows = [row for bucket in unloaded(s3, own).values() for row in bucket]
        return len(rows), {row["i"] % 8 for row in rows}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(8))) == [(625, {number}) for number in range(8)]


def test_the_door_loads_folders_and_sets_faults(server, tmp_path):
    (tmp_path / "by_the_door.csv").write_text("n\n1\n")

    def knock(path, document):
        request = urllib.request.Request(f"{server.endpoint}/_warehouse/{path}", json.dumps(document).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    assert knock("load", {"folder": str(tmp_path)}) == {"tables": ["by_the_door"]}
    knock("faults", {"throttle": 2, "fail": {"message": "no", "count": 3}})
    assert (server.faults.throttle, server.faults.failure_of("x")) == (2, "no")
    server.faults.clear()


def test_a_stopped_server_ends_its_statements_and_closes_its_port(ministack):
    server = WarehouseServer(ministack.endpoint).start()
    server.faults.never_end()
    warehouse, endpoint = connect("athena", server, ministack.client("s3")), server.endpoint
    statement = warehouse.start(Unload("SELECT 1", (), "s3://x/", "s3://x/"), "s" * 40)
    assert warehouse.state(statement) == Running()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(endpoint)


@pytest.mark.realdata
@pytest.mark.skipif(not OLIST.exists(), reason="the real orders are not beside this checkout")
def test_the_real_orders_load_under_their_file_names(server, s3, place):
    assert "olist_orders_dataset" in server.load(OLIST)
    select = (
        "SELECT order_id, '0' AS bucket FROM olist_orders_dataset"
        " WHERE date(try(date_parse(order_delivered_customer_date, '%m/%d/%Y %H:%i'))) = DATE '2017-10-10'"
    )
    run(server, s3, unload(select, place), place)
    lines = (OLIST / "olist_orders_dataset.csv").read_text().splitlines()
    assert len(unloaded(s3, place)["0"]) == sum(line.split(",")[6].startswith("10/10/2017 ") for line in lines[1:])
