"""Retraining, whole, as its machine leads it: over HTTP to SageMaker's stand-ins, and to moto for all else (A-11)."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from botocore.exceptions import ClientError
from programs_in_small import REVIEWS
from retrain_world import (
    AT,
    ENDPOINT,
    GUESS,
    MODEL,
    ROWS,
    TRUTH,
    keep_features,
    learnt,
    put_campaign,
    put_delivery,
    retrain_world,
)

from adapters.aws.champions import Champions
from domain.errors import Rejected, Unavailable
from handlers.solicitation import retrain

OLD = pytest.approx(GUESS.predict(ROWS).tolist(), abs=1e-6)
NEW = pytest.approx(TRUTH.predict(ROWS).tolist(), abs=0.15)
DECISION = f"models/small-reviews/{MODEL.id}/2026-11-22/decision.json"


@pytest.fixture
def world(tmp_path):
    with retrain_world(tmp_path) as running:
        yield running


def deliveries():
    return retrain.live()["workshop"].deliveries


def kept(world, reason):
    """The model's turn ends so, and the old one answers."""
    [end] = world.rounds()
    assert (end["outcome"], end["reason"].partition(":")[0]) == ("KEPT", reason)
    assert world.answers() == OLD
    assert world.champion().generation == 0
    return end


def test_a_truly_better_challenger_is_deployed_and_then_answers_at_the_endpoint(world):
    learnt(world)
    assert world.answers() == OLD
    [end] = world.rounds()
    assert (end["outcome"], end["reason"]) == ("DEPLOYED", "better")
    assert world.answers() == NEW
    assert world.answers() != OLD


def test_the_record_holds_what_serves_what_it_replaced_and_what_both_were_worth(world):
    learnt(world)
    world.rounds()
    champion, decision = world.champion(), world.outputs.read_json(DECISION)
    assert (champion.generation, champion.pending) == (1, None)
    assert champion.serving["config"] == decision["job"]
    assert champion.serving["dataHash"] == decision["hash"]
    assert champion.serving["metrics"] == {side: decision[side] for side in ("champion", "challenger")}
    assert champion.predecessor["config"].startswith(ENDPOINT)
    assert decision["challenger"]["auc"] >= decision["champion"]["auc"] + 0.005


def test_a_challenger_that_ranks_no_better_is_kept_out(tmp_path):
    with retrain_world(tmp_path, champion=TRUTH) as world:
        learnt(world)
        [end] = world.rounds()
        assert (end["outcome"], end["reason"]) == ("KEPT", "auc_not_better")
        assert world.answers() == pytest.approx(TRUTH.predict(ROWS).tolist(), abs=1e-6)


def test_a_challenger_degraded_by_turned_labels_is_kept_out(tmp_path):
    """The training days teach the opposite of what the holdout then shows."""
    with retrain_world(tmp_path, champion=TRUTH) as world:
        learnt(world)
        for key in [key for key in world.outputs.keys("training/") if "/train/" in key]:
            turned = [{**row, "label": 1 - row["label"]} for row in world.outputs.read(key)]
            world.outputs.write(key, turned)
        [end] = world.rounds()
        assert (end["outcome"], end["reason"]) == ("KEPT", "auc_not_better")
        assert world.outputs.read_json(DECISION)["challenger"]["auc"] < 0.3
        assert world.answers() == pytest.approx(TRUTH.predict(ROWS).tolist(), abs=1e-6)


def spoilt(world, change):
    """Lead the model up to its evaluation, then change what the job has said of the holdout."""
    learnt(world)
    [answer] = world.step(step="dataset")["models"]
    while answer["step"] != "evaluate":
        answer = world.step(**answer)
    job = retrain.live()["workshop"]
    [key] = [key for key in world.outputs.keys("models/") if key.endswith("output.tar.gz")]
    said = job.files.output(DECISION.removesuffix("/decision.json"), key.split("/")[4], "holdout.json")
    change(said)
    world.outputs.s3.put_object(Bucket="outputs", Key=key, Body=archive("holdout.json", json.dumps(said).encode()))


def archive(name, content):
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as opened:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1, None, "0.5", True])
def test_one_score_that_is_none_keeps_the_champion(world, score):
    spoilt(world, lambda said: said["scores"].__setitem__(7, score))
    kept(world, "challenger_scores_out_of_range")


