"""What delivery's functions may do: their tables and files by the list that `delivery_grants` keeps, all else word for word.

That each call they make is among it, the handlers' own tests hold: tests/handlers/conftest.py.
"""

import pytest

from infra.delivery_grants import FILES, TABLES
from infra.naming import pascal
from tests.infra.roles import allowed, statements
from tests.infra.test_functions import DELIVERY
from tests.infra.test_permissions import CATALOGUE, LOGS, TRACES, UNLOADING, on

QUEUE = (
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueUrl",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
)
STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
EXPIRING = ("Candidates", "Customers", "ScoreCache", "Deliveries", "Responses", "Controls")
MODELS = ("review-model", "taste-model")


def bus():
    return on("events:event-bus/default", "events:PutEvents")


def lost(queue):
    return on(queue, "sqs:SendMessage")


def scheduling():
    schedules = on("scheduler:schedule/ovation-prod-campaigns/*", "scheduler:CreateSchedule")
    return schedules | on("OneTimeRole", "iam:PassRole")


def glue(*verbs):
    places = ("glue:catalog", "glue:database/ovation_prod", "glue:table/ovation_prod/*")
    return {pair for place in places for pair in on(place, *verbs)}


def sagemaker():
    jobs = on("sagemaker:training-job/ovation-*", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob")
    made = on("sagemaker:model/ovation-*", "sagemaker:CreateModel")
    ours = on("sagemaker:endpoint-config/ovation-*", "sagemaker:CreateEndpointConfig")
    any_config = on("sagemaker:endpoint-config/*", "sagemaker:DescribeEndpointConfig", "sagemaker:UpdateEndpoint")
    verbs = ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint", "sagemaker:UpdateEndpoint")
    endpoints = {pair for name in MODELS for pair in on(f"sagemaker:endpoint/{name}", *verbs)}
    return jobs | made | ours | any_config | endpoints | on("TrainingRole", "iam:PassRole")


MORE = {
    "serve": set(),
    "campaign": scheduling(),
    "release": on("Outbox", "sqs:SendMessage") | lost("LostReleases"),
    "send": scheduling()
    | on("Outbox", "sqs:SendMessage", *QUEUE)
    | on("MailLinkKeys", "secretsmanager:GetSecretValue")
    | on("ses:identity/example.com", "ses:SendBulkEmail")
    | on("ses:identity/reviews@example.com", "ses:SendBulkEmail")
    | on("ses:configuration-set/MailConfigurationSet", "ses:SendBulkEmail")
    | on("*", "ses:GetAccount"),
    "mail_events": lost("LostMailEvents"),
    "engage": on("MailLinkKeys", "secretsmanager:GetSecretValue"),
    "publish_responses": bus()
    | on("Responses", *STREAM)
    | on("*", "dynamodb:ListStreams")
    | on("Work", "s3:ListBucket")
    | on("Work/aws/lambda/*", "s3:PutObject"),
    "export": on(
        "athena:workgroup/ovation-prod", *(f"athena:{verb}QueryExecution" for verb in ("Start", "Get", "Stop"))
    )
    | glue(*CATALOGUE, "glue:CreateTable", "glue:CreatePartition", "glue:UpdatePartition")
    | on("Outputs/exports/*", *UNLOADING)
    | on("Outputs", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
    | on("Work", "s3:GetBucketLocation"),
    "playlists": bus() | lost("LostJobs"),
    "report": on("*", "cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics") | lost("LostJobs"),
    "cleanup": {("dynamodb:Scan", table) for table in EXPIRING} | lost("LostJobs"),
    "retrain": sagemaker(),
}


def listed(stage):
    for name, place, *verbs in TABLES:
        if name == stage:
            yield from on(place.replace("/", "/index/"), *(f"dynamodb:{verb}" for verb in verbs))
    for name, place, *verbs in FILES:
        if name == stage:
            yield from on(f"{place}/*", *(f"s3:{verb}" for verb in verbs))
            yield from on(place.partition("/")[0], "s3:ListBucket")


@pytest.mark.parametrize("stage", DELIVERY)
def test_a_function_may_do_what_is_listed_for_it_and_no_more(stack, stage):
    name = pascal(stage)
    basics = {(verb, f"{name}Logs") for verb in LOGS} | on("*", *TRACES)
    assert allowed(stack, name) == basics | set(listed(stage)) | MORE[stage]


@pytest.mark.parametrize(
    ("role", "service"), [("OneTimeRole", "scheduler.amazonaws.com"), ("TrainingRole", "sagemaker.amazonaws.com")]
)
def test_a_role_is_handed_to_its_own_service_alone(stack, role, service):
    found = [
        it["Condition"]
        for _, it in statements(stack)
        if it["Action"] == "iam:PassRole" and stack.name_of(it["Resource"]) == role
    ]
    assert found
    assert all(condition == {"StringEquals": {"iam:PassedToService": service}} for condition in found)


def test_only_send_may_send_and_only_engage_and_publishing_reach_photos(stack):
    verbs = {stage: {verb for verb, _ in allowed(stack, pascal(stage))} for stage in DELIVERY}
    places = {stage: {place for _, place in allowed(stack, pascal(stage))} for stage in DELIVERY}
    assert {stage for stage in DELIVERY if "ses:SendBulkEmail" in verbs[stage]} == {"send"}
    assert {stage for stage in DELIVERY if "Photos/photos/*" in places[stage]} == {"engage", "publish_responses"}
