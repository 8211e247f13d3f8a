"""A file's load has one holder at a time; whoever takes it over goes on where it stopped, and who lost it writes nothing more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from scores_world import TABLE, own, scores_world

from adapters.aws.load_ledger import Held, LoadLedger, Lost
from domain.errors import Unavailable
from domain.scores.drop import Arrival, dropped
from domain.scores.keys import counted_row, entries_row, load_row
from domain.scores.load import COMPLETE, FIGURES, INCOMPLETE, LOADED, LOADING, REJECTED, UNCHANGED, Place, Progress

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)  # when a lease of NOON has run out
KEY = "scrubbed/registrants.c1.taylor-swift.2026-02-13T10:00:00.csv"
DROP = dropped(Arrival("scoring", KEY, "v1", "00AB", NOON))
HALF = Progress().plus({"in": 3, "valid": 2, "invalid": 1, "out": 2}, {"bad_score": 1}, Place(50, 3, 4, 1))


@pytest.fixture
def world():
    with scores_world() as world:
        yield world


@pytest.fixture
def ledger(world):
    return LoadLedger(own("dynamodb"), TABLE)


def test_a_new_load_is_its_first_comer_s_and_nothing_of_it_is_done(ledger, world):
    standing = ledger.begin(DROP, "one", NOON)
    assert (standing.drop, standing.state, standing.progress, standing.told) == (DROP, LOADING, Progress(), False)
    item = world.item(load_row("c1", DROP.load))
    told = {"kind": "registrants", "bucket": "scoring", "key": KEY, "versionId": "v1", "name": "taylor-swift"}
    assert told.items() <= item.items()
    assert item["version"] == DROP.version


def test_a_held_load_is_nobody_else_s_until_its_lease_runs_out(ledger):
    ledger.begin(DROP, "one", NOON)
    with pytest.raises(Held) as held:
        ledger.begin(DROP, "other", LATER - timedelta(microseconds=1))
    assert held.value.until == LATER
    assert isinstance(held.value, Unavailable)
    assert ledger.begin(DROP, "one", NOON).state == LOADING  # its holder may ask again
    assert ledger.begin(DROP, "other", LATER).state == LOADING


def test_who_takes_over_goes_on_where_it_was_noted_last(ledger):
    ledger.begin(DROP, "one", NOON)
    ledger.checkpoint(DROP, "one", HALF, NOON)
    assert ledger.begin(DROP, "other", LATER).progress == HALF


@pytest.mark.parametrize("keeps", ["keep", "checkpoint"])
def test_the_lease_is_kept_up_with_the_work(ledger, keeps):
    ledger.begin(DROP, "one", NOON)
    more = (HALF,) if keeps == "checkpoint" else ()
    getattr(ledger, keeps)(DROP, "one", *more, LATER)  # nobody has come meanwhile: late, but not lost
    with pytest.raises(Held):
        ledger.begin(DROP, "other", LATER + timedelta(minutes=2))


WRITES = {
    "keep": lambda ledger: ledger.keep(DROP, "one", LATER),
    "checkpoint": lambda ledger: ledger.checkpoint(DROP, "one", HALF, LATER),
    "loaded": lambda ledger: ledger.loaded(DROP, "one", HALF, LATER),
    "reject": lambda ledger: ledger.reject(DROP, "one", "for no reason", LATER),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("ended", [False, True], ids=["goes on", "came to its end"])
def test_who_lost_the_load_writes_nothing_more_of_it(ledger, world, write, ended):
    ledger.begin(DROP, "one", NOON)
    ledger.begin(DROP, "other", LATER)
    if ended:
        ledger.loaded(DROP, "other", HALF, LATER)
    before = world.items()
    with pytest.raises(Lost, match=LOADED if ended else LOADING):
        write(ledger)
    ledger.release(DROP, "one")
    assert world.items() == before


def test_what_is_given_back_need_not_be_waited_for(ledger):
    ledger.begin(DROP, "one", NOON)
    ledger.checkpoint(DROP, "one", HALF, NOON)
    ledger.release(DROP, "one")
    assert not ledger.loads("c1")[0].is_worked_on(NOON)
    assert ledger.begin(DROP, "other", NOON).progress == HALF


def test_a_load_at_its_end_is_no_work_for_anybody_and_tells_its_figures(ledger):
    ledger.begin(DROP, "one", NOON)
    ledger.loaded(DROP, "one", HALF, LATER)
    for holder in ("one", "other"):
        standing = ledger.begin(DROP, holder, LATER)
        assert (standing.state, standing.progress, standing.told) == (LOADED, HALF, False)
    ledger.told(DROP, LATER)
    assert ledger.begin(DROP, "other", LATER).told


def test_a_file_that_is_refused_tells_why(ledger):
    ledger.begin(DROP, "one", NOON)
    ledger.reject(DROP, "one", "it has no header", NOON)
    standing = ledger.begin(DROP, "other", LATER)
    assert (standing.state, standing.why, standing.progress) == (REJECTED, "it has no header", Progress())


def test_the_file_stays_what_it_was_first_told_as(ledger):
    """The two shapes of an event tell times that differ a little; rows have taken over the first one's."""
    nameless = dropped(replace(DROP.arrival, key="scrubbed/registrants.c1.csv"))
    ledger.begin(nameless, "one", NOON)
    other_shape = dropped(replace(nameless.arrival, at=NOON + timedelta(milliseconds=123), sequencer=""))
    assert other_shape.version != nameless.version
    standing = ledger.begin(other_shape, "other", LATER)
    assert standing.drop == nameless
    assert standing.drop.name is None


