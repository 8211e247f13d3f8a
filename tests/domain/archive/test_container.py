from io import BytesIO

import fastavro
import pytest

from domain.archive.container import BLOCK, MARKER, container, header
from domain.archive.encoder import compile_encoder

SCHEMA = {
    "type": "record",
    "name": "Note",
    "doc": "señal ☺",
    "fields": [{"name": "text", "type": "string"}, {"name": "stars", "type": ["null", "int"], "default": None}],
}
HEADER = header(SCHEMA)


def rows(count: int, length: int = 10) -> list[bytes]:
    encode = compile_encoder(SCHEMA, computed=frozenset())
    return [encode({"text": {"S": f"{number:0>{length}}"}, "stars": {"N": str(number)}}, {}) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 127, 5_000])
def test_every_row_comes_out_in_its_order(count):
    read = [*fastavro.reader(BytesIO(container(HEADER, rows(count))))]
    assert read == [{"text": f"{number:0>10}", "stars": number} for number in range(count)]


def test_the_schema_and_the_codec_stand_in_the_file():
    reader = fastavro.reader(BytesIO(container(HEADER, rows(1))))
    assert reader.codec == "deflate"
    assert reader.writer_schema["doc"] == "señal ☺"


def test_a_file_without_rows_is_a_valid_one():
    assert [*fastavro.reader(BytesIO(container(HEADER, [])))] == []


def test_equal_rows_give_equal_bytes_and_a_file_of_another_schema_another_marker():
    assert container(HEADER, iter(rows(300))) == container(header(dict(SCHEMA)), rows(300))
    assert header({**SCHEMA, "name": "Other"})[-MARKER:] != HEADER[-MARKER:]


def test_blocks_are_bounded_whatever_the_number_of_rows():
    written = container(HEADER, rows(2_000, length=300))
    counts = [block.num_records for block in fastavro.block_reader(BytesIO(written))]
    assert sum(counts) == 2_000
    assert max(counts) <= BLOCK // 300


def test_a_row_larger_than_a_block_is_a_block():
    [block] = fastavro.block_reader(BytesIO(container(HEADER, rows(1, length=3 * BLOCK))))
    assert [len(row["text"]) for row in block] == [3 * BLOCK]
