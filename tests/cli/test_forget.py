"""A customer forgotten: no table, list, work file, export or training set names them any more, and all others stay."""

import io
import json
from datetime import UTC, datetime

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from keyed_tables import make_table
from moto import mock_aws
from programs_in_small import REVIEWS

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import delivery_keys
from adapters.aws.work_files import WorkFiles
from adapters.files import jsonl
from cli.deployment import Deployment
from cli.forget import erased
from domain.solicitation.delivery import delivery_id
from domain.solicitation.run import bucket_of

GONE, STAYS = "ann#1", "bob"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TABLES = {
    "Candidates": {},
    "Customers": {},
    "ScoreCache": {},
    "Deliveries": {"GSI1": "ALL", "GSI2": "ALL"},
    "Responses": {"GSI1": "ALL"},
}


@pytest.fixture
def deployment(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for table, indexes in TABLES.items():
            make_table(boto3.client("dynamodb"), table, indexes)
        for bucket in ("work", "outputs", "photos"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        names = {"work_bucket": "work", "outputs_bucket": "outputs", "photos_bucket": "photos"}
        names |= {"score_cache_table": "ScoreCache"} | {f"{name.lower()}_table": name for name in TABLES}
        for customer in (GONE, STAYS):
            _known(customer)
        _files()
        yield Deployment(boto3.client, names, {})


def _known(customer):
    """Everything we may know of one customer who was asked and has answered."""
    key, subject = f"CUSTOMER#{customer.replace('#', '%23')}", "PROGRAM#small-reviews#SUBJECT#p1"
    id = delivery_id("small-reviews", customer, "p1")
    base = {"PK": key, "SK": subject, "status": "CONSUMED", "programId": "small-reviews", "subject": {"id": "p1"}}
    put("Candidates", base)
    put("Candidates", {"PK": key, "SK": f"{subject}#CHANNEL#voice", "customerId": customer})
    put("Customers", {"PK": key, "SK": "CONTACT#small-reviews", "email": f"{customer}@example.com"})
    put("Customers", {"PK": key, "SK": "CAP#small-reviews", "asks": ["2026-11-20T15:00:00Z"]})
    put("Customers", {"PK": key, "SK": "PROFILE", "optedOut": False})
    put("ScoreCache", {"PK": f"{key}#SUBJECT#p1", "SK": "MODEL#m#1", "score": 0.5})
    delivery = {"id": id, "campaign": "c1", "customer": customer, "subject": "p1", "program": "small-reviews"}
    delivery |= {"sendAt": "2026-11-20T15:00:00Z", "zone": "Europe/Vaduz", "status": "SENT"}
    put("Deliveries", {**delivery, **delivery_keys(delivery)})
    past = {
        **delivery,
        "campaign": "c0",
        "status": "SKIPPED",
    }  # of an earlier campaign, which this one took the place of
    put("Deliveries", {**past, **delivery_keys(past), "SK": "PAST#c0"})
    answer = {"PK": key, "SK": subject, "GSI1PK": "PROGRAM#small-reviews#DATE#2026-11-20#0"}
    said = {"customer": customer, "program": "small-reviews", "subject": "p1", "stars": 5, "text": "Good kettle."}
    photo = f"photos/{id}/1-abc"
    put(
        "Responses",
        {**answer, **said, "GSI1SK": f"2026-11-20T16:00:00Z#{customer}#p1", "photos": [photo], "delivery": id},
    )
    ids = f"{customer.replace('#', '%23')}#small-reviews#p1"
    put("Responses", {"PK": f"OUTBOX#{ids}", "SK": "EVENT", "detail": said})
    boto3.client("s3").put_object(Bucket="photos", Key=photo, Body=b"jpeg")


def _files():
    work, outputs = (WorkFiles(boto3.client("s3"), bucket) for bucket in ("work", "outputs"))
    rows = [{"customer": customer, "subject": "p1"} for customer in (GONE, STAYS)]
    work.write_json("programs/abc.json", REVIEWS.to_json())
    bucket = bucket_of(GONE, REVIEWS.buckets)
    work.write(f"runs/small-reviews/2026-11-20/attempt-1/stages/bucket={bucket}/score.jsonl.gz", rows)
    work.write("campaigns/small-reviews/2026-11-20/c1/20261120T150000Z/chunk-0000.jsonl.gz", rows)
    work.write("campaigns/small-reviews/2026-11-20/left-out.jsonl.gz", [rows[1]])
    training = [{"delivery": delivery_id("small-reviews", row["customer"], "p1"), "label": 1} for row in rows]
    outputs.write("training/small-reviews/2026-11-22/2026-11-20.jsonl.gz", training)
    lost = [{"dynamodb": {"Keys": {"PK": {"S": f"OUTBOX#{who}#p#s"}}}} for who in (GONE.replace("#", "%23"), STAYS)]
    aside = {"requestContext": {}, "payload": json.dumps({"Records": lost})}
    work.write_json("aws/lambda/uuid/shard/2026/11/20/record", aside)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"customer": [GONE, STAYS, None], "status": ["CONSUMED"] * 3}), buffer)
    outputs.s3.put_object(Bucket="outputs", Key="exports/candidates/program=p/date=d/x/0_1", Body=buffer.getvalue())


