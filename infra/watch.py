"""The batch's metrics in, its alarms out; thresholds are the mission's own windows."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from domain.solicitation.program import Program
from infra.alarms import Alarms
from infra.run_metrics import STAGES, batch_seconds, batches_an_hour, fallback_share, stage_seconds

BATCH_LIMIT = Duration.hours(2)  # seed 001: batch duration, target under two hours
FALLBACK_LIMIT = 0.1  # share of the eligible; a run does not fail for want of its models, so only this tells

# Minutes a stage may take, by what is asked about: seed 001 (product), seed 000 (track). Other programs have the longer ones.
WINDOWS: Mapping[str, Mapping[str, int]] = {
    "product": {"etl": 15, "filter": 10, "score": 20, "store": 15},
    "track": {"etl": 30, "filter": 15, "score": 20, "store": 15},
}


class BatchWatch:
    """Alarms on failed, late, slow and unscored runs, program by program."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def over(self, machine: sfn.StateMachine, programs: Iterable[Program]) -> None:
        self._machine(machine)
        for program in programs:
            if program.enabled:
                self._duration(program)
                self._absence(program)
                self._stages(program)
                self._fallback(program)

    def _machine(self, machine: sfn.StateMachine) -> None:
        """Raise on every execution that did not reach its end."""
        five = Duration.minutes(5)
        for word, metric in {
            "Failed": machine.metric_failed(period=five),
            "Aborted": machine.metric_aborted(period=five),
            "TimedOut": machine.metric_timed_out(period=five),
        }.items():
            self._alarms.at_least(
                1,
                metric,
                id=f"Batch{word}",
                says=f"A batch has {word}: read the execution, mend the cause, redrive it; only what failed is repeated.",
            )

    def _duration(self, program: Program) -> None:
        self._alarms.at_least(
            BATCH_LIMIT.to_seconds(),
            batch_seconds(program),
            id=f"{program.id}-slow",
            says=f"The batch of {program.id} has ended and took two hours or more: its stages' durations say which one grew.",
        )

    def _absence(self, program: Program) -> None:
        """A day and the batch's own limit: silent for longer means today's run has not ended in time, or never began."""
        if daily(program.schedules["batch"]):
            hours = 24 + int(BATCH_LIMIT.to_hours())
            self._alarms.silent_for(
                hours,
                batches_an_hour(program),
                id=f"{program.id}-late",
                says=f"No batch of {program.id} has been completed for {hours} hours: see its schedule and the machine.",
            )

    def _stages(self, program: Program) -> None:
        longest = {stage: max(window[stage] for window in WINDOWS.values()) for stage in STAGES}
        for stage, minutes in WINDOWS.get(program.subject_type, longest).items():
            self._alarms.at_least(
                minutes * 60,
                stage_seconds(program, stage),
                id=f"{program.id}-{stage}-slow",
                says=f"{stage} of {program.id} took longer than its window of {minutes} minutes.",
            )

    def _fallback(self, program: Program) -> None:
        self._alarms.at_least(
            FALLBACK_LIMIT,
            fallback_share(program),
            id=f"{program.id}-fallback",
            says=f"{FALLBACK_LIMIT:.0%} or more of {program.id}'s eligible candidates have the fallback score:"
            " see what Score logs of its models and feature groups; a rerun scores them again.",
        )


def daily(cron: str) -> bool:
    """Whether an EventBridge cron fires on every day: `cron(minutes hours day month weekday year)`."""
    _, _, day, month, weekday, year = cron.removeprefix("cron(").removesuffix(")").split()
    return {day, month, weekday, year} <= {"*", "?"}
