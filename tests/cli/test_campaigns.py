"""Who got the mail, who did not and why: every candidate of a campaign in exactly one row, whether taken up, waiting or left out."""

from datetime import UTC, datetime

import boto3
import pytest
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import delivery_keys
from adapters.aws.work_files import WorkFiles
from cli.campaigns import GOT_ONE, told
from cli.deployment import Deployment
from domain.solicitation.delivery import Recipient, delivery_id

CAMPAIGN = {"id": "p.2026-11-20.DE", "program": "p", "date": "2026-11-20"}
CAMPAIGN |= {"lists": f"campaigns/p/2026-11-20/plan-0123456789ab/{CAMPAIGN['id']}"}
SLOT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def deployment(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        make_table(boto3.client("dynamodb"), "Deliveries", {"GSI1": "ALL", "GSI2": "ALL"})
        boto3.client("s3").create_bucket(Bucket="work")
        yield Deployment(boto3.client, {"deliveries_table": "Deliveries", "work_bucket": "work"}, {})


def recipient(customer):
    id = delivery_id("p", customer, "kettle")
    return Recipient(id, customer, "kettle", "Kettle", "product", "DE", 0.8, "Europe/Berlin", SLOT, 1_800_000_000)


def planned(*customers, left_out=()):
    files, folder = WorkFiles(boto3.client("s3"), "work"), "campaigns/p/2026-11-20/"
    rows = [recipient(customer).to_row() for customer in customers]
    files.write(f"{CAMPAIGN['lists']}/20261120T090000Z/chunk-0000.jsonl.gz", rows)
    files.write(f"{folder}left-out.jsonl.gz", left_out)


def taken_up(customer, status, **more):
    item = {"id": delivery_id("p", customer, "kettle"), "campaign": CAMPAIGN["id"], "customer": customer}
    item |= {"subject": "kettle", "sendAt": "2026-11-20T09:00:00Z", "zone": "Europe/Berlin", "status": status, **more}
    boto3.client("dynamodb").put_item(TableName="Deliveries", Item=encode_item({**item, **delivery_keys(item)}))


def test_every_candidate_has_one_row_and_one_reason(deployment):
    out = {"subject": "kettle", "score": 0.7, "campaign": CAMPAIGN["id"]}
    left_out = [
        {**out, "customer": "late", "reason": "over_limit"},
        {**out, "customer": "held", "reason": "holdout"},
        {**out, "customer": "elsewhere", "reason": "over_limit", "campaign": "p.2026-11-20.US"},
    ]
    planned("sent", "none", "tomorrow", left_out=left_out)
    taken_up("sent", "SENT", sentAt="2026-11-20T09:00:03Z", timeline={"opened": "2026-11-20T10:00:00Z"})
    taken_up("none", "SKIPPED", reason="no_address")
    taken_up("held", "HOLDOUT", reason="holdout")
    rows = {row["customer"]: row for row in told(deployment, CAMPAIGN)}
    assert {customer: (row["status"], row["reason"]) for customer, row in rows.items()} == {
        "sent": ("SENT", None),
        "none": ("SKIPPED", "no_address"),
        "held": ("HOLDOUT", "holdout"),
        "tomorrow": ("waiting", None),
        "late": ("LEFT_OUT", "over_limit"),
    }
    assert (rows["sent"]["local"], rows["sent"]["events"]) == ("10:00 CET", ["opened"])


def test_a_campaign_whose_lists_have_expired_still_tells_who_got_the_mail(deployment):
    taken_up("sent", "SENT", sentAt="2026-11-20T09:00:03Z")
    assert [row["customer"] for row in told(deployment, CAMPAIGN)] == ["sent"]


def test_those_of_whom_nobody_knows_yet_are_not_told_as_left_out():
    assert {"SENT", "UNKNOWN"} <= GOT_ONE
    assert not {"SKIPPED", "FAILED", "HOLDOUT", "SHADOW", "LEFT_OUT", "waiting"} & GOT_ONE
