"""A batch that takes too long is known while it works: the watch, deployed beside machines that take their time."""

import json
import time
from datetime import date

import pytest
from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_stepfunctions as sfn

from adapters.aws.attribute_values import encode_item
from adapters.aws.runs import row_key
from domain.solicitation.run import run_id
from infra.alarms import Alarms
from infra.overdue import OverdueWatch
from infra.queue import DeadLetters
from infra.stages import SANDBOX
from infra.table import KeyedTable
from sandbox.deploy import deploy
from sandbox.ministack import Ministack

DAY, DAY_IN_SECONDS = date(2026, 11, 20), 86400
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A machine that waits as many seconds as its input says, watched for two hours."""
    out = tmp_path_factory.mktemp("overdue") / "cdk.out"
    app = App(outdir=str(out), analytics_reporting=False)
    stack = Stack(app, "Watched")
    wait = sfn.Wait(stack, "Work", time=sfn.WaitTime.seconds_path("$.seconds"))
    batch = sfn.StateMachine(stack, "Batch", definition_body=sfn.DefinitionBody.from_chainable(wait))
    runs = KeyedTable(stack, "Runs", stage=SANDBOX)
    alarms = Alarms(stack, "Alarms", stage=SANDBOX)
    unstarted = DeadLetters(stack, "Unstarted", stage=SANDBOX, alarms=alarms)
    OverdueWatch(
        stack,
        "Overdue",
        batch=batch,
        runs=runs,
        limit=Duration.hours(2),
        stage=SANDBOX,
        alarms=alarms,
        unstarted=unstarted,
    )
    CfnOutput(stack, "BatchMachine", value=batch.state_machine_arn)
    CfnOutput(stack, "RunsTable", value=runs.table_name)
    app.synth()
    return out


@pytest.fixture(scope="module")
def states(folder):
    """Step Functions where a wait of two hours takes 0.7 s."""
    with Ministack(environment={"SFN_WAIT_SCALE": "0.0001"}) as aws:
        [stack] = deploy(folder, aws, {})
        table = stack.outputs["RunsTable"]
        for program, status in (("done", "DONE"), ("late", "RUNNING")):
            key = row_key(program, DAY, run_id(program, DAY))
            aws.client("dynamodb").put_item(TableName=table, Item=encode_item({**key, "status": status}))
        yield (
            aws.client("stepfunctions"),
            stack.outputs["BatchMachine"],
            stack.find("AWS::StepFunctions::StateMachine", "Overdue"),
        )


OVERDUE, FINE = ("FAILED", "BatchOverdue"), ("SUCCEEDED", None)


@pytest.mark.parametrize(
    ("seconds", "run", "found"),
    [
        (1, {"program": "late"}, FINE),  # its execution has ended
        (DAY_IN_SECONDS, {"program": "late"}, OVERDUE),
        (DAY_IN_SECONDS, {"program": "unheard-of"}, OVERDUE),  # it has not even claimed its run
        (DAY_IN_SECONDS, {"program": "done"}, FINE),  # the batch is done, its execution waits for the mails' time
        (DAY_IN_SECONDS, {"program": "done", "dryRun": "one"}, OVERDUE),  # the real run is done, this dry one is not
    ],
)
def test_a_batch_that_is_not_done_after_two_hours_fails_its_watch(states, seconds, run, found):
    client, batch, overdue = states
    given = {"seconds": seconds, "scheduledTime": "2026-11-20T02:00:00Z", **run}
    started = client.start_execution(stateMachineArn=batch, input=json.dumps(given))["executionArn"]
    watch = ended(client, overdue, started)
    assert (watch["status"], watch.get("error")) == found
    still = client.describe_execution(executionArn=started)["status"]
    assert still == ("RUNNING" if seconds == DAY_IN_SECONDS else "SUCCEEDED")


def ended(client, machine, execution):
    """The watch of one execution, when it is over."""
    for _ in range(200):
        for item in client.list_executions(stateMachineArn=machine)["executions"]:
            watch = client.describe_execution(executionArn=item["executionArn"])
            if json.loads(watch["input"])["execution"] == execution and watch["status"] != "RUNNING":
                return watch
        time.sleep(0.05)
    raise AssertionError("no watch ended within ten seconds")
