"""What keeps data: encrypted, recoverable, kept or tidied as said."""

import pytest

STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::KMS::Key", "AWS::Logs::LogGroup")


def test_prod_keeps_every_stateful_resource_when_its_stack_goes(stack):
    resources = stack.all(*STATEFUL)
    assert len(resources) == 4 + 1 + 1 + 1 + 11
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


@pytest.mark.parametrize(
    ("table", "attribute"),
    [("Candidates", "expiresAt"), ("ScoreCache", "expiresAt"), ("Customers", None), ("Runs", None)],
)
def test_candidates_and_scores_expire_customers_and_runs_do_not(stack, table, attribute):
    ttl = stack.one("AWS::DynamoDB::Table", table).get("TimeToLiveSpecification")
    assert ttl == ({"AttributeName": attribute, "Enabled": True} if attribute else None)


def test_candidates_are_indexed_for_serving_and_by_date(stack):
    indexes = stack.one("AWS::DynamoDB::Table", "Candidates")["GlobalSecondaryIndexes"]
    found = {
        it["IndexName"]: (*(key["AttributeName"] for key in it["KeySchema"]), it["Projection"]["ProjectionType"])
        for it in indexes
    }
    assert found == {"GSI1": ("GSI1PK", "GSI1SK", "ALL"), "GSI2": ("GSI2PK", "GSI2SK", "KEYS_ONLY")}


def test_work_files_live_two_weeks_contact_data_a_day_and_programs_stay(stack):
    [bucket] = stack.properties("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        "runs/": 31,  # a day more than the longest-lived candidates
        "contacts/": 1,
    }
    assert [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule and "Prefix" not in rule]


def test_the_bucket_is_private_and_encrypted(stack):
    [bucket] = stack.properties("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("type", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"])
def test_nothing_is_reached_without_tls(stack, type):
    for policy in stack.properties(type):
        statements = policy["PolicyDocument"]["Statement"]
        assert [it for it in statements if it["Effect"] == "Deny" and "aws:SecureTransport" in str(it["Condition"])]


def test_every_queue_is_encrypted_and_is_or_has_a_dead_letter_queue(stack):
    targets = [
        schedule["Target"]["DeadLetterConfig"]["Arn"] for schedule in stack.properties("AWS::Scheduler::Schedule")
    ]
    dead_letters = {target["Fn::GetAtt"][0] for target in targets}
    for id, queue in stack.all("AWS::SQS::Queue").items():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert id in dead_letters or "RedrivePolicy" in queue["Properties"]


def test_the_alarm_topic_is_encrypted_with_a_key_that_cloudwatch_may_use(stack):
    [topic] = stack.properties("AWS::SNS::Topic")
    [(key, properties)] = [(id, it["Properties"]) for id, it in stack.all("AWS::KMS::Key").items()]
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert properties["EnableKeyRotation"] is True
    [cloudwatch] = [it for it in properties["KeyPolicy"]["Statement"] if "Service" in it["Principal"]]
    assert cloudwatch["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert cloudwatch["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
