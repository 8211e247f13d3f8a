"""Epoch numbers of any unit and time texts of any usual form come out as texts in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.archive.times import day_of, moment


@pytest.mark.parametrize(("number", "text"), [
    (1, "1970-01-01T00:00:01.000000Z"),
    (1480642020, "2016-12-02T01:27:00.000000Z"),
    (1480642020.25, "2016-12-02T01:27:00.250000Z"),
    (99_999_999_999, "5138-11-16T09:46:39.000000Z"),  # the last that is in seconds
    (100_000_000_000, "1973-03-03T09:46:40.000000Z"),  # the first that is in milliseconds
    (1731924555370, "2024-11-18T10:09:15.370000Z"),
    (99_999_999_999_999, "5138-11-16T09:46:39.999000Z"),
    (100_000_000_000_000, "1973-03-03T09:46:40.000000Z"),  # the first that is in microseconds
    (1731924555370001, "2024-11-18T10:09:15.370001Z"),
    (99_999_999_999_999_999, "5138-11-16T09:46:39.999999Z"),
])  # fmt: skip
def test_an_epoch_number_says_its_unit_by_its_magnitude(number, text):
    assert moment(number) == text
    assert len(text) == 27


@pytest.mark.parametrize(
    "number", [0, -1, 10**17, 1e17, 0.0, float("nan"), float("inf"), True, None, "1480642020", [], {}]
)
def test_what_is_no_epoch_number_is_refused(number):
    with pytest.raises(ValueError):
        moment(number)


def naive(text):
    return datetime.fromisoformat(text)


@given(st.datetimes(naive("1974-01-01"), naive("5000-01-01")))
def test_moments_sort_as_the_times_they_tell(time):
    micros = (time - naive("1970-01-01")) // timedelta(microseconds=1)
    assert moment(micros) == f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert moment(micros // 1000) == f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}000Z"


@pytest.mark.parametrize(("text", "day"), [
    ("2026-11-20T23:59:59Z", "2026-11-20"),
    ("2026-11-20T23:59:59.999999999Z", "2026-11-20"),
    ("2026-11-21T00:00:00.000Z", "2026-11-21"),
    ("2026-11-20T23:59:59", "2026-11-20"),
    ("2026-11-20T23:59:59.5", "2026-11-20"),
    ("2026-11-20 23:59", "2026-11-20"),
    ("2026-11-20T23:59Z", "2026-11-20"),
    ("2026-11-20T23:30:00-01:00", "2026-11-21"),
    ("2026-11-20T23:30:00-0100", "2026-11-21"),
    ("2026-11-20T23:30:00.25-01", "2026-11-21"),
    ("2026-11-20T00:30:00+01:00", "2026-11-19"),
    ("2026-11-20", "2026-11-20"),
    ("2024-02-29T00:00:00Z", "2024-02-29"),
    ("1900-01-01T00:00:00Z", "1900-01-01"),
    ("1795219199", "2026-11-20"),
    ("1795219200", "2026-11-21"),
    ("1795219199999", "2026-11-20"),
    ("1795219200000000", "2026-11-21"),
])  # fmt: skip
def test_a_time_in_any_usual_form_says_its_date_in_utc(text, day):
    assert day_of(text) == day


@pytest.mark.parametrize("text", [
    "", "tomorrow", "2026-02-29T00:00:00Z", "2026-13-01", "2026-11-20T24:00:00Z", "2026-11-20T23:60:00Z", "2026-11-20T23:59:60Z",
    "2026-W47-5", "20261120T000000Z", "20261120", "2026-11-20T10:00:00+99:00", "0001-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00", "２０２６-11-20T10:00:00Z", "2026-11-20T10:00:00Z ", "2026-11-20T10:00:00Z\n", "-1", "1.5e9", "0",
    "999999999999999999", "2026-11-20T10:00:00.Z",
])  # fmt: skip
def test_what_is_no_time_is_refused_without_saying_it(text):
    with pytest.raises(ValueError) as refusal:
        day_of(text)
    assert not text.strip() or text.strip() not in str(refusal.value)


@given(
    st.datetimes(naive("1000-01-03"), naive("9999-12-29")),
    st.integers(-14 * 60, 14 * 60).filter(lambda minutes: minutes),
)
def test_a_zone_moves_the_date(time, minutes):
    text = time.replace(tzinfo=timezone(timedelta(minutes=minutes))).isoformat()
    assert day_of(text) == datetime.fromisoformat(text).astimezone(UTC).date().isoformat()
