"""The local hour is right in every zone and on every day, told by a scan of all minutes that shares no code with it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.solicitation.send_time import AHEAD, LATEST, STILL_GOOD, hour_is_over, instant, next_at, resumed_at, send_at

# All offsets people live by in 2026, whole, half and quarter hours, with and without summer time, north and south.
ZONES = [
    "Pacific/Pago_Pago",
    "Pacific/Honolulu",
    "Pacific/Marquesas",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Mexico_City",
    "America/New_York",
    "America/Bogota",
    "America/Halifax",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Nuuk",
    "Atlantic/Azores",
    "Atlantic/Cape_Verde",
    "Europe/London",
    "Africa/Casablanca",
    "Europe/Berlin",
    "Africa/Cairo",
    "Asia/Jerusalem",
    "Europe/Moscow",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Yangon",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Australia/Eucla",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
CHANGE_DAYS = {
    "the United States go forward": date(2026, 3, 8),
    "Europe goes forward": date(2026, 3, 29),
    "Europe goes back": date(2026, 10, 25),
    "the United States go back": date(2026, 11, 1),
}
MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=8)
def scan(zone: str, day: date) -> tuple[dict[datetime, datetime], list[tuple[datetime, datetime]]]:
    """Every UTC minute around a day with what the clocks show in the zone: the first minute that shows each, and all in order."""
    rules, start = ZoneInfo(zone), datetime.combine(day, time(), UTC) - timedelta(hours=16)
    shown = [(minute, minute.astimezone(rules).replace(tzinfo=None)) for minute in _minutes(start, 56)]
    first: dict[datetime, datetime] = {}
    for minute, wall in shown:
        first.setdefault(wall, minute)
    return first, shown


def _minutes(start, hours):
    return [start + MINUTE * number for number in range(hours * 60)]


def scanned(zone: str, day: date, local_time: time) -> datetime:
    """The first minute that shows a local time; for one that is never shown, as far behind the last before it as clocks ran on."""
    first, shown = scan(zone, day)
    wanted = datetime.combine(day, local_time)
    if wanted in first:
        return first[wanted]
    after = next(number for number, (_, wall) in enumerate(shown) if wall > wanted)
    minute, wall = shown[after - 1]
    return minute + (wanted - wall)


def test_the_zones_are_forty_one_and_known():
    assert len(set(ZONES)) == 41
    offsets = {datetime(2026, 7, 1, tzinfo=ZoneInfo(zone)).utcoffset() for zone in ZONES}
    assert {timedelta(hours=5, minutes=45), timedelta(hours=14), timedelta(hours=-11)} <= offsets


@pytest.mark.parametrize("day", CHANGE_DAYS.values(), ids=CHANGE_DAYS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_local_time_is_the_instant_that_a_scan_of_all_minutes_finds(zone, day):
    for local_time in (
        time(10),
        time(0, 30),
        time(1, 30),
        time(1, 45),
        time(2, 15),
        time(2, 30),
        time(3),
        time(23, 59),
    ):
        for on in (day - timedelta(days=1), day, day + timedelta(days=1)):
            assert instant(local_time, ZoneInfo(zone), on) == scanned(zone, on, local_time), (local_time, on)


@pytest.mark.parametrize("day", CHANGE_DAYS.values(), ids=CHANGE_DAYS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_campaign_planned_at_half_past_three_sends_at_ten_today_or_where_that_is_over_tomorrow(zone, day):
    now = datetime.combine(day, time(3, 30), UTC)
    today, tomorrow = scanned(zone, day, time(10)), scanned(zone, day + timedelta(days=1), time(10))
    assert send_at(time(10), ZoneInfo(zone), day, now, "next-day") == (today if today >= now else tomorrow)
    assert send_at(time(10), ZoneInfo(zone), day, now, "skip") == (today if today >= now else None)


@pytest.mark.parametrize(
    ("zone", "day", "local_time", "expected"),
    [
        ("America/New_York", date(2026, 3, 7), time(10), "2026-03-07T15:00Z"),  # winter still
        ("America/New_York", date(2026, 3, 8), time(10), "2026-03-08T14:00Z"),  # summer since 02:00
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30Z"),  # 02:30 is left out: at 03:30
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30Z"),  # comes twice: the first
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30Z"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45Z"),  # a gap of half an hour
        ("Asia/Kathmandu", date(2026, 11, 20), time(10), "2026-11-20T04:15Z"),
        ("Pacific/Kiritimati", date(2026, 11, 20), time(10), "2026-11-19T20:00Z"),
        ("Pacific/Apia", date(2011, 12, 30), time(10), "2011-12-30T20:00Z"),  # a day that Samoa left out
    ],
)
def test_a_local_time_in_utc(zone, day, local_time, expected):
    assert instant(local_time, ZoneInfo(zone), day) == datetime.fromisoformat(expected)


def test_the_sending_time_itself_is_in_time_and_a_moment_later_is_late():
    tokyo, day = ZoneInfo("Asia/Tokyo"), date(2026, 11, 20)
    ten = datetime(2026, 11, 20, 1, tzinfo=UTC)
    late = ten + timedelta(microseconds=1)
    assert send_at(time(10), tokyo, day, ten, "skip") == ten
    assert send_at(time(10), tokyo, day, late, "skip") is None
    assert send_at(time(10), tokyo, day, late, "next-day") == ten + timedelta(days=1)


def test_the_second_coming_of_an_hour_that_comes_twice_is_not_the_next_one():
    new_york = ZoneInfo("America/New_York")
    between = datetime(2026, 11, 1, 6, tzinfo=UTC)  # 01:30 was there once and comes again at 06:30
    assert send_at(time(1, 30), new_york, date(2026, 11, 1), between, "next-day") == datetime(
        2026, 11, 2, 6, 30, tzinfo=UTC
    )


def test_a_plan_that_is_days_late_goes_for_the_next_hour_there_is():
    new_york, now = ZoneInfo("America/New_York"), datetime(2026, 11, 22, 14, 59, tzinfo=UTC)
    assert send_at(time(10), new_york, date(2026, 11, 20), now, "next-day") == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert send_at(time(10), new_york, date(2026, 11, 20), now, "skip") is None


moments = st.integers(0, 700 * 24 * 60).map(lambda number: datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC) + MINUTE * number)
minutes = st.integers(0, 24 * 60 - 1).map(lambda number: time(number // 60, number % 60))


@given(zone=st.sampled_from(ZONES), now=moments, local_time=minutes)
def test_the_next_local_time_is_the_first_not_before_now(zone, now, local_time):
    rules = ZoneInfo(zone)
    found = next_at(local_time, rules, now)
    assert now <= found <= now + timedelta(hours=26)
    day = found.astimezone(rules).date()
    days = [day + timedelta(days=shift) for shift in (-2, -1, 0, 1)]
    comes = [scanned(zone, on, local_time) for on in days]
    assert found == min(at for at in comes if at >= now)


@given(zone=st.sampled_from(ZONES), now=moments, local_time=minutes, back=st.integers(0, 3))
def test_nothing_is_sent_before_now_nor_skipped_while_its_hour_is_to_come(zone, now, local_time, back):
    rules, day = ZoneInfo(zone), now.date() - timedelta(days=back)
    at, strict = (send_at(local_time, rules, day, now, late) for late in ("next-day", "skip"))
    assert at >= now
    assert strict == (at if scanned(zone, day, local_time) >= now else None)


TOKYO, UTC_10 = ZoneInfo("Asia/Tokyo"), datetime(2026, 11, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late_by", "expected"),
    [
        (-timedelta(hours=1), UTC_10),
        (-AHEAD, UTC_10),
        (timedelta(0), UTC_10 + AHEAD),  # a schedule is made for an instant to come
        (STILL_GOOD, UTC_10 + STILL_GOOD + AHEAD),
        (STILL_GOOD - timedelta(seconds=30), UTC_10 + STILL_GOOD + AHEAD),  # on a whole minute
        (STILL_GOOD + timedelta(seconds=1), UTC_10 + timedelta(days=1)),
        (timedelta(days=5), UTC_10 + timedelta(days=6)),  # not the very instant it is seen at: it should be to come
    ],
)
def test_what_was_planned_is_taken_up_again(late_by, expected):
    assert resumed_at(UTC_10, time(10), [TOKYO], UTC_10 + late_by, "next-day") == expected


def test_what_is_more_than_two_hours_late_is_skipped_where_the_program_says_so():
    assert resumed_at(UTC_10, time(10), [TOKYO], UTC_10 + STILL_GOOD, "skip") is not None
    assert resumed_at(UTC_10, time(10), [TOKYO], UTC_10 + STILL_GOOD + MINUTE, "skip") is None


def test_zones_that_part_ways_by_the_next_day_wait_for_the_last_of_them():
    """Halifax and Puerto Rico share the hour in winter; from 8 March Halifax is an hour ahead."""
    zones = [ZoneInfo("America/Halifax"), ZoneInfo("America/Puerto_Rico")]
    planned, seen = datetime(2026, 3, 7, 14, tzinfo=UTC), datetime(2026, 3, 7, 20, tzinfo=UTC)
    assert [instant(time(10), zone, date(2026, 3, 7)) for zone in zones] == [planned, planned]
    assert resumed_at(planned, time(10), zones, seen, "next-day") == datetime(2026, 3, 8, 14, tzinfo=UTC)


@pytest.mark.parametrize("day", CHANGE_DAYS.values(), ids=CHANGE_DAYS)
@pytest.mark.parametrize("zone", ZONES)
def test_an_hour_is_over_four_hours_after_it_came_round_and_not_again_before_the_next(zone, day):
    rules, came = ZoneInfo(zone), scanned(zone, day, time(10))
    before = scanned(zone, day + timedelta(days=1), time(10)) - timedelta(minutes=1)
    moments = [came, came + LATEST, came + LATEST + timedelta(seconds=1), before]
    assert [hour_is_over(time(10), [rules], at) for at in moments] == [False, False, True, True]


def test_the_hour_of_a_chunk_is_over_when_it_is_in_all_of_its_zones():
    zones = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")]
    assert not hour_is_over(time(10), zones, datetime(2026, 11, 20, 16, tzinfo=UTC))
    assert hour_is_over(time(10), zones, datetime(2026, 11, 20, 20, tzinfo=UTC))
