"""Avro schemas and the archive's bucket in, what analysts ask out: a Glue database, its tables and views, and a workgroup."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.archive.columns import Column, columns
from domain.archive.kinds import KINDS
from domain.archive.places import DATA, FIRST_DATE, PARTITION, RESULTS, YEARS_AHEAD
from domain.archive.questions import QUESTIONS
from domain.archive.views import views
from infra.schemas import Schema
from infra.stages import Stage
from infra.workgroup import EnforcedWorkGroup

HIVE_AVRO = "org.apache.hadoop.hive.ql.io.avro.AvroContainer"
VIEWS_OF: Mapping[str, str] = {
    **{f"{kind}_events": kind for kind in KINDS},
    **{f"{kind}_current": kind for kind in KINDS},
    "events": "event",
}
DAY = Column(PARTITION, "string", "varchar")


class ArchiveCatalogue(Construct):
    """Database and workgroup have one name. A table's partitions are computed from its dates, so that none is ever missing."""

    def __init__(
        self, scope: Construct, id: str, *, schemas: Mapping[str, Schema], bucket: s3.IBucket, stage: Stage
    ) -> None:
        super().__init__(scope, id)
        self.name = f"ovation_{stage.name}_archive"
        self._bucket = bucket
        described = glue.CfnDatabase.DatabaseInputProperty(
            name=self.name, description="Every change of the Demand table"
        )
        self._database = glue.CfnDatabase(self, "Database", catalog_id=Stack.of(self).account, database_input=described)
        found = {kind: columns(schema) for kind, schema in schemas.items()}
        for kind, schema in schemas.items():
            self._table(kind, found[kind], schema)
        for name, sql in views({kind: [it.name for it in those] for kind, those in found.items()}).items():
            self._view(name, sql, [*found[VIEWS_OF[name]], DAY])
        self._ask(self._workgroup(stage))

    def _table(self, kind: str, its: Iterable[Column], schema: Schema) -> None:
        place = f"s3://{self._bucket.bucket_name}/{DATA}{kind}"
        literal = {"avro.schema.literal": json.dumps(schema, separators=(",", ":"))}
        serde = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
        storage = glue.CfnTable.StorageDescriptorProperty(
            columns=_glued(its),
            location=f"{place}/",
            input_format=f"{HIVE_AVRO}InputFormat",
            output_format=f"{HIVE_AVRO}OutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=serde, parameters=literal),
        )
        kept = {"EXTERNAL": "TRUE", "classification": "avro", **_projection(place)}
        self._add(kind, table_type="EXTERNAL_TABLE", parameters=kept, keys=_glued([DAY]), storage=storage)

    def _view(self, name: str, sql: str, its: list[Column]) -> None:
        """As Athena writes one for CREATE VIEW."""
        told = {
            "originalSql": sql,
            "catalog": "awsdatacatalog",
            "schema": self.name,
            "columns": [{"name": it.name, "type": it.trino} for it in its],
        }
        packed = base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()
        self._add(
            name,
            table_type="VIRTUAL_VIEW",
            parameters={"presto_view": "true", "comment": "Presto View"},
            keys=[],
            storage=glue.CfnTable.StorageDescriptorProperty(
                columns=_glued(its), location="", serde_info=glue.CfnTable.SerdeInfoProperty()
            ),
            view_original_text=f"/* Presto View: {packed} */",
            view_expanded_text="/* Presto View */",
        )

    def _add(
        self,
        name: str,
        *,
        parameters: Mapping[str, str],
        keys: list[glue.CfnTable.ColumnProperty],
        storage: glue.CfnTable.StorageDescriptorProperty,
        **rest: Any,
    ) -> None:
        table = glue.CfnTable.TableInputProperty(
            name=name, parameters=dict(parameters), partition_keys=keys, storage_descriptor=storage, **rest
        )
        made = glue.CfnTable(
            self,
            "".join(word.capitalize() for word in name.split("_")),
            catalog_id=Stack.of(self).account,
            database_name=self.name,
            table_input=table,
        )
        made.add_resource_dependency(self._database)

    def _workgroup(self, stage: Stage) -> athena.CfnWorkGroup:
        return EnforcedWorkGroup(
            self,
            "WorkGroup",
            name=self.name,
            description="Questions about the archive",
            bucket=self._bucket,
            results=RESULTS,
            stage=stage,
        )

    def _ask(self, workgroup: athena.CfnWorkGroup) -> None:
        for name, question in QUESTIONS.items():
            query = athena.CfnNamedQuery(
                self,
                f"Query-{name}",
                name=name,
                description=question.title,
                database=self.name,
                query_string=question.sql,
                work_group=self.name,
            )
            query.add_resource_dependency(workgroup)


def _glued(its: Iterable[Column]) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=it.name, type=it.hive) for it in its]


def _projection(place: str) -> dict[str, str]:
    """Athena: partition projection, type date. A query looks into every date of the range that its condition leaves."""
    return {
        "projection.enabled": "true",
        f"projection.{PARTITION}.type": "date",
        f"projection.{PARTITION}.format": "yyyy-MM-dd",
        f"projection.{PARTITION}.range": f"{FIRST_DATE.isoformat()},NOW+{YEARS_AHEAD}YEARS",
        "storage.location.template": f"{place}/{PARTITION}=${{{PARTITION}}}/",
    }
