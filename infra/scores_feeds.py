"""Stores and functions in, the arrows between them out: bucket → queue → loaders → streams → table, its stream → counts → Slack."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as event_targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from domain.scores.keys import META
from domain.scores.places import FANLIST, SCRUBBED
from infra.function import PythonFunction
from infra.queue import DeadLetters, Outbox
from infra.reading import may_read_kinesis, may_read_table, read_stream
from infra.scheduled import Scheduled
from infra.scores_stores import ScoresStores
from infra.stages import Stage

FILES_AT_ONCE = 2  # SQS's least; files of one campaign settle together, whichever is read first
BATCH = 1000  # records
LANES = 4  # batches of one shard in work at once, each with fans of its own
ENTRIES_BATCH = 2000  # two calls of the Entry Service at most
VERDICTS = 10  # messages a call
NIGHTLY = "cron(30 4 * * ? *)"
# Our own rows about campaigns pass through the table's stream too: whoever counts would set itself going for ever.
FANS_ONLY = {"dynamodb": {"Keys": {"SK": {"S": [{"anything-but": {"prefix": META}}]}}}}
Functions = Mapping[str, PythonFunction]
Mappings = Mapping[str, lambda_.EventSourceMapping]


def feed(scope: Construct, functions: Functions, stores: ScoresStores, *, lost: DeadLetters, stage: Stage) -> Mappings:
    """The mappings of streams, by the function that they call."""
    dropped(scope, "Scrubbed", SCRUBBED, stores.files, stores, lost)
    dropped(scope, "Fanlists", FANLIST, stores.fanlists, stores, lost)
    take(functions["load_scores_to_stream"], stores.files, 1, FILES_AT_ONCE)
    take(functions["save_fanlist_scores"], stores.fanlists, 1, FILES_AT_ONCE)
    take(functions["verdict_reporter"], stores.verdicts, VERDICTS)
    take(functions["save_entry_scoring"], stores.entry_retries, 1, FILES_AT_ONCE)
    Scheduled(
        scope,
        "Nightly",
        job="Reconciliation",
        says="Recount every campaign from its rows, and mend what differs",
        at=NIGHTLY,
        function=functions["reconcile_counts"],
        lost=lost,
    )
    return streams(functions, stores, stage)


def dropped(scope: Construct, id: str, prefix: str, queue: Outbox, stores: ScoresStores, lost: DeadLetters) -> None:
    """Each new object below the prefix becomes a message, so that what is not finished comes again by itself."""
    pattern = events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={"bucket": {"name": [stores.bucket.bucket_name]}, "object": {"key": [{"prefix": prefix}]}},
    )
    target = event_targets.SqsQueue(queue, dead_letter_queue=lost)
    events.Rule(scope, id, description=f"Files dropped below {prefix}", event_pattern=pattern, targets=[target])


def take(function: PythonFunction, queue: Outbox, batch: int, at_once: int | None = None) -> None:
    """Messages that fail alone come again alone; the function may put one off."""
    function.add_event_source(
        sources.SqsEventSource(queue, batch_size=batch, max_concurrency=at_once, report_batch_item_failures=True)
    )


def streams(functions: Functions, stores: ScoresStores, stage: Stage) -> Mappings:
    saved, entries = functions["load_scores_to_dynamodb"], functions["save_entry_scoring"]
    counting, scores = functions["process_saved_scores"], stores.scores_stream.stream_arn
    changes = stores.table.table_stream_arn
    assert changes is not None
    collected = Duration.seconds(stage.scoring.collect_seconds)
    may_read_kinesis(saved, scores)
    may_read_kinesis(entries, scores)
    may_read_table(counting, changes)
    return {
        "load_scores_to_dynamodb": read_stream(
            saved,
            "Scores",
            stream=scores,
            kept=stores.bucket,
            batch_size=BATCH,
            max_batching_window=collected,
            parallelization_factor=LANES,
        ),
        # One batch a shard at a time: how far it has come is kept by shard.
        "save_entry_scoring": read_stream(
            entries,
            "Scores",
            stream=scores,
            kept=stores.bucket,
            batch_size=ENTRIES_BATCH,
            max_batching_window=collected,
        ),
        # The tumbling window is what makes Lambda tell the shard; nothing is kept in its state.
        "process_saved_scores": read_stream(
            counting,
            "Changes",
            stream=changes,
            kept=stores.bucket,
            batch_size=BATCH,
            max_batching_window=collected,
            tumbling_window=Duration.seconds(stage.scoring.window_seconds),
            filters=[lambda_.FilterCriteria.filter(FANS_ONLY)],
        ),
    }
