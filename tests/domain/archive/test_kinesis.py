"""The data of a Kinesis record is base64, or it is not."""

import binascii

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.archive.kinesis import decoded

TEXT = st.text(alphabet="AZaz09+/= \n-_é", max_size=24)


def strictly(text):
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


@given(TEXT)
@example("")
@example("QQ==QQ==")
@example("QQ=Q")
@example("=QQQ")
@example("QUI=\n")
@example("QQ")
@example("QUJDQQ====")
def test_it_is_read_as_the_strict_way_reads_it(text):
    if (wanted := strictly(text)) is None:
        with pytest.raises(ValueError):
            decoded(text)
    else:
        assert decoded(text) == wanted


@given(st.binary(max_size=40))
def test_whatever_was_encoded_comes_back(data):
    assert decoded(binascii.b2a_base64(data, newline=False).decode()) == data
