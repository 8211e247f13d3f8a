"""A data folder's `history/customers.jsonl.gz` in, the items of the Customers table that it stands for out and written."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.aws import batch_items
from domain.solicitation.keys import customer_key
from sandbox.tables import Key, delete

FILE = "history/customers.jsonl.gz"
Item = dict[str, Any]


def seeds(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of the folder's history; none when it has no such file."""
    if (folder / FILE).is_file():
        with gzip.open(folder / FILE, "rt") as lines:
            yield from map(json.loads, lines)


def items(seed: Mapping[str, Any]) -> Iterator[Item]:
    """One line as items: `PROFILE`, one `PROGRAM#p` a program, one `CAP#g` a cap group."""
    pk = customer_key(seed["customer"])
    if "optedOut" in seed:
        yield {"PK": pk, "SK": "PROFILE", "optedOut": seed["optedOut"]}
    for program, known in seed.get("programs", {}).items():
        subjects = {name: set(known[name]) for name in ("answered", "asked") if known.get(name)}  # no set is empty
        yield {"PK": pk, "SK": f"PROGRAM#{program}", **_but(known, "answered", "asked"), **subjects}
    for group, asks in seed.get("caps", {}).items():
        yield {"PK": pk, "SK": f"CAP#{group}", "asks": asks}


def _but(known: Mapping[str, Any], *names: str) -> Item:
    return {name: value for name, value in known.items() if name not in names}


def programs(seeds: Iterable[Mapping[str, Any]]) -> set[str]:
    return {program for seed in seeds for program in (*seed.get("programs", {}), *seed.get("caps", {}))}


@dataclass
class Histories:
    """The Customers table of one sandbox, and which folder's items are in it.

    A folder that tells of a program replaces every earlier folder that told of it: two samples of one program never mix.
    """

    dynamodb: Any
    table: str
    _loaded: list[tuple[set[str], set[Key]]] = field(default_factory=list)

    def load(self, folder: Path) -> bool:
        """Write the folder's history; whether it replaced another's."""
        lines = list(seeds(folder))
        told = programs(lines)
        fresh = [item for line in lines for item in items(line)]
        keys = {(item["PK"], item["SK"]) for item in fresh}
        replaced = [old for old in self._loaded if old[0] & told]
        for old in replaced:
            self._loaded.remove(old)
            delete(self.dynamodb, self.table, sorted(old[1] - keys))
        batch_items.put(self.dynamodb, self.table, fresh)
        self._loaded.append((told, keys))
        return bool(replaced)
