"""Kinds, dates and names in, keys of the archive bucket out."""

from datetime import date

DATA = "data/"  # rows: data/{kind}/partition_date=YYYY-MM-DD/…
ERRORS = "errors/"  # records that could not be archived, one object each
LOST = "aws/lambda/"  # batches that Lambda gave up on; the name is Lambda's
REPLAYS = "replays/"  # plans of replays
RECEIPTS = "receipts/"  # of erasures
RESULTS = "results/"  # of Athena
PARTITION = "partition_date"
COMPACTED = "compacted-"  # sorts behind every `2026-…`: a lister that came too early for it has seen what it replaces

FIRST_DATE = date(2015, 1, 1)  # the partitions that queries look at begin here,
YEARS_AHEAD = 5  # and end so many years from now: events and sales lie in the future


def partition_prefix(kind: str, day: str) -> str:
    """`day` is YYYY-MM-DD."""
    return f"{DATA}{kind}/{PARTITION}={day}/"


def data_key(kind: str, day: str, name: str) -> str:
    """`name` is `{timestamp}-{uuid}`, without an ending."""
    return f"{partition_prefix(kind, day)}{name}.avro"


def error_key(name: str) -> str:
    return f"{ERRORS}{name}.json"


def partition_at(key: str) -> tuple[str, str]:
    """Kind and date of a data file. ValueError: the key is none of a data file."""
    match key.split("/"):
        case ["data", kind, folder, _] if folder.startswith(f"{PARTITION}=") and key.endswith(".avro"):
            return kind, folder.removeprefix(f"{PARTITION}=")
    raise ValueError(f"{key} is no data file of the archive")
