"""The machine's definition as AWS reads it: its order, what is tried again, and what ends a run."""

import json

import pytest

from infra.stages import PROD


def joined(value):
    """A definition with each reference as the construct's name."""
    parts = value["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else part["Fn::GetAtt"][0][:-8] for part in parts)


@pytest.fixture(scope="module")
def machine(stack):
    return stack.one("AWS::StepFunctions::StateMachine", "BatchMachine")


@pytest.fixture(scope="module")
def definition(machine):
    return json.loads(joined(machine["DefinitionString"]))


def each(definition, name):
    return definition["States"][name]


def tasks(definition):
    """Every task of the machine and of its maps, by name."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        if state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


def path(definition):
    """The states that follow each other when every choice takes its default."""
    name = definition["StartAt"]
    while name:
        yield name
        state = definition["States"][name]
        name = state.get("Next") or state.get("Default")


def test_the_stages_follow_each_other(definition):
    deliver = each(definition, "Deliver buckets")["ItemProcessor"]
    assert definition["StartAt"] == "Name the execution"
    assert list(path({**definition, "StartAt": "Extract"})) == [
        "Extract",
        "Is everything unloaded?",
        "Etl buckets",
        "Gate",
        "Deliver buckets",
        "Complete",
        "Is it for real?",
        "Is it time to export?",
        "Wait to export",
        "Export",
        "Export: is it done?",
        "Is it time for mails?",
        "Wait to mail",
        "Campaign",
        "Did the export fail?",
        "Result",
    ]
    assert list(path(each(definition, "Etl buckets")["ItemProcessor"])) == ["Etl"]
    assert list(path(deliver)) == ["Filter", "Score", "Store", "Are there contacts?", "Bucket done"]


def test_claim_is_told_which_execution_asks(definition):
    naming = each(definition, "Name the execution")
    assert (naming["InputPath"], naming["ResultPath"]) == ("$$.Execution.Id", "$.execution")
    assert naming["Next"] == "Claim"
    assert "Parameters" not in each(definition, "Claim")  # it gets the whole input, whatever an operator adds to it


def test_a_run_that_is_not_ours_ends_well(definition):
    ours = each(definition, "Is the run ours?")
    assert ours["Choices"] == [{"Variable": "$.outcome", "StringEquals": "claimed", "Next": "Extract"}]
    assert each(definition, ours["Default"])["Type"] == "Succeed"


def test_extract_is_asked_again_while_the_warehouse_works(definition):
    done = each(definition, "Is everything unloaded?")
    [again] = done["Choices"]
    wait = each(definition, again["Next"])
    assert (again["Variable"], again["StringEquals"]) == ("$.extract.status", "RUNNING")
    assert (wait["Type"], wait["Seconds"], wait["Next"]) == ("Wait", PROD.wait_seconds, "Extract")


@pytest.mark.parametrize("name", ["Etl buckets", "Deliver buckets"])
def test_a_map_takes_every_bucket_in_a_standard_execution_and_tolerates_no_failure(definition, name):
    buckets = each(definition, name)
    assert buckets["ItemsPath"] == "$.buckets"
    assert buckets["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert buckets["MaxConcurrency"] == PROD.map_concurrency
    assert buckets.get("ToleratedFailureCount", 0) == buckets.get("ToleratedFailurePercentage", 0) == 0
    assert buckets["ItemSelector"] == {
        "run.$": "$.run",
        "bucket.$": "$$.Map.Item.Value",
        "contacts.$": "$.contacts",
    }
    assert buckets["ResultPath"] is None


def endings(states):
    """Every state that a child of a map may end with."""
    return {name: state for name, state in states.items() if state.get("End") or state["Type"] == "Succeed"}


def test_a_bucket_ends_with_no_output_so_that_a_thousand_fit_into_a_maps_result(definition):
    ends = [endings(each(definition, name)["ItemProcessor"]["States"]) for name in ("Etl buckets", "Deliver buckets")]
    assert [set(states) for states in ends] == [{"Etl"}, {"Contacts", "Bucket done"}]
    # With these an execution's output is {}; the default would be its input: 390 bytes a bucket of the 256 KiB a state may pass on.
    assert [state.get("OutputPath", "$") for states in ends for state in states.values()] == [None] * 3


def test_contacts_are_only_taken_where_there_are_some(definition):
    wanted = each(each(definition, "Deliver buckets")["ItemProcessor"], "Are there contacts?")
    assert wanted["Choices"] == [{"Variable": "$.contacts", "BooleanEquals": True, "Next": "Contacts"}]


def test_every_task_calls_the_function_of_its_name(definition):
    batch = ("Claim", "Extract", "Etl", "Gate", "Filter", "Score", "Store", "Contacts", "Complete")
    functions = {name: name for name in (*batch, "Export", "Campaign")}
    functions |= {"Export again": "Export", "Campaign at the scheduled time": "Campaign"}
    assert {name: state["Resource"] for name, state in tasks(definition)} == functions


def test_stages_get_the_run_and_bucket_stages_their_bucket(definition):
    run, bucket = {"run.$": "$.run"}, {"run.$": "$.run", "bucket.$": "$.bucket"}
    told = {name: state.get("Parameters") for name, state in tasks(definition)}
    assert told == {
        "Claim": None,
        **dict.fromkeys(("Extract", "Gate", "Complete", "Export", "Export again"), run),
        "Campaign": {**run, "scheduledTime.$": "$$.State.EnteredTime"},
        "Campaign at the scheduled time": {**run, "scheduledTime.$": "$.earliest.campaign"},
        **dict.fromkeys(("Etl", "Filter", "Score", "Store", "Contacts"), bucket),
    }


def test_the_answer_of_the_execution_is_the_runs_result_and_what_followed(definition):
    assert each(definition, "Complete")["ResultPath"] == "$.result"
    assert (
        each(definition, "Export")["ResultPath"] == each(definition, "Export again")["ResultPath"] == "$.result.export"
    )
    assert each(definition, "Campaign")["ResultPath"] == "$.result.campaigns"
    result = each(definition, "Result")
    assert (result["Type"], result["OutputPath"], result["End"]) == ("Pass", "$.result", True)


def test_nothing_follows_a_dry_run(definition):
    real = each(definition, "Is it for real?")
    assert real["Choices"] == [{"Variable": "$.run.dry_run", "BooleanEquals": True, "Next": "Result"}]


@pytest.mark.parametrize(
    ("choice", "wait", "job", "at", "at_once"),
    [
        ("Is it time to export?", "Wait to export", "Export", "$.earliest.export", "Export"),
        ("Is it time for mails?", "Wait to mail", "Campaign", "$.earliest.campaign", "Campaign at the scheduled time"),
    ],
)
def test_what_follows_waits_for_its_earliest_start_unless_it_is_asked_for_immediately(
    definition, choice, wait, job, at, at_once
):
    asked = "$$.Execution.Input.immediately"
    immediately = {"And": [{"Variable": asked, "IsPresent": True}, {"Variable": asked, "BooleanEquals": True}]}
    assert each(definition, choice)["Choices"][0] == {**immediately, "Next": at_once}
    assert each(definition, choice)["Default"] == wait
    assert each(definition, wait) == {"Type": "Wait", "TimestampPath": at, "Next": job}


def test_a_campaign_that_is_late_or_redriven_is_told_what_time_it_is(definition):
    """A state's entry is timed anew at a redrive; a time that was noted before it would schedule mails in the past."""
    assert each(definition, "Campaign")["Parameters"]["scheduledTime.$"] == "$$.State.EnteredTime"
    assert each(definition, "Campaign")["Next"] == each(definition, "Campaign at the scheduled time")["Next"]


@pytest.mark.parametrize(("export", "then"), [("Export", "Is it time for mails?"), ("Export again", "Result")])
def test_export_is_asked_again_while_it_works(definition, export, then):
    done = each(definition, f"{export}: is it done?")
    [again] = done["Choices"]
    assert (again["Variable"], again["StringEquals"]) == ("$.result.export.status", "RUNNING")
    wait = each(definition, again["Next"])
    assert (wait["Type"], wait["Seconds"], wait["Next"]) == ("Wait", PROD.wait_seconds, export)
    assert done["Default"] == then


def test_an_export_that_fails_does_not_hold_up_the_mails_and_is_tried_anew_after_them(definition):
    caught = {name: state["Catch"] for name, state in tasks(definition) if "Catch" in state}
    assert caught == {
        "Export": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failed", "Next": "Is it time for mails?"}]
    }
    failed = each(definition, "Did the export fail?")
    assert failed["Choices"] == [{"Variable": "$.failed", "IsPresent": True, "Next": "Export again"}]


def test_every_task_is_tried_again_with_growing_random_pauses_but_not_when_it_can_never_succeed(definition):
    for name, state in tasks(definition):
        never, later = state["Retry"]
        assert never == {"ErrorEquals": ["Rejected"], "MaxAttempts": 0}, name
        assert later == {
            "ErrorEquals": ["States.TaskFailed"],
            "MaxAttempts": 3,
            "IntervalSeconds": 2,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }, name


def test_a_machine_fails_where_its_task_failed_so_that_a_redrive_repeats_only_that(definition):
    assert '"Fail"' not in json.dumps(definition)


def test_the_machine_is_logged_traced_and_ends_before_the_next_days_begins(machine, definition):
    assert definition["TimeoutSeconds"] == 23 * 3600
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"


def test_the_sandbox_runs_the_same_states(definition, sandbox):
    there = json.loads(joined(sandbox.one("AWS::StepFunctions::StateMachine", "BatchMachine")["DefinitionString"]))
    assert set(there["States"]) == set(definition["States"])
    assert each(there, "Etl buckets")["MaxConcurrency"] == 2
