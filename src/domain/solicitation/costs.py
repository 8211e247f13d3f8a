"""What a day did in, what it cost by AWS's list prices out: an estimate whose parts can be read."""

from collections.abc import Mapping
from dataclasses import dataclass

# US dollars, us-east-1, on demand (AWS price lists, November 2026). Warehouse, endpoints and storage are the owner's own.
MAIL = 0.10 / 1_000  # SES, one message
WRITE, READ = 0.625 / 1e6, 0.125 / 1e6  # DynamoDB, one request unit
COMPUTE = 0.0000133334  # Lambda on arm64, one GB-second
CALL = 0.20 / 1e6  # Lambda, one request
STEP = 25 / 1e6  # Step Functions STANDARD, one transition
REQUEST = 1.00 / 1e6  # HTTP API, one request

CANDIDATE_WRITES = 4  # units a stored item: itself and its entries in two indexes, 1 KB each, rounded up
DELIVERY_WRITES = (
    26  # a mail's life: reserved (6 items, transactional), sending, sent, and two events with their counters
)
ANSWER_WRITES = 24  # nine items in a transaction, which counts double, and their index entries
STAGE_STEPS = 12  # transitions a bucket


@dataclass(frozen=True, slots=True)
class Work:
    """What was done: items stored, seconds of all stages at `memory_gb`, buckets, mails, answers, page and pixel requests."""

    items: int
    candidates: int
    stage_seconds: float
    buckets: int
    mails: int
    answers: int
    requests: int
    memory_gb: float = 1.769


def costs(work: Work) -> Mapping[str, float]:
    """Dollars by what they are for."""
    calls = work.buckets * 5 + work.mails / 50 + work.answers * 2 + work.requests
    return {
        "e-mail": work.mails * MAIL,
        "tables": (
            work.items * CANDIDATE_WRITES * WRITE
            + work.candidates * 3 * READ / 2  # history: three items, eventually consistent
            + work.mails * DELIVERY_WRITES * WRITE
            + work.answers * ANSWER_WRITES * WRITE
        ),
        "functions": work.stage_seconds * work.memory_gb * COMPUTE + calls * CALL,
        "workflow": work.buckets * STAGE_STEPS * STEP,
        "pages": work.requests * REQUEST,
    }
