"""A run that has ended well in, the states that come after its books are closed out: the export, then the mails."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.call import Call
from infra.function import PythonFunction
from infra.stages import Stage

RUN = {"run.$": "$.run"}
IMMEDIATELY = "$$.Execution.Input.immediately"
NOW = "$$.State.EnteredTime"


class FollowUp:
    """wait → export → wait → campaign → export again, if it failed. The output is the run's result with both answers in it.

    An export that fails cannot hold up the mails: it is caught, and tried anew after them. There nothing catches it, so that
    the execution fails with the export's own words and a redrive repeats the export alone.
    """

    def __init__(self, scope: Construct, *, functions: Mapping[str, PythonFunction], stage: Stage) -> None:
        self._scope, self._functions, self._stage = scope, functions, stage

    def states(self) -> sfn.IChainable:
        """From `$.run`, `$.result` and `$.earliest` on; a dry run is followed by nothing."""
        result = sfn.Pass(self._scope, "Result", output_path="$.result")
        again = self._export("Export again", result)
        exported = sfn.Choice(self._scope, "Did the export fail?")
        exported.when(sfn.Condition.is_present("$.failed"), again).otherwise(result)
        mails = self._time_for_mails(exported)
        export = self._export("Export", mails)
        export.add_catch(mails, errors=["States.ALL"], result_path="$.failed")
        real = sfn.Choice(self._scope, "Is it for real?")
        real.when(sfn.Condition.boolean_equals("$.run.dry_run", True), result)
        real.otherwise(self._time_for_export(export))
        return real

    def _export(self, name: str, then: sfn.IChainable) -> Call:
        """Call until it is done; it waits inside itself for a while."""
        export = self._call("export", name, RUN, "$.result.export")
        pause = sfn.Wait(self._scope, f"{name}: let it work", time=self._pause())
        done = sfn.Choice(self._scope, f"{name}: is it done?")
        done.when(sfn.Condition.string_equals("$.result.export.status", "RUNNING"), pause.next(export)).otherwise(then)
        export.next(done)
        return export

    def _call(self, function: str, name: str, payload: Mapping[str, str], result: str) -> Call:
        called = self._functions[function]
        return Call(self._scope, name, function=called, stage=self._stage, payload=payload, result=result)

    def _pause(self) -> sfn.WaitTime:
        return sfn.WaitTime.duration(Duration.seconds(self._stage.wait_seconds))

    def _time_for_export(self, export: sfn.IChainable) -> sfn.IChainable:
        wait = sfn.Wait(self._scope, "Wait to export", time=sfn.WaitTime.timestamp_path("$.earliest.export"))
        time = sfn.Choice(self._scope, "Is it time to export?")
        return time.when(_immediately(), export).otherwise(wait.next(export))

    def _time_for_mails(self, then: sfn.IChainable) -> sfn.IChainable:
        """A campaign plans from the time it is, also when it is late or redriven: what has passed is not scheduled any more."""
        wait = sfn.Wait(self._scope, "Wait to mail", time=sfn.WaitTime.timestamp_path("$.earliest.campaign"))
        time = sfn.Choice(self._scope, "Is it time for mails?")
        time.when(_immediately(), self._campaign("Campaign at the scheduled time", "$.earliest.campaign").next(then))
        return time.otherwise(wait.next(self._campaign("Campaign", NOW).next(then)))

    def _campaign(self, name: str, now: str) -> Call:
        return self._call("campaign", name, {**RUN, "scheduledTime.$": now}, "$.result.campaigns")


def _immediately() -> sfn.Condition:
    """Whether the start said that the scheduled time is the time it is."""
    return sfn.Condition.and_(sfn.Condition.is_present(IMMEDIATELY), sfn.Condition.boolean_equals(IMMEDIATELY, True))
