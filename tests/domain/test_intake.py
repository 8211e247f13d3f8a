from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs_in_small import REVIEWS, REVIEWS_QUERY, RUN, wire_row

from domain.solicitation.extraction import UNREADABLE, unreadable, wire_name
from domain.solicitation.intake import in_order, instant, take_in
from domain.solicitation.targets import CONTACT_TARGETS, TARGETS


def taken(*rows, program=REVIEWS):
    return take_in([(REVIEWS_QUERY, rows)], program, RUN)


def test_a_good_row_becomes_the_unified_candidate():
    [candidate] = in_order(taken(wire_row()))
    assert candidate.key == ("c1", "p1")
    assert candidate.event_date == "2026-11-19T00:00:00Z"
    assert candidate.context == (("marketplace", "US"), ("program", "small-reviews"))
    assert candidate.facts == {
        "relationship": True,
        "purchaseVerified": True,
        "botScore": 0.01,
        "subjectEligible": True,
    }
    assert candidate.attributes == {"subjectName": "Kettle", "orderValue": 12.5}
    assert candidate.connector == "athena-deliveries"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customer": None}, "customer_missing"),
        ({"customer": ""}, "customer_missing"),
        ({"customer": 7}, "customer_invalid"),
        ({"subject": None}, "subject_missing"),
        ({"customer": "c" * 401}, "customer_too_long"),
        ({"subject": "#" * 134}, "subject_too_long"),  # three bytes each, escaped
        ({"subject": "\U0001f3b5" * 101}, "subject_too_long"),
        ({"marketplace": None}, "marketplace_missing"),
        ({"marketplace": "XX"}, "marketplace_unknown"),
        ({"subjectname": "x" * 10_001}, "subjectName_too_long"),
        ({"eventdate": None}, "eventDate_missing"),
        ({"eventdate": "19/11/2026"}, "eventDate_invalid"),
        ({"eventdate": "2026-02-30"}, "eventDate_invalid"),
        ({"eventdate": "2026-11-20T02:00:01Z"}, "eventDate_in_future"),
        ({"eventdate": "2026-10-21T01:59:59Z"}, "eventDate_too_old"),
        ({"purchaseverified": "yes"}, "purchaseVerified_invalid"),
        ({"botscore": "high"}, "botScore_invalid"),
        ({"botscore": "NaN"}, "botScore_invalid"),
        ({"botscore": "inf"}, "botScore_invalid"),
        ({"ordervalue": "12,50"}, "orderValue_invalid"),
        ({"ordervalue": "1e126"}, "orderValue_invalid"),  # no table could hold it
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_no_good_row_is_lost(change, reason):
    intake = taken(wire_row(customer="c0"), wire_row(**change), wire_row(customer="c2"))
    assert [reject["reason"] for reject in intake.rejects] == [reason]
    assert [candidate.customer for candidate in in_order(intake)] == ["c0", "c2"]
    assert intake.read.total() == 3


def test_a_line_that_was_no_row_is_rejected_by_its_place():
    intake = taken(wire_row(), unreadable("0.gz line 2"))
    assert intake.rejects == [
        {"customer": None, "subject": None, "reason": "row_unreadable", "row": {"unreadable": "0.gz line 2"}}
    ]
    assert (intake.read.total(), len(intake.candidates)) == (2, 1)


def test_no_target_travels_under_the_name_of_an_unreadable_row():
    assert UNREADABLE not in {wire_name(target) for target in (*TARGETS, *CONTACT_TARGETS)}


def test_a_number_too_small_for_a_table_is_zero():
    [candidate] = in_order(taken(wire_row(ordervalue="-1e-131")))
    assert candidate.attributes["orderValue"] == 0.0


@pytest.mark.parametrize(
    "change", [{"eventdate": "2026-11-20T02:00:00Z"}, {"eventdate": "2026-10-21T02:00:00Z"}, {"botscore": 0.5}]
)
def test_the_boundaries_are_good(change):
    assert taken(wire_row(**change)).rejects == []


def test_a_row_of_another_zone_is_told_in_utc():
    [candidate] = in_order(taken(wire_row(eventdate="2026-11-19T23:30:00-02:00")))
    assert candidate.event_date == "2026-11-20T01:30:00Z"


def test_a_column_the_engine_left_out_is_a_null():
    row = wire_row()
    del row["botscore"]
    [candidate] = in_order(taken(row))
    assert candidate.facts["botScore"] is None


def test_of_two_rows_for_one_customer_and_subject_the_latest_event_stays():
    late, early = wire_row(eventdate="2026-11-19T08:00:00Z"), wire_row(eventdate="2026-11-19T07:00:00Z")
    for rows in ((late, early), (early, late)):
        intake = taken(*rows)
        assert [candidate.event_date for candidate in in_order(intake)] == ["2026-11-19T08:00:00Z"]
        assert intake.duplicates == [
            {"customer": "c1", "subject": "p1", "eventDate": "2026-11-19T07:00:00Z", "kept": "2026-11-19T08:00:00Z"}
        ]


def test_a_program_may_ask_each_customer_once_only():
    intake = taken(wire_row(subject="p1"), wire_row(subject="p2"), program=replace(REVIEWS, dedupe_keys=("customer",)))
    assert len(intake.candidates) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "customer": st.sampled_from(["a", "b", None]),
                "subject": st.sampled_from(["p", "q"]),
                "eventdate": st.sampled_from(["2026-11-18", "2026-11-19", "x"]),
                "botscore": st.sampled_from(["0.1", "0.9", "?"]),
            }
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_rows_read_are_candidates_duplicates_or_rejects_whatever_their_order(changes, random):
    rows = [wire_row(**change) for change in changes]
    intake = taken(*rows)
    random.shuffle(rows)
    shuffled = taken(*rows)
    assert intake.read.total() == len(intake.candidates) + len(intake.duplicates) + len(intake.rejects) == len(rows)
    assert in_order(intake) == in_order(shuffled)
    assert intake.rejects == shuffled.rejects


@pytest.mark.parametrize("text", ["2026-11-19 08:00:00", "2026-11-19T08:00:00", "", "20261119"])
def test_a_time_without_a_zone_is_no_instant(text):
    assert instant(text) is None
