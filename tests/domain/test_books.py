from copy import deepcopy
from dataclasses import replace

import pytest
from programs_in_small import REVIEWS, RUN

from domain.errors import Rejected
from domain.solicitation.books import Extracted, admit, check_contacts, close, share, stage_seconds

TIMES = {"startedAt": 10.0, "finishedAt": 12.5}
BUCKET = {
    "etl": {
        "in": 12,
        "rows": {"athena-deliveries": 12},
        "files": {"athena-deliveries": 3},
        "out": 9,
        "duplicates": 2,
        "rejected": 1,
        "reasons": {"customer_missing": 1},
        **TIMES,
    },
    "filter": {
        "in": 9,
        "out": 4,
        "removed": {"trust": 2, "frequency-cap": 3},
        "reasons": {"bot_activity": 2, "frequency_cap": 3},
        **TIMES,
    },
    "score": {"in": 4, "out": 4, "high": 1, "medium": 2, "low": 1, "cached": 0, "fallback": 1, **TIMES},
    "store": {
        "in": 4,
        "out": 4,
        "withdrawn": 1,
        "items": 6,
        "created": 3,
        "updated": 0,
        "unchanged": 1,
        "kept": 0,
        **TIMES,
    },
}
BOTH = {"00": BUCKET, "01": BUCKET}


def without(bucket, stage):
    return {**BOTH, bucket: {name: counts for name, counts in BUCKET.items() if name != stage}}


def changed(stage, **counts):
    bucket = deepcopy(BUCKET)
    bucket[stage].update(counts)
    return {**BOTH, "01": bucket}


def test_a_run_closes_with_the_sum_of_its_buckets():
    result = close(RUN, REVIEWS, BOTH, 61.2345)
    assert result | {"run_id": RUN.id} == result
    assert {name: result[name] for name in ("extracted", "rejected", "duplicates", "candidates", "eligible", "stored", "seconds")} == {
        "extracted": 24, "rejected": 2, "duplicates": 4, "candidates": 18, "eligible": 8, "stored": 8, "seconds": 61.234,
    }  # fmt: skip
    assert result["filters"] == [
        {"filter": "trust", "removed": 4, "share": 0.2222},
        {"filter": "eligibility", "removed": 0, "share": 0.0},
        {"filter": "frequency-cap", "removed": 6, "share": 0.3333},
    ]
    assert result["scores"] == {"high": 2, "medium": 4, "low": 2}
    assert result["reasons"]["filters"] == {"bot_activity": 4, "frequency_cap": 6}


def test_a_dry_run_stores_nothing():
    assert close(replace(RUN, dry_run=True), REVIEWS, BOTH, 1.0)["stored"] == 0


@pytest.mark.parametrize("stage", ["etl", "filter", "score", "store"])
def test_a_bucket_that_did_not_finish_a_stage_fails_the_run_by_name(stage):
    with pytest.raises(Rejected, match=f"{stage} did not finish 1 buckets: 01"):
        close(RUN, REVIEWS, without("01", stage), 1.0)


@pytest.mark.parametrize(
    ("buckets", "book"),
    [
        (changed("etl", duplicates=1), "etl: rows read"),
        (changed("filter", removed={"trust": 1}), "filter: candidates"),
        (changed("score", out=3), "score: eligible"),
        (changed("score", high=2), "score: scored = high"),
        (changed("store", created=2), "store: scored"),
    ],
)
def test_books_that_do_not_balance_fail_the_run_and_name_the_bucket(buckets, book):
    with pytest.raises(Rejected, match=f"bucket 01: {book}"):
        close(RUN, REVIEWS, buckets, 1.0)


def test_the_gate_admits_a_run_whose_rows_are_all_there():
    assert admit(REVIEWS, BOTH, [Extracted("athena-deliveries", 24, 6)]) == {"read": 24, "rejected": 2}


@pytest.mark.parametrize(
    ("rows", "files", "words"),
    [
        (25, 6, "athena-deliveries unloaded 25 rows, 24 were read"),
        (24, 7, "athena-deliveries unloaded 7 files, 6 were read"),
    ],
)
def test_the_gate_refuses_when_rows_or_files_are_missing(rows, files, words):
    with pytest.raises(Rejected, match=words):
        admit(REVIEWS, BOTH, [Extracted("athena-deliveries", rows, files)])


def test_an_engine_that_counts_no_rows_is_held_to_its_files():
    assert admit(REVIEWS, BOTH, [Extracted("athena-deliveries", None, 6)])["read"] == 24


def test_the_gate_refuses_too_many_bad_rows_and_names_the_reasons():
    strict = replace(REVIEWS, max_rejected_share=0.08)
    with pytest.raises(Rejected, match=r"2 of 24 rows are bad, more than maxRejectedShare 0.08 \(customer_missing 2\)"):
        admit(strict, BOTH, [Extracted("athena-deliveries", 24, 6)])
    admit(replace(REVIEWS, max_rejected_share=2 / 24), BOTH, [Extracted("athena-deliveries", 24, 6)])


def test_an_empty_extract_is_admitted_and_closes_with_nothing():
    nothing = {
        "etl": {"in": 0, "rows": {}, "files": {}, "out": 0, "duplicates": 0, "rejected": 0, **TIMES},
        "filter": {"in": 0, "out": 0, "removed": {}, **TIMES},
        "score": {"in": 0, "out": 0, "high": 0, "medium": 0, "low": 0, "cached": 0, "fallback": 0, **TIMES},
        "store": {
            "in": 0,
            "out": 0,
            "withdrawn": 0,
            "items": 0,
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "kept": 0,
            **TIMES,
        },
    }
    empty = {"00": nothing, "01": nothing}
    admit(REVIEWS, empty, [Extracted("athena-deliveries", 0, 0)])
    assert close(RUN, REVIEWS, empty, 1.0)["filters"][0] == {"filter": "trust", "removed": 0, "share": 0.0}


@pytest.mark.parametrize(
    ("started", "finished", "seconds"),
    [
        (9.0, 20.0, 11.0),  # around the other bucket's 10.0 to 12.5
        (11.0, 20.0, 10.0),
        (11.0, 12.0, 2.5),
        (3600.0, 3602.0, 4.5),  # redriven an hour later: the pause is no work
    ],
)
def test_a_stage_lasts_as_long_as_any_bucket_is_in_it(started, finished, seconds):
    both = changed("etl", startedAt=started, finishedAt=finished)
    assert stage_seconds(both)["etl"] == seconds
    assert stage_seconds(both)["store"] == 2.5


def test_a_share_of_nothing_is_none():
    assert share(0, 0) == 0.0


def test_contacts_that_were_unloaded_but_not_read_fail_the_run_and_say_what_helps():
    read = {bucket: {"contacts": {"files": 2}} for bucket in BOTH}
    check_contacts(REVIEWS, read, Extracted("contacts", None, 4))
    with pytest.raises(
        Rejected, match=r"5 files of contacts were unloaded, 4 were read: .* start the run again with rerun"
    ):
        check_contacts(REVIEWS, read, Extracted("contacts", None, 5))
    with pytest.raises(Rejected, match="contacts did not finish 1 buckets: 01"):
        check_contacts(REVIEWS, {"00": read["00"]}, Extracted("contacts", None, 2))
