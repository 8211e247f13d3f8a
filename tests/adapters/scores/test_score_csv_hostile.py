"""What is wrong with one row costs that row alone, and what is wrong with a file is told once: nothing else is ever raised (D-7)."""

import json
from collections import Counter
from time import process_time

import pytest
from scored_files import HEADER, file_of, read, reading, row

from domain.errors import Rejected

GOOD = [row(f"f{number}") for number in range(4)]
FANS = ["f0", "f1", "f2", "f3"]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + file_of(*GOOD),
        file_of(*GOOD).replace(b"\n", b"\r\n"),
        file_of(*GOOD).replace(b"\n", b"\r"),
        file_of(*GOOD).rstrip(b"\n"),
        b"\n\r\n" + file_of(*GOOD).replace(b"\n", b"\n\n \n\t\n\r\n"),
        file_of(*GOOD).replace(b",", b" , "),
        file_of(*GOOD).replace(b",", b"\t,\t"),
        ('"' + file_of(*GOOD).decode().rstrip().replace(",", '","').replace("\n", '"\n"') + '"').encode(),
        ('"' + file_of(*GOOD).decode().rstrip().replace(",", '" , "').replace("\n", '"\n "') + '"').encode().replace(b'" ', b'"'),
        '\ufeff"globalUserId","id",score,isVerified,email,"hb"\n'.encode() + b"".join(map(str.encode, GOOD)),
        b'globalUserId,id,score,isVerified,email,"what\nis this"\n' + b"".join(map(str.encode, GOOD)),
    ],
    ids=["BOM", "CRLF", "CR", "no end", "empty lines", "blanks", "tabs", "quotes", "blanks and quotes", "header", "long header"],
)  # fmt: skip
def test_the_same_rows_are_read_however_they_are_written(body):
    found = read(body)
    assert (found.fans, found.refused) == (FANS, [])
    assert found.chunks[-1].end.offset == len(body)


@pytest.mark.parametrize(
    ("wrong", "reasons"),
    [
        (row("f9", email="x" * 1_000_000), ["too_long"]),
        (row("f9", email=f'"{"x" * 1_000_000}"'), ["too_long"]),
        (row("f9", email='"' + "x\n" * 400_000 + '"'), ["too_long"]),
        (row("f9", email="x" * 3_000_000), ["too_long"]),
        ("\xe9" * 3_000_000 + "\n", ["too_long"]),
        (b"\xff" * 5_000 + b"\n", ["wrong_cells", "not_utf8"]),
        ("," * 1_000_000 + "\n", ["too_long"]),
        ("," * 200_000 + "\n", ["wrong_cells"]),
        ("," * 4 + "\n", ["wrong_cells"]),
        ("," * 6 + "\n", ["wrong_cells"]),
        ("one cell\n", ["wrong_cells"]),
        ('"\n', ["unclosed_quote"]),
        ('f9,"f9,0.5,true,,\n', ["unclosed_quote"]),
        ('f9,f9,0.5,true,,"Rome\n', ["unclosed_quote"]),
        ('f9,f9,0.5,true,"a "nice" one",\n', ["unclosed_quote"]),
        (b"f9,f9,0.5,true,Jos\xe9,\n", ["not_utf8"]),
        (b'f9,f9,0.5,true,"Jos\xe9, b",\n', ["not_utf8"]),
        (b"f9,f9,0.5,true,\xed\xa0\x80,\n", ["not_utf8"]),  # half of a surrogate pair
        ("f9,f9,0.5,true,a\0b,\n", ["nul_byte"]),
        ("f9,f9,0.5,true,\0\0\n", ["wrong_cells", "nul_byte"]),
        (row("f9", "-1e-130"), ["bad_score"]),
        (row("f9", "0\x005"), ["nul_byte", "bad_score"]),
        (row("f9", "١"), ["bad_score"]),
        (row("f9", "nan"), ["bad_score"]),
        (row("f9", "1e400"), ["bad_score"]),
        (row("f9", "1_0e-2"), ["bad_score"]),
        (row("f9", '"0,5"'), ["bad_score"]),
        (row("f9" * 200), ["too_long"]),
        (row("\x01" * 257), ["too_long"]),
        (row("f9", id="f9" + "0" * 5_000), ["too_long"]),  # more digits than Python reads
    ],
)
@pytest.mark.parametrize("at_once", [1 << 20, 1_000_003])
def test_a_row_that_is_none_takes_no_other_with_it(wrong, reasons, at_once):
    found = read(file_of(*GOOD[:2], wrong, *GOOD[2:]), at_once=at_once)
    assert found.fans == FANS
    assert [[*row.reasons] for row in found.refused] == [reasons]
    assert (found.refused[0].row, found.refused[0].line) == (3, 4)
    assert len(json.dumps(found.refused[0].cells)) < 5_000


@pytest.mark.parametrize("behind", [GOOD, ['"f1","f1",0.5,true,"a, b",\n'], ['f1,f1,0.5,true,"two\nlines",\n'], []])
def test_only_the_line_with_a_stray_quote_is_refused_whatever_is_behind_it(behind):
    alone = read(file_of(*behind))
    found = read(file_of('f9,"f9,0.5,true,,\n', *behind))
    assert found.reasons == [("unclosed_quote",)]
    assert [it["events"] for it in found.records] == [it["events"] for it in alone.records]
    assert found.fans == alone.fans


def test_a_quoted_cell_may_have_line_ends_in_it():
    found = read(file_of(GOOD[0], 'f1,f1,0.5,true,"a\r\nb\n\nc",\n', GOOD[2], "f3,f3\n"))
    assert [it.get("email") for it in found.records] == [None, "a\r\nb\n\nc", None]
    assert (found.refused[0].row, found.refused[0].line) == (4, 8)


