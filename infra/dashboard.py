"""The batch's machine, functions, tables and programs in, one CloudWatch dashboard out."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.solicitation.program import Program
from infra.function import PythonFunction
from infra.queue import DeadLetters
from infra.run_metrics import FUNNEL, batch_seconds, count, fallback_share, stage_seconds, timed


class BatchDashboard(cloudwatch.Dashboard):
    """Runs first, then a row a program, then the parts they run on."""

    def __init__(self, scope: Construct, id: str, *, programs: Iterable[Program]) -> None:
        super().__init__(scope, id, default_interval=Duration.days(7))
        self._programs = [program for program in programs if program.enabled]

    def runs(self, machine: sfn.StateMachine, dead_letters: DeadLetters) -> None:
        """How the batches went, and how each program's did."""
        outcomes = {
            "started": machine.metric_started(),
            "succeeded": machine.metric_succeeded(),
            "failed": machine.metric_failed(),
        }
        self.add_widgets(
            graph("Batches", outcomes),
            graph("Batch duration (s)", {program.id: batch_seconds(program) for program in self._programs}),
            graph("Starts that failed", {"waiting": dead_letters.metric_approximate_number_of_messages_visible()}),
        )
        for program in self._programs:
            self.add_widgets(
                graph(f"{program.id}: funnel", {name.lower(): count(program, name) for name in FUNNEL}),
                graph(f"{program.id}: stages (s)", {stage: stage_seconds(program, stage) for stage in timed(program)}),
                graph(f"{program.id}: fallback scores", {"share of the eligible": fallback_share(program)}),
            )

    def rows(self, rows: Iterable[list[cloudwatch.IWidget]]) -> None:
        """Widgets that others have drawn, a row each."""
        for row in rows:
            self.add_widgets(*row)

    def parts(self, functions: Mapping[str, PythonFunction], tables: Mapping[str, dynamodb.Table]) -> None:
        """What the runs were carried by."""
        self.add_widgets(
            graph("Errors", {name: function.metric_errors() for name, function in functions.items()}),
            graph("Throttles", {name: function.metric_throttles() for name, function in functions.items()}),
            graph("p99 (ms)", {name: f.metric_duration(statistic="p99") for name, f in functions.items()}),
            graph("Throttled writes", {name: throttled_writes(table) for name, table in tables.items()}),
        )


def throttled_writes(table: dynamodb.Table) -> cloudwatch.Metric:
    return table.metric("WriteThrottleEvents", statistic="Sum")


def graph(title: str, metrics: Mapping[str, cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    """Each line under its name. (A label in the metric itself would turn its alarms into metric maths.)"""
    return cloudwatch.GraphWidget(
        title=title, left=[metric.with_(label=name) for name, metric in metrics.items()], width=8, height=6
    )
