"""Whose records, and what they hold, in; keys of the reminders' bucket out."""

PARKED = "parked/"  # records that nobody could take in, with their reasons


def parked_records(reader: str, name: str) -> str:
    """JSON lines: records of a stream that one reader could not take; `name` is derived from what they are."""
    return f"{PARKED}{reader}/{name}.jsonl"
