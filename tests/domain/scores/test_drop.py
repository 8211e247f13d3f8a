"""A file's key tells its campaign, its campaign's name and its age; its load is the same however often it is told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.scores.drop import FANS, REGISTRANTS, Arrival, dropped, sortable
from domain.scores.places import rejected_rows

AT = datetime(2026, 2, 14, 8, 30, tzinfo=UTC)
TEN = datetime(2026, 2, 13, 10, tzinfo=UTC)


def arrival(key, **told):
    return replace(Arrival("scoring", key, "v1", "0055AED6", AT), **told)


REGISTRANT_FILES = [
    ("campaign-123.taylor-swift.2026-02-13T10:00:00.cleaned.prepared.merged.csv", "campaign-123", "taylor-swift", TEN),
    ("campaign-123.taylor-swift.2026-02-13T10:00:00.csv", "campaign-123", "taylor-swift", TEN),
    ("c1.Taylor Swift Presale.2026-02-13T10:00:00Z.merged.csv", "c1", "Taylor Swift Presale", TEN),
    ("c1.Dr. Dre. Live.2026-02-13T10:00:00.csv", "c1", "Dr. Dre. Live", TEN),
    ("c1.tay.2026-02-13T10:00:00.000Z.csv", "c1", "tay", TEN),
    ("c1.tay.2026-02-13T11:00:00+01:00.csv", "c1", "tay", TEN),
    ("c1.tay.20260213T100000Z.csv", "c1", "tay", TEN),
    ("c1.tay.2026-02-13T10-00-00.csv", "c1", "tay", TEN),
    ("c1.tay.2026-02-13T10-00-00.000Z.csv.gz", "c1", "tay", TEN),
    ("c1.tay.2026-02-13T10:00.csv", "c1", "tay", TEN),
    ("c1.2026-02-13T10:00:00.csv", "c1", None, TEN),
    ("c1.tay.csv", "c1", "tay", AT),
    ("c1.tay.cleaned.prepared.merged.csv", "c1", "tay", AT),
    ("c1.csv", "c1", None, AT),
    ("c1.merged.csv.gz", "c1", None, AT),
    ("c1.2026-02-13Tour.csv", "c1", "2026-02-13Tour", AT),
    ("c1.2026-02-13Tour.2026-02-13T10:00:00.csv", "c1", "2026-02-13Tour", TEN),
    ("c1.tay.2026-02-30T10:00:00.csv", "c1", "tay", AT),  # no such day
    ("c1.tay.2026-02-13T25:00:00.csv", "c1", "tay", AT),
    ("c1.tay.0001-01-01T00:00:00+14:00.csv", "c1", "tay", AT),  # no such instant in UTC
    ("c1.tay.9999-12-31T23:59:59-14:00.csv", "c1", "tay", AT),
    ("c1.tay.２０２６-02-13T10:00:00.csv", "c1", "tay", AT),
]


@pytest.mark.parametrize(("rest", "campaign", "name", "at"), REGISTRANT_FILES)
def test_a_file_of_registrants_tells_campaign_name_and_time(rest, campaign, name, at):
    drop = dropped(arrival(f"scrubbed/registrants.{rest}"))
    assert (drop.kind, drop.campaign, drop.name, drop.scored_at) == (REGISTRANTS, campaign, name, at)


@pytest.mark.parametrize(
    ("rest", "at"),
    [
        ("2026-02-13T10:00:00.csv", TEN),
        ("2026-02-13T10-00-00Z.csv.gz", TEN),
        ("1770976800.csv", TEN),
        ("1770976800000.csv", TEN),
        ("177097680.csv", AT),  # nine digits are no time we know
        ("²²²²²²²²²².csv", AT),
        ("latest.csv", AT),
    ],
)
def test_a_fanlist_tells_campaign_and_time(rest, at):
    drop = dropped(arrival(f"fanlist/scored/campaign-456/{rest}"))
    assert (drop.kind, drop.campaign, drop.name, drop.scored_at) == (FANS, "campaign-456", None, at)


@pytest.mark.parametrize(
    "key",
    [
        "registrants.c1.tay.csv",
        "scrubbed/registrants.c1.tay.txt",
        "scrubbed/registrants..tay.csv",
        "scrubbed/registrants.csv",
        "scrubbed/more/registrants.c1.tay.csv",
        "scrubbed/registrants.c1.a/b.csv",
        "scrubbed/entries.c1.tay.csv",
        "scrubbed/",
        "fanlist/scored/c1.csv",
        "fanlist/scored/c1/more/1.csv",
        "fanlist/scored/c1/.csv",
        "fanlist/c1/1.csv",
        f"scrubbed/registrants.{'c' * 201}.tay.csv",
        f"fanlist/scored/{'c' * 201}/1.csv",
        "errors/c1/3fa2c1d0e5b7/part-000000.jsonl",
        "entry-retries/c1/x.json",
    ],
)
def test_what_is_called_otherwise_is_refused_by_name(key):
    with pytest.raises(Rejected, match="not loaded; a file is called") as refusal:
        dropped(arrival(key))
    assert str(refusal.value).startswith(f"{key}:")


@given(st.text(min_size=1, max_size=60))
def test_no_name_does_anything_but_load_or_be_refused(text):
    for key in (f"scrubbed/registrants.{text}", f"fanlist/scored/{text}", f"scrubbed/registrants.c.n.{text}.csv"):
        try:
            drop = dropped(arrival(key))
        except Rejected:
            continue
        assert drop.campaign
        assert drop.version


@pytest.mark.parametrize("key", ["scrubbed/registrants.{}.csv", "fanlist/scored/{}/1.csv"])
def test_what_is_kept_of_a_load_has_a_key_that_s3_takes(key):
    drop = dropped(arrival(key.format("\U0001f3b5" * 200)))
    assert len(rejected_rows(drop.campaign, drop.load, 999_999).encode()) <= 1024


def test_a_load_is_the_same_however_its_event_came_and_another_for_another_version_of_the_file():
    key = "scrubbed/registrants.c1.tay.csv"
    first = dropped(arrival(key))
    assert len(first.load) == 12
    assert int(first.load, 16) >= 0
    assert dropped(arrival(key, at=AT + timedelta(seconds=9), sequencer="")).load == first.load
    others = [arrival(key, version_id="v2"), arrival(key, bucket="other"), arrival(key.replace("c1", "c2"))]
    assert len({first.load, *(dropped(it).load for it in others)}) == 4


def test_versions_sort_by_the_file_s_own_time_then_by_when_s3_took_it():
    old, new = "scrubbed/registrants.c1.t.2026-02-13T10:00:00.csv", "scrubbed/registrants.c1.t.2026-02-13T10:00:01.csv"
    later = AT + timedelta(milliseconds=1)
    in_order = [
        arrival(old, sequencer="FF"),
        arrival(old, sequencer="100"),  # S3 says: as hexadecimal numbers, the shorter padded from the left
        arrival(old, at=later, sequencer="0"),
        arrival(new),
        arrival("scrubbed/registrants.c1.t.csv"),  # as old as its arrival
        arrival("scrubbed/registrants.c1.t.2026-02-14T10:30:00+01:00.csv"),
    ]
    versions = [dropped(it).version for it in in_order]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


@given(st.datetimes(), st.datetimes())
def test_times_sort_as_texts(one, other):
    one, other = one.replace(tzinfo=UTC), other.replace(tzinfo=UTC)
    assert (one < other) == (sortable(one) < sortable(other))
    assert datetime.fromisoformat(sortable(one)) == one


def test_a_time_is_written_in_utc_whatever_its_zone():
    assert sortable(TEN.astimezone(timezone(timedelta(hours=5)))) == "2026-02-13T10:00:00.000000Z"
