"""`ovation query` over a folder: the mission's questions in both spellings, formats, copies, and what it refuses."""

import json
import os
import time

import pyarrow.parquet as pq
import pytest
import typer
from archived_rows import DAY, file, lagging, row
from typer.testing import CliRunner

from cli.archive_reading.copies import forget
from cli.archive_reading.dates import needed
from cli.query import query
from domain.archive.questions import QUESTIONS
from domain.errors import Rejected
from sandbox.warehouse.dialects import one_query

app = typer.Typer()
app.command()(query)
SEED_LAG = (  # seed 002, scenario 3, as it stands there
    "SELECT AVG(UNIX_TIMESTAMP(date.notified) - UNIX_TIMESTAMP(date.requested)) as avg_lag_seconds FROM demand"
    " WHERE date.notified IS NOT NULL AND partition_date >= '2025-01-01'"
)
SEED_DELETED = (
    "SELECT fanid, eventid, date.requested, date.deleted FROM demand WHERE isdeleted = true"
    " AND partition_date >= '2024-10-01' AND partition_date < '2025-01-01'"
)
FILES = (
    file("demand", "a", *(lagging(n, s, eventId=f"e{n % 2}") for n, s in enumerate([30, 40, None, 65]))),
    file("demand", "b", lagging(1, 40, eventId="e1")),
    file(
        "demand",
        "c",
        row("demand", 7, name="REMOVE", fanId="f7", date={"requested": "2024-11-01T00:00:00Z"}),
        day="2024-11-01",
    ),
    file("event", "a", row("event", 1), row("event", 2, name="MODIFY", venues=[{"id": "v", "name": 'The "V"'}])),
)


def lay(folder, *files):
    for key, body in files:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


class Archive:
    def __init__(self, folder):
        self.folder, self.copies = folder / "archive", folder / "copies"

    def say(self, sql, *options):
        return CliRunner().invoke(app, [sql, "--folder", str(self.folder), "--copies", str(self.copies), *options])

    def rows(self, sql):
        said = self.say(sql, "--format", "json")
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    def refusal(self, sql, *options):
        said = self.say(sql, *options)
        assert said.exit_code == 2, said.output
        return said.stderr

    def kept(self):
        return {path for path in self.copies.rglob("*") if path.is_file()}


@pytest.fixture
def archive(tmp_path):
    found = Archive(tmp_path)
    lay(found.folder, *FILES)
    return found


def test_the_mission_s_questions_run_as_they_are_named(archive):
    assert archive.rows(QUESTIONS["top_events"].sql) == [
        {"eventid": "e1", "demand_count": 3},
        {"eventid": "e0", "demand_count": 2},
    ]
    assert archive.rows(QUESTIONS["notify_lag"].sql) == [{"avg_lag_seconds": 43.75}]
    assert archive.rows(QUESTIONS["event_on_a_day"].sql) == [{"demand_count": 0}]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_asked_by_its_name_too(archive, name):
    assert archive.rows(name) == archive.rows(QUESTIONS[name].sql)
    assert name in " ".join(query.__doc__.split())


@pytest.mark.parametrize("sql", [QUESTIONS["deleted_in_quarter"].sql, SEED_DELETED])
def test_a_struct_is_reached_with_quotes_and_without(archive, sql):
    assert archive.rows(sql) == [{"fanid": "f7", "eventid": "e1", "requested": "2024-11-01T00:00:00Z", "deleted": None}]


def test_the_lag_as_the_seed_writes_it_gives_the_same_as_athena_s(archive):
    assert archive.rows(SEED_LAG) == archive.rows(QUESTIONS["notify_lag"].sql)


def test_hive_s_quotes_are_read_where_athena_s_fit_nothing(archive):
    assert archive.rows("SELECT `date`.requested AS at FROM demand WHERE isdeleted") == [{"at": "2024-11-01T00:00:00Z"}]


def test_views_have_athena_s_names_and_answers(archive):
    counts = {"demand": 6, "demand_events": 5, "demand_current": 4, "event_current": 1, "events": 2, "sale_current": 0}
    assert {name: archive.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in counts} == counts


def test_a_database_and_a_catalogue_in_front_of_a_table_change_nothing(archive):
    sql = "WITH wanted AS (SELECT * FROM awsdatacatalog.ovation_dev_archive.demand) SELECT sum(1) AS n FROM wanted"
    assert archive.rows(sql) == [{"n": 6}]


