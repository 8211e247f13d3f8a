"""Tables and partitions of one Glue database: made where they are missing, pointed where the newest files lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.faults import aws_calls
from domain.solicitation.export import Table

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

MAPRED, PARQUET = "org.apache.hadoop.mapred", "org.apache.hadoop.hive.ql.io.parquet"
FORMATS: Mapping[str, Mapping[str, Any]] = {
    "json": {
        "InputFormat": f"{MAPRED}.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    },
    "parquet": {
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
    },
}


@dataclass(frozen=True)
class Catalogue:
    """Every call may be repeated. Locations are `s3://bucket/folder/`."""

    glue: "GlueClient"
    database: str

    def ensure(self, table: Table, location: str) -> None:
        """Create the table unless there is one of its name."""
        with aws_calls(f"create table {self.database}.{table.name}"):
            try:
                self.glue.create_table(
                    DatabaseName=self.database,
                    TableInput={
                        "Name": table.name,
                        "TableType": "EXTERNAL_TABLE",
                        "Parameters": {"EXTERNAL": "TRUE", "classification": table.format},
                        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in table.partitions],
                        "StorageDescriptor": _storage(table, location),
                    },
                )
            except self.glue.exceptions.AlreadyExistsException:
                return

    def point(self, table: Table, values: Sequence[str], location: str) -> None:
        """Let one partition mean the files at `location`, from now on and for every reader."""
        partition: Any = {"Values": list(values), "StorageDescriptor": _storage(table, location)}
        names = {"DatabaseName": self.database, "TableName": table.name}
        with aws_calls(f"partition {'/'.join(values)} of {self.database}.{table.name}"):
            try:
                self.glue.create_partition(**names, PartitionInput=partition)
            except self.glue.exceptions.AlreadyExistsException:
                self.glue.update_partition(**names, PartitionValueList=list(values), PartitionInput=partition)


def _storage(table: Table, location: str) -> Any:
    columns = [{"Name": name, "Type": kind} for name, kind in table.columns]
    return {"Columns": columns, "Location": location, **FORMATS[table.format]}
