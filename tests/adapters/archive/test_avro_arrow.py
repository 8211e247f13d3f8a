"""Avro files as Arrow tables: every value as another reader finds it, under the catalogue's names."""

import pyarrow as pa
import pytest
from archived_rows import row
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.avro_arrow import read_table
from adapters.files.avro_files import read, write
from adapters.files.avro_schemas import schema, schemas
from adapters.files.hive_types import arrow
from domain.archive.columns import columns
from domain.errors import Rejected

TEXTS = st.none() | st.text(max_size=8)
NAMED = st.fixed_dictionaries({"id": TEXTS, "name": TEXTS})
MARKETS = st.none() | st.lists(NAMED, max_size=2)
VENUES = st.none() | st.lists(st.fixed_dictionaries({"id": TEXTS, "markets": MARKETS}), max_size=3)
IMAGES = st.none() | st.lists(
    st.fixed_dictionaries({"url": TEXTS, "width": st.none() | st.integers(-(2**31), 2**31 - 1)})
)
TIME = st.none() | st.fixed_dictionaries({"dateTime": TEXTS, "localDate": TEXTS})
DATES = st.none() | st.fixed_dictionaries({"start": TIME, "end": TIME, "timezone": TEXTS})


def table_of(kind):
    return pa.schema([(column.name, arrow(column.hive)) for column in columns(schema(kind))])


def lowered(value):
    match value:
        case dict():
            return {name.lower(): lowered(inner) for name, inner in value.items()}
        case list():
            return [lowered(inner) for inner in value]
    return value


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"name": TEXTS, "venues": VENUES, "images": IMAGES, "eventDate": DATES}), max_size=5)
)
def test_every_value_is_what_another_reader_finds(changes):
    body = write("event", [{**row("event", number), **change} for number, change in enumerate(changes)])
    found = read_table(body, table_of("event"), "a.avro", schema("event")).to_pylist()
    assert found == [lowered(each) for each in read(body, "event")]


@pytest.mark.parametrize("kind", schemas())
def test_each_kind_reads_as_its_table(kind):
    found = read_table(write(kind, [row(kind, 1)]), table_of(kind), "a.avro", schema(kind))
    assert (found.schema, found.to_pylist()[0]["change"]["eventid"]) == (table_of(kind), "change-00001")


def test_a_file_without_rows_is_a_table_without_rows():
    assert read_table(write("sale", []), table_of("sale"), "a.avro").to_pylist() == []


def test_a_column_that_a_file_does_not_have_is_null():
    [found] = read_table(
        write("sale", [row("sale")]), pa.schema([("id", pa.string()), ("colour", pa.string())]), "a"
    ).to_pylist()
    assert found == {"id": "s1", "colour": None}


@pytest.mark.parametrize("body", [b"", b"PAR1", write("sale", [row("sale")])[:-30]])
def test_what_is_no_whole_file_is_rejected_by_name(body):
    with pytest.raises(Rejected, match=r"a\.avro cannot be read"):
        read_table(body, table_of("sale"), "a.avro")


def test_a_column_of_another_type_is_rejected():
    with pytest.raises(Rejected):
        read_table(
            write("sale", [row("sale")]), pa.schema([("saletypes", pa.string()), ("date", pa.int64())]), "a.avro"
        )


def test_a_type_that_no_table_of_ours_has_is_told():
    with pytest.raises(ValueError, match="map<string,string>"):
        arrow("map<string,string>")