def test_csv_writes_rows_and_arrays_as_athena_does(archive):
    said = archive.say(
        "SELECT id, reference, venues[1].name AS Venue, isdeleted FROM event ORDER BY change.at", "--format", "csv"
    )
    assert said.stdout.splitlines() == [
        "id,reference,venue,isdeleted",
        f'e1,"{{id=x, timestamp={DAY}T10:00:00.000001Z}}",,false',
        f'e1,"{{id=x, timestamp={DAY}T10:00:00.000002Z}}","The ""V""",false',
    ]


def test_elsewhere_than_on_a_terminal_it_is_csv(archive):
    assert archive.say("SELECT count(*) AS n FROM events").stdout == "n\n2\n"


def test_a_table_on_a_screen_says_how_much_it_leaves_out(archive):
    said = archive.say("SELECT * FROM UNNEST(sequence(1, 2345)) AS t(n), events", "--format", "table")
    assert "100 of 4,690 rows" in said.stdout


def test_a_file_has_the_format_of_its_ending(archive, tmp_path):
    target = tmp_path / "rows.parquet"
    assert archive.say('SELECT fanid, "date" FROM demand_current', "--out", str(target)).exit_code == 0
    assert pq.read_table(target).column("date").to_pylist()[0]["requested"].startswith(DAY)


