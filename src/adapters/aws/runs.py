"""The Runs table: one ledger row a run, and one row a bucket that holds what each stage counted."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls
from domain.errors import Rejected
from domain.solicitation.claiming import Claim, Held, decide
from domain.solicitation.run import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class RunLedger:
    """Who works on which run, and what came of it. `PROGRAM#p` / `DATE#d` is a run; `RUN#id#attempt` / `BUCKET#b` its buckets."""

    dynamodb: "DynamoDBClient"
    table: str

    def claim(self, start: Run, rerun: bool, running: Callable[[str], bool], now: float) -> Claim:
        """Claim a run for `start.holder`, once among any number of starts. `running` tells whether another holder still works."""
        while True:
            row = self.row(start.program, start.date, start.id)
            claim = decide(start, Held.from_row(row) if row else None, rerun, running)
            known = row is not None and claim.replaces is None
            if claim.outcome == "duplicate" or known or self._take(claim, now):
                return claim

    def row(self, program: str, day: date, run_id: str) -> dict[str, Any] | None:
        with aws_calls(f"read run {run_id}"):
            found = self.dynamodb.get_item(
                TableName=self.table, Key=encode_item(row_key(program, day, run_id)), ConsistentRead=True
            )
        return decode_item(found["Item"]) if "Item" in found else None

    def check_held(self, run: Run) -> dict[str, Any]:
        """The run's row. Rejected: another start has taken the run over since; its work, not this one's, counts now."""
        row = self.row(run.program, run.date, run.id)
        if row is None or (row["run"]["holder"], row["run"]["attempt"]) != (run.holder, run.attempt):
            raise Rejected(f"{run.id}: attempt {run.attempt} was taken over by another execution")
        return row

    def note(self, run: Run, bucket: str, stage: str, counts: Mapping[str, Any], started_at: float) -> None:
        """Record that `stage` has finished `bucket`; a repeated stage overwrites its counts. Times are epoch seconds."""
        summary = {**counts, "startedAt": started_at, "finishedAt": time.time()}
        with aws_calls(f"note {stage} of {run.id} bucket {bucket}"):
            self.dynamodb.update_item(
                TableName=self.table,
                Key=encode_item({"PK": f"RUN#{run.id}#{run.attempt}", "SK": f"BUCKET#{bucket}"}),
                UpdateExpression="SET #stage = :summary",
                ExpressionAttributeNames={"#stage": stage},
                ExpressionAttributeValues=encode_item({":summary": summary}),
            )

    def buckets(self, run: Run) -> dict[str, dict[str, dict[str, Any]]]:
        """What each stage has counted so far, by bucket, then by stage."""
        with aws_calls(f"read the buckets of {run.id}"):
            pages = self.dynamodb.get_paginator("query").paginate(
                TableName=self.table,
                KeyConditionExpression="PK = :pk",
                ExpressionAttributeValues=encode_item({":pk": f"RUN#{run.id}#{run.attempt}"}),
                ConsistentRead=True,
            )
            rows = [decode_item(item) for page in pages for item in page["Items"]]
        return {
            row["SK"].removeprefix("BUCKET#"): {
                stage: summary for stage, summary in row.items() if stage not in ("PK", "SK")
            }
            for row in rows
        }

    def finish(self, run: Run, result: Mapping[str, Any], now: float) -> None:
        """Mark the run done with its result; a repeated finish by the same holder changes nothing that was counted."""
        with aws_calls(f"finish {run.id}"):
            self.dynamodb.update_item(
                TableName=self.table,
                Key=encode_item(row_key(run.program, run.date, run.id)),
                UpdateExpression="SET #status = :done, #result = :result, finishedAt = :now",
                ConditionExpression="#run.holder = :holder",
                ExpressionAttributeNames={"#status": "status", "#result": "result", "#run": "run"},
                ExpressionAttributeValues=encode_item(
                    {":done": "DONE", ":result": result, ":now": now, ":holder": run.holder}
                ),
            )

    def _take(self, claim: Claim, now: float) -> bool:
        """Write the claim if the row still is as it was read."""
        row = {
            **row_key(claim.run.program, claim.run.date, claim.run.id),
            "status": "RUNNING",
            "run": claim.run.to_json(),
            "claimedAt": now,
        }
        replaced = claim.replaces
        try:
            with aws_calls(f"claim run {claim.run.id}"):
                if replaced is None:
                    self.dynamodb.put_item(
                        TableName=self.table, Item=encode_item(row), ConditionExpression="attribute_not_exists(PK)"
                    )
                else:
                    self._replace(claim, replaced, now)
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _replace(self, claim: Claim, replaced: Held, now: float) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=encode_item(row_key(claim.run.program, claim.run.date, claim.run.id)),
            UpdateExpression="SET #run = :run, #status = :running, claimedAt = :now"
            + (" REMOVE extracts" if claim.anew else ""),
            ConditionExpression="#run.holder = :holder AND #status = :status",
            ExpressionAttributeNames={"#run": "run", "#status": "status"},
            ExpressionAttributeValues=encode_item(
                {
                    ":run": claim.run.to_json(),
                    ":running": "RUNNING",
                    ":now": now,
                    ":holder": replaced.run.holder,
                    ":status": "DONE" if replaced.done else "RUNNING",
                }
            ),
        )


def row_key(program: str, day: date, run_id: str) -> dict[str, str]:
    """A run's ledger row; dry runs, whose id has a third part, stand beside the real one."""
    dry = run_id.partition("/dry-")[2]
    return {"PK": f"PROGRAM#{program}", "SK": f"DATE#{day.isoformat()}" + (f"#DRY#{dry}" if dry else "")}
