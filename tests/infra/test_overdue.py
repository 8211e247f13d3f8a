"""A batch that takes too long is known while it works: the watch, deployed beside machines that take their time."""

import json
import time

import pytest
from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_stepfunctions as sfn

from infra.alarms import Alarms
from infra.overdue import OverdueWatch
from infra.queue import DeadLetters
from infra.stages import SANDBOX
from sandbox.deploy import deploy
from sandbox.ministack import Ministack

DAY_IN_SECONDS = 86400
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A machine that waits as many seconds as its input says, watched for two hours."""
    out = tmp_path_factory.mktemp("overdue") / "cdk.out"
    app = App(outdir=str(out), analytics_reporting=False)
    stack = Stack(app, "Watched")
    wait = sfn.Wait(stack, "Work", time=sfn.WaitTime.seconds_path("$.seconds"))
    batch = sfn.StateMachine(stack, "Batch", definition_body=sfn.DefinitionBody.from_chainable(wait))
    alarms = Alarms(stack, "Alarms", stage=SANDBOX)
    unstarted = DeadLetters(stack, "Unstarted", stage=SANDBOX, alarms=alarms)
    OverdueWatch(
        stack, "Overdue", batch=batch, limit=Duration.hours(2), stage=SANDBOX, alarms=alarms, unstarted=unstarted
    )
    CfnOutput(stack, "BatchMachine", value=batch.state_machine_arn)
    app.synth()
    return out


@pytest.fixture(scope="module")
def states(folder):
    """Step Functions where a wait of two hours takes 0.7 s."""
    with Ministack(environment={"SFN_WAIT_SCALE": "0.0001"}) as aws:
        [stack] = deploy(folder, aws, {})
        yield (
            aws.client("stepfunctions"),
            stack.outputs["BatchMachine"],
            stack.find("AWS::StepFunctions::StateMachine", "Overdue"),
        )


@pytest.mark.parametrize(("seconds", "found"), [(DAY_IN_SECONDS, ("FAILED", "BatchOverdue")), (1, ("SUCCEEDED", None))])
def test_an_execution_that_still_works_after_two_hours_fails_its_watch(states, seconds, found):
    client, batch, overdue = states
    started = client.start_execution(stateMachineArn=batch, input=json.dumps({"seconds": seconds}))["executionArn"]
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