def test_versions_and_files_have_loads_of_their_own(ledger):
    ledger.begin(DROP, "one", NOON)
    anew = dropped(replace(DROP.arrival, version_id="v2"))
    assert ledger.begin(anew, "other", NOON).state == LOADING
    assert {it.load for it in ledger.loads("c1")} == {DROP.load, anew.load}


def test_a_campaign_s_loads_come_with_what_was_counted_of_them_the_first_begun_first(ledger, world):
    second = dropped(replace(DROP.arrival, version_id="v2"))
    ledger.begin(second, "one", NOON + timedelta(seconds=1))
    ledger.begin(DROP, "one", NOON)
    ledger.loaded(DROP, "one", HALF, LATER)
    ledger.told(DROP, LATER)
    ledger.begin(dropped(replace(DROP.arrival, key=KEY.replace("c1", "c2"))), "one", NOON)
    world.put(counted_row("c1", DROP.load), records=2, unique=2, created=2, at="2026-02-13T12:03:00Z")
    world.put(entries_row("c1", DROP.load), records=2, inserted=1)
    world.put(counted_row("c1", "feedfeedfeed"), records=1)  # of a load whose own row is gone
    one, other = ledger.loads("c1")
    assert (one.drop, one.state, one.progress, one.told) == (DROP, LOADED, HALF, True)
    assert (one.started_at, one.ended_at, one.until) == (NOON, LATER, None)
    assert (one.counted, one.entries) == ({"records": 2, "unique": 2, "created": 2}, {"records": 2, "inserted": 1})
    assert (other.drop, other.state, other.counted, other.entries) == (second, LOADING, {}, {})
    assert other.is_worked_on(NOON)
    assert other.ended_at is other.settled_at is other.settled_as is None
    assert set(one.progress.figures) == set(FIGURES)


def test_a_campaign_of_many_loads_is_read_to_the_last(ledger):
    drops = [dropped(replace(DROP.arrival, version_id=f"v{number}")) for number in range(30)]
    for drop in drops:
        ledger.begin(drop, "one", NOON)
        ledger.reject(drop, "one", "x" * 40_000, NOON)  # a page is a megabyte
    assert {it.load for it in ledger.loads("c1")} == {drop.load for drop in drops}


def test_a_campaign_without_loads_has_none(ledger):
    assert ledger.loads("c9") == []


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        (COMPLETE, UNCHANGED, COMPLETE),
        (UNCHANGED, COMPLETE, UNCHANGED),
        (COMPLETE, INCOMPLETE, COMPLETE),
        (INCOMPLETE, COMPLETE, COMPLETE),
        (INCOMPLETE, UNCHANGED, UNCHANGED),
    ],
)
def test_a_load_is_settled_once_but_what_was_incomplete_may_become_complete(ledger, first, then, stays):
    ledger.begin(DROP, "one", NOON)
    ledger.settled("c1", DROP.load, first, NOON)
    ledger.settled("c1", DROP.load, then, LATER)
    [load] = ledger.loads("c1")
    assert load.settled_as == stays
    assert load.settled_at == (NOON if stays == first else LATER)


def test_a_load_that_nobody_knows_is_not_made_by_settling_it(ledger, world):
    ledger.settled("c1", "feedfeedfeed", COMPLETE, NOON)
    assert not world.items()


def test_a_table_out_of_reach_is_unavailable(world):
    nowhere = Config(retries={"total_max_attempts": 1})
    ledger = LoadLedger(boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=nowhere), TABLE)
    for ask in (lambda: ledger.begin(DROP, "one", NOON), lambda: ledger.loads("c1"), lambda: ledger.told(DROP, NOON)):
        with pytest.raises(Unavailable):
            ask()
