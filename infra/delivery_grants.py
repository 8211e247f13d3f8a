"""Delivery's functions and the parts they work with in, each with the rights to what it uses out."""

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack

from infra.function import PythonFunction
from infra.parts import EVENT_BUS, Parts

Functions = Mapping[str, PythonFunction]

# (function, table or table/index, verbs of DynamoDB); those of a transaction's entries are the single calls' verbs.
TABLES = (
    ("serve", "Candidates", "GetItem", "Query", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem"),
    ("serve", "Candidates/GSI1", "Query"),
    ("serve", "Customers", "GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
    ("serve", "Deliveries", "GetItem", "UpdateItem"),
    ("serve", "Deliveries/GSI2", "Query"),
    ("serve", "Responses", "GetItem", "PutItem", "Query"),
    ("serve", "Subjects", "GetItem", "UpdateItem"),
    ("serve", "ScoreCache", "Query", "DeleteItem", "BatchWriteItem"),
    ("campaign", "Runs", "GetItem"),
    ("campaign", "Candidates/GSI1", "Query"),
    ("campaign", "Customers", "BatchGetItem"),
    ("campaign", "Deliveries", "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
    ("campaign", "Deliveries/GSI1", "Query"),
    ("release", "Deliveries", "GetItem", "UpdateItem"),
    ("send", "Candidates", "GetItem", "BatchGetItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
    ("send", "Customers", "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
    ("send", "Deliveries", "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"),
    ("send", "Controls", "GetItem", "PutItem", "UpdateItem"),
    ("mail_events", "Deliveries", "GetItem", "Query", "PutItem", "UpdateItem"),
    ("mail_events", "Customers", "GetItem", "PutItem", "UpdateItem"),
    ("mail_events", "Candidates", "Query", "DeleteItem", "BatchWriteItem"),
    ("engage", "Candidates", "GetItem", "Query", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem"),
    ("engage", "Customers", "GetItem", "PutItem", "UpdateItem"),
    ("engage", "Deliveries", "GetItem", "Query", "PutItem", "UpdateItem"),
    ("engage", "Responses", "GetItem", "PutItem"),
    ("engage", "Subjects", "GetItem", "UpdateItem"),
    ("publish_responses", "Responses", "BatchWriteItem"),
    ("export", "Runs", "GetItem", "UpdateItem"),
    ("export", "Deliveries/GSI1", "Query"),
    ("export", "Responses/GSI1", "Query"),
    ("playlists", "Responses/GSI1", "Query"),
    ("playlists", "Subjects", "Scan", "UpdateItem"),
    ("report", "Runs", "GetItem", "Query"),
    ("report", "Deliveries", "GetItem", "Query"),
    ("report", "Deliveries/GSI1", "Query"),
    ("report", "Responses/GSI1", "Query"),
    ("report", "Subjects", "GetItem", "Scan"),
    ("retrain", "Deliveries", "GetItem", "Query"),
    ("retrain", "Deliveries/GSI1", "Query"),
    ("retrain", "Responses/GSI1", "Query"),
    ("retrain", "Controls", "GetItem", "PutItem", "UpdateItem"),
)

# (function, bucket/folder, verbs of S3 on its objects)
FILES = (
    ("campaign", "Work/programs", "GetObject"),
    ("campaign", "Work/runs", "GetObject"),
    ("campaign", "Work/campaigns", "GetObject", "PutObject"),
    ("release", "Work/campaigns", "GetObject"),
    ("send", "Work/programs", "GetObject"),
    ("send", "Work/campaigns", "GetObject"),
    ("engage", "Photos/photos", "GetObject", "PutObject"),
    ("publish_responses", "Photos/photos", "GetObject"),
    ("export", "Work/programs", "GetObject"),
    ("export", "Work/runs", "GetObject", "PutObject"),
    ("export", "Outputs/exports", "GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"),
    ("playlists", "Outputs/playlists", "PutObject"),
    ("report", "Work/programs", "GetObject"),
    ("report", "Work/campaigns", "GetObject"),
    ("report", "Outputs/reports", "GetObject", "PutObject"),
    ("retrain", "Outputs/training", "GetObject", "PutObject"),
    ("retrain", "Outputs/models", "GetObject", "PutObject"),
)
SCHEDULING = {"campaign": ("CreateSchedule",), "send": ("CreateSchedule",)}


def grant(functions: Functions, parts: Parts) -> None:
    """Give each function what it uses, and no more."""
    _tables(functions, parts)
    _files(functions, parts)
    _sending(functions, parts)
    _jobs(functions, parts)


def _tables(functions: Functions, parts: Parts) -> None:
    tables = parts.stores.tables()
    for name, place, *verbs in TABLES:
        table, _, index = place.partition("/")
        functions[name].uses(tables[table], *verbs, index=index)
    for table in parts.stores.expiring():
        functions["cleanup"].uses(table, "Scan")


def _files(functions: Functions, parts: Parts) -> None:
    buckets = parts.stores.buckets()
    for name, place, *verbs in FILES:
        bucket, _, folder = place.partition("/")
        because = f"The files below {folder}/ are named by program, date and what they hold."
        functions[name].allow(
            [f"s3:{verb}" for verb in verbs], [buckets[bucket].arn_for_objects(f"{folder}/*")], because
        )
    for name, bucket in dict.fromkeys((name, place.partition("/")[0]) for name, place, *_ in FILES):
        # Without the right to list, S3 answers 403 where it would answer 404, and a file not there yet could not be told.
        functions[name].allow(["s3:ListBucket"], [buckets[bucket].bucket_arn])


def _sending(functions: Functions, parts: Parts) -> None:
    release, send, engage = functions["release"], functions["send"], functions["engage"]
    for name, verbs in SCHEDULING.items():
        parts.one_time.made_by(functions[name], *verbs)
    parts.one_time.call(release)
    for function in (release, send):
        function.allow(["sqs:SendMessage"], [parts.outbox.queue_arn])
    parts.mail.sent_by(send, parts.programs)
    for function in (send, engage):
        parts.mail.signed_by(function)


def _jobs(functions: Functions, parts: Parts) -> None:
    export, analytics = functions["export"], parts.analytics
    analytics.asked_by(export, "StartQueryExecution", "GetQueryExecution", "StopQueryExecution")
    # What Athena reads with the caller's rights, and what we write ourselves.
    analytics.catalogued_by(export, "GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")
    analytics.catalogued_by(export, "CreateTable", "CreatePartition", "UpdatePartition")
    export.allow(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [parts.stores.outputs.bucket_arn])
    export.allow(["s3:GetBucketLocation"], [parts.stores.work.bucket_arn])
    bus = _arn(export, "events", "event-bus", EVENT_BUS)
    for name in ("playlists", "publish_responses"):
        functions[name].allow(["events:PutEvents"], [bus])
    _models(functions["retrain"], parts)


def _models(retrain: PythonFunction, parts: Parts) -> None:
    parts.training.run_by(retrain)


def _arn(function: PythonFunction, service: str, resource: str, name: str) -> str:
    return Stack.of(function).format_arn(
        service=service, resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
    )