def test_a_holdout_row_without_a_score_keeps_the_champion(world):
    spoilt(world, lambda said: said["scores"].pop())
    kept(world, "challenger_unscored_rows")


def test_a_challenger_of_other_features_keeps_the_champion(world):
    spoilt(world, lambda said: said["features"].remove("price"))
    kept(world, "features_differ")


def test_a_holdout_that_has_lost_a_customers_rows_meanwhile_keeps_the_champion(world):
    spoilt(world, lambda said: None)
    [key, *_] = [key for key in world.outputs.keys("training/") if "/holdout/" in key]
    world.outputs.write(key, list(world.outputs.read(key))[1:])
    kept(world, "holdout_changed")


def test_a_training_row_without_a_feature_fails_the_job_and_keeps_the_champion(world):
    learnt(world)
    [key, *_] = [key for key in world.outputs.keys("training/") if "/train/" in key]
    rows = list(world.outputs.read(key))
    del rows[3]["features"]["price"]
    world.outputs.write(key, rows)
    assert "price" in kept(world, "training_failed")["reason"]


def test_a_job_that_fails_keeps_the_champion(world):
    world.training.faults.fail_training = 1
    learnt(world)
    kept(world, "training_failed")


@pytest.mark.parametrize(
    ("sizes", "labels", "reason"),
    [
        ({"days": 8, "a_day": 50}, None, "too_few_rows"),
        ({"days": 20, "a_day": 40}, lambda number: int(number < 600 and number % 2), "one_class"),
        ({"days": 20, "a_day": 40}, lambda number: int(number < 619 and number % 2), "too_few_positives"),
        ({"days": 20, "a_day": 40}, lambda number: int(number >= 600 and number % 2), "one_class_to_train"),
    ],
)
def test_too_little_to_learn_from_starts_no_job(world, sizes, labels, reason):
    learnt(world, **sizes, labels=labels)
    kept(world, reason)
    assert not world.training.calls


@pytest.mark.parametrize("fault", ["unavailable", "throttle", "model_error", "not_ready"])
def test_a_champion_out_of_reach_stays_and_a_later_round_decides(world, fault):
    learnt(world)
    setattr(world.serving.faults, fault, 99)
    [end] = world.rounds()
    assert (end["outcome"], end["reason"].partition(":")[0]) == ("KEPT", "champion_unreachable")
    setattr(world.serving.faults, fault, 0)
    assert world.answers() == OLD
    retrain.live.cache_clear()  # and its breaker with it
    assert world.rounds()[0]["outcome"] == "DEPLOYED"


def test_a_champion_that_answers_nan_is_left_to_people(world):
    learnt(world)
    world.serving.faults.nan_share = 0.1
    [end] = world.rounds()
    assert (end["outcome"], end["reason"]) == ("KEPT", "champion_scores_out_of_range")


def test_an_endpoint_that_sagemaker_rolls_back_keeps_the_champion(world):
    world.training.faults.roll_back, world.training.faults.looks = 1, 2
    learnt(world)
    kept(world, "rolled_back_by_sagemaker")
    assert world.champion().pending is None


def test_a_repeated_round_changes_nothing(world):
    learnt(world)
    first = world.rounds()
    before, calls = world.champion(), world.training.calls["UpdateEndpoint"]
    assert world.rounds() == first
    assert world.champion() == before
    assert world.training.calls["UpdateEndpoint"] == calls == 1


@pytest.fixture(scope="module")
def whole_round(tmp_path_factory):
    """How many AWS calls a round makes that is not disturbed, and what it leaves."""
    with retrain_world(tmp_path_factory.mktemp("whole")) as world:
        learnt(world)
        world.calls = 0
        world.rounds()
        return world.calls, world.champion(), world.answers()


@pytest.mark.parametrize("before", [True, False])
def test_a_crash_at_any_call_and_a_repetition_have_the_same_outcome(whole_round, tmp_path, before):
    calls, champion, answers = whole_round
    for call in range(2 if before else 5, calls + 1, 9):
        with retrain_world(tmp_path) as world:
            learnt(world)
            world.crashing(call, before=before)
            [end] = world.persistent(world.rounds)
            assert (end["outcome"], world.answers()) == ("DEPLOYED", answers), call
            assert replace(world.champion(), revision=0) == replace(champion, revision=0), call
            assert world.training.calls["UpdateEndpoint"] == 1, call


