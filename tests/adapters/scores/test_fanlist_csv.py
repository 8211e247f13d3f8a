import pytest

from adapters.files.fanlist_csv import LINES, RECORD, Line, header, records
from domain.errors import Rejected


def split(text):
    return (text if isinstance(text, bytes) else text.encode()).splitlines(keepends=True)


def read(text):
    """Cells, or the code of what is wrong, by line."""
    return [(it.number, it.wrong or it.cells) for it in records(split(text))]


@pytest.mark.parametrize(("text", "cells"), [
    ("email,score\n", ["email", "score"]),
    ("\ufeffemail,score\r\n", ["email", "score"]),
    ('"email","sc""ore"\n', ["email", 'sc"ore']),
    ("email", ["email"]),
])  # fmt: skip
def test_a_header_is_the_first_line(text, cells):
    assert header(iter(split(text))) == cells


@pytest.mark.parametrize(("text", "why"), [
    ("", "empty"),
    ("\n", "empty"),
    ("\ufeff\n", "empty"),
    ("email,score\n".encode("utf-16"), "UTF-16"),
    ("email,score\n".encode("utf-16-be"), "nul_byte"),
    (b"\xff\xd8\xff\xe0 an image\n", "not_utf8"),
    ("e\0mail,score\n", "nul_byte"),
    ('"email,score\n', "unclosed_quote"),
    ("e" * (RECORD + 1), "too_long"),
])  # fmt: skip
def test_what_has_no_header_is_rejected(text, why):
    with pytest.raises(Rejected, match=why):
        header(iter(split(text)))


@pytest.mark.parametrize(("text", "found"), [
    ("a,1\nb,2", [(2, ["a", "1"]), (3, ["b", "2"])]),
    ("a,1\r\n\r\n\nb,2\r\n", [(2, ["a", "1"]), (5, ["b", "2"])]),
    ('"a","1"\n', [(2, ["a", "1"])]),
    ('a, "1"\n', [(2, ["a", "1"])]),
    ('a,"say ""hi"", twice",1\n', [(2, ["a", 'say "hi", twice', "1"])]),
    ('a,5" disc,1\n', [(2, ["a", '5" disc', "1"])]),
    ('a,"two\nlines",1\nb,,2\n', [(2, ["a", "two\nlines", "1"]), (4, ["b", "", "2"])]),
    ("a,=cmd()\n", [(2, ["a", "=cmd()"])]),
    (",,\n", [(2, ["", "", ""])]),
    ("", []),
])  # fmt: skip
def test_records_are_read_as_csv_says(text, found):
    assert read(text) == found


@pytest.mark.parametrize(("line", "code"), [
    (b"\xe4,1\n", "not_utf8"),
    (b"a\0,1\n", "nul_byte"),
    (b"a" * RECORD + b",1\n", "too_long"),
    (b'"a,1\n', "unclosed_quote"),
    (b'"a"b,1\n', "unclosed_quote"),
])  # fmt: skip
def test_what_is_no_record_costs_its_own_line_and_no_other(line, code):
    before, after = b"x,1\n", b"y,2\nz,3\n"
    assert read(before + line + after) == [(2, ["x", "1"]), (3, code), (4, ["y", "2"]), (5, ["z", "3"])]


def test_a_quote_that_the_next_line_seems_to_close_costs_no_good_line():
    assert read('"a,1\nb,2\n"c",3\n') == [(2, "unclosed_quote"), (3, ["b", "2"]), (4, ["c", "3"])]


def test_what_a_quoted_cell_runs_into_is_read_by_itself():
    assert read(b'"a\n\xe4\n",1\nb,2\n') == [(2, "not_utf8"), (3, "not_utf8"), (4, "unclosed_quote"), (5, ["b", "2"])]


def test_a_quoted_cell_goes_on_for_so_many_lines_and_no_longer():
    within, beyond = "\n" * LINES, "\n" * (LINES + 1)
    assert read(f'a,"{within}",1\n') == [(2, ["a", within, "1"])]
    assert read(f'a,"{beyond}",1\nb,2\n') == [
        (2, "unclosed_quote"),
        (LINES + 3, "unclosed_quote"),
        (LINES + 4, ["b", "2"]),
    ]


def test_each_line_is_asked_for_at_most_so_often_however_many_quotes_are_left_open():
    asked = 0

    def lines():
        nonlocal asked
        for _ in range(20_000):
            asked += 1
            yield b'"a,1\n'

    assert [it.wrong for it in records(lines())] == ["unclosed_quote"] * 20_000
    assert asked == 20_000


def test_a_record_says_where_it_begins():
    assert next(records(split("\n\na,1\n"))) == Line(4, ["a", "1"])
