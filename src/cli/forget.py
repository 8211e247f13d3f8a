"""`ovation forget`: one customer's traces erased everywhere we keep them, and a receipt of what was found where."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

import typer
from rich.table import Table

from adapters.aws.erasure import Erasure, Traces
from adapters.aws.work_files import WorkFiles
from cli.console import BAD_INPUT, AsJson, err, give_up, out, print_json
from cli.deployment import Deployment, Stack
from cli.optout import Customer
from cli.rewriting import LOST, Rewriter
from domain.errors import OvationError, Rejected
from domain.solicitation.run import bucket_of
from domain.solicitation.stored import iso

TABLES = ("candidates_table", "customers_table", "score_cache_table", "deliveries_table", "responses_table")
BUCKET = re.compile(r"/bucket=(\d+)/")


def forget(
    customer: Customer,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it the command only says what it would do.")
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Erase a customer and print a receipt. Run it again after a batch or a sending that was under way. Exit code 2: nothing was done."""
    try:
        if not yes:
            raise Rejected("this cannot be undone: give --yes to erase the customer's data")
        with err.status("erasing"):
            receipt = erased(Deployment.reached(stack), customer, datetime.now(UTC))
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    print_json(receipt) if as_json else out.print(_table(receipt))


def erased(deployment: Deployment, customer: str, at: datetime) -> dict[str, Any]:
    """The receipt. The opt-out comes first, so that nothing new is planned or sent meanwhile."""
    names, s3 = deployment.names, deployment.client("s3")
    erasure = Erasure(deployment.client("dynamodb"), *(names[table] for table in TABLES))
    traces = erasure.traces(customer)
    tables = {
        "Customers": erasure.customer(customer, at),
        "Candidates": erasure.candidates(customer),
        "ScoreCache": erasure.scores(customer, traces),
        "Deliveries": erasure.deliveries(customer),
        "Responses": erasure.answers(customer),
    }
    rewriter = Rewriter(s3, customer, _about(customer, traces))
    work, outputs = names["work_bucket"], names["outputs_bucket"]
    files = rewriter.rewrite(
        work, ("runs/", "contacts/", "campaigns/", LOST), _of_bucket(customer, WorkFiles(s3, work))
    )
    files |= rewriter.rewrite(outputs, ("exports/candidates/", "training/"))
    return {
        # A receipt that named the customer would itself have to be erased.
        "customer": sha256(customer.encode()).hexdigest(),
        "at": iso(at),
        "tables": tables,
        "files": files,
        "photos": len(_photos(s3, names["photos_bucket"], traces)),
        "kept": "an opt-out under the customer's id, suppressed addresses as hashes, and for at most 14 days"
        " messages in dead-letter queues",
    }


def _about(customer: str, traces: Traces) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: row.get("customer") == customer or row.get("delivery") in traces.deliveries


def _of_bucket(customer: str, files: WorkFiles) -> Callable[[str], bool]:
    """Of files that lie in a hash bucket's folder, only those of the customer's: the number of buckets is the program's."""
    counts = {files.read_json(key)["buckets"] for key in files.keys("programs/")}
    own = {bucket_of(customer, count) for count in counts}

    def wanted(key: str) -> bool:
        found = BUCKET.search(key)
        return found is None or found[1] in own

    return wanted


def _photos(s3: Any, bucket: str, traces: Traces) -> list[str]:
    """Photos go too: a face is personal whoever's name is taken off the answer."""
    keys = set(traces.photos)
    for delivery in traces.deliveries:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"photos/{delivery}/")
        keys |= {item["Key"] for item in found.get("Contents", ())}
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)
    return sorted(keys)


def _table(receipt: dict[str, Any]) -> Table:
    table = Table(title=f"Erased at {receipt['at']}, customer sha256 {receipt['customer'][:16]}…", title_justify="left")
    table.add_column("where", overflow="fold")
    table.add_column("items", justify="right")
    for name, count in {**receipt["tables"], **receipt["files"], "photos": receipt["photos"]}.items():
        table.add_row(name, f"{count:,}")
    table.caption = f"Kept: {receipt['kept']}."
    return table
