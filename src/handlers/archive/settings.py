"""The settings of the archive's functions, and what their metrics go under."""

from dataclasses import dataclass

from handlers.settings import Settings

NAMESPACE = "Ovation/Archive"  # of the metrics


@dataclass(frozen=True)
class StreamArchiverSettings(Settings):
    archive_bucket: str


@dataclass(frozen=True)
class ReplaySettings(Settings):
    archive_bucket: str
    archive_ledger_table: str


@dataclass(frozen=True)
class CompactSettings(Settings):
    """`target_bytes`: how large a compacted file may be, 128 MB where nothing else is said."""

    archive_bucket: str
    archive_ledger_table: str
    target_bytes: str = "134217728"


@dataclass(frozen=True)
class EraseSettings(Settings):
    archive_bucket: str
    archive_ledger_table: str
