"""Tries, folders, tokens and states of an extract."""

from dataclasses import replace
from datetime import timedelta

import pytest
from programs_in_small import AT, REVIEWS, RUN

from domain.solicitation.extraction import (
    Done,
    Extract,
    Failed,
    Running,
    Statement,
    bucket_ranges,
    first_try,
    next_try,
    overdue,
    queries_of,
    settle,
    token,
    wire_name,
)

FIRST = first_try(RUN, "lake", AT)
BEGUN = replace(
    FIRST, status="RUNNING", statements=(Statement("id-1", "s3://lake/a/"), Statement("id-2", "s3://lake/b/"))
)


def test_an_extract_reads_back_from_the_ledger():
    settled = settle(BEGUN, [Done(3, 1), Done(4, 2)])
    for extract in (FIRST, BEGUN, settled):
        assert Extract.from_row("lake", extract.to_row()) == extract


def test_every_try_has_a_folder_of_its_own():
    second = next_try(RUN, replace(BEGUN, status="FAILED"), AT)
    assert FIRST.prefix == f"{RUN.extract_prefix('lake')}try-1/"
    assert second == replace(FIRST, number=2, prefix=f"{RUN.extract_prefix('lake')}try-2/")


@pytest.mark.parametrize(
    ("buckets", "ranges"),
    [
        (1, [("00", "00")]),
        (100, [("00", "99")]),
        (101, [("000", "099"), ("100", "100")]),
        (250, [("000", "099"), ("100", "199"), ("200", "249")]),
    ],
)
def test_no_statement_writes_more_than_a_hundred_buckets(buckets, ranges):
    assert list(bucket_ranges(buckets)) == ranges


@pytest.mark.parametrize(
    ("bucket", "folder"), [("07", "part-0/bucket=07/"), ("099", "part-0/bucket=099/"), ("100", "part-1/bucket=100/")]
)
def test_a_bucket_s_folder_lies_under_the_statement_that_writes_it(bucket, folder):
    assert FIRST.folder(bucket) == FIRST.prefix + folder


def test_tokens_differ_by_all_that_makes_a_statement_another_one():
    others = (first_try(replace(RUN, id="q/2026-11-20"), "q", AT), first_try(replace(RUN, attempt=2), "q", AT))
    tokens = {
        token(FIRST, 0),
        token(FIRST, 1),
        token(next_try(RUN, FIRST, AT), 0),
        token(first_try(RUN, "contacts", AT), 0),
        *(token(other, 0) for other in others),
    }
    assert len(tokens) == 6
    assert {len(each) for each in tokens} == {64}
    assert token(replace(FIRST, started_at=AT + timedelta(1)), 0) in tokens  # a repeated start is the same one


@pytest.mark.parametrize(
    ("states", "status", "rows", "message"),
    [
        ([Running(), Done(1, 1)], "RUNNING", 0, ""),
        ([Done(2, 1), Done(3, 4)], "DONE", 5, ""),
        ([Done(None, 1), Done(None, 4)], "DONE", None, ""),
        ([Running(), Failed("no")], "FAILED", 0, "no"),
        ([Done(1, 1), Failed("no"), Failed("nor this")], "FAILED", 0, "no"),
    ],
)
def test_an_extract_is_done_when_all_its_statements_are_and_failed_when_one_is(states, status, rows, message):
    after = settle(BEGUN, states)
    assert (after.status, after.rows, after.message) == (status, rows, message)


def test_an_extract_has_exactly_the_time_of_its_connector():
    assert not overdue(FIRST, AT + timedelta(minutes=30, seconds=-1), 30)
    assert overdue(FIRST, AT + timedelta(minutes=30), 30)


def test_contacts_are_extracted_but_for_a_dry_run_or_a_program_without_them():
    assert [query.name for query in queries_of(REVIEWS, RUN)] == ["athena-deliveries", "contacts"]
    assert [query.name for query in queries_of(REVIEWS, replace(RUN, dry_run=True))] == ["athena-deliveries"]
    assert [query.name for query in queries_of(replace(REVIEWS, contacts=None), RUN)] == ["athena-deliveries"]


def test_a_wire_name_survives_engines_that_fold_names():
    assert wire_name("eventDate") == "eventdate"
