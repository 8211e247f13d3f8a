"""Reading goes on from any chunk's end as if it had never stopped, whatever the file is made of; and the csv module reads the same."""

import csv
import json
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_files import COLUMNS, DROP, HEADER, file_of, read, row

from domain.errors import Rejected
from domain.scores import row_rules
from domain.scores.ranks import rank_of

PIECES = [
    *(row(f"f{number}").encode() for number in range(5)),
    row("f1", "0.7", id="f1001").encode(),
    row("f2", "high").encode(),
    row("Zoë", hbase="Zürich").encode(),
    b'f6,f6,0.5,true,"a, b","Washington, DC"\n',
    b'f7,f7,0.5,true,"two\nlines and ""quotes""",\r\n',
    b'"f8","f8","0.5","1","",""\r\n',
    b'f9,"f9,0.5,true,,\n',
    b'"\n',
    b"f9,f9,0.5,true,Jos\xe9,\n",
    b"f9,f9,0.5\n",
    b"\n",
    b"  \r\n",
    b" f5 , f5 ,0.5,true,,\r",
    b"\0\n",
    b"f4,f4,1,TRUE,a\\b,x",
    b"x" * 5_000 + b"\n",
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: HEADER + b"".join(pieces))


@settings(max_examples=80, deadline=None)
@given(BODIES, st.integers(1, 7), st.integers(1, 300), st.booleans(), st.booleans())
def test_reading_on_from_any_chunks_end_gives_the_chunks_that_follow(body, rows, at_once, gz, bom):
    body = b"\xef\xbb\xbf" * bom + body
    whole = read(body, rows=rows).chunks
    for number, chunk in enumerate(whole):
        assert read(body, rows=rows, at=chunk.end, gz=gz, at_once=at_once).chunks == whole[number + 1 :]
    assert not whole or whole[-1].end.offset == len(body)


@settings(max_examples=50, deadline=None)
@given(BODIES, st.integers(1, 7))
def test_it_does_not_matter_to_a_row_in_which_chunk_it_is(body, rows):
    few, all_at_once = read(body, rows=rows), read(body)
    assert few.refused == all_at_once.refused
    assert sum(it.rows for it in few.chunks) == sum(it.rows for it in all_at_once.chunks)
    assert {*few.fans} == {*all_at_once.fans}


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)
CELLS = st.fixed_dictionaries(
    {
        "globalUserId": st.sampled_from(["f1", "f2", "f1 ", "é", 'a"b\\', ""]),
        "id": st.sampled_from(["f1", "f2", "f1001", "f2001", "é", "é1", 'a"b\\', "g"]),
        "score": st.sampled_from(["0.5", " 1", "0.25 ", "0", "", "7", "x", "1e-3", "-0.0", "nan", "1_0", "٠"]),
        "isVerified": st.sampled_from(["true", "FALSE", "1", "0", "", "yes"]),
        "email": TEXTS,
        "hbase": TEXTS,
    }
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(CELLS, max_size=8), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"])
)
def test_what_the_csv_module_writes_is_read_as_the_rules_say(rows, quoting, ends):
    out = StringIO()
    csv.writer(out, quoting=quoting, lineterminator=ends).writerows(
        [COLUMNS, *([it[name] for name in COLUMNS] for it in rows)]
    )
    found = read(out.getvalue().encode())
    events, refused = expected(rows)
    assert {record["globalUserId"]: record["events"] for record in found.records} == events
    assert found.reasons == refused
    assert all(it["email"] for it in found.records if "email" in it)


def expected(rows):
    """Each fan's events, and the reasons of the rows that are refused, by the rules alone."""
    events, refused = {}, []
    for cells in ({name: cell.strip() for name, cell in it.items()} for it in rows):
        if wrong := tuple(row_rules.reasons(cells, DROP.campaign)):
            refused.append(wrong)
            continue
        market = {"market": cells["hbase"]} if cells["hbase"] else {}
        truth = json.loads(row_rules.TRUTHS[cells["isVerified"].lower()])
        rank = str(rank_of(cells["id"], cells["globalUserId"]))
        event = {**market, "score": float(cells["score"]), "isVerified": truth}
        events.setdefault(cells["globalUserId"], {})[rank] = event
    return events, refused


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text('f1,"\n\r \\é0.true', max_size=120).map(str.encode), st.booleans())
def test_whatever_the_bytes_nothing_but_a_rejection_is_raised(content, headed):
    body = HEADER + content if headed else content
    try:
        found = read(body, rows=3)
    except Rejected:
        assert not headed
    else:
        assert sum(it.rows for it in found.chunks) == sum(it.valid + it.invalid for it in found.chunks)


def test_the_chunk_that_was_being_read_when_a_file_breaks_off_is_given_first():
    body = file_of(*(row(f"f{number}") for number in range(7)))

    class Broken:
        def __init__(self):
            self.parts = [body[:-3], b""]

        def read(self, size):
            if len(self.parts) == 1:
                raise Rejected("the gzip file is truncated")
            return self.parts.pop(0)

    from adapters.files.file_lines import lines
    from adapters.files.score_csv import chunks, read_header

    found = lines(Broken(), gz=False)
    header = read_header(found)
    got = []
    with pytest.raises(Rejected, match="truncated"):
        got.extend(chunks(found, header, drop=DROP, at=header.begin, chunk_rows=4))
    assert [(it.rows, [key for key, _ in it.records]) for it in got] == [
        (4, ["f0", "f1", "f2", "f3"]),
        (2, ["f4", "f5"]),
    ]
