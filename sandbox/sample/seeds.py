"""A past in, `history/customers.jsonl.gz` out: one object a customer that has one, as the Customers table is seeded with."""

import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from sandbox.sample.blueprint import Blueprint
from sandbox.sample.columns import iso_instants
from sandbox.sample.crowd import Crowd
from sandbox.sample.past import Events, Past

ELSEWHERE = 0.02  # share of customers with a past in another program, which must not matter here


def lines(
    past: Past, crowd: Crowd, names: tuple[Sequence[str], Sequence[str]], plan: Blueprint, start: datetime, seed: int
) -> Iterator[dict[str, Any]]:
    """The objects, in the customers' order; `names` are the customers' and the subjects' by number."""
    customers, subjects = names
    asked, answered = _by_owner(past.asked, subjects), _by_owner(past.answered, subjects)
    rng = np.random.default_rng([seed, 7])
    everywhere = crowd.opted_out & (rng.random(crowd.customers) < 0.5)
    elsewhere = rng.random(crowd.customers) < ELSEWHERE
    decoy = _elsewhere(plan, start)
    for number, customer in enumerate(customers):
        here: dict[str, Any] = {}
        if crowd.opted_out[number] and not everywhere[number]:
            here["optedOut"] = True
        if number in answered:
            here["answered"] = answered[number]
        if number in asked:
            here["asked"] = asked[number]
        line: dict[str, Any] = {"programs": {plan.program: here}} if here else {}
        if number in asked:
            line["caps"] = {plan.cap_group: sorted(asked[number].values())}
        if everywhere[number]:
            line["optedOut"] = True
        if elsewhere[number]:
            line = {key: {**line.get(key, {}), **decoy.get(key, {})} for key in decoy} | {
                key: value for key, value in line.items() if key not in decoy
            }
        if line:
            yield {"customer": customer, **line}


def write(rows: Iterator[dict[str, Any]], file: Path) -> None:
    """Gzip JSON lines; the same rows always give the same bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0) as out:
        for row in rows:
            out.write(orjson.dumps(row) + b"\n")


def _by_owner(events: Events, subjects: Sequence[str]) -> dict[int, dict[str, str]]:
    """Subject and instant of each owner's events, the earliest first."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    order = np.lexsort((events.at, events.owner))
    columns = events.owner[order].tolist(), events.subject[order].tolist(), iso_instants(events.at[order])
    for owner, subject, at in zip(*columns, strict=True):
        found[owner][subjects[subject]] = at
    return found


def _elsewhere(plan: Blueprint, start: datetime) -> dict[str, Any]:
    """Opted out of the other program, and asked by it as often as any cap allows."""
    asks = [f"{start - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in range(6, 0, -1)]
    return {"programs": {plan.other: {"optedOut": True}}, "caps": {plan.other: asks}}
