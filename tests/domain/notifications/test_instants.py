from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.instants import iso, moment


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 12, 4, 18, tzinfo=UTC), "2026-12-04T18:00:00.000Z"),
        (datetime(2026, 12, 4, 18, 0, 0, 999_999, tzinfo=UTC), "2026-12-04T18:00:00.999Z"),  # cut, not rounded
        (datetime(2026, 12, 4, 18, tzinfo=timezone(timedelta(hours=-8))), "2026-12-05T02:00:00.000Z"),
        (datetime(476, 9, 4, tzinfo=UTC), "0476-09-04T00:00:00.000Z"),
    ],
)
def test_an_instant_is_written_in_one_form_to_the_millisecond(at, text):
    assert iso(at) == text


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_texts_sort_as_their_instants_do(instants):
    first, second = sorted(instants)
    assert iso(first) <= iso(second)
    assert len(iso(first)) == 24


@pytest.mark.parametrize("text", ["2026-12-04T10:00:00-08:00", "2026-12-04T18:00Z", "2026-12-04T18:00:00.000Z"])
def test_whoever_wrote_an_instant_it_is_read_as_utc(text):
    assert moment(text) == datetime(2026, 12, 4, 18, tzinfo=UTC)
    assert moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2026-12-04T18:00:00", "2026-12-04", None, 5, ["2026"], "\ud800"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),  # no such year in UTC
    ],
)
def test_what_is_no_instant_or_says_no_zone_is_rejected(text):
    with pytest.raises(Rejected, match="write it like"):
        moment(text)
