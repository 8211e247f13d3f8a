"""Loads and parts in, keys of the scoring bucket out."""

SCRUBBED, FANLIST = "scrubbed/", "fanlist/scored/"  # where files are dropped (seed 004)
ERRORS = "errors/"  # rows and records that could not be taken, with their reasons
LOST = "aws/lambda/"  # batches that Lambda gave up on; the name is Lambda's
RETRIES = "entry-retries/"  # records that the Entry Service did not take yet


def rejected_rows(campaign: str, load: str, part: int) -> str:
    """JSON lines: the rows of one part of a file that were refused. The same part is written again under the same name."""
    return f"{ERRORS}{campaign}/{load}/part-{part:06d}.jsonl"


def parked_records(reader: str, name: str) -> str:
    """JSON lines: records of a stream that one reader could not take; `name` is derived from what they are."""
    return f"{ERRORS}{reader}/{name}.jsonl"


def waiting_entries(campaign: str, name: str) -> str:
    """JSON: records of one campaign that are to be offered to the Entry Service again."""
    return f"{RETRIES}{campaign}/{name}.json"
