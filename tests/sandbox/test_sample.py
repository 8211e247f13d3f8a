"""A sample's funnel is the seed's to the candidate, counted once more in plain SQL; and the sample holds the rows that tempt."""

import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import available_timezones

import pyarrow.parquet as pq
import pytest

from adapters.files.programs import load_program
from domain.errors import Rejected
from sandbox.model import load_or_fit
from sandbox.sample import SAMPLES, write_sample
from sandbox.sample.funnel import SEED, apportion, scaled
from tests.sandbox.sample_in_sql import CAP, WEIGHTS, bands, count_funnel, removed, warehouse

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 20)
PROGRAMS = ("product-reviews", "music-feedback")


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> dict[str, Path]:
    """One sample of 5,000 rows a program, for the tests that only look."""
    folders = {program: tmp_path_factory.mktemp(program) for program in PROGRAMS}
    for program, folder in folders.items():
        write_sample(program, 5_000, 1, DAY, folder)
    return folders


def check(folder: Path, program: str, expected: dict, day: date) -> None:
    sql = warehouse(folder, program)
    counts = count_funnel(sql, program, day)
    assert counts["extracted"] == expected["extracted"]
    assert counts["candidates"] == expected["candidates"] == expected["extracted"] - expected["duplicates"]
    wanted = {step["filter"]: step["removed"] for step in expected["filters"]}
    assert {"engagement": 0, **wanted} == removed(counts)
    assert counts["left_over"] == expected["eligible"]
    for band, count in bands(sql, folder, program).items():
        assert abs(count - expected["scores"][band]) <= max(CAP[program][0] - 1, 0.02 * expected["eligible"]), band


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("rows", "seed", "day"), [(5_000, 1, DAY), (5_003, 2, date(2024, 3, 1)), (50_000, 1, DAY)])
def test_the_funnel_is_the_seeds_to_the_candidate(tmp_path, program, rows, seed, day):
    expected = write_sample(program, rows, seed, day, tmp_path)
    assert expected["extracted"] == rows
    assert expected == json.loads((tmp_path / "expected.json").read_text())
    check(tmp_path, program, expected, day)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_handful_of_rows_is_a_funnel_too(tmp_path, program):
    for rows in (1, 2, 9, 40):
        expected = write_sample(program, rows, rows, DAY, tmp_path)
        check(tmp_path, program, expected, DAY)


def test_the_seeds_own_numbers_come_out():
    reviews, music = scaled("product-reviews", 500_000).to_json(), scaled("music-feedback", 2_000_000).to_json()
    assert [step["removed"] for step in reviews["filters"]] == [50_000, 100_000, 150_000]
    assert reviews["scores"] == {"high": 50_000, "medium": 100_000, "low": 50_000}
    assert music["candidates"] == 1_500_000
    assert [step["removed"] for step in music["filters"]] == [100_000, 400_000, 500_000, 300_000]
    assert music["scores"] == {"high": 60_000, "medium": 100_000, "low": 40_000}


@pytest.mark.parametrize(
    ("total", "parts"),
    [(10, [5, 3, 2]), (0, [0, 0, 0]), (1, [1, 0, 0]), (11, [6, 3, 2]), (13, [6, 4, 3])],
)
def test_what_does_not_divide_goes_to_the_largest_remainders(total, parts):
    assert apportion(total, [5, 3, 2]) == parts


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_seed_gives_the_same_bytes(tmp_path, program):
    first, again, other = tmp_path / "first", tmp_path / "again", tmp_path / "other"
    write_sample(program, 1_000, 7, DAY, first)
    write_sample(program, 2_000, 8, DAY, again)  # what lies there is replaced whole
    write_sample(program, 1_000, 7, DAY, again)
    write_sample(program, 1_000, 8, DAY, other)
    assert digests(first) == digests(again)
    assert not set(digests(first).values()) & set(digests(other).values())


