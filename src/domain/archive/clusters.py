"""Objects that hold what could not be archived in, one cluster for each cause out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.archive.quarantine import Quarantined


@dataclass(frozen=True, slots=True)
class Cluster:
    """All objects with one cause. `sample` is the key of the oldest; `first` and `last` are ISO 8601."""

    cause: str
    code: str
    message: str
    events: int
    objects: int
    first: str
    last: str
    sample: str


def cause_of(code: str, fingerprint: str) -> str:
    """What operators call it by: the fingerprint, which begins with the code."""
    return fingerprint if fingerprint.partition(":")[0] == code else f"{code}:{fingerprint}".rstrip(":")


def caused_by(found: Quarantined, cause: str | None) -> bool:
    """A cause takes in all that begin with it: `missing_field` also `missing_field:demand:saleId`. None: any."""
    own = cause_of(found.code, found.fingerprint)
    return cause is None or own == cause or own.startswith(f"{cause}:")


def clusters(found: Iterable[Quarantined]) -> list[Cluster]:
    """Those with the most events first."""
    by_cause: dict[str, list[Quarantined]] = {}
    for one in found:
        by_cause.setdefault(cause_of(one.code, one.fingerprint), []).append(one)
    gathered = (_cluster(cause, objects) for cause, objects in by_cause.items())
    return sorted(gathered, key=lambda cluster: (-cluster.events, cluster.cause))


def _cluster(cause: str, objects: Sequence[Quarantined]) -> Cluster:
    oldest = min(objects, key=lambda one: (one.at, one.key))
    return Cluster(
        cause,
        oldest.code,
        oldest.message,
        events=sum(len(one.records) for one in objects),
        objects=len(objects),
        first=oldest.at,
        last=max(one.at for one in objects),
        sample=oldest.key,
    )
