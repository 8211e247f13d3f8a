"""A table's items as they stand, by a scan and out of an export."""

import gzip
import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from adapters.aws.found_items import clock_of, export_at, of_fan, scanned
from domain.errors import Rejected
from tests.keyed_tables import make_table

ITEMS = [{"PK": {"S": f"fan:{n // 2}"}, "SK": {"S": f"demand#{n}"}, "photo": {"B": b"\x00"}} for n in range(5)]
PLACE = "s3://exports/daily/AWSDynamoDB/01-abc/"


@pytest.fixture
def aws():
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="eu-west-1")


@pytest.fixture
def exported(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def write(**summary):
        folder = "daily/AWSDynamoDB/01-abc"
        told = {"exportTime": "2026-11-20T10:00:00.123Z", "outputFormat": "DYNAMODB_JSON", **summary}
        files = [f"{folder}/data/{name}.json.gz" for name in ("one", "two")]
        for number, key in enumerate(files):
            rows = [{"Item": {"PK": {"S": f"fan:{number}"}, "photo": {"B": "AA=="}}}]
            s3.put_object(Bucket="exports", Key=key, Body=gzip.compress("\n".join(map(json.dumps, rows)).encode()))
        lines = "\n".join(json.dumps({"itemCount": 1, "dataFileS3Key": key}) for key in files)
        s3.put_object(Bucket="exports", Key=f"{folder}/manifest-summary.json", Body=json.dumps(told).encode())
        s3.put_object(Bucket="exports", Key=f"{folder}/manifest-files.json", Body=lines.encode())
        return s3

    return write


def test_a_scan_gives_every_item_typed_as_it_stands(aws):
    dynamodb = aws("dynamodb")
    make_table(dynamodb, "Demand")
    for item in ITEMS:
        dynamodb.put_item(TableName="Demand", Item=item)
    assert sorted(scanned(dynamodb, "Demand"), key=lambda it: it["SK"]["S"]) == ITEMS
    assert [of_fan(dynamodb, "Demand", fan) for fan in ("0", "2", "7")] == [2, 1, 0]


def test_the_time_is_the_tables_and_not_this_machines(aws):
    """A row of a fast clock would outlive what the stream tells of the minutes in between."""
    dynamodb = aws("dynamodb")
    make_table(dynamodb, "Demand")

    def answered(http_response, parsed, **_):
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = "Fri, 20 Nov 2026 10:00:07 GMT"

    dynamodb.meta.events.register("after-call.dynamodb.DescribeTable", answered)
    assert clock_of(dynamodb, "Demand") == datetime(2026, 11, 20, 10, 0, 7, tzinfo=UTC)


def test_an_export_gives_its_instant_and_the_items_of_all_its_files(exported):
    export = export_at(exported(), PLACE)
    assert export.taken() == datetime(2026, 11, 20, 10, 0, 0, 123_000, tzinfo=UTC)
    assert [item["PK"]["S"] for item in export.items()] == ["fan:0", "fan:1"]


@pytest.mark.parametrize(
    ("summary", "says"),
    [({"exportType": "INCREMENTAL_EXPORT"}, "INCREMENTAL_EXPORT"), ({"outputFormat": "ION"}, "as ION")],
)
def test_an_export_of_another_shape_is_refused_by_name(exported, summary, says):
    with pytest.raises(Rejected, match=says):
        export_at(exported(**summary), PLACE).taken()


def test_a_missing_file_of_an_export_is_named(exported):
    s3 = exported()
    s3.delete_object(Bucket="exports", Key="daily/AWSDynamoDB/01-abc/data/two.json.gz")
    with pytest.raises(Rejected, match=r"two\.json\.gz"):
        list(export_at(s3, PLACE).items())


@pytest.mark.parametrize("place", ["exports/daily", "s3://exports", "https://exports/x"])
def test_what_is_no_place_on_s3_is_refused(aws, place):
    with pytest.raises(Rejected, match="give s3://"):
        export_at(aws("s3"), place)
