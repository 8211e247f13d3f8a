"""UNLOAD statements through Athena: parameters bound, the files written told by its data manifest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code
from adapters.aws.warehouse import Unload, s3_place
from domain.errors import Rejected
from domain.solicitation.extraction import Done, Failed, Running, State, Statement
from domain.solicitation.program import Connector

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

INVALID = "InvalidRequestException"
USER_ERROR = 2  # AthenaError.ErrorCategory: the statement or the rights, not the service


@dataclass(frozen=True)
class Athena:
    """One connector's workgroup and database."""

    athena: "AthenaClient"
    s3: "S3Client"
    connector: Connector

    def start(self, unload: Unload, token: str) -> Statement:
        request: dict[str, Any] = {
            "QueryString": unload.sql,
            "ClientRequestToken": token,
            "QueryExecutionContext": {"Database": self.connector.database},
            "ResultConfiguration": {"OutputLocation": unload.results},
            "WorkGroup": self.connector.workgroup or "primary",
        }
        if unload.parameters:
            request["ExecutionParameters"] = list(unload.parameters)
        try:
            with aws_calls(f"start {self.connector.id}"):
                answer = self.athena.start_query_execution(**request)
        except ClientError as error:
            if code(error) == INVALID:
                raise Rejected(f"{self.connector.id}: {error.response['Error'].get('Message', error)}") from error
            raise
        return Statement(answer["QueryExecutionId"], unload.location)

    def state(self, statement: Statement) -> State:
        try:
            with aws_calls(f"look at {statement.id}"):
                execution = self.athena.get_query_execution(QueryExecutionId=statement.id)["QueryExecution"]
        except ClientError as error:
            if code(error) == INVALID:  # Athena keeps its history for 45 days
                return Failed("the statement is no longer known to Athena")
            raise
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            return Done(None, self._files(execution.get("Statistics", {}).get("DataManifestLocation")))
        if status["State"] in ("FAILED", "CANCELLED"):
            cause = status.get("AthenaError", {})
            final = cause.get("ErrorCategory") == USER_ERROR and not cause.get("Retryable", False)
            return Failed(status.get("StateChangeReason") or f"the statement is {status['State']}", final)
        return Running()

    def cancel(self, statement: Statement) -> None:
        try:
            with aws_calls(f"cancel {statement.id}"):
                self.athena.stop_query_execution(QueryExecutionId=statement.id)
        except ClientError as error:
            if code(error) != INVALID:  # there is no such statement (any more)
                raise

    def _files(self, manifest: str | None) -> int:
        """The objects the manifest lists, one S3 address a line; an UNLOAD of nothing leaves no manifest."""
        if manifest is None:
            return 0
        bucket, key = s3_place(manifest)
        with aws_calls(f"read {manifest}"):
            lines = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().split()
        return len(lines)
