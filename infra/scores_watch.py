"""The parts of scores in, their alarms and their dashboard out; thresholds are the mission's where it has one."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from handlers.scores.settings import NAMESPACE
from infra.alarms import Alarms
from infra.dashboard import graph
from infra.function import PythonFunction
from infra.mapping_metrics import FIVE
from infra.scores_stores import ScoresStores
from infra.stream_watch import watch_streams

BEHIND = Duration.hours(1)  # a stream's reader (the mission: iterator age over an hour)
WAITING = Duration.minutes(15)  # a queue's oldest message (the mission)
BAD_SHARE = 5  # percent of a file's rows: then its maker has a problem (the mission)


def scored(name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric of our own functions."""
    return cloudwatch.Metric(namespace=NAMESPACE, metric_name=name, statistic=statistic, period=FIVE)


class ScoresWatch:
    """Alarms on files, streams and counts that are not as they must be."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def over_files(self) -> None:
        at_least = self._alarms.at_least
        at_least(
            1,
            scored("RejectedFiles"),
            id="RejectedFiles",
            says="A file could not be loaded at all: `ovation scores status CAMPAIGN` tells why.",
        )
        at_least(
            BAD_SHARE,
            scored("InvalidShare", "Maximum"),
            id="InvalidShare",
            says=f"{BAD_SHARE} % of a file's rows or more are invalid: whoever made it has a problem; the rows lie below errors/.",
        )

    def over_counts(self) -> None:
        at_least = self._alarms.at_least
        at_least(
            1,
            scored("CountDrift"),
            id="CountDrift",
            says="Counts differed from the rows. They are mended by now; look below aws/lambda/ for what was given up.",
        )
        at_least(
            1,
            scored("VerdictsIncomplete"),
            id="VerdictsIncomplete",
            says="A load was not settled in time, and Slack was told so: `ovation scores status CAMPAIGN` tells what is missing.",
        )
        at_least(
            1,
            scored("EntriesParked"),
            id="EntriesParked",
            says="Fans of an unknown market, or whom the Entry Service refused, lie below errors/save_entry_scoring/.",
        )

    def over_streams(
        self, functions: Mapping[str, PythonFunction], mappings: Mapping[str, lambda_.EventSourceMapping]
    ) -> None:
        watch_streams(
            self._alarms,
            functions,
            mappings,
            behind=BEHIND,
            kept="`ovation scores reconcile CAMPAIGN` mends the counts.",
            lost="Records are neither taken nor kept aside: load the file again, then `ovation scores reconcile CAMPAIGN`.",
        )

    def over_queues(self, stores: ScoresStores) -> None:
        """Not the verdicts': theirs wait on purpose, and have a deadline."""
        for name, queue in stores.queues().items():
            if name != "verdicts":
                self._over_queue(name, queue)

    def _over_queue(self, name: str, queue: sqs.IQueue) -> None:
        """A message that was received three times has no age any more (AWS); while it is put off it is in somebody's hands."""
        self._alarms.at_least(
            WAITING.to_seconds(),
            queue.metric_approximate_age_of_oldest_message(period=FIVE),
            id=f"{name.capitalize()}Waiting",
            says=f"The oldest of the {name} has waited for {WAITING.to_human_string()}: see its function's log.",
        )
        self._alarms.at_least(
            1,
            queue.metric_approximate_number_of_messages_not_visible(period=WAITING, statistic="Minimum"),
            id=f"{name.capitalize()}PutOff",
            says=f"Some of the {name} have been tried for {WAITING.to_human_string()} without a pause: see its function's log.",
        )


class ScoresDashboard(cloudwatch.Dashboard):
    """Files and their rows first, then rows and counts, then what they were carried by."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, default_interval=Duration.days(1))

    def loads(self) -> None:
        rows = {"in": "RowsIn", "valid": "RowsValid", "invalid": "RowsInvalid", "out": "RowsOut"}
        written = ("Created", "Updated", "Unchanged", "Invalid", "Failed")
        self.add_widgets(
            graph("Rows of files", {name: scored(metric) for name, metric in rows.items()}),
            graph("Invalid rows (% of a file)", {"highest": scored("InvalidShare", "Maximum")}),
            graph("Rows of the table", {name.lower(): scored(f"Scores{name}") for name in written}),
        )
        self.add_widgets(
            graph("Drift of counts", {"drift": scored("CountDrift"), "repaired": scored("CountsRepaired")}),
            graph("Slack", {name: scored(metric) for name, metric in SLACK.items()}),
            graph("Entry Service", {name: scored(f"Entries{name.capitalize()}") for name in ENTRIES}),
        )

    def parts(self, functions: Mapping[str, PythonFunction], stores: ScoresStores) -> None:
        age, readers = "IteratorAge", ("load_scores_to_dynamodb", "process_saved_scores", "save_entry_scoring")
        waiting = {name: it.metric_approximate_age_of_oldest_message() for name, it in stores.queues().items()}
        self.add_widgets(
            graph("Behind (ms)", {name: functions[name].metric(age, statistic="Maximum") for name in readers}),
            graph("Oldest message (s)", waiting),
            graph("Errors", {name: function.metric_errors() for name, function in functions.items()}),
        )
        self.add_widgets(
            graph("Throttles", {name: function.metric_throttles() for name, function in functions.items()}),
            graph("p99 (ms)", {name: f.metric_duration(statistic="p99") for name, f in functions.items()}),
            graph("Throttled writes", {"scores": stores.table.metric("WriteThrottleEvents", statistic="Sum")}),
        )


SLACK = {"posts": "SlackPosts", "put off": "VerdictsPutOff", "incomplete": "VerdictsIncomplete"}
ENTRIES = ("inserted", "updated", "found", "parked", "waiting")
