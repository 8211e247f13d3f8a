"""When the day's and the week's jobs run, and how a retraining goes from step to step."""

import json

import pytest

from infra.stages import PROD
from tests.infra.test_batch_machine import joined

EACH = "Each model"


def jobs(stack):
    """(program, target) -> schedule."""
    found = {}
    for schedule in stack.properties("AWS::Scheduler::Schedule"):
        target = stack.name_of(schedule["Target"]["Arn"])
        found[json.loads(schedule["Target"]["Input"])["program"], target] = schedule
    return {key: schedule for key, schedule in found.items() if key[1] != "BatchMachine"}


def test_each_job_runs_at_the_time_its_program_gives_it_in_utc(stack):
    times = {key: (it["ScheduleExpression"], it["ScheduleExpressionTimezone"]) for key, it in jobs(stack).items()}
    assert times == {
        ("reviews", "Report"): ("cron(59 23 * * ? *)", "Etc/UTC"),
        ("reviews", "Cleanup"): ("cron(0 1 ? * SUN *)", "Etc/UTC"),
        ("reviews", "RetrainingMachine"): ("cron(0 3 ? * SUN *)", "Etc/UTC"),
        ("music", "Playlists"): ("cron(0 18 ? * MON *)", "Etc/UTC"),
        ("music", "Report"): ("cron(59 23 ? * MON *)", "Etc/UTC"),
    }  # none of a program that is paused, and none that a program leaves out


def test_a_job_is_told_its_program_and_when_it_was_due_and_one_that_cannot_start_is_put_aside(stack):
    for (program, _), schedule in jobs(stack).items():
        target = schedule["Target"]
        assert json.loads(target["Input"]) == {"program": program, "scheduledTime": "<aws.scheduler.scheduled-time>"}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
        assert stack.name_of(target["DeadLetterConfig"]["Arn"]) == "LostJobs"
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


@pytest.mark.parametrize("function", ["Playlists", "Report", "Cleanup"])
def test_a_job_that_fails_three_times_is_put_aside(stack, function):
    [found] = [
        it for it in stack.properties("AWS::Lambda::EventInvokeConfig") if stack.name_of(it["FunctionName"]) == function
    ]
    assert found["MaximumRetryAttempts"] == 2
    assert stack.name_of(found["DestinationConfig"]["OnFailure"]["Destination"]) == "LostJobs"


@pytest.fixture(scope="module")
def retraining(stack):
    return json.loads(joined(stack.one("AWS::StepFunctions::StateMachine", "RetrainingMachine")["DefinitionString"]))


def test_a_retraining_builds_the_datasets_leads_each_model_to_its_end_and_closes(retraining):
    states, told = retraining["States"], {"program.$": "$.program", "scheduledTime.$": "$.scheduledTime"}
    assert states["Dataset"]["Parameters"] == {**told, "step": "dataset"}
    assert (states["Dataset"]["ResultPath"], states["Dataset"]["Next"]) == ("$.round", EACH)
    assert (states[EACH]["ItemsPath"], states[EACH]["ResultPath"]) == ("$.round.models", "$.outcomes")
    assert states[EACH]["Next"] == "Close"
    assert states["Close"]["Parameters"] == {**told, "step": "close", "outcomes.$": "$.outcomes"}
    assert states["Close"]["End"] is True
    assert retraining["TimeoutSeconds"] == 3 * 3600


def test_an_operator_may_ask_for_one_step_of_one_model_alone(retraining):
    states = retraining["States"]
    asked = states[retraining["StartAt"]]
    assert asked["Choices"] == [{"Variable": "$.step", "IsPresent": True, "Next": "That step alone"}]
    assert asked["Default"] == "Dataset"
    alone = states["That step alone"]
    assert (alone["Parameters"], alone["ResultPath"]) == ({"models.$": "States.Array($)"}, "$.round")
    assert alone["Next"] == EACH


def test_an_answer_is_the_next_steps_event_after_a_pause_where_sagemaker_works_until_the_end(retraining):
    steps = retraining["States"][EACH]["ItemProcessor"]["States"]
    assert (steps["Step"]["ResultPath"], "Parameters" in steps["Step"]) == ("$", False)
    after = steps[steps["Step"]["Next"]]
    ended, wait = after["Choices"]
    assert (ended["Variable"], ended["StringEquals"]) == ("$.step", "end")
    assert steps[ended["Next"]]["Type"] == "Succeed"
    assert (wait["Variable"], wait["BooleanEquals"]) == ("$.wait", True)
    pause = steps[wait["Next"]]
    assert (pause["Type"], pause["Seconds"], pause["Next"]) == ("Wait", 6 * PROD.wait_seconds, "Step")
    assert after["Default"] == "Step"


def test_a_model_that_fails_does_not_stop_the_others_and_is_named_when_the_round_is_closed(retraining):
    steps = retraining["States"][EACH]["ItemProcessor"]["States"]
    [caught] = steps["Step"]["Catch"]
    assert (caught["ErrorEquals"], caught["ResultPath"]) == (["States.ALL"], "$.failed")
    failed = steps[caught["Next"]]
    assert failed["Parameters"] == {"model.$": "$.model", "outcome": "FAILED", "reason.$": "$.failed.Error"}
    assert failed["End"] is True
    never, later = steps["Step"]["Retry"]
    assert never == {"ErrorEquals": ["Rejected"], "MaxAttempts": 0}
    assert later["MaxAttempts"] == 3
