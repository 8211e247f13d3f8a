"""A file's lines, packed or not, from any place on: together they are the file, and a broken one says so when it breaks."""

import gzip
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_files import DROP, Slowly

from adapters.files import file_lines
from adapters.files.file_lines import BLOCK, LONGEST, lines
from adapters.files.score_csv import Header, chunks
from domain.errors import Rejected
from domain.scores.load import START

BODY = b"".join(b"%d,%d\n" % (number, number * 7919) for number in range(200_000))


@given(
    st.lists(st.sampled_from([b"a", b"bc,", b"\n", b"\r", b"\r\n", b"\x0b\x85\x1c"])).map(b"".join),
    st.integers(1, 4),
    st.integers(0, 30),
    st.booleans(),
)
def test_the_lines_are_the_same_however_the_file_comes(body, at_once, skip, gz):
    content = gzip.compress(body) if gz else body
    assert [*lines(Slowly(content, at_once), gz=gz, skip=skip)] == body[skip:].splitlines(keepends=True)


def test_a_file_of_many_blocks_is_read_whole():
    assert len(BODY) > 5 * BLOCK
    assert b"".join(lines(BytesIO(BODY), gz=False)) == BODY
    assert b"".join(lines(BytesIO(gzip.compress(BODY)), gz=True, skip=1_000_001)) == BODY[1_000_001:]


def test_files_packed_one_behind_the_other_are_one():
    assert [*lines(BytesIO(gzip.compress(b"a\nb") + gzip.compress(b"c\n") + bytes(9)), gz=True)] == [b"a\n", b"bc\n"]


def test_a_very_long_line_comes_in_pieces():
    body = b"a\n" + b"x" * (2 * LONGEST + 500_000) + b"\r\nb\n"
    found = [*lines(BytesIO(body), gz=False)]
    assert b"".join(found) == body
    assert found[0] == b"a\n"
    assert found[-1] == b"b\n"
    assert max(map(len, found)) <= LONGEST + BLOCK


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b""])
@pytest.mark.parametrize(
    "size", [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST - 1, 2 * LONGEST, 2 * LONGEST + 70_000]
)
def test_its_pieces_are_the_same_wherever_it_stands_in_the_file(size, end):
    """Who reads on from a checkpoint reads other blocks: a row in quotes must not be one of another length then."""
    line = b"x" * size + end
    alone = [*lines(BytesIO(line), gz=False)]
    for before in (b"a\n", b"a" * 99 + b"\n", b"a" * (BLOCK - 2) + b"\n", b"a" * (BLOCK - size % BLOCK - 2) + b"\n"):
        assert [*lines(BytesIO(before + line), gz=False)] == [before, *alone]
    assert all(len(it) == LONGEST for it in alone[:-1])


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda whole: whole[:-20_000], "truncated"),
        (lambda whole: whole[:-8] + bytes(8), "garbled"),  # the sum behind the content
        (lambda whole: whole + b"more", "garbled"),
    ],
    ids=["cut", "checksum", "more behind it"],
)
def test_a_broken_gzip_file_gives_what_can_be_read_and_is_then_rejected(broken, why):
    found: list[bytes] = []
    with pytest.raises(Rejected, match=why):
        found.extend(lines(BytesIO(broken(gzip.compress(BODY, mtime=0))), gz=True))
    assert len(found) > 50_000
    assert BODY.startswith(b"".join(found))
    assert found[-1].endswith(b"\n")  # half a line is none


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"a,b\n", "not gzip"), (b"\x1f\x8b", "truncated"), (b"\x1f\x8b\x09\x00" + bytes(20), "garbled")],
)
def test_what_is_no_gzip_file_is_rejected(content, why):
    with pytest.raises(Rejected, match=why):
        next(lines(BytesIO(content), gz=True))


def test_a_gzip_file_that_unpacks_without_end_is_rejected(monkeypatch):
    monkeypatch.setattr(file_lines, "LARGEST", len(BODY))
    assert b"".join(lines(BytesIO(gzip.compress(BODY)), gz=True)) == BODY
    with pytest.raises(Rejected, match="unpacks to more than"):
        list(lines(BytesIO(gzip.compress(BODY + b"\n")), gz=True))


class Endless:
    """So many bytes, made as they are asked for."""

    def __init__(self, line: bytes, size: int):
        self.line, self.left = line, size

    def read(self, size: int) -> bytes:
        given = (self.line * (size // len(self.line) + 1))[: min(size, self.left)]
        self.left -= len(given)
        return given


@pytest.mark.parametrize("line", [b"x", b"x" * 1_000_000 + b"\n", b"x" * 4_000 + b"\n"])
def test_no_file_is_held_as_a_whole(line):
    found = lines(Endless(line, 60_000_000), gz=False)
    header = Header(("globalUserId", "id", "score", "isVerified"), START)
    tracemalloc.start()
    try:
        for _ in chunks(found, header, drop=DROP, at=START):
            pass
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
