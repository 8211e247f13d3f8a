"""Unloaded contacts -> Customers: keep the contact data of the customers whose candidates one bucket stored, and of no others."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.customers import Customers
from adapters.aws.extracts import Extracts
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import QUICK, client
from adapters.aws.work_files import WorkFiles
from domain.solicitation.extraction import wire_name
from domain.solicitation.program import Query
from domain.solicitation.run import Run
from handlers.solicitation.settings import ContactsSettings

logger = Logger(service="contacts")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    return contacts(Run.from_json(event["run"]), event["bucket"], started_at=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = ContactsSettings.from_env()
    dynamodb = client("dynamodb", QUICK)
    files = WorkFiles(client("s3"), env.work_bucket)
    return {
        "ledger": RunLedger(dynamodb, env.runs_table),
        "files": files,
        "extracts": Extracts(dynamodb, env.runs_table, files),
        "customers": Customers(dynamodb, env.customers_table),
    }


def contacts(
    run: Run,
    bucket: str,
    *,
    started_at: float,
    ledger: RunLedger,
    files: WorkFiles,
    extracts: Extracts,
    customers: Customers,
) -> dict[str, int]:
    """Contact data goes from the warehouse to the table alone; no work file holds it."""
    ledger.check_held(run)
    program = load_program(files, run.program_hash)
    query = program.contacts
    if query is None:
        return {"in": 0, "out": 0, "changed": 0, "files": 0}
    keys = extracts.keys(run, query.name, bucket)
    wanted = {row["customer"] for row in files.read(run.work_key(bucket, "store"))}
    found = known(extracts.rows(keys), query, wanted)
    until = run.started_at + timedelta(days=program.candidate_days)  # as long as a candidate of this run may be asked
    changed = customers.keep_contacts(program.id, found, until)
    counts = {"in": len(wanted), "out": len(found), "changed": changed, "files": len(keys)}
    ledger.note(run, bucket, "contacts", counts, started_at)
    logger.info("contacts", extra={"run_id": run.id, "bucket": bucket, **counts})
    return counts


def known(rows: Iterable[Mapping[str, Any]], query: Query, wanted: set[str]) -> dict[str, dict[str, str]]:
    """The contact data of wanted customers; of two rows for one customer the greater, so that their order does not matter."""
    targets = [target for _, target in query.mapping if target != "customer"]
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if (customer := row.get("customer")) in wanted:
            contact = {target: row[wire_name(target)] for target in targets if row.get(wire_name(target))}
            found[customer] = max(found.get(customer, {}), contact, key=lambda contact: sorted(contact.items()))
    return found
