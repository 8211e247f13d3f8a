"""A past in, `history/customers.jsonl.gz` out: one object a customer that has one, as the Customers table is seeded with."""

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from sandbox.sample.blueprint import Blueprint
from sandbox.sample.columns import iso_instants
from sandbox.sample.crowd import Crowd
from sandbox.sample.past import Events, Past

ELSEWHERE = 0.02  # share of customers with a past in another program, which must not matter here

NOTHING: dict[str, dict[str, Any]] = {"programs": {}, "caps": {}}


def lines(
    past: Past, crowd: Crowd, names: tuple[pa.Array, pa.Array], plan: Blueprint, start: datetime, seed: int
) -> Iterator[dict[str, Any]]:
    """The objects, in the customers' order; `names` are the customers' and the subjects' by number."""
    customers, subjects = names
    rng = np.random.default_rng([seed, 7])
    everywhere = crowd.opted_out & (rng.random(crowd.customers) < 0.5)
    columns = zip(
        customers.to_pylist(),
        _by_owner(past.asked, subjects, crowd.customers),
        _by_owner(past.answered, subjects, crowd.customers),
        everywhere.tolist(),
        (crowd.opted_out & ~everywhere).tolist(),
        (rng.random(crowd.customers) < ELSEWHERE).tolist(),
        strict=True,
    )
    decoy = _elsewhere(plan, start)
    for customer, asked, answered, out_of_all, out_of_this, elsewhere in columns:
        more = decoy if elsewhere else NOTHING
        here = _filled({"optedOut": out_of_this, "answered": answered, "asked": asked})
        programs, caps = (
            {plan.program: here, **more["programs"]},
            {plan.cap_group: sorted(asked.values()), **more["caps"]},
        )
        if line := _filled({"optedOut": out_of_all, "programs": _filled(programs), "caps": _filled(caps)}):
            yield {"customer": customer, **line}


def _filled(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value}


def write(rows: Iterator[dict[str, Any]], file: Path) -> None:
    """Gzip JSON lines; the same rows always give the same bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0) as out:
        for row in rows:
            out.write(orjson.dumps(row) + b"\n")


def _by_owner(events: Events, subjects: pa.Array, customers: int) -> Iterator[dict[str, str]]:
    """Subject and instant of each customer's events, the earliest first; one mapping a customer, empty for most."""
    order = np.lexsort((events.at, events.owner))
    about, at = subjects.take(pa.array(events.subject[order])).to_pylist(), iso_instants(events.at[order])
    bounds = np.searchsorted(events.owner[order], np.arange(customers + 1)).tolist()
    for first, last in pairwise(bounds):
        yield dict(zip(about[first:last], at[first:last], strict=True))


def _elsewhere(plan: Blueprint, start: datetime) -> dict[str, Any]:
    """Opted out of the other program, and asked by it as often as any cap allows."""
    asks = [f"{start - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in range(6, 0, -1)]
    return {"programs": {plan.other: {"optedOut": True}}, "caps": {plan.other: asks}}
