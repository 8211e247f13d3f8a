"""HTTP requests of boto3's Athena and Redshift Data clients in, answers out; and a door to load tables and set faults."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import orjson
from botocore.config import Config

from sandbox.aws_http import AwsError, AwsServer, Reply, Request
from sandbox.ministack import REGION
from sandbox.warehouse.athena import AthenaApi
from sandbox.warehouse.catalogue import Catalogue
from sandbox.warehouse.faults import WarehouseFaults
from sandbox.warehouse.output import Output
from sandbox.warehouse.redshift import RedshiftApi
from sandbox.warehouse.statements import Statements
from sandbox.warehouse.tables import MAIN, Tables
from sandbox.warehouse.workgroups import Workgroups


class WarehouseServer(AwsServer):
    """Athena and the Redshift Data API at one `endpoint`; unloads go to the S3, and tables of the Glue catalogue
    come from the AWS, at `s3_endpoint` (None: boto3's own way); `glue`: there is one.

    `calls` counts by operation, such as `AmazonAthena.StartQueryExecution`.
    """

    faults: WarehouseFaults

    def __init__(
        self, s3_endpoint: str | None = None, faults: WarehouseFaults | None = None, *, glue: bool = False
    ) -> None:
        super().__init__(faults or WarehouseFaults())
        self._tables = Tables()
        s3 = _client("s3", s3_endpoint)
        catalogue = Catalogue(_client("glue", s3_endpoint), s3, self._tables) if glue else None
        workgroups = Workgroups(s3_endpoint if glue else None)
        self._statements = Statements(self._tables, Output(s3), self.faults, catalogue)
        self._operations = {
            **{
                f"AmazonAthena.{name}": call
                for name, call in AthenaApi(self._statements, self.faults, workgroups).operations.items()
            },
            **{f"RedshiftData.{name}": call for name, call in RedshiftApi(self._statements).operations.items()},
        }

    def load(self, folder: Path, database: str = MAIN) -> list[str]:
        """One table a CSV or Parquet file, found under any database name unless `database` gives one. Returns their names."""
        return self._tables.load(folder, database)

    def add(self, name: str, rows: Any, database: str = MAIN) -> None:
        """A table from an Arrow table."""
        self._tables.add(name, rows, database)

    def accepted(self) -> list[str]:
        """The text of every statement accepted so far, the oldest first."""
        return self._statements.texts()

    def forget(self) -> None:
        """Let time pass until no statement is known any more."""
        self._statements.forget()

    def stop(self) -> None:
        """Stop all statements and close the port."""
        self._statements.close()
        super().stop()
        self._tables.close()

    def serve(self, request: Request) -> Reply | None:
        if request.path.startswith("/_warehouse/"):
            return Reply(orjson.dumps(self._control(request)))
        operation = request.headers.get("x-amz-target", "")
        try:
            reply = super().serve(replace(request, path=operation))
        except AwsError as error:  # this protocol reads an error's name from the body
            raise replace(error, details={"__type": error.code, **error.details}) from error
        return None if self.faults.take("lose_answer") else reply

    def answer(self, request: Request) -> Reply:
        call = self._operations.get(request.path)
        if call is None:
            raise AwsError(400, "UnknownOperationException", f"{request.path or 'no operation'} is not answered here")
        try:
            return Reply(orjson.dumps(call(orjson.loads(request.body))), "application/x-amz-json-1.1")
        except KeyError as missing:
            raise AwsError(400, "ValidationException", f"{missing} is required") from missing

    def _control(self, request: Request) -> Any:
        """`load {folder, database?}`; `faults {throttle?, unavailable?, latency?, …, fail?: {message, …}, endless?: {…}}`."""
        wanted = orjson.loads(request.body or b"{}")
        if request.path == "/_warehouse/load":
            folder = Path(wanted.get("folder", "?"))
            if not folder.is_dir():
                raise AwsError(400, "NotFound", f"there is no folder {folder}")
            return {"tables": self.load(folder, wanted.get("database", MAIN))}
        if request.path == "/_warehouse/faults":
            if "fail" in wanted:
                self.faults.fail_statement(**wanted.pop("fail"))
            if "endless" in wanted:
                self.faults.never_end(**wanted.pop("endless"))
            for name, value in wanted.items():
                setattr(self.faults, name, value)
            return {}
        raise AwsError(404, "NotFound", f"no door {request.path}")


def _client(service: str, endpoint: str | None) -> Any:
    if endpoint is None:
        return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=Config(s3={"addressing_style": "path"}),
    )
