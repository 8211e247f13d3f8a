"""The catalogue as the archive's stack deploys it: every table, view and named query answers through Athena's protocol."""

import json

import pytest
from archived_rows import file, row
from stand_ins import reach

from sandbox.warehouse import WarehouseServer
from tests.infra.templates import looked_at

STACK = "the-catalogue-of-the-archive"
CATALOGUE = ("AWS::Glue::Database", "AWS::Glue::Table", "AWS::Athena::WorkGroup")
NAME = "ovation_prod_archive"


def part(template):
    """The catalogue, and the bucket its tables lie in, without what guards the bucket."""
    resources = {id: it for id, it in template.template["Resources"].items() if it["Type"] in CATALOGUE}
    [(bucket, _)] = template.all("AWS::S3::Bucket").items()
    return {
        "Resources": {**resources, bucket: {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Bucket": {"Value": {"Ref": bucket}}},
    }


@pytest.fixture(scope="module")
def athena(ministack):
    cloudformation = ministack.client("cloudformation")
    s3 = ministack.client("s3")
    s3.create_bucket(Bucket=STACK, CreateBucketConfiguration={"LocationConstraint": ministack.region})
    s3.put_object(Bucket=STACK, Key="template", Body=json.dumps(part(looked_at("Archive"))))
    cloudformation.create_stack(StackName=STACK, TemplateURL=f"{ministack.endpoint}/{STACK}/template")
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    [bucket] = [output["OutputValue"] for output in stack["Outputs"]]
    for kind in ("demand", "notification", "event", "sale"):
        key, body = file(kind, "a", row(kind, 1), row(kind, 2), row(kind, 2))
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    with WarehouseServer(ministack.endpoint, glue=True) as server:
        yield reach("athena", server.endpoint)
    cloudformation.delete_stack(StackName=STACK)


def ended(athena, sql, database):
    context = {"QueryExecutionContext": {"Database": database}, "WorkGroup": NAME}
    id = athena.start_query_execution(QueryString=sql, **context)["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
        if execution["Status"]["State"] in ("SUCCEEDED", "FAILED"):
            assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
            return execution


@pytest.mark.parametrize("kind", ["demand", "notification", "event", "sale"])
def test_table_and_views_of_a_kind_answer(athena, kind):
    counts = {}
    for name in (kind, f"{kind}_events", f"{kind}_current"):
        id = ended(athena, f"SELECT * FROM {name}", NAME)["QueryExecutionId"]
        counts[name] = len(athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"]) - 1
    assert counts == {kind: 3, f"{kind}_events": 2, f"{kind}_current": 1}


def test_events_answers_and_results_lie_below_the_bucket_s_results(athena):
    execution = ended(athena, "SELECT count(*) AS n FROM events", NAME)
    assert "/results/" in execution["ResultConfiguration"]["OutputLocation"]


def test_the_named_queries_run_as_they_are_written(athena):
    found = looked_at("Archive").properties("AWS::Athena::NamedQuery")  # a type that the emulator does not deploy
    assert {query["Name"] for query in found} == {"top_events", "deleted_in_quarter", "notify_lag", "event_on_a_day"}
    for query in found:
        ended(athena, query["QueryString"], query["Database"])
