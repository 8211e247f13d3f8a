"""The plan of a date stands once it is written, and no other start touches the lists it points to."""

from datetime import date

import boto3
import pytest
from moto import mock_aws

from adapters.aws.recipient_lists import LEFT_OUT, RecipientLists, packed
from adapters.aws.work_files import WorkFiles

ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
DAY = date(2026, 11, 20)
LISTS = {LEFT_OUT: packed([{"customer": "c2"}]), "a/chunk-0000.jsonl.gz": packed([{"customer": "c1"}])}


@pytest.fixture(params=["moto", "ministack"])
def lists(request):
    """The same rules on two S3s that share no code."""
    if request.param == "ministack":
        endpoint = request.getfixturevalue("ministack").endpoint
        s3 = boto3.client("s3", endpoint_url=endpoint, **ACCESS)
        s3.create_bucket(Bucket="lists", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield RecipientLists(WorkFiles(s3, "lists"))
        for one in s3.list_objects_v2(Bucket="lists").get("Contents", ()):
            s3.delete_object(Bucket="lists", Key=one["Key"])
        s3.delete_bucket(Bucket="lists")
        return
    with mock_aws():
        s3 = boto3.client("s3", **ACCESS)
        s3.create_bucket(Bucket="lists", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield RecipientLists(WorkFiles(s3, "lists"))


def plan(folder, **more):
    return {"program": "p", "date": DAY.isoformat(), "folder": folder, "campaigns": [], **more}


def test_there_is_no_plan_until_one_is_committed(lists):
    assert lists.plan("p", DAY) is None
    committed = lists.commit(plan("f"))
    assert committed == lists.plan("p", DAY) == plan("f")
    assert lists.plan("p", date(2026, 11, 21)) is None


def test_the_first_plan_stands(lists):
    lists.commit(plan("first"))
    assert lists.commit(plan("second")) == plan("first")
    assert lists.plan("p", DAY) == plan("first")


def test_other_lists_lie_in_another_folder_and_the_same_ones_in_the_same(lists):
    first = lists.write("p", DAY, LISTS)
    assert lists.write("p", DAY, LISTS) == first
    others = {**LISTS, LEFT_OUT: packed([])}
    assert lists.write("p", DAY, others) != first
    assert [row["customer"] for row in lists.rows([f"{first}/a/chunk-0000.jsonl.gz", f"{first}/{LEFT_OUT}"])] == [
        "c1",
        "c2",
    ]


def test_who_was_left_out_is_told_beside_the_plan(lists):
    lists.tell_left_out(plan(lists.write("p", DAY, LISTS)))
    assert list(lists.rows(["campaigns/p/2026-11-20/left-out.jsonl.gz"])) == [{"customer": "c2"}]
