"""What analysts ask: tables with the columns of the schemas, dates that need no repair, views, questions, and their rights."""

import base64
import json

import pytest
import sqlglot

from domain.archive.columns import columns
from domain.archive.kinds import KINDS
from domain.archive.questions import QUESTIONS
from infra.schemas import avro_schemas
from tests.infra.conftest import PROJECT
from tests.infra.roles import spelt, texts

NAME = "ovation_prod_archive"
VIEWS = {*(f"{kind}_events" for kind in KINDS), *(f"{kind}_current" for kind in KINDS), "events"}


def inputs(stack):
    """By name."""
    tables = stack.properties("AWS::Glue::Table")
    assert {it["DatabaseName"] for it in tables} == {NAME}
    return {it["TableInput"]["Name"]: it["TableInput"] for it in tables}


@pytest.fixture(scope="module")
def tables(archive):
    return inputs(archive)


def joined(value):
    """With names of constructs for references."""
    return "".join(it if isinstance(it, str) else it["Ref"][:-8] for it in value["Fn::Join"][1])


def test_there_is_a_table_a_kind_and_the_views_of_each(tables):
    kinds = {name: it["TableType"] for name, it in tables.items()}
    assert kinds == {**dict.fromkeys(KINDS, "EXTERNAL_TABLE"), **dict.fromkeys(VIEWS, "VIRTUAL_VIEW")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_its_schemas_columns_and_reads_avro_by_that_schema(tables, kind):
    schema = avro_schemas(PROJECT)[kind]
    storage = tables[kind]["StorageDescriptor"]
    assert [(it["Name"], it["Type"]) for it in storage["Columns"]] == [(it.name, it.hive) for it in columns(schema)]
    assert [it["Name"] for it in storage["Columns"]] == [field["name"].lower() for field in schema["fields"]]
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
    assert json.loads(storage["SerdeInfo"]["Parameters"]["avro.schema.literal"]) == schema
    assert storage["InputFormat"] == "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat"
    assert storage["OutputFormat"] == "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat"


@pytest.mark.parametrize("kind", KINDS)
def test_a_tables_dates_are_computed_from_2015_to_five_years_ahead(tables, kind):
    table = tables[kind]
    parameters = dict(table["Parameters"])
    template = parameters.pop("storage.location.template")
    assert joined(template) == f"s3://Archive/data/{kind}/partition_date=${{partition_date}}/"
    assert joined(table["StorageDescriptor"]["Location"]) == f"s3://Archive/data/{kind}/"
    assert {name: value for name, value in parameters.items() if name.startswith("projection")} == {
        "projection.enabled": "true",
        "projection.partition_date.type": "date",
        "projection.partition_date.format": "yyyy-MM-dd",
        "projection.partition_date.range": "2015-01-01,NOW+5YEARS",
    }
    assert table["PartitionKeys"] == [{"Name": "partition_date", "Type": "string"}]


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_view_tells_athena_its_sql_and_the_columns_that_this_gives(tables, view):
    table = tables[view]
    packed = table["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    told = json.loads(base64.b64decode(packed, validate=True))
    assert (told["catalog"], told["schema"]) == ("awsdatacatalog", NAME)
    assert sqlglot.parse_one(told["originalSql"], dialect="athena").named_selects == [
        it["name"] for it in told["columns"]
    ]
    assert [it["Name"] for it in table["StorageDescriptor"]["Columns"]] == [it["name"] for it in told["columns"]]
    assert told["columns"][-1] == {"name": "partition_date", "type": "varchar"}
    assert {"name": "isdeleted", "type": "boolean"} in told["columns"]
    assert table["Parameters"]["presto_view"] == "true"
    assert table["ViewExpandedText"] == "/* Presto View */"
    assert not table.get("PartitionKeys")


def test_the_workgroup_of_the_databases_name_keeps_results_encrypted_and_lets_nobody_choose_otherwise(archive):
    [group] = archive.properties("AWS::Athena::WorkGroup")
    told = group["WorkGroupConfiguration"]
    assert group["Name"] == NAME
    assert told["EnforceWorkGroupConfiguration"] is True
    assert told["BytesScannedCutoffPerQuery"] == 100 * 2**30
    assert joined(told["ResultConfiguration"]["OutputLocation"]) == "s3://Archive/results/"
    assert told["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


def test_the_analysts_questions_are_there_by_name(archive):
    queries = archive.properties("AWS::Athena::NamedQuery")
    assert {it["Name"]: it["QueryString"] for it in queries} == {name: it.sql for name, it in QUESTIONS.items()}
    assert {(it["Database"], it["WorkGroup"]) for it in queries} == {(NAME, NAME)}


def test_questions_wait_for_their_workgroup_and_tables_for_their_database(archive):
    [group], [database] = archive.all("AWS::Athena::WorkGroup"), archive.all("AWS::Glue::Database")
    assert all(group in it["DependsOn"] for it in archive.all("AWS::Athena::NamedQuery").values())
    assert all(database in it["DependsOn"] for it in archive.all("AWS::Glue::Table").values())


@pytest.fixture(scope="module")
def rights(archive):
    """(verb, resource) pairs of the analysts, and the conditions they are under."""
    [policy] = archive.properties("AWS::IAM::ManagedPolicy")
    pairs = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            pairs |= {(verb, spelt(resource)): statement.get("Condition") for verb in texts(statement["Action"])}
    return pairs


def test_an_analyst_reads_rows_and_keeps_results_and_sees_nothing_else_of_the_bucket(rights):
    objects = {pair for pair in rights if pair[1].startswith("Archive/")}
    assert objects == {
        ("s3:GetObject", "Archive/data/*"),
        ("s3:GetObject", "Archive/results/*"),
        ("s3:PutObject", "Archive/results/*"),
        ("s3:AbortMultipartUpload", "Archive/results/*"),
        ("s3:ListMultipartUploadParts", "Archive/results/*"),
    }
    assert rights["s3:ListBucket", "Archive"] == {"StringLike": {"s3:prefix": ["data/*", "results/*"]}}


def test_an_analyst_asks_in_this_workgroup_and_changes_no_table(rights):
    athena = {place for verb, place in rights if verb.startswith("athena:")}
    assert athena == {f"athena:workgroup/{NAME}"}
    glue = {verb for verb, _ in rights if verb.startswith("glue:")}
    assert not [verb for verb in glue if verb.startswith(("glue:Create", "glue:Update", "glue:Delete"))]
    places = {place for verb, place in rights if verb.startswith("glue:")}
    default = {place for place in places if "default" in place}
    assert {verb for verb, place in rights if place in default} == {"glue:GetDatabase"}  # Athena's own condition
    assert places - default == {"glue:catalog", f"glue:database/{NAME}", f"glue:table/{NAME}/*"}


def test_no_verb_of_an_analyst_is_a_wildcard_and_none_is_for_any_resource(rights):
    assert not [verb for verb, _ in rights if "*" in verb]
    assert not [place for _, place in rights if place == "*"]