def test_a_folder_may_be_the_data_itself(archive):
    archive.folder = archive.folder / "data"
    assert archive.rows("SELECT count(*) AS n FROM demand") == [{"n": 6}]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT evntid FROM demand", "there is no column evntid; nearest: eventid"),
        ("SELECT d.fan FROM demand d", "there is no column fan; nearest: fanid"),
        ("SELECT date.requsted FROM demand", "there is no field requsted; nearest: requested"),
        ("SELECT unix_timestamp(date.requsted) FROM demand", "there is no field requsted; nearest: requested"),
        ("SELECT count(*) FROM demands", "there is no table demands; nearest: demand"),
        ("SELECT * FROM read_csv('/etc/passwd')", "there is no table"),
        ("DELETE FROM demand", "only one query at a time"),
        ("CREATE TABLE x AS SELECT 1", "only one query at a time"),
        ("SELECT 1; SELECT 2", "only one query at a time"),
        ("MSCK REPAIR TABLE demand", "only one query at a time"),
        ("SELECT FROM WHERE", "syntax error"),
        ("SELECT nothing_like_it(fanid) FROM demand", "nothing_like_it"),
        ("SELECT CAST(fanid AS integer) FROM demand", "Could not convert string"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(archive, sql, reason):
    assert reason in " ".join(archive.refusal(sql).split())


def test_parquet_needs_a_file_to_go_to(archive):
    assert "--out" in archive.refusal("SELECT 1 AS n", "--format", "parquet")
    assert "--format" in archive.refusal("SELECT 1 AS n", "--out", "rows.txt")
    assert "give one of them" in archive.refusal("SELECT 1 AS n", "--bucket", "other")


def test_a_folder_that_is_no_archive_is_told_as_such(archive, tmp_path):
    archive.folder = tmp_path
    assert "holds neither data/ nor" in archive.refusal("SELECT count(*) FROM demand")


def test_a_file_that_cannot_be_written_is_told(archive, tmp_path):
    assert "cannot be written" in archive.refusal("SELECT 1 AS n", "--out", str(tmp_path / "no" / "rows.csv"))


def test_forgetting_leaves_no_copy(archive):
    archive.rows("SELECT count(*) FROM demand")
    assert archive.kept()
    forget(archive.copies)
    assert not archive.kept()


def test_forgetting_removes_what_is_ours_and_nothing_else(archive):
    """Somebody may keep the copies in a folder of their own, or mistype it."""
    archive.say("SELECT 1 FROM demand")
    ours = archive.kept()
    theirs = [archive.copies / name for name in ("letter.txt", "photos/a.jpg")]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    forget(archive.copies)
    assert ours
    assert archive.kept() == set(theirs)


def test_copies_of_a_place_that_nobody_asks_any_more_go_in_time(archive):
    archive.say("SELECT 1 FROM demand")
    [ours] = archive.copies.iterdir()
    old, recent, theirs = (archive.copies / name for name in ("0" * 16, "1" * 16, "notes"))
    for folder, days in ((old, 31), (recent, 29), (theirs, 31)):
        folder.mkdir()
        os.utime(folder, (time.time() - days * 86_400,) * 2)
    os.utime(ours, (time.time() - 31 * 86_400,) * 2)
    archive.say("SELECT 1 FROM demand")
    assert set(archive.copies.iterdir()) == {ours, recent, theirs}


def test_a_copy_that_stays_is_told_of(archive):
    archive.say("SELECT 1 FROM demand")
    [ours] = archive.copies.iterdir()
    ours.rename(archive.copies / "elsewhere")
    ours.symlink_to(archive.copies / "elsewhere")  # what is removed is never what a link leads to
    with pytest.raises(Rejected, match="cannot be removed: "):
        forget(archive.copies)
    assert archive.kept()


def test_a_file_is_read_once_as_long_as_it_is_the_same(archive):
    archive.rows("SELECT count(*) FROM demand")
    before = {path: path.stat().st_mtime_ns for path in archive.kept()}
    archive.rows("SELECT count(*) FROM demand")
    assert {path: path.stat().st_mtime_ns for path in archive.kept()} == before
    assert len(before) == 3


def test_a_copy_goes_with_the_file_it_was_made_of(archive):
    archive.rows("SELECT count(*) FROM demand")
    key, _ = FILES[0]
    (archive.folder / key).write_bytes(file("demand", "a", row("demand", 9))[1])
    os.unlink(archive.folder / FILES[1][0])
    assert archive.rows("SELECT count(*) AS n FROM demand") == [{"n": 2}]
    assert len(archive.kept()) == 2


def test_only_the_dates_that_a_query_can_need_are_read(archive):
    assert archive.rows(f"SELECT count(*) AS n FROM demand WHERE partition_date = '{DAY}'") == [{"n": 5}]
    assert len(archive.kept()) == 2


def test_what_an_item_was_on_a_date_is_not_what_it_is(archive):
    """Its latest row lies in another date than the one that is asked for."""
    moved = row("demand", 8, name="MODIFY", fanId="f0", eventId="e0", date={"requested": "2025-03-01T00:00:00Z"})
    lay(archive.folder, file("demand", "d", moved, day="2025-03-01"))
    sql = f"SELECT count(*) AS n FROM demand_current WHERE fanid = 'f0' AND partition_date = '{DAY}'"
    assert archive.rows(sql) == [{"n": 0}]
    assert archive.rows(sql.replace(DAY, "2025-03-01")) == [{"n": 1}]


@pytest.mark.parametrize(
    ("where", "days"),
    [
        (f"partition_date = '{DAY}'", {DAY}),
        ("partition_date >= '2025-01-01' AND isdeleted = false", {DAY}),
        ("(partition_date < '2025-01-01')", {"2024-11-01"}),
        ("partition_date BETWEEN '2024-01-01' AND '2024-12-31'", {"2024-11-01"}),
        (f"partition_date IN ('{DAY}', '2020-01-01')", {DAY}),
        (f"partition_date = '{DAY}' OR isdeleted", {DAY, "2024-11-01"}),
        (f"NOT partition_date = '{DAY}'", {DAY, "2024-11-01"}),
        (f"fanid IN (SELECT fanid FROM demand) AND partition_date = '{DAY}'", {DAY, "2024-11-01"}),
        ("fanid > '2025-01-01'", {DAY, "2024-11-01"}),
    ],
)
def test_a_condition_on_the_date_spares_the_files_of_others(where, days):
    holds = needed(one_query(f"SELECT count(*) FROM demand_events WHERE {where}", "athena"))
    assert {day for day in (DAY, "2024-11-01") if holds(day)} == days


def test_a_file_that_cannot_be_read_is_named(archive):
    lay(archive.folder, (FILES[0][0], FILES[0][1][:-20]))
    assert FILES[0][0] in archive.refusal("SELECT count(*) FROM demand")


def test_what_hive_holds_for_hidden_is_not_read(archive):
    lay(archive.folder, (file("demand", "_draft")[0], b"half"), (file("demand", ".draft")[0], b"half"))
    assert archive.rows("SELECT count(*) AS n FROM demand") == [{"n": 6}]


def test_an_archive_without_files_has_its_tables_all_the_same(tmp_path):
    empty = Archive(tmp_path)
    (empty.folder / "data").mkdir(parents=True)
    assert empty.rows("SELECT count(*) AS n FROM notification_current") == [{"n": 0}]