def test_one_step_that_crashes_and_is_repeated_by_its_machine_has_the_same_outcome(whole_round, world):
    """Each call of every step dies once: the machine repeats the step, not the round."""
    learnt(world)
    [answer] = world.step(step="dataset")["models"]
    while answer["step"] != "end":
        for call in range(1, 12):
            world.crashing(call, before=bool(call % 2))
            ended = world.persistent(lambda event=answer: world.step(**event))
            if world.crash_at is not None and world.calls < call:
                break
        answer, world.crash_at = ended, None
    assert answer["outcome"] == "DEPLOYED"
    assert replace(world.champion(), revision=0) == replace(whole_round[1], revision=0)


def test_a_rollback_restores_the_old_ones_answers(world):
    learnt(world)
    world.rounds()
    assert world.answers() == NEW
    world.training.faults.looks = 2
    said = world.lead(world.step(step="rollback", model=MODEL.id))
    assert said["outcome"] == "DONE"
    assert world.answers() == OLD
    assert world.champion().generation == 2


def test_a_rollback_done_is_not_done_again(world):
    learnt(world)
    world.rounds()
    world.lead(world.step(step="rollback", model=MODEL.id))
    with pytest.raises(Rejected, match="no predecessor"):
        world.step(step="rollback", model=MODEL.id)
    assert world.answers() == OLD


@pytest.mark.parametrize(("call", "before"), [(1, True), (2, True), (2, False), (4, True), (4, False), (6, True)])
def test_a_rollback_cut_off_anywhere_is_finished_by_the_next_call(world, call, before):
    learnt(world)
    world.rounds()
    world.crashing(call, before=before)
    said = world.persistent(lambda: world.lead(world.step(step="rollback", model=MODEL.id)))
    assert said["outcome"] == "DONE"
    assert world.answers() == OLD
    assert world.champion().generation == 2


def test_a_rollback_waits_for_a_deployment_under_way(world):
    learnt(world)
    [answer] = world.step(step="dataset")["models"]
    world.training.faults.looks = 5
    while answer["step"] != "settle":
        answer = world.step(**answer)
    with pytest.raises(Unavailable, match="being changed"):
        world.step(step="rollback", model=MODEL.id)


def test_a_model_that_fails_does_not_stop_the_other(tmp_path):
    second = replace(MODEL, id="second", endpoint="sagemaker://second")
    program = replace(REVIEWS, scoring=replace(REVIEWS.scoring, models=(MODEL, second)))
    with retrain_world(tmp_path, program) as world:
        learnt(world)
        del world.serving.models[ENDPOINT]
        outcomes = []
        for event in world.step(step="dataset")["models"]:
            try:
                outcomes.append(world.lead(event))
            except ClientError as error:  # as the machine catches it
                outcomes.append({"model": event["model"], "outcome": "FAILED", "reason": str(error)})
        assert [one["outcome"] for one in outcomes] == ["FAILED", "DEPLOYED"]
        with pytest.raises(Rejected, match=MODEL.id):
            world.step(step="close", outcomes=outcomes)
        world.step(step="close", outcomes=outcomes[1:])


def test_a_new_champion_is_never_served_with_the_old_ones_cached_scores(world):
    learnt(world)
    champions = Champions(deliveries().dynamodb, "Controls")
    assert champions.generations("small-reviews", [MODEL.id]) == {MODEL.id: 0}
    world.rounds()
    assert champions.generations("small-reviews", [MODEL.id]) == {MODEL.id: 1}


def campaign(world, days_ago, *customers, answered=(), features=True, **more):
    """Mails of one day's campaign, with what the day's run had told the model; their ids by customer."""
    day = (AT - timedelta(days=days_ago)).replace(hour=2)
    put_campaign(deliveries(), world.program.id, day)
    pairs = [(customer, "p1") for customer in customers]
    if features:
        keep_features(world, day, {pair: {"engagement_score": days_ago / 100, "price": 1.0} for pair in pairs})
    return {
        pair[0]: put_delivery(deliveries(), world.program.id, pair, day, answered=pair[0] in answered, **more)
        for pair in pairs
    }


def rows_of(world):
    """The rows of all training files, by delivery."""
    keys = [key for key in world.outputs.keys("training/") if key.endswith(".gz")]
    return {row["delivery"]: row for key in keys for row in world.outputs.read(key)}


