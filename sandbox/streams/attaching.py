"""A mapping that starts at LATEST -> checkpoints that say, once and for all, where that is."""

from sandbox.streams.checkpoints import Checkpoint, Checkpoints
from sandbox.streams.mapping import Mapping
from sandbox.streams.sources import Cursor, ShardGone, Source


def begin_at_latest(mapping: Mapping, source: Source, checkpoints: Checkpoints) -> None:
    """Checkpoint every shard at its newest record; a mapping that has a checkpoint already is left to go on from it.

    Shards that appear later are read from their beginning, so nothing is lost when a stream is resharded or we restart.
    """
    shards = [shard.id for shard in source.shards()]
    if any(checkpoints.load(mapping.uuid, shard) for shard in shards):
        return
    for shard in shards:
        checkpoints.save(mapping.uuid, shard, Checkpoint(after=_last_position(source, shard)))


def _last_position(source: Source, shard: str) -> str | None:
    cursor: Cursor | None = Cursor()
    after = None
    while cursor:
        try:
            page = source.read(shard, cursor, 10_000)
        except ShardGone:
            return after
        if not page.records:
            return after
        after, cursor = source.position(page.records[-1]), page.cursor
    return after
