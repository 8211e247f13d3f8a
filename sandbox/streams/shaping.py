"""Raw records of a shard -> the records its function is to see, filtered; what it is not to see is None."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.streams.change_shape import Expired, Raw, carried_change, change_in, key_digest, table_change, table_of
from sandbox.streams.faults import Disorder
from sandbox.streams.filtering import wanted
from sandbox.streams.kinesis_shape import kinesis_event
from sandbox.streams.mapping import Mapping
from sandbox.streams.record import Record

Shaped = tuple[str, Record | None]  # the position, and the record unless it is dropped


@dataclass(slots=True)
class Shaper:
    """Turns what an emulator gives into what Lambda gives, for one mapping.

    `precision(table)` is the unit of the creation times a table sends through the mapping's Kinesis stream.
    """

    mapping: Mapping
    expired: Expired
    precision: Callable[[str], str]
    disorder: Disorder = field(default_factory=Disorder)

    def shape(
        self, shard: str, raws: Sequence[tuple[str, Raw]], arrivals: Sequence[datetime], seen: datetime
    ) -> list[Shaped]:
        """Records in the order the function sees them; `raws` are (position, raw record) in stream order."""
        if self.mapping.of_table:
            return [self._change(position, raw, at, seen) for (position, raw), at in zip(raws, arrivals, strict=True)]
        by_position = dict(raws)
        arrived = dict(zip(by_position, arrivals, strict=True))
        return [
            self._kinesis(position, number, by_position[position], shard, arrived[position], seen)
            for position, number in self._arranged(list(by_position))
        ]

    def _arranged(self, positions: list[str]) -> list[tuple[str, str]]:
        if self.disorder.quiet:
            return [(position, position) for position in positions]
        return self.disorder.arrange(positions)

    def _change(self, position: str, raw: Raw, arrived: datetime, seen: datetime) -> Shaped:
        event = table_change(raw, arn=self.mapping.stream_arn, arrived=arrived, expired=self.expired)
        return position, self._record(event, position, position, key_digest(raw), arrived, seen)

    def _kinesis(self, position: str, number: str, raw: Raw, shard: str, arrived: datetime, seen: datetime) -> Shaped:
        key, data = raw["PartitionKey"], raw["Data"]
        change = change_in(data)
        if change and "recordFormat" not in change:  # as the emulator wrote it; AWS's own form is left alone
            key, data = key_digest(change), self._carried(change, arrived)
        if data is None:
            return position, None
        event = kinesis_event(
            arn=self.mapping.stream_arn, shard_id=shard, number=number, partition_key=key, data=data, arrived=arrived
        )
        return position, self._record(event, position, number, key, arrived, seen)

    def _carried(self, change: Raw, arrived: datetime) -> bytes | None:
        table = table_of(change["eventSourceARN"])
        return carried_change(
            change,
            table=table,
            region=change["awsRegion"],
            created=arrived,
            precision=self.precision(table),
            expired=self.expired,
        )

    def _record(
        self, event: Any, position: str, number: str, key: str, arrived: datetime, seen: datetime
    ) -> Record | None:
        if event is None or not wanted(event, self.mapping):
            return None
        size = len(json.dumps(event, separators=(",", ":")))
        return Record(position, number, key, arrived, seen, event, size)
