"""When a verdict is due, what it says, and what it waits for: loads and counts by the stroke."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Rejected
from domain.scores.counting import Counts
from domain.scores.drop import FANS, REGISTRANTS, Arrival, Drop
from domain.scores.load import Load, Place, Progress
from domain.scores.report import Report, Reported
from domain.scores.verdict import Due, Patience, Verdict, due, is_over, verdict

T0 = datetime(2026, 2, 13, 10, 0, tzinfo=UTC)
PATIENCE = Patience(timedelta(seconds=5), timedelta(hours=1))
MOVE = "the counts still move"
OTHER = "another file is on its way"


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def load(name, out, counted=None, *, state="LOADED", kind=REGISTRANTS, ended=0, changed=True, **more):
    """Of `out` records, all of them counted unless told otherwise."""
    drop = Drop(Arrival("scoring", name, "v", "1", T0), kind, "c", more.pop("called", None), T0)
    figures = {"in": out + 1, "out": out, "invalid": 1}
    told = {"records": out if counted is None else counted, "created" if changed else "unchanged": out}
    ended_at = None if state == "LOADING" else at(ended)
    return Load(drop, state, Progress(figures, {}, Place()), T0, ended_at, counted=told, **more)


def named(it, since=0):
    return Due("c", it.out, it.load, at(since))


def counts(verified=10, rejected=2, selected=0, moved=0):
    return Counts(verified, rejected, selected, 0, verified + rejected, 1, None if moved is None else at(moved))


def heard(verified=10, rejected=2, selected=0, *, processed=None, loads=(), outcome="complete"):
    figures = {"verified": verified, "rejected": rejected, "selected": selected}
    return Reported("before", figures, processed, loads, outcome)


def judged(asked, loads, told=None, last=None, now=100):
    return verdict(asked, loads, told or counts(), last, at(now), PATIENCE)


def test_a_load_whose_records_are_all_counted_is_due():
    one = load("a", 12, called="taylor-swift")
    found = judged([named(one)], [one])
    assert (found.outcome, found.settles, found.waiting, found.missing) == ("complete", (one.load,), (), ())
    assert found.report == Report(
        "c",
        "complete",
        {"verified": 10, "rejected": 2, "selected": 0},
        None,
        (one.load,),
        ready_at=T0,
        file="taylor-swift",
        rows=13,
        refused=1,
    )


ONE = load("a", 12)
WAITS = [
    (load("a", 12, 11), [], {}, ["11 of 12 records counted"]),
    (load("a", 12, 0), [], {}, ["0 of 12 records counted"]),
    (load("a", 98_500, 97_000), [], {}, ["97,000 of 98,500 records counted"]),
    (load("a", 7, 5, state="LOADING"), [], {}, ["5 of 7 records counted so far, and the file is not read to its end"]),
    (load("a", 7, state="LOADING"), [], {}, ["7 of 7 records counted so far, and the file is not read to its end"]),
    (ONE, [], {"moved": 96}, [MOVE]),
    (ONE, [], {"moved": 95}, []),
    (ONE, [], {"moved": 200}, [MOVE]),
    (ONE, [], {"moved": None}, []),
    (ONE, [load("b", 5, 4)], {}, [OTHER]),
    (ONE, [load("b", 5, 5)], {}, []),
    (ONE, [load("b", 5, 4, ended=-3_500)], {}, []),
    (ONE, [load("b", 5, 4, ended=-3_499)], {}, [OTHER]),
    (ONE, [load("b", 5, 4, settled_as="incomplete")], {}, []),
    (ONE, [load("b", 5, 5, settled_as="complete")], {}, []),
    (ONE, [load("b", 5, 4, state="REJECTED")], {}, [OTHER]),
    (ONE, [load("b", 0, state="REJECTED")], {}, []),
    (ONE, [load("b", 5, state="LOADING", until=at(101))], {}, [OTHER]),
    (ONE, [load("b", 5, state="LOADING")], {}, [OTHER]),
    (load("a", 12, 11), [load("b", 5, 4)], {"moved": 99}, ["11 of 12 records counted", OTHER, MOVE]),
]


@pytest.mark.parametrize(("one", "others", "moved", "missing"), WAITS)
def test_a_verdict_waits_for_what_is_missing(one, others, moved, missing):
    found = judged([named(one)], [one, *others], counts(**moved))
    assert list(found.missing) == missing
    assert found.waiting == ((named(one),) if missing else ())
    assert (found.report is None) == bool(missing)


def test_a_file_that_nobody_reads_any_more_is_waited_for_until_its_deadline():
    one, stalled = load("a", 12, ended=3_590), load("b", 5, state="LOADING", until=at(10))
    assert judged([named(one)], [one, stalled], now=3_599).missing == (OTHER,)
    assert judged([named(one)], [one, stalled], now=3_600).report
    still = replace(stalled, until=at(3_601))
    assert judged([named(one)], [one, still], now=3_600).missing == (OTHER,)


@pytest.mark.parametrize(("fans", "count", "missing"), [(12, 12, ()), (12, 13, ("12 of 13 fans counted",)), (0, 0, ())])
def test_a_neighbour_waits_for_as_many_fans(fans, count, missing):
    asked = Due("c", count, None, at(0))
    assert judged([asked], [], counts(fans, 0)).missing == missing


def test_a_load_that_nobody_knows_is_taken_for_a_neighbours():
    assert judged([Due("c", 13, "unheard-of", at(0))], []).missing == ("12 of 13 fans counted",)


def test_all_that_came_to_its_end_unreported_is_told_with_it():
    one, other, old = load("a", 12), load("b", 5, called="b-side"), load("c", 3, settled_as="complete")
    given_up = load("d", 4, settled_as="incomplete")
    found = judged([named(one)], [old, one, other, given_up])
    assert found.settles == (one.load, other.load, given_up.load)
    assert found.report.file == "b-side"


@pytest.mark.parametrize(
    ("settled_as", "counted", "is_done"),
    [("complete", 12, True), ("unchanged", 12, True), ("incomplete", 11, True), ("incomplete", 12, False)],
)
def test_a_second_message_has_nothing_new_to_say_unless_what_was_missing_has_come(settled_as, counted, is_done):
    one = load("a", 12, counted, settled_as=settled_as)
    found = judged([named(one)], [one], last=heard(1, 1))
    assert (found == Verdict()) == is_done


SAME = [
    (heard(), [], "unchanged"),
    (heard(9), [], "complete"),
    (heard(selected=1), [], "complete"),
    (heard(outcome="incomplete"), [], "complete"),
    (None, [], "complete"),
    (heard(processed=12), [load("f", 12, kind=FANS)], "unchanged"),
    (heard(processed=11), [load("f", 12, kind=FANS)], "complete"),
    (heard(), [load("f", 12, kind=FANS)], "complete"),
    (heard(processed=11), [load("f", 12, kind=FANS, changed=False)], "unchanged"),
]


@pytest.mark.parametrize(("last", "lists", "outcome"), SAME)
def test_what_slack_has_heard_last_is_not_told_again(last, lists, outcome):
    loads = lists or [load("a", 12)]
    found = judged([named(it) for it in loads], loads, last=last)
    assert (found.outcome, found.report is None) == (outcome, outcome == "unchanged")
    assert found.settles == tuple(it.load for it in loads)


@pytest.mark.parametrize("outcome", ["complete", "incomplete"])
def test_a_neighbour_who_asks_is_no_news(outcome):
    asked = Due("c", 0, None, at(0))
    given_up = load("a", 12, 11, settled_as="incomplete")
    assert judged([asked], [given_up], last=heard(outcome=outcome)) == Verdict()
    assert judged([asked], [given_up], last=heard(9, outcome=outcome)).report


@pytest.mark.parametrize(
    ("loads", "last", "processed", "of_fans"),
    [
        ([load("f", 12, kind=FANS)], None, 12, True),
        ([load("f", 12, kind=FANS), load("g", 3, kind=FANS)], None, 15, True),
        ([load("f", 12, kind=FANS), load("a", 3)], None, 12, False),
        ([load("f", 12, kind=FANS, changed=False)], None, 12, True),
        ([load("f", 12, kind=FANS, changed=False)], heard(1), None, False),
        ([load("a", 3)], None, None, False),
    ],
)
def test_a_list_of_fans_counts_by_its_records_where_it_has_changed_something(loads, last, processed, of_fans):
    report = judged([named(loads[0])], loads, last=last).report
    assert (report.processed, report.of_fans) == (processed, of_fans)


def test_at_its_deadline_a_load_is_told_as_incomplete_alone():
    late, done, young = load("a", 12, 11), load("b", 5, ended=3_000), load("c", 5, 1, ended=3_590)
    found = judged([named(late), named(done), named(young)], [late, done, young], now=3_600)
    assert (found.outcome, found.settles) == ("incomplete", (late.load,))
    assert found.report.missing == ("11 of 12 records counted", OTHER)
    assert found.report.minutes == 60
    assert found.waiting == (named(done), named(young))


def test_a_load_that_is_read_for_ever_has_a_deadline_too():
    one = load("a", 12, 3, state="LOADING")
    found = judged([named(one)], [one], now=7_200)
    assert (found.outcome, found.report.minutes) == ("incomplete", 120)


def test_a_neighbours_deadline_runs_from_its_message_on():
    asked = Due("c", 13, None, at(600))
    assert judged([asked], [], now=4_199).waiting == (asked,)
    found = judged([asked], [], now=4_200)
    assert (found.report.missing, found.report.minutes) == (("12 of 13 fans counted",), 60)


def test_a_neighbours_missing_fans_are_told_once_however_often_the_message_comes():
    asked = Due("c", 13, None, at(0))
    told = judged([asked], [], last=heard(), now=3_600)
    assert (told.outcome, told.report.missing) == ("incomplete", ("12 of 13 fans counted",))
    last = heard(outcome="incomplete")
    assert judged([asked], [], last=last, now=3_600) == Verdict()
    assert judged([asked], [], counts(11, 0), last, now=3_600).report


def test_a_file_that_was_refused_is_told_once_its_records_are_counted():
    one = load("a", 12, 11, state="REJECTED", why="not gzip")
    assert judged([named(one)], [one]).missing == ("11 of 12 records counted",)
    over = load("a", 12, state="REJECTED", why="not gzip")
    found = judged([named(over)], [over, load("b", 3)], last=heard())
    assert (found.outcome, found.settles, found.report.minutes) == ("incomplete", (over.load,), 0)
    assert found.report.missing == ("the file was refused (not gzip)",)
    told = replace(over, settled_as="incomplete")
    assert judged([named(told)], [told]) == Verdict()


def test_nothing_of_a_load_moves_any_count_once_it_is_over():
    assert is_over(load("a", 12))
    assert not is_over(load("a", 12, 11))
    assert not is_over(load("a", 0, state="LOADING"))


def test_a_results_key_is_its_own():
    one, other = load("a", 12), load("b", 12)
    base = judged([named(one)], [one]).report
    variants = [
        base,
        replace(base, campaign="d"),
        replace(base, figures={**base.figures, "verified": 11}),
        replace(base, loads=(other.load,)),
        replace(base, processed=3),
        replace(base, outcome="incomplete"),
        replace(base, last=heard()),
    ]
    assert len({it.key for it in variants}) == len(variants)
    assert replace(base, minutes=7).key == base.key


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"campaignId": "c", "count": 5, "loadId": "x"}, Due("c", 5, "x", T0)),
        ({"campaignId": "c"}, Due("c", 0, None, T0)),
        ({"campaignId": "c", "count": None, "loadId": None}, Due("c", 0, None, T0)),
        ({"campaignId": "c", "count": True, "loadId": 7}, Due("c", 0, None, T0)),
        ({"campaignId": "c", "count": {"verified": 5}, "loadId": ""}, Due("c", 0, None, T0)),
        ({"campaignId": "c", "count": "5"}, Due("c", 0, None, T0)),
    ],
)
def test_a_message_is_read_leniently(told, read):
    assert due(told, T0) == read


@pytest.mark.parametrize("told", [None, [], "c", {}, {"campaignId": ""}, {"campaignId": None}, {"campaignId": 7}])
def test_a_message_that_names_no_campaign_is_rejected(told):
    with pytest.raises(Rejected, match="campaignId"):
        due(told, T0)
