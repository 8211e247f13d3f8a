"""However records of several loads reach a row, interleaved, delivered again and in whatever batches, it ends as the newest say."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given, settings
from score_histories import as_the_newest_say, histories

from domain.scores.marks import OUTCOMES, reached, read_marks
from domain.scores.upsert import fold

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Table:
    """One row, written as the table would."""

    row: dict | None = None
    counted: Counter = field(default_factory=Counter)  # as the stream of changes tells it: records and fans by load

    def take(self, standing, records):
        """The statuses, the change being written; None: it rests on what is no longer so."""
        folded = fold(standing, records, NOW)
        if folded.change is None:
            return folded.statuses
        if folded.change.absent != (self.row is None) or folded.change.seen != (self.row or {}).get("loads"):
            return None
        row = {**(self.row or {})}
        for (*into, name), value in folded.change.sets.items():
            if into:
                row[into[0]] = {**row[into[0]], name: value}
            else:
                row[name] = value
        for *into, name in folded.change.removes:
            if into:
                row[into[0]] = {other: value for other, value in row[into[0]].items() if other != name}
            else:
                del row[name]
        for it in reached(read_marks((self.row or {}).get("loads", "")), read_marks(row["loads"])):
            self.counted[it.load, "records"] += it.records
            for outcome, moved in it.outcomes.items():
                self.counted[it.load, outcome] += moved
        self.row = row
        return folded.statuses


@settings(max_examples=500, deadline=None)
@given(histories())
def test_a_row_ends_as_the_newest_say_and_every_record_has_reached_it_once(history):
    loads, batched, chance = history
    table, seen = Table(), [None]
    for batch in batched:
        while (statuses := table.take(chance.choice(seen), batch)) is None:
            seen = [table.row]  # its reading was stale: it reads again
        seen = [*seen, table.row][-2:]  # the next one may have read before this one wrote
        assert len(statuses) == len(batch)
    row = dict(table.row)
    marks, origin = {it.load: it for it in read_marks(row.pop("loads"))}, row.pop("origin", {})
    expected, nudetect = as_the_newest_say(loads)
    assert row.pop("updated")
    assert (row, origin.get("nudetect")) == (expected, nudetect)
    assert {load: set(it.parts) for load, it in marks.items()} == {
        load[0].load: set(range(len(load))) for load in loads
    }
    assert [it.outcome for it in marks.values()].count(OUTCOMES[0]) == 1  # one load has created it
    for load in loads:
        name = load[0].load
        assert table.counted[name, "records"] == len(load)
        assert {outcome: table.counted[name, outcome] for outcome in OUTCOMES} == {
            outcome: int(outcome == marks[name].outcome) for outcome in OUTCOMES
        }
