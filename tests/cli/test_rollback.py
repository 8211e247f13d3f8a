"""`ovation rollback` asks until the predecessor serves, and says so."""

from types import SimpleNamespace

from retrain_world import GUESS, MODEL, ROWS, learnt, retrain_world

from cli.rollback import rolled_back


def test_the_command_waits_till_the_predecessor_serves(tmp_path):
    with retrain_world(tmp_path) as world:
        learnt(world)
        world.rounds()
        world.training.faults.looks = 3
        pauses = []
        deployment = SimpleNamespace(call=lambda stage, event: world.step(**event))
        said = rolled_back(deployment, world.program.id, MODEL.id, pause=15.0, wait=pauses.append)
        assert said["outcome"] == "DONE"
        assert said["serving"] == world.champion().serving["config"]
        assert len(pauses) >= 3
        assert abs(world.answers()[9] - GUESS.predict(ROWS)[9]) < 1e-6