def put(table, item):
    boto3.client("dynamodb").put_item(TableName=table, Item=encode_item(item))


def everything():
    """All that is stored, as one text; Parquet and gzip laid open."""
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    texts = [json.dumps(dynamodb.scan(TableName=table)["Items"]) for table in TABLES]
    for bucket in ("work", "outputs", "photos"):
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            texts.append(item["Key"])
            if item["Key"].endswith(".gz"):
                texts += map(json.dumps, jsonl.decode(io.BytesIO(body), item["Key"]))
            elif item["Key"].startswith("aws/lambda/"):
                texts.append(body.decode())
            elif item["Key"].startswith("exports/"):
                texts.append(str(pq.read_table(io.BytesIO(body)).to_pylist()))
    return "\n".join(texts)


def test_nothing_names_a_forgotten_customer_but_their_opt_out(deployment):
    erased(deployment, GONE, AT)
    lines = everything().replace(GONE.replace("#", "%23"), GONE)
    assert lines.count(GONE) == 1
    [profile] = [
        item for item in boto3.client("dynamodb").scan(TableName="Customers")["Items"] if "ann" in item["PK"]["S"]
    ]
    assert profile["optedOut"] == {"BOOL": True}
    assert set(profile) == {"PK", "SK", "optedOut", "optedOutAt"}


def test_what_is_known_of_others_stays_to_the_item(deployment):
    before = everything().count(STAYS)
    erased(deployment, GONE, AT)
    assert everything().count(STAYS) == before


def test_an_answer_stays_without_its_author_and_counts_stay(deployment):
    erased(deployment, GONE, AT)
    dynamodb = boto3.client("dynamodb")
    answers = [item for item in dynamodb.scan(TableName="Responses")["Items"] if "stars" in item]
    assert sorted(item["customer"]["S"] for item in answers) == ["[forgotten]", STAYS]
    assert dynamodb.scan(TableName="Deliveries")["Count"] == 4


def test_the_receipt_counts_what_was_erased_where_and_names_nobody(deployment):
    receipt = erased(deployment, GONE, AT)
    assert receipt["tables"] == {"Customers": 2, "Candidates": 2, "ScoreCache": 1, "Deliveries": 2, "Responses": 1}
    assert len(receipt["files"]) == 5
    assert set(receipt["files"].values()) == {1}
    assert receipt["photos"] == 1
    assert "ann" not in json.dumps(receipt)


def test_forgotten_twice_nothing_is_found_the_second_time(deployment):
    erased(deployment, GONE, AT)
    again = erased(deployment, GONE, AT)
    assert (set(again["tables"].values()), again["files"], again["photos"]) == ({0}, {}, 0)