def test_a_row_tells_what_was_known_when_the_mail_was_planned_and_whether_it_was_answered(world):
    ids = campaign(world, 10, "c1", "c2", answered=("c2",))
    world.step(step="dataset")
    assert rows_of(world) == {
        ids["c1"]: {
            "delivery": ids["c1"],
            "sentAt": "2026-11-12T15:00:00Z",
            "label": 0,
            "features": {"engagement_score": 0.1, "price": 1.0},
        },
        ids["c2"]: {
            "delivery": ids["c2"],
            "sentAt": "2026-11-12T15:00:00Z",
            "label": 1,
            "features": {"engagement_score": 0.1, "price": 1.0},
        },
    }


def test_no_training_file_names_a_customer(world):
    campaign(world, 10, "customer-of-ours", "c2")
    world.step(step="dataset")
    for key in world.outputs.keys("training/"):
        body = world.outputs.s3.get_object(Bucket="outputs", Key=key)["Body"].read()
        assert b"customer" not in (gzip.decompress(body) if key.endswith(".gz") else body)


def test_mails_too_young_too_old_returned_or_never_sent_teach_nothing(world):
    for days, customer in ((2, "young"), (29, "old")):
        campaign(world, days, customer)
    campaign(world, 10, "returned", timeline={"bounced": "2026-11-12T15:01:00Z"})
    campaign(world, 11, "skipped", sentAt=None, status="SKIPPED")
    ids = campaign(world, 5, "c1")
    world.step(step="dataset")
    assert set(rows_of(world)) == set(ids.values())


def test_features_of_a_cached_score_come_from_the_run_that_asked(world):
    """The run of ten days ago asked; that of eight days ago found the score cached, and its mail went out."""
    old, day = (AT - timedelta(days=10)).replace(hour=2), (AT - timedelta(days=6)).replace(hour=2)
    keep_features(world, old, {("c1", "p1"): {"engagement_score": 0.1, "price": 1.0}})
    keep_features(world, old + timedelta(days=2), {("c1", "p1"): {"engagement_score": 0.2, "price": 1.0}})
    keep_features(world, day, {("c1", "p1"): {"engagement_score": 0.9, "price": 1.0}})
    ids = campaign(world, 8, "c1", features=False)
    campaign(world, 5, "c2")  # so that the later runs are read too
    world.step(step="dataset")
    assert rows_of(world)[ids["c1"]]["features"]["engagement_score"] == 0.2


def test_a_mail_whose_features_are_not_wholly_known_is_left_out(world):
    day = (AT - timedelta(days=9)).replace(hour=2)
    keep_features(world, day, {("c1", "p1"): {"engagement_score": 0.1}})
    campaign(world, 9, "c1", "c2", features=False)
    world.step(step="dataset")
    assert rows_of(world) == {}


def test_the_last_quarter_of_the_dates_is_held_out(world):
    for days in (5, 6, 7, 8, 9, 10, 11, 12):
        campaign(world, days, f"c{days}")
    world.step(step="dataset")
    [document] = [world.outputs.read_json(key) for key in world.outputs.keys("training/") if key.endswith("set.json")]
    held = {key.rpartition("/")[2] for key in world.outputs.keys(f"{document['folder']}/holdout/")}
    assert held == {"2026-11-16.jsonl.gz", "2026-11-17.jsonl.gz"}
    assert (document["train"], document["holdout"]) == ({"rows": 6, "answered": 0}, {"rows": 2, "answered": 0})


@pytest.mark.parametrize("call", range(1, 50, 6))
def test_a_dataset_cut_off_anywhere_is_the_same_dataset_when_repeated(world, call):
    campaign(world, 5, "c1", "c2", answered=("c1",))
    campaign(world, 9, "c3")
    world.crashing(call, before=bool(call % 2))
    world.persistent(lambda: world.step(step="dataset"))
    assert len(rows_of(world)) == 3
    assert len(world.outputs.keys("training/")) == 3


def test_the_event_file_is_one_the_function_takes():
    import pathlib

    event = orjson.loads(pathlib.Path("events/solicitation/retrain.json").read_bytes())
    assert event["step"] in retrain.STEPS


def test_an_unknown_model_or_step_is_rejected_by_name(world):
    with pytest.raises(Rejected, match=f"no model 'nonsense'; it has: {MODEL.id}"):
        world.step(step="train", model="nonsense")
    with pytest.raises(Rejected, match="no step 'nonsense'"):
        world.step(step="nonsense", model=MODEL.id)
