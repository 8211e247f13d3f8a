"""Retraining, whole, as its machine leads it: over HTTP to SageMaker's stand-ins, and to moto for all else."""

import pytest
from retrain_world import GUESS, ROWS, TRUTH, four_weeks, retrain_world


@pytest.fixture
def world(tmp_path):
    with retrain_world(tmp_path) as running:
        yield running


def test_a_truly_better_challenger_is_deployed_and_answers_at_the_endpoint(world):
    four_weeks(world)
    [end] = world.rounds()
    assert (end["outcome"], end["reason"]) == ("DEPLOYED", "better")
    answers = world.answers()
    assert answers != pytest.approx(GUESS.predict(ROWS).tolist(), abs=0.01)
    assert answers == pytest.approx(TRUTH.predict(ROWS).tolist(), abs=0.15)
