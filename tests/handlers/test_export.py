"""The export on moto's tables, buckets and catalogue, with the warehouse stand-in behind it: Parquet that the catalogue finds."""

import io
import os
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import boto3
import pyarrow.parquet as pq
import pytest
from keyed_tables import make_table
from moto import mock_aws
from programs_in_small import REVIEWS, RUN

from adapters.aws.attribute_values import encode_item
from adapters.aws.deliveries import Deliveries, delivery_keys
from adapters.aws.run_programs import keep_program, load_program
from adapters.aws.runs import row_key
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected, Unavailable
from domain.solicitation.run import bucket_ids, bucket_of
from handlers.solicitation import export
from sandbox.warehouse import WarehouseServer

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "RUNS_TABLE": "Runs",
    "WORK_BUCKET": "work",
    "CANDIDATES_TABLE": "Candidates",
    "DELIVERIES_TABLE": "Deliveries",
    "RESPONSES_TABLE": "Responses",
    "OUTPUTS_BUCKET": "outputs",
    "GLUE_DATABASE": "ovation_test",
    "WORKGROUP": "ovation",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
YESTERDAY = RUN.date - timedelta(days=1)


@pytest.fixture
def warehouse():
    """A run that stored three candidates, on a day after one had been asked and two others had answered."""
    with mock_aws(), patch.dict(os.environ, ENVIRONMENT), WarehouseServer(glue=True) as server:
        os.environ["AWS_ENDPOINT_URL_ATHENA"] = server.endpoint
        export.live.cache_clear()
        load_program.cache_clear()
        dynamodb = boto3.client("dynamodb")
        make_table(dynamodb, "Runs")
        make_table(dynamodb, "Deliveries", {"GSI1": "ALL", "GSI2": "ALL"})
        make_table(dynamodb, "Responses", {"GSI1": "ALL"})
        boto3.client("glue").create_database(DatabaseInput={"Name": "ovation_test"})
        for bucket in ("work", "outputs"):
            boto3.client("s3").create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        dynamodb.put_item(
            TableName="Runs",
            Item=encode_item({**row_key(RUN.program, RUN.date, RUN.id), "run": RUN.to_json(), "status": "DONE"}),
        )
        _store_outputs()
        _campaign(dynamodb)
        _answers(dynamodb)
        yield server
        export.live.cache_clear()


def _store_outputs():
    files = WorkFiles(boto3.client("s3"), "work")
    keep_program(files, RUN.program_hash, REVIEWS.to_json())
    stored = {"c1": "created", "c'2": "kept", "c3": "updated"}
    for bucket in bucket_ids(REVIEWS.buckets):
        mine = [customer for customer in stored if bucket_of(customer, REVIEWS.buckets) == bucket]
        files.write(RUN.work_key(bucket, "score"), map(_scored, mine))
        files.write(
            RUN.work_key(bucket, "store"),
            ({"customer": customer, "subject": "p1", "result": stored[customer]} for customer in mine),
        )


def _scored(customer):
    return {
        "customer": customer,
        "subject": "p1",
        "eventDate": "2026-11-19T00:00:00Z",
        "marketplace": "US",
        "connector": "athena-deliveries",
        "context": [["marketplace", "US"]],
        "facts": {},
        "attributes": {"subjectName": 'Kettle "Deluxe"', "orderValue": 12.5},
        "score": {"value": 0.75, "fallback": False, "models": [["m", "1", 0.75]], "missing": []},
    }


def _campaign(dynamodb):
    campaign = {"id": "small-reviews.2026-11-19.US", "program": RUN.program, "date": YESTERDAY.isoformat()}
    Deliveries(dynamodb, "Deliveries").put_campaign(campaign)
    for id, customer, sent in (
        ("1" * 32, "c'2", f"{YESTERDAY}T15:00:00Z"),
        ("2" * 32, "c9", f"{YESTERDAY}T15:00:00Z"),
        ("3" * 32, "c10", f"{RUN.date}T01:00:00Z"),  # a late zone: told of tomorrow
        ("4" * 32, "c11", None),
    ):
        about = {"id": id, "campaign": campaign["id"], "customer": customer, "subject": "p1", "channel": "email"}
        item = {**about, "sendAt": f"{YESTERDAY}T15:00:00Z", "subjectName": "Kettle", "marketplace": "US", "score": 0.8}
        status = {"sentAt": sent, "status": "SENT"} if sent else {"status": "SKIPPED"}
        dynamodb.put_item(TableName="Deliveries", Item=encode_item({**item, **status, **delivery_keys(item)}))


