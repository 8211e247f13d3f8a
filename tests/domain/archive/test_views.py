"""The views against the same questions asked in plain Python: changes that come twice, late and out of order."""

from random import Random

import duckdb
import pyarrow as pa
import pytest
from archived_rows import row
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.avro_schemas import schemas
from adapters.files.hive_types import arrow
from domain.archive.columns import columns
from domain.archive.kinds import KEYS, KINDS
from domain.archive.questions import QUESTIONS
from domain.archive.views import views
from sandbox.warehouse.dialects import in_duckdb

COLUMNS = {kind: columns(schema) for kind, schema in schemas().items()}
VIEWS = views({kind: [column.name for column in its] for kind, its in COLUMNS.items()})
DAYS = ("2025-02-13", "2025-02-14")
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),  # every key that is not told apart otherwise
        st.sampled_from(["a", "b", None]),
        st.integers(0, 3),  # the instant
        st.sampled_from(["INSERT", "MODIFY", "REMOVE", "BACKFILL"]),
        st.sampled_from(DAYS),
    ),
    max_size=14,
)


def lowered(value):
    return {name.lower(): lowered(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def stored(kind, changes):
    """What lies in the table: a row a change, its date beside it."""
    first, *_, last = KEYS[kind] if len(KEYS[kind]) > 1 else KEYS[kind] * 2
    rows = []
    for number, (one, other, instant, name, day) in enumerate(changes):
        keys = {first: one} | ({last: other or "none"} if last != "contactMethod" else {last: other})
        made = row(kind, number, name=name, at=f"2025-02-13T10:00:00.00000{instant}Z", **keys)
        rows.append({**lowered(made), "partition_date": day})
    return rows


def asked(view, kind, rows):
    """What the view has to say about the table of its kind, as plain rows."""
    schema = pa.schema(
        [*((column.name, arrow(column.hive)) for column in COLUMNS[kind]), ("partition_date", pa.string())]
    )
    database = duckdb.connect(config={"threads": 1})
    database.register(kind, pa.Table.from_pylist(rows, schema=schema))
    return database.sql(in_duckdb(VIEWS[view], "athena")).to_arrow_table().to_pylist()


def of(rows):
    return sorted((it["change"]["eventid"], it["partition_date"]) for it in rows)


def latest(kind, rows):
    """The last word on each item: by instant, a deletion after all else, then by event id."""
    found = {}
    for each in sorted(rows, key=lambda it: (it["change"]["at"], it["isdeleted"], it["change"]["eventid"])):
        found[tuple(each[key.lower()] for key in KEYS[kind])] = each
    return [last for last in found.values() if not last["isdeleted"]]


def delivered(rows, seed):
    """At least once and in any order: every tenth row, and one at least, comes twice."""
    random = Random(seed)
    twice = rows + random.sample(rows, -(-len(rows) // 10))
    random.shuffle(twice)
    return twice


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(changes=CHANGES, seed=st.integers(0, 9))
def test_a_change_that_came_twice_is_one_row_of_events(kind, changes, seed):
    rows = stored(kind, changes)
    assert of(asked(f"{kind}_events", kind, delivered(rows, seed))) == of(rows)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(changes=CHANGES, seed=st.integers(0, 9))
def test_current_is_the_last_word_on_each_item_in_whatever_order_it_came(kind, changes, seed):
    rows = stored(kind, changes)
    assert of(asked(f"{kind}_current", kind, delivered(rows, seed))) == of(latest(kind, rows))


def test_a_deletion_is_the_last_word_of_its_instant():
    rows = stored("demand", [("a", "a", 0, "REMOVE", DAYS[0]), ("a", "a", 0, "MODIFY", DAYS[0])])
    assert asked("demand_current", "demand", rows) == []


def test_what_was_asked_for_again_after_its_deletion_is_there():
    rows = stored("demand", [("a", "a", 2, "INSERT", DAYS[1]), ("a", "a", 1, "REMOVE", DAYS[0])])
    assert of(asked("demand_current", "demand", rows)) == [("change-00000", DAYS[1])]


def test_two_ways_of_contact_are_two_notifications():
    rows = stored("notification", [("a", "sms", 0, "INSERT", DAYS[0]), ("a", "email", 0, "INSERT", DAYS[0])])
    assert len(asked("notification_current", "notification", rows)) == 2


def test_events_is_what_the_mission_calls_the_table_event():
    rows = stored("event", [("a", "a", 0, "INSERT", DAYS[0]), ("a", "a", 1, "MODIFY", DAYS[0])])
    assert of(asked("events", "event", rows + rows[:1])) == of(rows)


def test_a_view_has_the_columns_of_its_table_and_the_partition_s():
    [found] = asked("demand_events", "demand", stored("demand", [("a", "a", 0, "INSERT", DAYS[0])]))
    assert list(found) == [*(column.name for column in COLUMNS["demand"]), "partition_date"]
    assert found["date"]["requested"]


def test_there_are_two_views_a_kind_and_one_by_another_name():
    assert set(VIEWS) == {f"{kind}_{which}" for kind in KINDS for which in ("events", "current")} | {"events"}


def test_the_mission_asks_four_questions():
    assert list(QUESTIONS) == ["top_events", "deleted_in_quarter", "notify_lag", "event_on_a_day"]
    assert all(question.title for question in QUESTIONS.values())
