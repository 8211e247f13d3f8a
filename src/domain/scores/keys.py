"""Ids in, keys of the Scores table out: fans' rows, and the rows about a campaign, which begin with `meta:` (seed 004)."""

from collections.abc import Mapping
from typing import NamedTuple

FAN, MEMBER, EMAIL = "fan:", "sid:", "email:"  # by global id, by member id, by normalised e-mail
CAMPAIGN, META = "campaign:", "meta:"
COUNTS, SLACK, LOAD = "meta:counts", "meta:slack:counts", "meta:load:"
COUNTED, ENTRIES = (
    ":counted",
    ":entries",
)  # behind a load's own row: what the stream counted of it, what the Entry Service took
WATERMARK = "meta:watermark"


class Key(NamedTuple):
    """Of one item."""

    pk: str
    sk: str

    def attributes(self) -> dict[str, str]:
        return {"PK": self.pk, "SK": self.sk}


def fan_row(prefix: str, identifier: str, campaign: str) -> Key:
    """`prefix` is FAN, MEMBER or EMAIL; an e-mail comes normalised."""
    return Key(f"{prefix}{identifier}", f"{CAMPAIGN}{campaign}")


def counts_row(campaign: str) -> Key:
    return Key(f"{CAMPAIGN}{campaign}", COUNTS)


def slack_row(campaign: str) -> Key:
    return Key(f"{CAMPAIGN}{campaign}", SLACK)


def load_row(campaign: str, load: str) -> Key:
    """Written by the function that reads the file."""
    return Key(f"{CAMPAIGN}{campaign}", f"{LOAD}{load}")


def counted_row(campaign: str, load: str) -> Key:
    """Moved by `process_saved_scores` alone, so that no transaction meets the loader's."""
    return Key(f"{CAMPAIGN}{campaign}", f"{LOAD}{load}{COUNTED}")


def entries_row(campaign: str, load: str) -> Key:
    """Moved by `save_entry_scoring` alone."""
    return Key(f"{CAMPAIGN}{campaign}", f"{LOAD}{load}{ENTRIES}")


def watermark_row(reader: str, shard: str) -> Key:
    """How far one reader of a stream has come in one shard."""
    return Key(f"watermark:{reader}:{shard}", WATERMARK)


def is_fan_row(keys: Mapping[str, str]) -> bool:
    """Whether an item with this PK and SK is a fan's row of a campaign: all else is about campaigns, or not ours."""
    return keys.get("SK", "").startswith(CAMPAIGN) and keys.get("PK", "").startswith((FAN, MEMBER, EMAIL))
