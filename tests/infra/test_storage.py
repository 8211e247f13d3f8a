"""What keeps data: encrypted, recoverable, kept or tidied as said."""

import json
from collections import Counter

import pytest

from tests.infra.test_functions import STAGES

LOG_GROUPS = len(STAGES) + 3 + 2  # of the functions, the machines and the HTTP APIs
STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::KMS::Key", "AWS::Logs::LogGroup")


def test_prod_keeps_every_stateful_resource_when_its_stack_goes(stack):
    resources = stack.all(*STATEFUL)
    kinds = Counter(it["Type"].rpartition(":")[2] for it in resources.values())
    assert kinds == {"Table": 8, "Bucket": 3, "Queue": 6, "Key": 1, "LogGroup": LOG_GROUPS}
    assert {(it["DeletionPolicy"], it["UpdateReplacePolicy"]) for it in resources.values()} == {("Retain", "Retain")}
    assert all(table["DeletionProtectionEnabled"] for table in stack.properties("AWS::DynamoDB::Table"))


def test_a_sandbox_leaves_nothing_behind(sandbox):
    assert {it["DeletionPolicy"] for it in sandbox.all(*STATEFUL).values()} == {"Delete"}


def test_every_table_has_pk_and_sk_costs_by_use_can_be_recovered_and_is_encrypted(stack):
    for table in stack.properties("AWS::DynamoDB::Table"):
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["PK", "SK"]
        assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_what_may_expire_does_and_runs_and_what_is_known_of_subjects_stay(stack):
    tables = {id[:-8]: it["Properties"] for id, it in stack.all("AWS::DynamoDB::Table").items()}
    attributes = {name: table.get("TimeToLiveSpecification") for name, table in tables.items()}
    assert {name for name, ttl in attributes.items() if ttl is None} == {"Runs", "Subjects"}
    assert {json.dumps(ttl) for ttl in attributes.values() if ttl} == {
        '{"AttributeName": "expiresAt", "Enabled": true}'
    }


@pytest.mark.parametrize(
    ("table", "projections"),
    [
        ("Candidates", {"GSI1": "ALL", "GSI2": "KEYS_ONLY"}),  # serving · by date
        ("Deliveries", {"GSI1": "ALL", "GSI2": "ALL"}),  # of a campaign · of a customer
        ("Responses", {"GSI1": "ALL"}),  # of a day
        ("Customers", {}),
    ],
)
def test_tables_are_indexed_for_their_readers(stack, table, projections):
    indexes = stack.one("AWS::DynamoDB::Table", table).get("GlobalSecondaryIndexes", [])
    assert {it["IndexName"]: it["Projection"]["ProjectionType"] for it in indexes} == projections
    for index in indexes:
        name = index["IndexName"]
        assert [key["AttributeName"] for key in index["KeySchema"]] == [f"{name}PK", f"{name}SK"]


def lifetimes(stack, bucket):
    """Days by prefix."""
    rules = stack.one("AWS::S3::Bucket", bucket)["LifecycleConfiguration"]["Rules"]
    return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}


def test_work_files_outlive_candidates_recipient_lists_live_five_weeks_contact_data_a_day_and_programs_stay(stack):
    assert lifetimes(stack, "Work") == {
        "runs/": 31,  # a day more than the longest-lived candidates
        "contacts/": 1,
        "campaigns/": 35,
        "aws/lambda/": 14,  # records of a stream that could not be handled, where Lambda puts them
    }


def test_outputs_and_photos_stay(stack):
    assert lifetimes(stack, "Outputs") == {"exports/results/": 7}  # what Athena leaves beside an export
    assert lifetimes(stack, "Photos") == {}


def test_every_bucket_is_private_and_encrypted_and_drops_what_was_not_finished(stack):
    for bucket in stack.properties("AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule and "Prefix" not in rule]


@pytest.mark.parametrize("type", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"])
def test_nothing_is_reached_without_tls(stack, type):
    for policy in stack.properties(type):
        statements = policy["PolicyDocument"]["Statement"]
        assert [it for it in statements if it["Effect"] == "Deny" and "aws:SecureTransport" in str(it["Condition"])]


def test_every_queue_is_encrypted_and_the_only_one_of_work_sets_aside_what_fails(stack):
    queues = {id[:-8]: it["Properties"] for id, it in stack.all("AWS::SQS::Queue").items()}
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    assert {name for name, queue in queues.items() if "RedrivePolicy" in queue} == {"Outbox"}
    assert all(queue["MessageRetentionPeriod"] == 14 * 86400 for queue in queues.values())


def test_the_alarm_topic_is_encrypted_with_a_key_that_cloudwatch_may_use(stack):
    [topic] = stack.properties("AWS::SNS::Topic")
    [(key, properties)] = [(id, it["Properties"]) for id, it in stack.all("AWS::KMS::Key").items()]
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert properties["EnableKeyRotation"] is True
    [cloudwatch] = [it for it in properties["KeyPolicy"]["Statement"] if "Service" in it["Principal"]]
    assert cloudwatch["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert cloudwatch["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
