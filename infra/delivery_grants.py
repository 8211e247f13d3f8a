"""Delivery's functions and the parts they work with in, each with the rights to what it uses out."""

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack

from infra.function import PythonFunction
from infra.mail import identities_of
from infra.parts import EVENT_BUS, Parts

Functions = Mapping[str, PythonFunction]

# (function, table or table/index, verbs of DynamoDB); those of a transaction's entries are the single calls' verbs.
TABLES = (
    ("serve", "Candidates", "GetItem", "Query", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"),
    ("serve", "Candidates/GSI1", "Query"),
    ("serve", "Customers", "BatchGetItem", "Query", "UpdateItem"),
    ("serve", "Responses", "GetItem", "PutItem"),
    ("serve", "Subjects", "GetItem", "UpdateItem"),
    ("serve", "ScoreCache", "Query", "BatchWriteItem"),
    ("campaign", "Runs", "GetItem"),
    ("campaign", "Candidates", "BatchGetItem"),
    ("campaign", "Candidates/GSI1", "Query"),
    ("campaign", "Customers", "BatchGetItem"),
    ("campaign", "Deliveries", "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
    ("release", "Deliveries", "GetItem", "UpdateItem"),
    ("send", "Candidates", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
    ("send", "Customers", "BatchGetItem", "UpdateItem", "ConditionCheckItem"),
    ("send", "Deliveries", "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
    ("send", "Controls", "GetItem", "PutItem"),
    ("mail_events", "Deliveries", "GetItem", "Query", "PutItem", "UpdateItem"),
    ("mail_events", "Customers", "UpdateItem"),
    ("mail_events", "Candidates", "Query", "DeleteItem", "BatchWriteItem"),
    ("engage", "Candidates", "GetItem", "Query", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"),
    ("engage", "Customers", "GetItem", "UpdateItem"),
    ("engage", "Deliveries", "GetItem", "Query", "PutItem", "UpdateItem"),
    ("engage", "Responses", "GetItem", "PutItem"),
    ("engage", "Subjects", "GetItem", "UpdateItem"),
    ("publish_responses", "Responses", "BatchWriteItem"),
    ("export", "Runs", "GetItem", "UpdateItem"),
    ("export", "Deliveries/GSI1", "Query"),
    ("export", "Responses/GSI1", "Query"),
    ("playlists", "Responses/GSI1", "Query"),
    ("playlists", "Subjects", "Scan", "UpdateItem"),
    ("report", "Runs", "GetItem"),
    ("report", "Deliveries", "Query", "UpdateItem"),
    ("report", "Deliveries/GSI1", "Query"),
    ("report", "Responses/GSI1", "Query"),
    ("retrain", "Deliveries/GSI1", "Query"),
    ("retrain", "Controls", "GetItem", "PutItem"),
)

# (function, bucket/folder, verbs of S3 on its objects)
FILES = (
    ("campaign", "Work/programs", "GetObject"),
    ("campaign", "Work/campaigns", "GetObject", "PutObject"),
    ("send", "Work/programs", "GetObject"),
    ("send", "Work/campaigns", "GetObject"),
    (
        "engage",
        "Photos/photos",
        "GetObject",
        "PutObject",
    ),  # the rights a browser's upload and a page's pictures are signed with
    ("publish_responses", "Photos/photos", "GetObject"),
    ("export", "Work/programs", "GetObject"),
    ("export", "Work/runs", "GetObject", "PutObject"),
    ("export", "Outputs/exports", "GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"),
    ("playlists", "Outputs/playlists", "PutObject"),
    ("report", "Work/runs", "GetObject"),
    ("report", "Work/campaigns", "GetObject"),
    ("report", "Outputs/reports", "PutObject"),
    ("retrain", "Work/runs", "GetObject"),
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
    parts.mail.sent_by(send, identities_of(parts.programs))
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
    functions["report"].allow(
        ["cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics"], ["*"], "Metrics are no resources."
    )
    bus = _arn(export, "events", "event-bus", EVENT_BUS)
    for name in ("playlists", "publish_responses"):
        functions[name].allow(["events:PutEvents"], [bus])
    _models(functions["retrain"], parts)


def _models(retrain: PythonFunction, parts: Parts) -> None:
    """Jobs, models and configurations of our own naming; of the owner's endpoints only those that programs score with."""
    models = [model for program in parts.programs for model in program.scoring.models]
    names = sorted({model.endpoint.removeprefix("sagemaker://").lower() for model in models})
    endpoints = [_arn(retrain, "sagemaker", "endpoint", name) for name in names]
    ours = "Jobs, models and configurations are named by model, date and data."
    jobs, made, configurations = (
        _arn(retrain, "sagemaker", kind, "ovation-*") for kind in ("training-job", "model", "endpoint-config")
    )
    retrain.allow(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"], [jobs], ours)
    retrain.allow(["sagemaker:CreateModel"], [made], ours)
    retrain.allow(["sagemaker:CreateEndpointConfig"], [configurations], ours)
    present = _arn(retrain, "sagemaker", "endpoint-config", "*")
    whose = "The configuration an endpoint has at first, and goes back to, is named by its owner."
    retrain.allow(["sagemaker:DescribeEndpointConfig", "sagemaker:UpdateEndpoint"], [present], whose)
    if endpoints:
        verbs = ("DescribeEndpoint", "InvokeEndpoint", "UpdateEndpoint")
        retrain.allow([f"sagemaker:{verb}" for verb in verbs], endpoints)
    parts.training.run_by(retrain)


def _arn(function: PythonFunction, service: str, resource: str, name: str) -> str:
    return Stack.of(function).format_arn(
        service=service, resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
    )