@pytest.mark.parametrize(
    "text",
    [
        '=cmd|" /C calc"!A0',
        "@SUM(1+1)",
        "a\\",
        "\\u0041",
        "\x7f",
        "\x1b[31m",
        "Zoë ☺ 🎫",
        "</script>",
        "a\u2028b",
        "tab\tin",
        '"',
    ],
)
def test_any_text_arrives_as_it_was(text):
    quoted = '"' + text.replace('"', '""') + '"'
    found = read(file_of(row(email=quoted, hbase=quoted)))
    assert [(it["email"], it["events"]["0"]["market"]) for it in found.records] == [(text, text)]


def test_a_fan_whose_id_must_be_escaped_keeps_it_as_key():
    found = read(file_of('"a""b\\","a""b\\001",0.5,true,,\n', row("é"), '"a""b\\","a""b\\",0.6,true,,\n'))
    assert found.keys == found.fans == ['a"b\\', "é"]
    assert found.records[0]["events"].keys() == {"0", "1"}


def test_a_fan_with_more_to_tell_than_a_record_holds_is_refused_by_row():
    market = "M" * 4_000
    many = [row("f9", id=f"f9{rank:03}", hbase=market) for rank in range(1, 21)]
    found = read(file_of(GOOD[0], *many, GOOD[1], row("f2", "high")))
    assert found.fans == ["f0", "f1"]
    assert found.reasons == [*[("too_long",)] * 20, ("bad_score",)]
    assert [it.row for it in found.refused] == [*range(2, 22), 23]
    assert found.refused[0].cells == {"globalUserId": "f9", "id": "f91"}
    assert read(file_of(*many[:10])).fans == ["f9"]


def test_a_chunk_of_very_long_rows_ends_before_its_rows_do():
    wide = HEADER.strip() + b"".join(b",x%d" % number for number in range(12)) + b"\n"
    body = wide + b"".join(
        f"f{n},f{n},0.5,true,,{',y' * 12}".replace("y", "y" * 4_000).encode() + b"\n" for n in range(200)
    )
    found = read(body)
    assert len(found.chunks) > 2
    assert found.fans == [f"f{n}" for n in range(200)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"\n \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"f1,f1,0.5,true,ana@example.com,Rome\n", "lacks globalUserId, id, score, isVerified"),
        (HEADER.replace(b"score", b"Score"), "lacks score"),
        (HEADER.replace(b",", b";"), "lacks"),
        (HEADER.replace(b"email", b"score"), "score more than once"),
        (HEADER.replace(b"email", b" id "), "id more than once"),
        (HEADER.decode().encode("utf-16"), "UTF-16"),
        (HEADER.decode().encode("utf-16-be"), "NUL"),
        (HEADER.replace(b"email", b"\xe9mail"), "UTF-8"),
        (b"\x1f\x8b\x08\x00rest", "gzip"),
        (b"PK\x03\x04\x14\x00\x00", "NUL"),
        (HEADER.replace(b"email", b'"email'), "CSV"),
        (b"x" * 3_000_000, "65,536"),
        (b'"' + b"x\n" * 100_000, "65,536"),
        (b"\xff" * 3_000, "UTF-8"),
    ],
)
def test_a_file_without_a_good_header_is_rejected_with_its_reason(body, why):
    with pytest.raises(Rejected, match=why) as rejection:
        read(body)
    assert "ana" not in str(rejection.value)  # it may have been a fan's row


def test_two_stray_quotes_do_not_make_one_row_of_what_is_between_them():
    stray = 'f9,f9,0.5,true,"\n'
    found = read(file_of(GOOD[0], stray, GOOD[1], stray, GOOD[2]))
    assert found.fans == FANS[:3]
    assert [(it.line, it.reasons) for it in found.refused] == [(3, ("unclosed_quote",)), (5, ("unclosed_quote",))]


@pytest.mark.parametrize(
    "long", ["x" * 2_500_000 + '",\n', '",' + "x" * 2_500_000 + "\n"], ids=["at its end", "at its beginning"]
)
@pytest.mark.parametrize("at_once", [1 << 20, 1_000_003])
def test_a_quote_that_closes_in_a_very_long_line_swallows_nothing(long, at_once):
    found = read(file_of(GOOD[0], 'f9,f9,0.5,true,"\n', long, GOOD[1]), at_once=at_once)
    assert found.fans == FANS[:2]
    assert found.reasons == [("unclosed_quote",), ("too_long",)]


def test_what_a_chunk_looked_for_in_vain_is_no_matter_to_the_next():
    """The lines of the first chunk use up its patience; a row over two lines is read in the second as in any other."""
    body = file_of(*['a",",c\n'] * 5_000, 'f1,f1,0.5,true,"two\nlines",\n', *['a",",c\n'] * 300_000)
    found = reading(body)
    next(found)
    assert [key for key, _ in next(found).records] == ["f1"]


def test_many_lines_that_each_open_a_quote_are_refused_one_by_one_and_not_read_again_for_each():
    """Without a bound each would be looked behind for a million bytes: more than a minute."""
    for line in ('f9,"f9,0.5,true,,\n', 'a",",c\n', 'x""",""",y\n'):
        began = process_time()
        reasons = Counter[str]()
        for chunk in reading(file_of(*[line] * 20_000, *GOOD)):
            reasons.update(chunk.reasons)
        assert reasons == {"unclosed_quote": 20_000}
        assert [key for key, _ in chunk.records] == FANS
        assert process_time() - began < 15
