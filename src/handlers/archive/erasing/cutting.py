"""An object's bytes in, what of it is a fan's and the same object without that out, by the place it lies in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.files.avro_cutting import without as without_rows
from adapters.files.avro_schemas import schemas
from domain.archive.fan import OWNER, Fan, told_of
from domain.archive.places import DATA, ERRORS, LOST, REPLAYS, RESULTS, partition_at
from domain.archive.quarantine import opened, without
from domain.errors import Rejected
from handlers.archive.erasing.results import shown

AVRO, JSON = "avro/binary", "application/json"
NOBODYS = ".metadata"  # Athena's: the columns of the result beside it, no values


@dataclass(frozen=True, slots=True)
class Cut:
    """`rows`: the fan's rows or records. `rest`: the object without them; None: there is nothing left of it."""

    rows: int
    rest: bytes | None
    kind: str = JSON


Look = Callable[[str, bytes, Fan], Cut | None]


def looked_at(key: str) -> bool:
    """Whether an object can hold a fan at all: rows of some kinds do not say whose they are."""
    if key.endswith(NOBODYS):
        return False
    try:
        return partition_at(key)[0] in _owned()
    except ValueError:
        return True


def cut(key: str, body: bytes, fan: Fan) -> Cut | None:
    """None: nothing in it is the fan's. Rejected: it cannot be looked into."""
    return next(look for place, look in LOOKS.items() if key.startswith(place))(key, body, fan)


def _rows(key: str, body: bytes, fan: Fan) -> Cut | None:
    """Rows are read only where the id stands in their bytes as a row has it; all others stay as they were written."""
    try:
        partition_at(key)
    except ValueError as error:
        raise Rejected(f"{key} is none of our files") from error
    gone, rest = without_rows(body, fan.packed, fan.owns, key)
    return Cut(gone, rest or None, AVRO) if gone else None


def _records(key: str, body: bytes, fan: Fan) -> Cut | None:
    """Change records in an error object, or in a batch that Lambda gave up on."""
    try:
        theirs = [held.digest for held in opened(key, body).records if told_of(fan, held.text)]
    except Rejected:
        return _text(key, body, fan)
    return Cut(len(theirs), without(key, body, theirs)) if theirs else None


def _steps(key: str, body: bytes, fan: Fan) -> Cut | None:
    """A record that a plan would replay is dropped by it instead: the others keep their places, which files are named by."""
    try:
        document = json.loads(body)
        texts = [step["text"] for step in document["steps"]]
    except (ValueError, KeyError, TypeError):
        return _text(key, body, fan)
    theirs = {place for place, text in enumerate(texts) if text is not None and told_of(fan, text)}
    if not theirs:
        return None
    steps = [{**step, "text": None} if place in theirs else step for place, step in enumerate(document["steps"])]
    return Cut(len(theirs), json.dumps({**document, "steps": steps}).encode())


def _text(key: str, body: bytes, fan: Fan) -> Cut | None:
    return Cut(1, None) if fan.named_in(body.decode(errors="backslashreplace")) else None


def _result(key: str, body: bytes, fan: Fan) -> Cut | None:
    """Results may be asked for again: one that holds the fan goes as a whole, and so does one that is no text to look into."""
    try:
        rows = shown(body, fan)
    except Rejected:
        return Cut(0, None)
    return Cut(rows, None) if rows else None


def _owned() -> frozenset[str]:
    kinds = ((kind, [field["name"] for field in schema["fields"]]) for kind, schema in schemas().items())
    return frozenset(kind for kind, names in kinds if OWNER in names)


# In the order in which they are looked through: what rows are made of comes before rows, and rows before answers made of them.
LOOKS: Mapping[str, Look] = {ERRORS: _records, LOST: _records, REPLAYS: _steps, DATA: _rows, RESULTS: _result}
