"""The Demand table and the stream of its changes, which archive and notifications share."""

from tests.infra.conftest import read

HOURS_A_WEEK = 7 * 24


def table(stack):
    return stack.one("AWS::DynamoDB::Table", "Demand")


def test_every_change_goes_to_kinesis_told_in_microseconds(demand):
    [stream] = demand.all("AWS::Kinesis::Stream")
    assert table(demand)["KinesisStreamSpecification"] == {
        "StreamArn": {"Fn::GetAtt": [stream, "Arn"]},
        "ApproximateCreationDateTimePrecision": "MICROSECOND",
    }


def test_the_tables_own_stream_tells_what_was_and_what_is(demand):
    assert table(demand)["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_table_can_be_recovered_expires_by_itself_and_is_protected_in_prod(demand):
    assert table(demand)["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table(demand)["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
    assert table(demand)["DeletionProtectionEnabled"]
    assert {it["DeletionPolicy"] for it in demand.template["Resources"].values()} == {"Retain"}


def test_sales_are_found_by_their_day_in_the_order_of_their_time(demand):
    assert indexes(demand)["sales"] == ["saleStartDate", "saleStartDateTime"]
    assert [key["AttributeName"] for key in table(demand)["KeySchema"]] == ["PK", "SK"]


def test_who_wants_to_be_reminded_of_a_sale_is_found_in_ten_parts_and_what_is_unsettled_by_its_age(demand):
    assert indexes(demand)["saleDemands"] == ["saleDemandShard", "fanId"]
    assert indexes(demand)["unsettled"] == ["unsettledShard", "unsettledSince"]


def indexes(demand):
    return {
        it["IndexName"]: [key["AttributeName"] for key in it["KeySchema"]]
        for it in table(demand)["GlobalSecondaryIndexes"]
    }


def test_changes_wait_for_a_week_encrypted_in_as_many_shards_as_it_takes(demand):
    stream = demand.one("AWS::Kinesis::Stream", "DemandTableStream")
    assert stream["RetentionPeriodHours"] == HOURS_A_WEEK
    assert stream["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_the_sandbox_has_some_shards_so_that_work_goes_side_by_side_there(in_sandbox):
    stream = read(in_sandbox, "Demand").one("AWS::Kinesis::Stream", "DemandTableStream")
    assert stream["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert stream["ShardCount"] > 1
