"""The Redshift Data API's operations (JSON 1.1) on the statements of the stand-in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.aws_http import AwsError
from sandbox.warehouse.statement import Statement, new_id
from sandbox.warehouse.statements import Statements

PAGE = 1000
STATUS = {
    "QUEUED": "SUBMITTED",
    "RUNNING": "STARTED",
    "SUCCEEDED": "FINISHED",
    "FAILED": "FAILED",
    "CANCELLED": "ABORTED",
}
Answer = dict[str, Any]


class RedshiftApi:
    """One method an operation."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.operations: Mapping[str, Callable[[Answer], Answer]] = {
            "ExecuteStatement": self.execute,
            "DescribeStatement": self.describe,
            "GetStatementResult": self.result,
            "CancelStatement": self.cancel,
            "ListStatements": self.list,
        }

    def execute(self, request: Answer) -> Answer:
        if ("ClusterIdentifier" in request) == ("WorkgroupName" in request):
            raise _invalid("Either ClusterIdentifier or WorkgroupName must be set, and not both")
        if "Parameters" in request:
            raise _invalid("Named parameters are not understood here")
        statement = Statement(
            id=new_id(),
            dialect="redshift",
            sql=request["Sql"],
            parameters=(),
            database=request["Database"],
            results=None,
            request=request,
        )
        started = self._statements.start(statement, request.get("ClientToken"))
        if started.request != request:
            raise _invalid("The ClientToken was used for another statement")
        return {
            "Id": started.id,
            "Database": started.database,
            "CreatedAt": _epoch(started.submitted),
            **_where(request),
        }

    def describe(self, request: Answer) -> Answer:
        statement = self._find(request)
        status = STATUS[statement.state]
        answer = {
            "Id": statement.id,
            "Status": status,
            "QueryString": statement.sql,
            "Database": statement.database,
            "HasResultSet": status == "FINISHED" and statement.unload is None,
            "ResultRows": statement.row_count if status == "FINISHED" and statement.unload is None else -1,
            "CreatedAt": _epoch(statement.submitted),
            "UpdatedAt": _epoch(statement.finished or statement.submitted),
            **_where(statement.request),
        }
        return {**answer, "Error": f"ERROR: {statement.message}"} if status == "FAILED" else answer

    def result(self, request: Answer) -> Answer:
        statement = self._find(request)
        if statement.state != "SUCCEEDED" or statement.unload is not None:
            raise AwsError(
                400,
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        start = int(request.get("NextToken", 0))
        kinds = [kind for _, kind in statement.columns]
        answer: Answer = {
            "Records": [
                [_field(value, kind) for value, kind in zip(row, kinds, strict=True)]
                for row in statement.rows[start : start + PAGE]
            ],
            "ColumnMetadata": [
                {"name": name, "label": name, "typeName": kind.lower()} for name, kind in statement.columns
            ],
            "TotalNumRows": statement.row_count,
        }
        return {**answer, "NextToken": str(start + PAGE)} if start + PAGE < statement.row_count else answer

    def cancel(self, request: Answer) -> Answer:
        statement = self._find(request)
        if statement.ended:
            raise _invalid(f"Could not cancel a query that is already in {STATUS[statement.state]} state")
        self._statements.cancel(statement)
        return {"Status": True}

    def list(self, request: Answer) -> Answer:
        return {
            "Statements": [
                {"Id": statement.id, "Status": STATUS[statement.state], "QueryString": statement.sql}
                for statement in self._statements.all("redshift")[:100]
            ]
        }

    def _find(self, request: Answer) -> Statement:
        statement = self._statements.find(request["Id"], "redshift")
        if statement is None:
            raise AwsError(400, "ResourceNotFoundException", "Query does not exist.")
        return statement


def _invalid(message: str) -> AwsError:
    return AwsError(400, "ValidationException", message)


def _where(request: Answer) -> Answer:
    return {name: request[name] for name in ("ClusterIdentifier", "WorkgroupName", "SecretArn") if name in request}


def _field(value: str | None, kind: str) -> Answer:
    if value is None:
        return {"isNull": True}
    if kind == "BOOLEAN":
        return {"booleanValue": value == "true"}
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"):
        return {"longValue": int(value)}
    if kind in ("FLOAT", "DOUBLE"):
        return {"doubleValue": float(value)}
    return {"stringValue": value}


def _epoch(at: datetime) -> float:
    return round(at.timestamp(), 3)
