"""Numbers in, columns of a table out: ids, picks from a list, dates; and the files tables are written to."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Array = np.ndarray[Any, Any]
PRIME = 2_147_483_647


def ids(prefix: str, numbers: Array, seed: int) -> pa.Array:
    """A text a number, unique, in an order that has nothing to do with the numbers'. Numbers from 0 to two thousand million."""
    scattered = (numbers.astype(np.int64) + 1) * (48_271 + 2 * (seed % 100_000)) % PRIME
    return join(prefix, pc.utf8_lpad(pa.array(scattered).cast(pa.string()), 10, "0"))


def join(*parts: str | pa.Array) -> pa.Array:
    """The parts' texts one after the other, row by row; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")


def pick(values: Sequence[str | None], positions: Array) -> pa.Array:
    """The value at each position."""
    return pa.array(values, pa.string()).take(pa.array(positions))


def draw(rng: np.random.Generator, values: Sequence[str | None], size: int, weights: Sequence[float] = ()) -> pa.Array:
    """Random values, all alike likely or by weight."""
    return pick(values, draw_numbers(rng, weights or [1.0] * len(values), size))


def draw_numbers(rng: np.random.Generator, weights: Sequence[float], size: int) -> Array:
    """Random numbers from 0, by weight."""
    shares = np.array(weights)
    return rng.choice(len(shares), size, p=shares / shares.sum())


def days(start: date, offsets: Array) -> pa.Array:
    """`start` plus so many days, as DATE."""
    return pa.array((np.datetime64(start, "D") + offsets.astype("timedelta64[D]")).astype("datetime64[D]"))


def iso_days(start: date, offsets: Array) -> Array:
    """`start` plus so many days, as YYYY-MM-DD."""
    return np.datetime_as_string(np.datetime64(start, "D") + offsets.astype("timedelta64[D]"))


def instants(seconds: Array) -> pa.Array:
    """Epoch seconds as TIMESTAMP without a zone, UTC."""
    return pa.array(seconds.astype("datetime64[s]")).cast(pa.timestamp("us"))


def iso_instants(seconds: Array) -> list[str]:
    """Epoch seconds as `YYYY-MM-DDTHH:MM:SSZ`."""
    return [f"{text}Z" for text in np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()]


def shuffled(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    return table.take(pa.array(rng.permutation(table.num_rows)))


def write(table: pa.Table, file: Path) -> None:
    """One Parquet file; the same table always gives the same bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd")
