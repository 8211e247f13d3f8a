"""Tables -> metrics: whether DynamoDB's time to live has deleted what should be gone."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.expired_items import ExpiredItems
from adapters.aws.session import QUICK, client
from domain.solicitation.stored import moment
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.delivery_settings import CleanupSettings

PATIENCE = timedelta(days=2)  # AWS: expired items are typically deleted within two days

logger = Logger(service="cleanup")


def handler(event: dict[str, Any], context: object) -> dict[str, dict[str, int]]:
    return look(event["program"], moment(event["scheduledTime"]), **live())


@cache
def live() -> dict[str, Any]:
    tables = CleanupSettings.from_env().expiring_tables.split(",")
    return {"tables": tables, "items": ExpiredItems(client("dynamodb", QUICK))}


def look(program: str, at: datetime, *, tables: list[str], items: ExpiredItems) -> dict[str, dict[str, int]]:
    """By table: `expired`, past their time and still there, and of those `lingering`, for longer than DynamoDB may take."""
    found = {
        table: {"expired": items.count(table, at), "lingering": items.count(table, at - PATIENCE)} for table in tables
    }
    lingering = sum(counts["lingering"] for counts in found.values())
    with single_metric("LingeringItems", MetricUnit.Count, lingering, namespace=NAMESPACE) as metric:
        metric.add_dimension("Program", program)
    logger.info("cleanup", extra={"program": program, "found": found})
    return found
