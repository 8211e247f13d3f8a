import pytest

from adapters.files.fanlist_csv import ROWS, read_columns, rows
from adapters.files.score_cells import SHOWN
from domain.errors import Rejected
from domain.scores.fanlist import Entry


def split(text):
    return iter((text if isinstance(text, bytes) else text.encode()).splitlines(keepends=True))


def read(text, identifier=None):
    lines = split(text)
    return list(rows(lines, *read_columns(lines, identifier)))


def said(text):
    """By row: the score, or why there is none."""
    return [it.says.score if isinstance(it.says, Entry) else it.says for it in read(text)]


@pytest.mark.parametrize(("text", "goes_by"), [
    ("email,score\n", "email"),
    ("\ufeffEmail,score\r\n", "email"),
    ('\n"score"," member id ","what,else"\n', "memberId"),
    ("globalUserId,score", "globalUserId"),
])  # fmt: skip
def test_a_header_says_what_the_list_goes_by(text, goes_by):
    _, where = read_columns(split(text), None)
    assert where.identifier == goes_by


@pytest.mark.parametrize(
    "text", ["", "\n", "email,score\n".encode("utf-16"), b"\xe4,score\n", "e\0mail,score\n", '"email,score\n']
)
def test_what_has_no_header_is_rejected(text):
    with pytest.raises(Rejected):
        read_columns(split(text), None)


@pytest.mark.parametrize(("row", "says"), [
    ("a@example.com,1,x\r\n", [1.0]),
    (" a@example.com , 1 , x\n", [1.0]),
    ('"a@example.com", "1","x ""y"", z"\n', [1.0]),
    ('a@example.com,1,"two\nlines"\n', [1.0]),
    ("\n\n", []),
    (b"a@example.com,1,\xe4\n", [("not_utf8",)]),
    (b"a@example.com,1,\0\n", [("nul_byte",)]),
    ("a@example.com,1," + "x" * 5_000 + "\n", [("too_long",)]),
    ("a@example.com,1\n", [("wrong_cells",)]),
    ('"a@example.com,1,x\n', [("unclosed_quote",)]),
    ("nobody,one,x\n", [("bad_email", "bad_score")]),
])  # fmt: skip
def test_a_row_says_what_it_can_and_costs_no_other(row, says):
    row = row if isinstance(row, bytes) else row.encode()
    assert said(b"email,score,what\nb@example.com,0.25,\n" + row + b"c@example.com,0.5,\n") == [0.25, *says, 0.5]


def test_rows_and_lines_are_numbered_as_people_count_them():
    found = read('\nemail,score,what\na@example.com,1,"two\nlines"\n\nnobody,1,\n')
    assert [(it.number, it.line) for it in found] == [(1, 3), (2, 6)]
    assert found[1].told() == {"row": 2, "line": 6, "reasons": ("bad_email",), "cells": ["nobody", "1", ""]}


def test_what_is_told_of_a_row_is_cut_short():
    [row] = read("email,score,what\nnobody,1,ä" + "x" * 1_000 + "\n")
    assert [len(it) for it in row.told()["cells"]] == [6, 1, SHOWN]


def test_more_rows_are_read_than_are_taken_in_one_breath():
    found = read("email,score\n" + "a@example.com,1\n" * (2 * ROWS + 1))
    assert [it.number for it in found] == list(range(1, 2 * ROWS + 2))


def test_rows_before_the_place_where_a_file_breaks_off_are_read():
    def broken():
        yield from split("email,score\na@example.com,1\n")
        raise Rejected("truncated")

    lines, found = broken(), []
    with pytest.raises(Rejected, match="truncated"):
        for row in rows(lines, *read_columns(lines, None)):
            found.append(row.number)
    assert found == [1]
