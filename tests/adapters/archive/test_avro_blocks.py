"""Containers are walked block by block and row by row as fastavro reads them; what is none is rejected, however it is broken."""

import io
import json
import random

import fastavro
import pytest
from rewrite_world import demand, records

from adapters.files import avro_blocks, avro_cutting, avro_files, avro_rows
from adapters.files.avro_schemas import schema
from domain.errors import Rejected

ROWS = [demand(number) for number in range(300)]
BODY = avro_files.write("demand", ROWS)


def written_by(schema, rows=ROWS, codec="deflate"):
    body = io.BytesIO()
    fastavro.writer(body, fastavro.parse_schema(schema), rows, codec=codec)
    return body.getvalue()


def packed(rows):
    container = avro_blocks.Container("demand")
    for row in rows:
        container.add(row.packed)
    return bytes(container.body())


@pytest.mark.parametrize("codec", ["deflate", "null"])
def test_blocks_have_the_rows_that_fastavro_finds_in_them(codec):
    body = written_by(schema("demand"), codec=codec)
    theirs = [(block.num_records, bytes(block.bytes_.getvalue())) for block in fastavro.block_reader(io.BytesIO(body))]
    assert [(block.number, block.rows) for block in avro_blocks.blocks(body)] == theirs
    assert len(theirs) > 1
    assert avro_blocks.count(body) == len(ROWS)


def test_rows_that_are_passed_on_are_read_as_they_were():
    rows = list(avro_rows.rows(BODY, "demand", "file"))
    assert records(packed(rows)) == records(BODY)
    assert [row.event_id for row in rows] == [row["change"]["eventId"] for row in ROWS]


def test_rows_of_an_older_schema_are_encoded_as_todays():
    older = {**schema("demand"), "fields": [it for it in schema("demand")["fields"] if it["name"] != "locale"]}
    rows = list(avro_rows.rows(written_by(older), "demand", "file"))
    assert records(packed(rows)) == records(BODY)


def test_rows_of_fields_in_another_order_are_encoded_as_todays():
    turned = {**schema("demand"), "fields": schema("demand")["fields"][::-1]}
    assert records(packed(avro_rows.rows(written_by(turned), "demand", "file"))) == records(BODY)
    assert list(avro_files.read(written_by(turned), "demand")) == list(avro_files.read(BODY, "demand"))


def test_a_container_of_many_blocks_is_one_that_fastavro_reads():
    rows = list(avro_rows.rows(BODY, "demand", "file")) * 20
    body = packed(rows)
    assert len(list(avro_blocks.blocks(body))) > 2
    assert len(records(body)) == len(rows)


def test_the_size_of_a_container_comes_near_its_bytes():
    container = avro_blocks.Container("demand")
    for row in list(avro_rows.rows(BODY, "demand", "file")) * 20:
        container.add(row.packed)
    assert 0 < container.size <= len(container.body()) == container.size


@pytest.mark.parametrize("read", [avro_blocks.count, lambda body: list(avro_files.read(body, "demand"))])
def test_what_is_broken_is_rejected_and_nothing_else(read):
    dice, turned_away = random.Random(7), 0
    for place in range(600):
        body = bytearray(BODY)
        body[dice.randrange(len(body)) if place % 2 else dice.randrange(2000)] = dice.randrange(256)
        try:
            read(bytes(body[: dice.randrange(len(body))] if place % 5 == 0 else body))
        except Rejected:
            turned_away += 1
    assert turned_away > 100


@pytest.mark.parametrize("place", [0, 4, 40, len(BODY) // 2, len(BODY) - 1])
def test_what_is_cut_short_is_rejected(place):
    for read in (avro_blocks.count, lambda body: list(avro_rows.rows(body, "demand", "file"))):
        with pytest.raises(Rejected):
            read(BODY[:place])


@pytest.mark.parametrize(
    "schema", [5, [], {}, None, "string", {"type": 5}, {"type": "record", "name": "a", "fields": 5}]
)
def test_a_schema_that_is_none_is_rejected(schema):
    text = json.dumps(schema).encode()
    body = (
        b"Obj\x01\x02\x16avro.schema" + bytes([len(text) * 2]) + text + b"\0" + b"m" * 16 + b"\x02\x06abc" + b"m" * 16
    )
    with pytest.raises(Rejected):
        list(avro_rows.rows(body, "demand", "file"))


def test_a_block_with_more_than_its_rows_is_rejected():
    rows = b"".join(row.packed for row in avro_rows.rows(BODY, "demand", "file"))
    container = avro_blocks.Container("demand")
    container.add(rows)
    with pytest.raises(Rejected, match="more in a block"):
        list(avro_rows.rows(bytes(container.body()), "demand", "file"))


OLDER = {**schema("demand"), "fields": [it for it in schema("demand")["fields"] if it["name"] != "locale"]}


@pytest.mark.parametrize("body", [BODY, written_by(OLDER), written_by(schema("demand"), codec="null")])
def test_some_rows_are_cut_out_and_all_blocks_without_them_stay_as_they_were(body):
    fan = ROWS[7]["fanId"].encode()
    sign = bytes([len(fan) * 2]) + fan
    gone, rest = avro_cutting.without(body, sign, lambda row: row["fanId"] == ROWS[7]["fanId"], "file")
    assert gone == 1
    assert records(rest) == [row for row in records(body) if row["fanId"] != ROWS[7]["fanId"]]
    raw = [body[block.begin : block.end] for block in avro_blocks.blocks(body)]
    touched = [block for block in raw if block not in rest]
    assert len(touched) == 1 < len(raw)


def test_where_no_row_goes_the_container_is_the_same():
    assert avro_cutting.without(BODY, b"fan", lambda row: False, "file") == (0, BODY)


def test_a_block_that_loses_all_its_rows_goes_as_a_whole():
    [first, *rest] = avro_blocks.blocks(BODY)
    theirs = {row["fanId"] for row in ROWS[: first.number]}
    gone, left = avro_cutting.without(BODY, b"", lambda row: row["fanId"] in theirs, "file")
    assert (gone, [block.rows for block in avro_blocks.blocks(left)]) == (first.number, [block.rows for block in rest])


def test_where_all_rows_go_nothing_is_left():
    assert avro_cutting.without(BODY, b"", lambda row: True, "file") == (300, b"")
