"""Athena's operations (JSON 1.1) on the statements of the stand-in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.aws_http import AwsError
from sandbox.warehouse.faults import WarehouseFaults
from sandbox.warehouse.rendering import Row
from sandbox.warehouse.statement import QUERY, Statement, new_id
from sandbox.warehouse.statements import Statements
from sandbox.warehouse.workgroups import PRIMARY, Workgroups

HANDED_ON = (
    *("CreateWorkGroup", "UpdateWorkGroup", "DeleteWorkGroup", "ListWorkGroups"),
    *("CreateNamedQuery", "DeleteNamedQuery", "GetNamedQuery", "BatchGetNamedQuery", "ListNamedQueries"),
)
PAGE = 1000  # rows a page at most (Athena: GetQueryResults)
TYPES = {"bool": "boolean", "text": "varchar", "string": "varchar", "struct": "row", "hugeint": "bigint"}
Answer = dict[str, Any]


class AthenaApi:
    """One method an operation."""

    def __init__(self, statements: Statements, faults: WarehouseFaults, workgroups: Workgroups) -> None:
        self._statements = statements
        self._faults = faults
        self._workgroups = workgroups
        self.operations: Mapping[str, Callable[[Answer], Answer]] = {
            "StartQueryExecution": self.start,
            "GetQueryExecution": self.get,
            "GetQueryRuntimeStatistics": self.statistics,
            "GetQueryResults": self.results,
            "StopQueryExecution": self.stop,
            "ListQueryExecutions": self.list,
            "GetWorkGroup": self.workgroup,
            **{operation: partial(workgroups.ask, operation) for operation in HANDED_ON},
        }

    def start(self, request: Answer) -> Answer:
        token = request.get("ClientRequestToken")
        if token is not None and len(token) < 32:
            raise _invalid("clientRequestToken must be at least 32 characters long")
        statement = Statement(
            id=new_id(),
            dialect="athena",
            sql=request["QueryString"],
            parameters=tuple(request.get("ExecutionParameters", ())),
            database=request.get("QueryExecutionContext", {}).get("Database", "default"),
            results=self._workgroups.results(
                request.get("WorkGroup", PRIMARY), request.get("ResultConfiguration", {}).get("OutputLocation")
            ),
            request=request,
        )
        started = self._statements.start(statement, token)
        if started.request != request:
            raise _invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": started.id}

    def get(self, request: Answer) -> Answer:
        statement = self._find(request)
        ended = statement.ended
        status: Answer = {"State": statement.state, "SubmissionDateTime": _epoch(statement.submitted)}
        if ended and statement.finished:
            status["CompletionDateTime"] = _epoch(statement.finished)
        if ended and statement.message:
            status["StateChangeReason"] = statement.message
        if statement.state == "FAILED":
            status["AthenaError"] = _error(statement.message)
        statistics: Answer = {"DataScannedInBytes": 0}
        if ended and statement.manifest:
            statistics["DataManifestLocation"] = statement.manifest
        return {
            "QueryExecution": {
                "QueryExecutionId": statement.id,
                "Query": statement.sql,
                "StatementType": statement.kind,
                "ResultConfiguration": {"OutputLocation": statement.output},
                "QueryExecutionContext": statement.request.get("QueryExecutionContext", {}),
                "Status": status,
                "Statistics": statistics,
                "WorkGroup": statement.request.get("WorkGroup", PRIMARY),
            }
        }

    def statistics(self, request: Answer) -> Answer:
        statement = self._find(request)
        rows = {"OutputRows": statement.row_count, "OutputBytes": sum(file.size for file in statement.files)}
        known = statement.state == "SUCCEEDED" and not self._faults.take("late_rows")
        return {"QueryRuntimeStatistics": {"Rows": rows} if known else {}}

    def results(self, request: Answer) -> Answer:
        """A query's header comes first, on the first page alone. All values are text."""
        statement = self._find(request)
        if statement.state != "SUCCEEDED":
            raise _invalid(f"Query has not yet finished. Current state: {statement.state}")
        size, start = min(int(request.get("MaxResults", PAGE)), PAGE), int(request.get("NextToken", 0))
        columns = [] if statement.unload else statement.columns
        header = [tuple(name for name, _ in columns)] if columns and statement.kind == QUERY else []
        lines: list[Row] = [*header, *statement.rows] if columns else []
        answer: Answer = {
            "ResultSet": {
                "Rows": [
                    {"Data": [{"VarCharValue": v} if v is not None else {} for v in line]}
                    for line in lines[start : start + size]
                ],
                "ResultSetMetadata": {"ColumnInfo": [{"Name": name, "Type": _type(kind)} for name, kind in columns]},
            },
            "UpdateCount": 0,
        }
        return {**answer, "NextToken": str(start + size)} if start + size < len(lines) else answer

    def stop(self, request: Answer) -> Answer:
        self._statements.cancel(self._find(request))
        return {}

    def list(self, request: Answer) -> Answer:
        return {"QueryExecutionIds": [statement.id for statement in self._statements.all("athena")[:50]]}

    def workgroup(self, request: Answer) -> Answer:
        if self._workgroups.endpoint:
            return self._workgroups.ask("GetWorkGroup", request)
        return {"WorkGroup": {"Name": request["WorkGroup"], "State": "ENABLED", "Configuration": {}}}

    def _find(self, request: Answer) -> Statement:
        statement = self._statements.find(request["QueryExecutionId"], "athena")
        if statement is None:
            raise _invalid(f"QueryExecution {request['QueryExecutionId']} was not found")
        return statement


def _invalid(message: str) -> AwsError:
    return AwsError(400, "InvalidRequestException", message)


def _error(message: str) -> Answer:
    """Category 1 is the service's own failure, 2 the user's (Athena: AthenaError)."""
    ours = message.startswith(("INTERNAL", "GENERIC_INTERNAL"))
    return {"ErrorCategory": 1 if ours else 2, "ErrorType": 0, "Retryable": ours, "ErrorMessage": message}


def _epoch(at: datetime) -> float:
    return round(at.timestamp(), 3)


def _type(kind: str) -> str:
    """Athena's name of a type of DuckDB's."""
    kind = kind.lower()
    if kind.endswith("[]"):
        return "array"
    return TYPES.get(kind.partition("(")[0], kind)
