"""What the run's ledger row knows of its extracts, and the unloaded rows themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from adapters.aws.runs import row_key
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected
from domain.solicitation.books import Extracted
from domain.solicitation.extraction import Extract, unreadable
from domain.solicitation.run import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Extracts:
    """The map `extracts` of a run's row in Runs: query -> how far it has come. One entry moves only from the state it was read in."""

    dynamodb: "DynamoDBClient"
    table: str
    files: WorkFiles

    def read(self, run: Run) -> dict[str, Extract]:
        """All extracts this attempt has begun, by query. Rejected: the ledger knows no such attempt (any more)."""
        with aws_calls(f"read the extracts of {run.id}"):
            found = self.dynamodb.get_item(TableName=self.table, Key=self._key(run), ConsistentRead=True)
        row = decode_item(found.get("Item", {}))
        if not row or row["run"]["attempt"] != run.attempt:
            raise Rejected(f"{run.id}: attempt {run.attempt} is not in the ledger any more")
        return {query: Extract.from_row(query, extract) for query, extract in row.get("extracts", {}).items()}

    def keep(self, run: Run, extract: Extract, was: Extract | None) -> bool:
        """Record `extract` in place of `was` (None: there was none). False: another call has moved it meanwhile."""
        if was is None:
            self._update(run, "SET extracts = if_not_exists(extracts, :row)", {":row": {}}, "", {})
            return self._set(run, extract, "attribute_not_exists(extracts.#query)", {}, {})
        return self._set(
            run,
            extract,
            "extracts.#query.#number = :number AND extracts.#query.#status = :status",
            {":number": was.number, ":status": was.status},
            {"#number": "number", "#status": "status"},
        )

    def keys(self, run: Run, query: str, bucket: str) -> list[str]:
        """The files of one bucket's unloaded rows of one query. Rejected: the query was not extracted."""
        return self.files.keys(self._done(run, query).folder(bucket))

    def rows(self, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows of those files, under their wire names, in no order; a line that is none is an `unreadable` row.

        Rejected: one of the files is cut short or garbled.
        """
        for key in keys:
            yield from self.files.read(key, unreadable)

    def written(self, run: Run, queries: Iterable[str]) -> list[Extracted]:
        """What each query has unloaded, by the warehouse's own count."""
        known = self.read(run)
        done = [_finished(run, query, known) for query in queries]
        return [Extracted(extract.query, extract.rows, extract.files) for extract in done]

    def _done(self, run: Run, query: str) -> Extract:
        return _finished(run, query, self.read(run))

    def _set(self, run: Run, extract: Extract, unless: str, values: dict[str, Any], names: dict[str, str]) -> bool:
        return self._update(
            run,
            "SET extracts.#query = :row",
            {":row": extract.to_row(), **values},
            f" AND {unless}",
            {"#query": extract.query, **names},
        )

    def _update(self, run: Run, change: str, values: dict[str, Any], unless: str, names: dict[str, str]) -> bool:
        try:
            with aws_calls(f"record the extract of {run.id}"):
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key=self._key(run),
                    UpdateExpression=change,
                    ConditionExpression=f"#run.attempt = :attempt{unless}",
                    ExpressionAttributeNames={"#run": "run", **names},
                    ExpressionAttributeValues=encode_item({":attempt": run.attempt, **values}),
                )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key(self, run: Run) -> Any:
        return encode_item(row_key(run.program, run.date, run.id))


def _finished(run: Run, query: str, known: dict[str, Extract]) -> Extract:
    extract = known.get(query)
    if extract is None or extract.status != "DONE":
        raise Rejected(f"{run.id}: {query} was not extracted")
    return extract
