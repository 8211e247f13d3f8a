"""A set of mappings -> nothing, or a complaint about what AWS would not allow of them together."""

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from sandbox.streams.mapping import Mapping, is_table_stream

TABLE_READERS = 2  # of one shard of a DynamoDB stream; more are throttled on AWS


def refuse_repeats(mappings: Sequence[Mapping]) -> None:
    """ValueError where a function would read one stream twice, which AWS does not allow."""
    for mapping, count in Counter((m.stream_arn, m.function) for m in mappings).items():
        if count > 1:
            raise ValueError(f"{mapping[0]} is mapped to {mapping[1]} twice")


def limit_readers(mappings: Sequence[Mapping], third_reader: Literal["refuse", "warn"]) -> None:
    """ValueError, or a warning, where a DynamoDB stream would have more readers than AWS serves without throttling."""
    readers = Counter(mapping.stream_arn for mapping in mappings if is_table_stream(mapping.stream_arn))
    for arn, count in readers.items():
        if count > TABLE_READERS:
            said = f"{count} mappings read {arn}; a DynamoDB stream takes {TABLE_READERS} readers a shard"
            if third_reader == "refuse":
                raise ValueError(said)
            warnings.warn(said, stacklevel=3)