def test_the_rows_that_tempt_are_there(samples):
    """Rows right at each limit, and rows just past it."""
    plays = pq.read_table(samples["music-feedback"] / "music_streams.parquet")
    deliveries = pq.read_table(samples["product-reviews"] / "deliveries.parquet")
    for column, values in {
        "completion_rate": {0.95, 0.9499},
        "play_count": {0, 1},
        "engagement_score": {0.6, 0.5999},
        "bot_score": {0.5, 0.5001},
        "track_release_date": {date(2026, 11, 13), date(2026, 11, 12)},
        "verified_listener": {False},
        "feedback_eligible": {False},
    }.items():
        assert values <= set(plays[column].to_pylist()), column
    assert {date(2026, 11, 18), date(2026, 11, 20)} < set(deliveries["delivery_date"].to_pylist())
    assert {"RETURNED", "IN_TRANSIT"} < set(deliveries["delivery_status"].to_pylist())
    for column in ("verified_purchase", "account_relationship", "review_eligible"):
        assert set(deliveries[column].to_pylist()) == {True, False}, column
    assert {0.5, 0.5001} < set(deliveries["bot_score"].to_pylist())


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_past_holds_asks_right_inside_and_right_outside_the_window(samples, program):
    sql, (_, days) = warehouse(samples[program], program), CAP[program]
    edge = datetime(2026, 11, 20, 2) - timedelta(days=days)  # noqa: DTZ001 DuckDB's timestamps have no zone
    assert sql.execute("SELECT count(*) FROM asks WHERE happened = ?", [edge]).fetchall() > [(20,)]
    assert sql.execute("SELECT count(*) FROM asks WHERE happened = ?", [edge + timedelta(seconds=1)]).fetchall() > [
        (20,)
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_customers_over_the_cap_are_of_every_kind(samples, program):
    """Asked too often before, too many candidates today, and both at once."""
    sql, (cap, days) = warehouse(samples[program], program), CAP[program]
    count_funnel(sql, program, DAY)
    kinds = sql.sql(
        f"""
        WITH prior AS (SELECT customer, count(*) AS asks FROM asks
                       WHERE happened > TIMESTAMP '2026-11-20 02:00:00' - INTERVAL {days} DAY GROUP BY ALL),
        today AS (SELECT customer, count(*) AS n, coalesce(any_value(asks), 0) AS p
                  FROM engaged LEFT JOIN prior USING (customer) GROUP BY ALL)
        SELECT count(*) FILTER (p >= {cap}), count(*) FILTER (p = 0 AND n > {cap}),
               count(*) FILTER (p BETWEEN 1 AND {cap} - 1 AND n > {cap} - p), count(*) FILTER (p + n = {cap})
        FROM today"""
    ).fetchall()[0]
    assert min(kinds) > 5


@pytest.mark.parametrize(
    ("program", "table", "id"),
    [("product-reviews", "contacts", "customer_id"), ("music-feedback", "listeners", "listener_id")],
)
def test_everyone_has_a_contact_and_a_few_have_no_address(samples, program, table, id):
    sql = warehouse(samples[program], program)
    count_funnel(sql, program, DAY)
    [(strangers,)] = sql.sql(f"SELECT count(*) FROM extracted ANTI JOIN {table} ON customer = {id}").fetchall()
    assert strangers == 0
    people = pq.read_table(samples[program] / f"{table}.parquet").to_pylist()
    assert len({row[id] for row in people}) == len(people)
    assert 0.01 < sum(row["email"] is None for row in people) / len(people) < 0.06
    assert all(row["email"].endswith("@example.com") for row in people if row["email"])
    zones = {row["time_zone"] for row in people if row["country"] == "US"}
    assert {"America/New_York", "America/Los_Angeles", None} < zones
    assert zones - {None} <= available_timezones()


@pytest.mark.parametrize(("plan", "kind"), SAMPLES.values(), ids=SAMPLES)
def test_samples_are_made_for_the_programs_as_they_are_shipped(plan, kind):
    program = load_program(ROOT / "programs" / f"{plan.program}.yaml")
    steps = {step.id: step.parameters for step in program.filters}
    cap = {"maxRequestsPerMonth": (plan.cap, 30), "maxRequestsPerWeek": (plan.cap, 7)}
    [(name, most)] = ((name, most) for name, most in steps["frequency-cap"].items() if most is not None)
    assert cap[name] == (most, plan.window_days)
    assert list(steps) == list(SEED[plan.program].removed)
    assert (program.cap_group, program.dedupe_keys) == (plan.cap_group, ("customer", "subject"))
    assert {place.id: place.locale for place in program.marketplaces} == plan.places
    assert [(group.name, group.record) for group in program.scoring.groups] == [
        (plan.customer_group, "customer"),
        (plan.subject_group, "subject"),
    ]
    truths = {f"sagemaker://{truth.endpoint}": set(truth.features) for truth in kind.TRUTHS}
    assert {model.endpoint: set(model.features) for model in program.scoring.models} == truths
    assert {model.endpoint.removeprefix("sagemaker://"): model.weight for model in program.scoring.models} == WEIGHTS[
        plan.program
    ]


@pytest.mark.parametrize(("plan", "kind"), SAMPLES.values(), ids=SAMPLES)
def test_the_fitted_models_are_close_to_the_truth_they_learnt_from(samples, plan, kind):
    for truth in kind.TRUTHS:
        model = load_or_fit(samples[plan.program] / "training" / f"{truth.endpoint}.parquet")
        for feature, (slope, _) in truth.slopes.items():
            if abs(slope) > 0.01:
                assert model.slopes[feature] == pytest.approx(slope, rel=0.4), feature
        assert model.slopes[truth.lever] == pytest.approx(truth.slopes[truth.lever][0], rel=0.05)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "orders.parquet").write_text("mine")
    with pytest.raises(Rejected, match="no sample"):
        write_sample("product-reviews", 10, 1, DAY, tmp_path)
    assert (tmp_path / "orders.parquet").read_text() == "mine"


@pytest.mark.parametrize(
    ("program", "rows", "seed"), [("books", 10, 1), ("product-reviews", 0, 1), ("product-reviews", 10, -1)]
)
def test_what_cannot_be_sampled_is_said(tmp_path, program, rows, seed):
    with pytest.raises(Rejected):
        write_sample(program, rows, seed, DAY, tmp_path)
