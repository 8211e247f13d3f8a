"""Each role's verbs, word for word: a verb more or less is a decision, not an accident."""

import pytest

from tests.infra.roles import allowed, statements, texts

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def on(resource, *verbs):
    return {(verb, resource) for verb in verbs}


def basics(name):
    logs = {(verb, f"{name}Logs") for verb in LOGS}
    return logs | on("*", *TRACES) | on("Work", "s3:ListBucket") | on("Work/programs/*", "s3:GetObject")


def table(name, *verbs):
    return on(name, *(f"dynamodb:{verb}" for verb in verbs))


READ_WRITE = on("Work/runs/*", "s3:GetObject", "s3:PutObject")
VERBS = {
    "Claim": table("Runs", "GetItem", "PutItem", "UpdateItem")
    | on("Work/programs/*", "s3:PutObject")
    | on("states:execution:BatchMachine:*", "states:DescribeExecution"),
    "Etl": table("Runs", "GetItem", "UpdateItem") | READ_WRITE,
    "Gate": table("Runs", "GetItem", "Query"),
    "Filter": table("Runs", "GetItem", "UpdateItem") | table("Customers", "BatchGetItem") | READ_WRITE,
    "Score": table("Runs", "GetItem", "UpdateItem")
    | table("ScoreCache", "BatchGetItem", "BatchWriteItem")
    | table("Controls", "GetItem")
    | READ_WRITE
    | on("sagemaker:endpoint/review-model", "sagemaker:InvokeEndpoint")
    | on("sagemaker:endpoint/taste-model", "sagemaker:InvokeEndpoint")
    | on("sagemaker:feature-group/customer-features", "sagemaker:BatchGetRecord")
    | on("sagemaker:feature-group/track-features", "sagemaker:BatchGetRecord"),
    "Store": table("Runs", "GetItem", "UpdateItem")
    | table("Candidates", "BatchGetItem", "BatchWriteItem", "PutItem", "DeleteItem")
    | READ_WRITE,
    "Contacts": table("Runs", "GetItem", "UpdateItem")
    | table("Customers", "BatchGetItem", "BatchWriteItem")
    | on("Work/runs/*", "s3:GetObject")
    | on("Work/contacts/*", "s3:GetObject"),
    "Complete": table("Runs", "GetItem", "Query", "UpdateItem") | on("events:event-bus/default", "events:PutEvents"),
}
CATALOGUE = ("glue:GetDatabase", "glue:GetTable", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition")
ATHENA = ("StartQueryExecution", "GetQueryExecution", "StopQueryExecution")
UNLOADING = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:music-AbCdEf"
EXTRACT = (
    table("Runs", "GetItem", "UpdateItem")
    | on("Work", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
    | on("Work/runs/*", *UNLOADING)
    | on("Work/contacts/*", *UNLOADING)
    | on("athena:workgroup/reviews-group", *(f"athena:{verb}" for verb in ATHENA))
    | on("glue:catalog", *CATALOGUE)
    | on("glue:database/ecommerce", *CATALOGUE)
    | on("glue:table/ecommerce/*", *CATALOGUE)
    | on("s3:::shop-data", "s3:GetBucketLocation", "s3:ListBucket")
    | on("s3:::shop-data/*", "s3:GetObject")
    | on("s3:::by-products", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
    | on("s3:::by-products/*", *UNLOADING)
    | on("redshift:cluster:music-cluster", "redshift-data:ExecuteStatement")
    | on("redshift-serverless:workgroup/*", "redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials")
    | on("*", "redshift-data:DescribeStatement", "redshift-data:CancelStatement")
    | on(SECRET, "secretsmanager:GetSecretValue")
)


@pytest.mark.parametrize("function", VERBS)
def test_a_function_may_do_what_its_stage_does_and_no_more(stack, function):
    assert allowed(stack, function) == basics(function) | VERBS[function]


def test_extract_may_use_each_programs_own_warehouse(stack):
    assert allowed(stack, "Extract") == basics("Extract") | EXTRACT


def test_redshift_statements_are_only_looked_at_by_who_started_them(stack):
    [conditions] = [it["Condition"] for _, it in statements(stack) if "redshift-data:DescribeStatement" in it["Action"]]
    assert conditions == {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}


def test_no_policy_allows_a_wildcard_verb(stack):
    for id, statement in statements(stack):
        assert not [verb for verb in texts(statement["Action"]) if "*" in verb], id


def test_any_resource_is_allowed_only_where_the_service_knows_no_other(stack):
    free = {verb for _, it in statements(stack) if it["Resource"] == "*" for verb in texts(it["Action"])}
    assert {verb for verb in free if not verb.startswith(("xray:", "logs:"))} == {
        "redshift-data:DescribeStatement",
        "redshift-data:CancelStatement",
        "ses:GetAccount",
        "dynamodb:ListStreams",
        "ecr:GetAuthorizationToken",
        "cloudwatch:PutMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:GetMetricStatistics",
    }


def test_only_machines_and_schedules_call_functions_and_only_schedules_start_machines_and_the_batchs_start_its_watch(
    stack,
):
    callers = {id[:-8] for id, it in statements(stack) if "lambda:InvokeFunction" in it["Action"]}
    starters = {
        (id[:-8], stack.name_of(it["Resource"]))
        for id, it in statements(stack)
        if "states:StartExecution" in it["Action"]
    }
    assert callers == {
        "BatchMachineRoleDefaultPolicy",
        "RetrainingMachineRoleDefaultPolicy",
        "OneTimeRoleDefaultPolicy",
        "JobsRoleDefaultPolicy",
    }
    assert starters == {
        ("BatchMachineDistributedMapPolicy", "BatchMachine"),
        ("SchedulesRoleDefaultPolicy", "BatchMachine"),
        ("JobsRoleDefaultPolicy", "RetrainingMachine"),
        ("OverdueMachineEventsRoleDefaultPolicy", "OverdueMachine"),
    }


def test_no_other_principal_gets_into_a_bucket_a_queue_or_a_topic(stack):
    for id, policy in stack.all("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            publisher = statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            rule = (
                statement["Principal"] == {"Service": "events.amazonaws.com"} and "ArnEquals" in statement["Condition"]
            )
            assert statement["Effect"] == "Deny" or publisher or rule, id
