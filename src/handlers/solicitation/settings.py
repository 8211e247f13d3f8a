"""The settings of the batch's functions: the stack writes the environment through them, the functions read it."""

from dataclasses import dataclass

from handlers.settings import Settings


@dataclass(frozen=True)
class BatchSettings(Settings):
    """What every stage of the batch needs: the run ledger and the bucket the work files lie in."""

    runs_table: str
    work_bucket: str


@dataclass(frozen=True)
class ClaimSettings(BatchSettings):
    """`programs` is the folder of compiled programs inside the asset."""

    programs: str = "programs"


@dataclass(frozen=True)
class ExtractSettings(BatchSettings):
    """`patience_seconds`: how long one call waits for the warehouse before it hands back to the machine."""

    patience_seconds: str = "20"


@dataclass(frozen=True)
class EtlSettings(BatchSettings):
    pass


@dataclass(frozen=True)
class GateSettings(BatchSettings):
    pass


@dataclass(frozen=True)
class FilterSettings(BatchSettings):
    customers_table: str


@dataclass(frozen=True)
class ScoreSettings(BatchSettings):
    score_cache_table: str
    controls_table: str


@dataclass(frozen=True)
class StoreSettings(BatchSettings):
    candidates_table: str


@dataclass(frozen=True)
class ContactsSettings(BatchSettings):
    customers_table: str


@dataclass(frozen=True)
class CompleteSettings(BatchSettings):
    event_bus: str
