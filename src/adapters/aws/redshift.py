"""UNLOAD statements through the Redshift Data API: cluster or serverless workgroup, rows and files from the verbose manifest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code
from adapters.aws.warehouse import Unload, s3_place
from domain.errors import Rejected
from domain.solicitation.extraction import Done, Failed, Running, State, Statement
from domain.solicitation.program import Connector

if TYPE_CHECKING:
    from mypy_boto3_redshift_data import RedshiftDataAPIServiceClient
    from mypy_boto3_s3 import S3Client

INVALID, UNKNOWN = "ValidationException", "ResourceNotFoundException"


@dataclass(frozen=True)
class Redshift:
    """One connector's cluster or workgroup, entered with its secret."""

    data: "RedshiftDataAPIServiceClient"
    s3: "S3Client"
    connector: Connector

    def start(self, unload: Unload, token: str) -> Statement:
        request: dict[str, Any] = {
            "Sql": unload.sql,
            "ClientToken": token,
            "Database": self.connector.database,
            "SecretArn": self.connector.secret_arn,
            "ClusterIdentifier": self.connector.cluster,
            "WorkgroupName": None if self.connector.cluster else self.connector.workgroup,
        }
        try:
            with aws_calls(f"start {self.connector.id}"):
                answer = self.data.execute_statement(**{name: value for name, value in request.items() if value})
        except ClientError as error:
            if code(error) == INVALID:
                raise Rejected(f"{self.connector.id}: {error.response['Error'].get('Message', error)}") from error
            raise
        return Statement(answer["Id"], unload.location)

    def state(self, statement: Statement) -> State:
        try:
            with aws_calls(f"look at {statement.id}"):
                answer = self.data.describe_statement(Id=statement.id)
        except ClientError as error:
            if code(error) == UNKNOWN:  # the Data API remembers a statement for 24 hours
                return Failed("the statement is no longer known to Redshift")
            raise
        if answer["Status"] == "FINISHED":
            return self._done(statement)
        if answer["Status"] in ("FAILED", "ABORTED"):
            return Failed(answer.get("Error") or f"the statement is {answer['Status']}")
        return Running()

    def cancel(self, statement: Statement) -> None:
        try:
            with aws_calls(f"cancel {statement.id}"):
                self.data.cancel_statement(Id=statement.id)
        except ClientError as error:
            if code(error) not in (INVALID, UNKNOWN):  # it has ended already, a moment or a day ago
                raise

    def _done(self, statement: Statement) -> State:
        """The manifest lies beside the rows, under the location with `manifest` added (Redshift: UNLOAD, MANIFEST)."""
        bucket, prefix = s3_place(statement.location)
        try:
            with aws_calls(f"list {statement.location}"):
                found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
            if not found.get("KeyCount"):
                return Done(0, 0)  # nothing matched, so nothing was written
            with aws_calls(f"read {statement.location}manifest"):
                manifest = orjson.loads(self.s3.get_object(Bucket=bucket, Key=f"{prefix}manifest")["Body"].read())
        except orjson.JSONDecodeError as error:
            return Failed(f"the manifest of {statement.location} is not JSON ({error})")
        return Done(int(manifest["meta"]["record_count"]), len(manifest["entries"]))