def _answers(dynamodb):
    for number, (customer, at) in enumerate({"c9": "16:00:00", "voice": "23:59:59"}.items()):
        item = {
            "PK": f"CUSTOMER#{customer}",
            "SK": "PROGRAM#small-reviews#SUBJECT#p1",
            "GSI1PK": f"PROGRAM#{RUN.program}#DATE#{YESTERDAY}#{number}",
            "GSI1SK": customer,
            "customer": customer,
            "subject": "p1",
            "channel": "email" if customer == "c9" else "voice-assistant",
            "submittedAt": f"{YESTERDAY}T{at}Z",
            "deliveredAt": None,
        }
        dynamodb.put_item(TableName="Responses", Item=encode_item(item))


def exported():
    """The rows that the catalogue's partition points at, by customer."""
    partition = boto3.client("glue").get_partition(
        DatabaseName="ovation_test", TableName="candidates", PartitionValues=[RUN.program, RUN.date.isoformat()]
    )["Partition"]
    bucket, _, prefix = partition["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
    s3 = boto3.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return {row["customer"]: row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()}


def test_the_partition_holds_what_the_run_stored_and_what_changed_the_day_before(warehouse):
    assert export.handler({"run": RUN.to_json()}, None)["status"] == "DONE"
    rows = exported()
    assert {customer: (row["result"], row["status"]) for customer, row in rows.items()} == {
        "c1": ("created", "OPEN"),
        "c'2": ("kept", "ASKED"),
        "c3": ("updated", "OPEN"),
        "c9": (None, "CONSUMED"),
        "voice": (None, "CONSUMED"),
    }
    assert rows["c1"]["subject_name"] == 'Kettle "Deluxe"'
    assert (rows["c1"]["score"], rows["c1"]["score_fallback"]) == (0.75, False)
    assert (rows["c9"]["asked_at"], rows["c9"]["submitted_at"]) == (f"{YESTERDAY}T15:00:00Z", f"{YESTERDAY}T16:00:00Z")
    assert rows["voice"]["channel"] == "voice-assistant"


def test_it_can_be_queried_by_its_partition_in_athena(warehouse):
    export.handler({"run": RUN.to_json()}, None)
    athena = boto3.client("athena")
    id = athena.start_query_execution(
        QueryString=f"SELECT status, COUNT(*) FROM candidates WHERE program = '{RUN.program}' GROUP BY status ORDER BY 1",
        QueryExecutionContext={"Database": "ovation_test"},
        ResultConfiguration={"OutputLocation": "s3://outputs/results/"},
    )["QueryExecutionId"]
    while athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"] == "RUNNING":
        pass
    found = athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"][1:]
    assert [[cell["VarCharValue"] for cell in row["Data"]] for row in found] == [
        ["ASKED", "1"],
        ["CONSUMED", "2"],
        ["OPEN", "2"],
    ]


def test_an_export_that_is_done_is_not_done_again(warehouse):
    first = export.handler({"run": RUN.to_json()}, None)
    said = len(warehouse.accepted())
    assert export.handler({"run": RUN.to_json()}, None) == first
    assert len(warehouse.accepted()) == said


def test_after_a_failed_statement_the_next_call_tries_in_a_fresh_folder(warehouse):
    warehouse.faults.fail_statement("INTERNAL_ERROR: no workers")
    with pytest.raises(Unavailable, match="no workers"):
        export.handler({"run": RUN.to_json()}, None)
    done = export.handler({"run": RUN.to_json()}, None)
    assert done["location"].endswith("attempt-1-try-2/")
    assert len(exported()) == 5


def test_a_statement_that_takes_too_long_is_cancelled(warehouse):
    warehouse.faults.never_end("UNLOAD")
    clock = iter(datetime(2026, 11, 20, 3, tzinfo=UTC) + timedelta(minutes=20 * n) for n in range(9))
    with pytest.raises(Unavailable, match="not done after 30 minutes"):
        for _ in range(3):
            export.export(RUN, **{**export.live(), "now": lambda: next(clock), "pause": lambda seconds: None})


def test_an_attempt_that_was_taken_over_exports_nothing(warehouse):
    boto3.client("dynamodb").delete_item(TableName="Runs", Key=encode_item(row_key(RUN.program, RUN.date, RUN.id)))
    with pytest.raises(Rejected, match="not in the ledger"):
        export.handler({"run": RUN.to_json()}, None)
