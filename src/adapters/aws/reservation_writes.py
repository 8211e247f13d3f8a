"""A recipient and what stands in the tables in; the entries that reserve a request for it, or take one back, out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.aws.customers import PROFILE
from adapters.aws.deliveries import count_shard
from adapters.aws.transactions import Entry, check, delete, put, update
from domain.solicitation.delivery import OPTED_OUT, campaign_key
from domain.solicitation.keys import customer_key
from domain.solicitation.program import Program
from domain.solicitation.sending import Facts
from domain.solicitation.stored import OPEN, channel_key, index_items, iso

Row = Mapping[str, Any]

WILLING = "attribute_not_exists(#optedOut) OR #optedOut = :no"
KEPT = timedelta(days=62)  # of asks: longer than any cap looks back
HELD = "#status = :held_as AND #holder = :held_by AND #leaseUntil = :held_until"


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the three tables that a reservation binds together."""

    candidates: str
    customers: str
    deliveries: str


def key_of(item: Row) -> dict[str, str]:
    return {"PK": item["PK"], "SK": item["SK"]}


def held(row: Row) -> dict[str, Any]:
    """The values of HELD: the delivery is as we left it, in our hands."""
    return {"held_as": row["status"], "held_by": row["holder"], "held_until": row["leaseUntil"]}


def reserving(tables: Tables, row: Row, before: Row | None, facts: Facts, at: datetime) -> list[Entry]:
    """One request: the delivery, a place under the cap, the candidate out of its channel's index, a customer who is willing.

    Each entry's condition is what was decided upon; `before` is an earlier campaign's row that this one takes the place of.
    """
    return [
        *taking_up(tables, row, before),
        _capped(tables, row, facts, [*_recent(facts, at), f"{iso(at)}#{row['id']}"]),
        *_asked(tables, row, facts, at),
        update(tables.customers, program_key(row), "ADD #asked :subject", WILLING, subject={row["subject"]}, no=False),
        check(tables.customers, profile_key(row), WILLING, no=False),
    ]


def _asked(tables: Tables, row: Row, facts: Facts, at: datetime) -> list[Entry]:
    """The candidate, open as it was read, becomes asked and leaves its channel's index."""
    assert facts.candidate is not None
    base, channel = facts.candidate, row["channel"]
    by = {**base.get("asked", {}), channel: {"delivery": row["id"], "campaign": row["campaign"], "at": iso(at)}}
    change = "SET #status = :asked, #asked = :by, #updatedAt = :at ADD #version :one"
    unmoved = "#status = :open AND #version = :version"
    values = {"asked": "ASKED", "by": by, "at": iso(at), "one": 1, "open": OPEN, "version": base["version"]}
    return [
        update(tables.candidates, key_of(base), change, unmoved, **values),
        delete(tables.candidates, {"PK": base["PK"], "SK": channel_key(base["SK"], channel)}),
    ]


def taking_up(tables: Tables, row: Row, before: Row | None) -> list[Entry]:
    """The delivery's first row; an earlier campaign's stays beside it, so that its own books still close."""
    if before is None:
        return [put(tables.deliveries, row, "attribute_not_exists(PK)")]
    as_read = {"was": before["status"], "campaign": before["campaign"]}
    past = {**before, "SK": f"PAST#{before['campaign']}"}
    return [
        put(tables.deliveries, row, "#status = :was AND #campaign = :campaign", **as_read),
        put(tables.deliveries, past),
    ]


def releasing(tables: Tables, row: Row, facts: Facts, program: Program, at: datetime) -> Iterator[Entry]:
    """Give back what `reserving` took, but for the delivery itself: the customer was not asked."""
    yield from uncapped(tables, row, facts)
    yield update(tables.customers, program_key(row), "DELETE #asked :subject", subject={row["subject"]})
    base, channel = facts.candidate, row["channel"]
    if not base or base["status"] != "ASKED" or base["asked"][channel]["delivery"] != row["id"]:
        return
    standing = {"asked": "ASKED", "version": base["version"]}
    unmoved = "#status = :asked AND #version = :version"
    if row.get("reason") == OPTED_OUT:  # an opt-out takes away what may still be asked: this again may be
        yield delete(tables.candidates, key_of(base), unmoved, **standing)
        for item in index_items(base, program.serving_shards):
            yield delete(tables.candidates, key_of(item))
        return
    back = "SET #status = :open, #updatedAt = :at ADD #version :one REMOVE #asked"
    yield update(tables.candidates, key_of(base), back, unmoved, **standing, open=OPEN, at=iso(at), one=1)
    for item in index_items(base, program.serving_shards):
        if item["channel"] == channel:
            yield put(tables.candidates, item)


def uncapped(tables: Tables, row: Row, facts: Facts) -> list[Entry]:
    """The place under the cap alone."""
    asks = list((facts.cap or {}).get("asks", ()))
    kept = [ask for ask in asks if not ask.endswith(f"#{row['id']}")]
    return [_capped(tables, row, facts, kept)] if kept != asks else []


def counted(table: str, campaign: str, deliveries: Iterable[tuple[str, str, int]]) -> Iterator[Entry]:
    """Move the campaign's counters: (delivery, counter, by how many), one entry a shard."""
    moves: dict[str, Counter[str]] = {}
    for id, name, by in deliveries:
        moves.setdefault(count_shard(id), Counter())[name] += by
    for shard, names in moves.items():
        adds = ", ".join(f"#{name} :{name}" for name in names)
        yield update(table, {"PK": campaign_key(campaign)["PK"], "SK": shard}, f"ADD {adds}", "", **names)


def profile_key(row: Row) -> dict[str, str]:
    return {"PK": customer_key(row["customer"]), "SK": PROFILE}


def program_key(row: Row) -> dict[str, str]:
    return {"PK": customer_key(row["customer"]), "SK": f"PROGRAM#{row['program']}"}


def _recent(facts: Facts, at: datetime) -> Iterator[str]:
    for ask in (facts.cap or {}).get("asks", ()):
        if datetime.fromisoformat(ask.partition("#")[0]) > at - KEPT:
            yield ask


def _capped(tables: Tables, row: Row, facts: Facts, asks: list[str]) -> Entry:
    """The asks as they shall be, if nobody has touched them since they were read: `rev` counts who did."""
    assert facts.cap is not None
    rev = facts.cap.get("rev")
    unmoved = "attribute_not_exists(#rev)" if rev is None else "#rev = :rev"
    seen = {} if rev is None else {"rev": rev}
    change = "SET #asks = :asks, #rev = :next"
    return update(tables.customers, key_of(facts.cap), change, unmoved, asks=asks, next=(rev or 0) + 1, **seen)
