"""The archive's Glue tables, views and workgroup on an embedded AWS, as the stack makes them, for tests of what reads them."""

import base64
import json
from typing import Any

from adapters.files.avro_schemas import schemas
from domain.archive.columns import columns
from domain.archive.views import views

AVRO = "org.apache.hadoop.hive.ql.io.avro.AvroContainer"
Columns = list[dict[str, str]]


def catalogued(aws: Any, name: str, projected: bool = True) -> None:
    """A bucket, a database and a workgroup of that name; the bucket with hyphens."""
    bucket = name.replace("_", "-")
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": name})
    found = {kind: columns(schema) for kind, schema in schemas().items()}
    for kind, schema in schemas().items():
        glued = [{"Name": column.name, "Type": column.hive} for column in found[kind]]
        glue.create_table(DatabaseName=name, TableInput=table(bucket, kind, glued, schema, projected))
    for view, sql in views({kind: [it.name for it in its] for kind, its in found.items()}).items():
        its = found[view.partition("_")[0].removesuffix("s")]
        told = [(it.name, it.trino) for it in its] + [("partition_date", "varchar")]
        glue.create_table(DatabaseName=name, TableInput=presto_view(view, sql, name, told))
    place = {"OutputLocation": f"s3://{bucket}/results/"}
    aws.client("athena").create_work_group(
        Name=name, Configuration={"EnforceWorkGroupConfiguration": True, "ResultConfiguration": place}
    )


def table(bucket: str, kind: str, glued: Columns, schema: Any, projected: bool = True) -> dict[str, Any]:
    projection = {
        "projection.enabled": "true",
        "projection.partition_date.type": "date",
        "projection.partition_date.format": "yyyy-MM-dd",
        "projection.partition_date.range": "2015-01-01,NOW+5YEARS",
        "storage.location.template": f"s3://{bucket}/data/{kind}/partition_date=${{partition_date}}/",
    }
    return {
        "Name": kind,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **(projection if projected else {})},
        "PartitionKeys": [{"Name": "partition_date", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": glued,
            "Location": f"s3://{bucket}/data/{kind}/",
            "InputFormat": f"{AVRO}InputFormat",
            "OutputFormat": f"{AVRO}OutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
                "Parameters": {"avro.schema.literal": json.dumps(schema)},
            },
        },
    }


def presto_view(name: str, sql: str, database: str, its: list[tuple[str, str]]) -> dict[str, Any]:
    told = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": database}
    told["columns"] = [{"name": column, "type": kind} for column, kind in its]
    packed = base64.b64encode(json.dumps(told).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {packed} */",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": [{"Name": column, "Type": "string"} for column, _ in its], "Location": ""},
    }
