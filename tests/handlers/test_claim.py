"""What a claimed run is told of what follows it: the instants that the machine waits for."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from batch_world import batch_world
from programs_in_small import REVIEWS

PROGRAM = replace(REVIEWS, earliest={"export": "03:00", "campaign": "03:30"})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with batch_world(tmp_path_factory.mktemp("programs"), PROGRAM) as world:
        yield world


def earliest(world, **start):
    answer = world.start(**start)["earliest"]
    return answer["export"], answer["campaign"]


def test_what_follows_waits_for_its_time_on_the_day_of_the_run(world):
    assert earliest(world) == ("2026-11-20T03:00:00Z", "2026-11-20T03:30:00Z")


def test_the_time_is_the_days_even_if_the_run_starts_after_it(world):
    late = datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert earliest(world, at=late) == ("2026-11-21T03:00:00Z", "2026-11-21T03:30:00Z")


def test_a_start_that_waits_for_nothing_has_its_own_time(world):
    at = datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert earliest(world, at=at, immediately=True) == ("2026-11-22T02:00:00Z", "2026-11-22T02:00:00Z")


def test_a_job_without_a_time_waits_for_nothing(world):
    timeless = replace(PROGRAM, earliest={"campaign": "03:30"})
    (world.programs / f"{PROGRAM.id}.json").write_text(json.dumps(timeless.to_json()))
    at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert earliest(world, at=at) == ("2026-11-23T02:00:00Z", "2026-11-23T03:30:00Z")
