"""What every function has, and which functions there are."""

import pytest

from handlers.solicitation import delivery_settings, settings
from infra.naming import pascal
from infra.stages import PROD

BATCH = ("claim", "extract", "etl", "gate", "filter", "score", "store", "contacts", "complete")
DELIVERY = (
    *("serve", "campaign", "release", "send", "mail_events", "engage", "publish_responses"),
    *("export", "playlists", "report", "cleanup", "retrain"),
)
STAGES = BATCH + DELIVERY


def test_each_stage_is_a_function_named_for_it(stack):
    handlers = {id[:-8]: it["Properties"]["Handler"] for id, it in stack.all("AWS::Lambda::Function").items()}
    assert handlers == {pascal(stage): f"handlers.solicitation.{stage}.handler" for stage in STAGES}


def test_every_function_runs_python_3_13_on_arm64_and_is_traced(stack):
    for function in stack.properties("AWS::Lambda::Function"):
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["MemorySize"] == PROD.memory_mb
        assert len(function["Layers"]) == 1


def test_every_function_writes_json_to_a_log_group_of_its_own_that_ends(stack):
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in stack.properties("AWS::Lambda::Function")]
    assert len(set(groups)) == len(groups) == len(STAGES)
    assert {function["LoggingConfig"]["LogFormat"] for function in stack.properties("AWS::Lambda::Function")} == {
        "JSON"
    }
    assert {group["RetentionInDays"] for group in stack.properties("AWS::Logs::LogGroup")} == {90}


def test_every_function_has_a_role_of_its_own(stack):
    roles = [function["Role"]["Fn::GetAtt"][0] for function in stack.properties("AWS::Lambda::Function")]
    assert len(set(roles)) == len(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_function_reads_its_settings_from_what_the_stack_wrote(stack, stage):
    """Every table and bucket is the one of its name, and nothing that has no default is left out."""
    written = stack.one("AWS::Lambda::Function", pascal(stage))["Environment"]["Variables"]
    module = settings if stage in BATCH else delivery_settings
    read = getattr(module, f"{pascal(stage)}Settings").from_env(written)
    for field, value in vars(read).items():
        if field.endswith(("_table", "_bucket")):
            assert stack.name_of(value) == pascal(field.rpartition("_")[0]), field
    assert written == {field.upper(): value for field, value in vars(read).items()}


def test_every_function_raises_alarms_on_errors_throttles_and_slow_calls(stack):
    alarms = stack.properties("AWS::CloudWatch::Alarm")
    for id, function in stack.all("AWS::Lambda::Function").items():
        of_function = [
            it for it in alarms if {"Name": "FunctionName", "Value": {"Ref": id}} in it.get("Dimensions", ())
        ]
        thresholds = {(it["MetricName"], it.get("ExtendedStatistic")): it["Threshold"] for it in of_function}
        timeout_ms = function["Properties"]["Timeout"] * 1000
        everywhere = {("Errors", None): 3, ("Throttles", None): 1, ("Duration", "p99"): 0.8 * timeout_ms}
        assert everywhere.items() <= thresholds.items(), id
