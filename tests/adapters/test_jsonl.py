import gzip
import io

import pytest

from adapters.files.jsonl import decode, encode
from domain.errors import Rejected

ROWS = [{"customer": f"c{number}", "score": number / 7, "name": "Zoë"} for number in range(3000)]


def read(content):
    return list(decode(io.BytesIO(content), "rows.gz"))


def test_rows_read_back_and_the_same_rows_are_the_same_bytes():
    assert read(encode(ROWS)) == ROWS
    assert encode(ROWS) == encode(ROWS)
    assert read(encode([])) == []


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.999])
def test_a_file_cut_short_is_refused_by_name(kept):
    whole = encode(ROWS)
    cut = whole[: int(len(whole) * kept)]
    if not cut:
        assert read(cut) == []  # no gzip member at all is no rows; the gate counts files
        return
    with pytest.raises(Rejected, match=r"rows.gz after line \d+: cut short or garbled"):
        read(cut)


def test_a_flipped_bit_is_refused():
    content = bytearray(encode(ROWS))
    content[len(content) // 2] ^= 1
    with pytest.raises(Rejected, match=r"rows\.gz"):
        read(bytes(content))


BAD_LINES = [
    (b"{not json", "line 2: not JSON"),
    (b"[1]", "line 2: not an object"),
    (b"NaN", "line 2: not JSON"),
    ('{"name": "Zoë"}'.encode("latin-1"), "line 2: not JSON"),
    (b"", "line 2: not JSON"),
]


@pytest.mark.parametrize(("line", "says"), BAD_LINES)
def test_a_line_that_is_no_row_is_refused_by_file_and_line(line, says):
    with pytest.raises(Rejected, match=f"rows.gz {says}"):
        read(gzip.compress(b'{"a": 1}\n' + line + b"\n"))


@pytest.mark.parametrize(("line", "_"), BAD_LINES)
def test_a_line_that_is_no_row_may_be_told_by_its_place_instead(line, _):
    content = gzip.compress(b'{"a": 1}\n' + line + b'\n{"a": 3}\n')
    rows = list(decode(io.BytesIO(content), "rows.gz", lambda place: {"at": place}))
    assert rows == [{"a": 1}, {"at": "rows.gz line 2"}, {"a": 3}]


def test_a_file_cut_short_is_refused_even_where_its_lines_are_forgiven():
    with pytest.raises(Rejected, match="cut short or garbled"):
        list(decode(io.BytesIO(encode(ROWS)[:-9]), "rows.gz", lambda place: {"at": place}))


def test_what_a_refused_line_says_is_not_repeated():
    with pytest.raises(Rejected) as refused:
        read(gzip.compress(b'{"email": "ann@example.com\n'))
    assert "ann" not in str(refused.value)
