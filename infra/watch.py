"""The batch's metrics in, its alarms and its dashboard out; thresholds are the mission's own windows."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.solicitation.program import Program
from infra.alarms import Alarms
from infra.function import PythonFunction
from infra.queue import DeadLetters

NAMESPACE = "Ovation/Solicitation"  # as handlers.solicitation.complete publishes it
BATCH_LIMIT = Duration.hours(2)  # seed 001: batch duration, target under two hours

# Minutes a stage may take, by what is asked about: seed 001 (product), seed 000 (track). Other programs have the longer ones.
WINDOWS: Mapping[str, Mapping[str, int]] = {
    "product": {"etl": 15, "filter": 10, "score": 20, "store": 15},
    "track": {"etl": 30, "filter": 15, "score": 20, "store": 15},
}


class BatchWatch(Construct):
    """Alarms on failed, late and slow runs, program by program, and one dashboard."""

    def __init__(self, scope: Construct, id: str, *, programs: Iterable[Program], alarms: Alarms) -> None:
        super().__init__(scope, id)
        self._alarms = alarms
        self._programs = [program for program in programs if program.enabled]
        for program in self._programs:
            self._run_alarms(program)
            self._stage_alarms(program)

    def machine(self, machine: sfn.StateMachine) -> None:
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

    def dashboard(
        self,
        machine: sfn.StateMachine,
        functions: Mapping[str, PythonFunction],
        tables: Mapping[str, dynamodb.Table],
        dead_letters: DeadLetters,
    ) -> cloudwatch.Dashboard:
        board = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(7))
        board.add_widgets(
            graph(
                "Batches",
                {
                    "started": machine.metric_started(),
                    "succeeded": machine.metric_succeeded(),
                    "failed": machine.metric_failed(),
                },
            ),
            graph("Batch duration (s)", {program.id: duration(program, "BatchSeconds") for program in self._programs}),
            graph("Starts that failed", {"waiting": dead_letters.metric_approximate_number_of_messages_visible()}),
        )
        for program in self._programs:
            board.add_widgets(
                graph(f"{program.id}: funnel", {name.lower(): count(program, name) for name in FUNNEL}),
                graph(f"{program.id}: stages (s)", {stage: stage_seconds(program, stage) for stage in STAGES}),
            )
        board.add_widgets(
            graph("Errors", {name: function.metric_errors() for name, function in functions.items()}),
            graph("Throttles", {name: function.metric_throttles() for name, function in functions.items()}),
            graph("p99 (ms)", {name: f.metric_duration(statistic="p99") for name, f in functions.items()}),
            graph("Throttled writes", {name: throttled_writes(table) for name, table in tables.items()}),
        )
        return board

    def _run_alarms(self, program: Program) -> None:
        batch = duration(program, "BatchSeconds")
        self._alarms.at_least(
            BATCH_LIMIT.to_seconds(),
            batch,
            id=f"{program.id}-slow",
            says=f"The batch of {program.id} took two hours or more: its stages' durations say which one grew.",
        )
        if daily(program.schedules["batch"]):
            # A day and the batch's own limit: silent for longer means today's run has not ended in time, or never began.
            hours = 24 + int(BATCH_LIMIT.to_hours())
            self._alarms.silent_for(
                hours,
                duration(program, "BatchSeconds", period=Duration.hours(1), statistic="SampleCount"),
                id=f"{program.id}-late",
                says=f"No batch of {program.id} has been completed for {hours} hours: see its schedule and the machine.",
            )

    def _stage_alarms(self, program: Program) -> None:
        longest = {stage: max(window[stage] for window in WINDOWS.values()) for stage in STAGES}
        for stage, minutes in WINDOWS.get(program.subject_type, longest).items():
            self._alarms.at_least(
                minutes * 60,
                stage_seconds(program, stage),
                id=f"{program.id}-{stage}-slow",
                says=f"{stage} of {program.id} took longer than its window of {minutes} minutes.",
            )


STAGES = ("etl", "filter", "score", "store")
FUNNEL = ("Extracted", "Rejected", "Duplicates", "Candidates", "Eligible", "Stored")


def daily(cron: str) -> bool:
    """Whether an EventBridge cron fires on every day: `cron(minutes hours day month weekday year)`."""
    _, _, day, month, weekday, year = cron.removeprefix("cron(").removesuffix(")").split()
    return {day, month, weekday, year} <= {"*", "?"}


def duration(
    program: Program, name: str, *, period: Duration | None = None, statistic: str = "Maximum"
) -> cloudwatch.Metric:
    return _metric(name, {"Program": program.id}, period or Duration.minutes(5), statistic)


def stage_seconds(program: Program, stage: str) -> cloudwatch.Metric:
    return _metric("StageSeconds", {"Program": program.id, "Stage": stage}, Duration.minutes(5), "Maximum")


def count(program: Program, name: str) -> cloudwatch.Metric:
    return _metric(name, {"Program": program.id}, Duration.days(1), "Maximum")


def throttled_writes(table: dynamodb.Table) -> cloudwatch.Metric:
    return table.metric("WriteThrottleEvents", statistic="Sum")


def graph(title: str, metrics: Mapping[str, cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    """Each line under its name. (A label in the metric itself would turn its alarms into metric maths.)"""
    return cloudwatch.GraphWidget(
        title=title, left=[metric.with_(label=name) for name, metric in metrics.items()], width=8, height=6
    )


def _metric(name: str, dimensions: Mapping[str, str], period: Duration, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=name, dimensions_map=dict(dimensions), period=period, statistic=statistic
    )
