"""The archive's parts in, its alarms and its dashboard out; thresholds are the mission's own."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.archive_metrics import ERRORS, FILES, FIVE, LEFT, RECORDS, SKIPPED, UNREADABLE, archived, lag
from infra.dashboard import graph
from infra.function import PythonFunction
from infra.mapping_metrics import DROPPED, GIVEN_UP, UNKEPT, of_mapping

ERROR_LIMIT = 5  # in five minutes (the mission: more than that)
BEHIND, LATE = Duration.seconds(60), Duration.seconds(120)  # the mission: what is normal at most, what is an alarm


class ArchiveWatch:
    """Alarms on records that could not be archived, that came late, or that nobody has any more."""

    def __init__(self, alarms: Alarms, archiver: PythonFunction, mapping: lambda_.EventSourceMapping) -> None:
        self._alarms, self._archiver, self._mapping = alarms, archiver, mapping

    def over_records(self) -> None:
        at_least = self._alarms.at_least
        at_least(
            ERROR_LIMIT + 1,
            archived(ERRORS),
            id="ArchiveErrors",
            says=f"More than {ERROR_LIMIT} records in five minutes could not be archived: `ovation errors list` tells the causes.",
        )
        at_least(
            1,
            of_mapping(self._mapping, GIVEN_UP),
            id="BatchesGivenUp",
            says="Lambda gave up on records; they lie below aws/lambda/. Mend the cause, then `ovation errors replay`.",
        )
        lost = "Records are neither archived nor kept aside: run `ovation archive verify`, then `ovation archive backfill`."
        at_least(1, of_mapping(self._mapping, DROPPED), id="RecordsDropped", says=lost)
        at_least(1, self._archiver.metric(UNKEPT, statistic="Sum", period=FIVE), id="RecordsUnkept", says=lost)

    def over_compaction(self) -> None:
        """A night's work that was not done shows in slower queries first, and in none at all where a file cannot be read."""
        for name, says in {
            LEFT: "Compaction had no time or no answer for some dates: see its log; the next night goes on.",
            UNREADABLE: "A file of the archive cannot be read, so its date is not compacted: compact's log names it.",
        }.items():
            self._alarms.at_least(1, archived(name), id=name, says=says)

    def over_lag(self, changes: kinesis.IStream) -> None:
        for name, limit in {"Behind": BEHIND, "Late": LATE}.items():
            self._alarms.at_least(
                limit.to_milliseconds(),
                lag(self._archiver),
                id=f"Archive{name}",
                says=f"Changes wait for {limit.to_human_string()} or more: see StreamArchiver's errors, throttles and duration.",
            )
        throttled = {
            "Reads": changes.metric_read_provisioned_throughput_exceeded(statistic="Sum", period=FIVE),
            "Writes": changes.metric_write_provisioned_throughput_exceeded(statistic="Sum", period=FIVE),
        }
        for name, metric in throttled.items():
            says = f"The stream throttles {name.lower()}: its shards are too few. Nothing is lost, but late."
            self._alarms.at_least(1, metric, id=f"{name}Throttled", says=says)


class ArchiveDashboard(cloudwatch.Dashboard):
    """What was archived, how late, and what it was carried by."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, default_interval=Duration.days(1))

    def records(self, mapping: lambda_.EventSourceMapping) -> None:
        self.add_widgets(
            graph("Records", {"archived": archived(RECORDS), "our own rows, skipped": archived(SKIPPED)}),
            graph("Files", {"written": archived(FILES)}),
            graph("Errors", {"parked": archived(ERRORS), "given up by Lambda": of_mapping(mapping, GIVEN_UP)}),
        )

    def lag(self, archiver: PythonFunction, mapping: lambda_.EventSourceMapping, changes: kinesis.IStream) -> None:
        """How old what was read is, by the function and by the stream."""
        came = changes.metric_incoming_records(statistic="Sum", period=FIVE)
        self.add_widgets(
            graph("Iterator age (ms)", {"at most": lag(archiver)}),
            graph("Stream", {"changes": came, "taken up": of_mapping(mapping, "PolledEventCount")}),
            graph(
                "Lag of readers (ms)", {"at most": changes.metric_get_records_iterator_age_milliseconds(period=FIVE)}
            ),
        )

    def parts(self, functions: Mapping[str, PythonFunction]) -> None:
        self.add_widgets(
            graph("Functions' errors", {name: it.metric_errors() for name, it in functions.items()}),
            graph("Throttles", {name: it.metric_throttles() for name, it in functions.items()}),
            graph("p99 (ms)", {name: it.metric_duration(statistic="p99") for name, it in functions.items()}),
        )
