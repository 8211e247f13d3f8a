"""All versions of one object in, none that holds the fan out: what is found is noted before anything is changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from adapters.aws.archive_versions import ArchiveVersions, Version
from adapters.aws.erasure_ledger import ErasureLedger
from adapters.aws.leases import Lease
from domain.archive.fan import Fan
from domain.archive.places import RESULTS
from domain.archive.receipt import Finding
from domain.errors import Rejected, Unavailable
from handlers.archive.erasing.cutting import NOBODYS, Cut, cut, looked_at

LARGE = 16 * 1024**2  # bytes; objects of more are looked at one at a time, so that they fit into memory
MOST = 192 * 1024**2  # a result of more cannot be looked into here, and goes like all such results
ROUNDS = 5  # how often an object may be written by somebody else meanwhile

Found = list[tuple[Version, Cut]]


@dataclass(frozen=True)
class Eraser:
    """`at`: when this pass began. Any step may be repeated, by one who knows nothing of the first try."""

    fan: Fan
    at: str
    files: ArchiveVersions
    ledger: ErasureLedger
    lease: Lease
    _large: Lock = field(default_factory=Lock)

    def erase(self, versions: Sequence[Version]) -> None:
        """`versions` are all of one object's. Unavailable: S3 or the ledger does not answer, or the object is written all the time."""
        key, clean = versions[0].key, set[str]()
        if not looked_at(key):
            return
        for _ in range(ROUNDS):
            found = self._found([version for version in versions if version.size and version.id not in clean])
            if not found:
                return
            clean |= {version.id for version in versions} - {version.id for version, _ in found}
            self._take_out(key, found)
            # Whatever was written between the list and the taking out is the next round's.
            versions = self._versions(key)
        raise Unavailable(f"{key} is written again and again")

    def _found(self, versions: Sequence[Version]) -> Found:
        found: Found = []
        for version in versions:
            try:
                one = self._cut(version)
            except Rejected:
                self.ledger.note_unreadable(version.key, self.at)
                continue
            if one:
                # Of an old version nothing is written anew, so its rest need not be kept in memory.
                found.append((version, one if version.latest else Cut(0, None)))
        return found

    def _cut(self, version: Version) -> Cut | None:
        if version.size > MOST and version.key.startswith(RESULTS):
            return Cut(0, None)
        if version.size < LARGE:
            return self._content(version)
        with self._large:
            return self._content(version)

    def _content(self, version: Version) -> Cut | None:
        body = self.files.content(version)
        return None if body is None else cut(version.key, body, self.fan)

    def _take_out(self, key: str, found: Found) -> None:
        """First the new version, or a delete marker, then the old ones go: without it an older one would come to light."""
        self.ledger.note(Finding(key, version.id, one.rows, self.at) for version, one in found)
        gone = {version.id for version, _ in found}
        self.lease.keep()
        for latest in (one for version, one in found if version.latest):
            if latest.rest is None:
                self.files.hide(key)
            else:
                gone.discard(self.files.put(key, latest.rest, latest.kind))
        self.files.purge(key, gone)
        if key.startswith(RESULTS):
            self._forget(key + NOBODYS)

    def _forget(self, key: str) -> None:
        if versions := self._versions(key):
            self.files.hide(key)
            self.files.purge(key, [version.id for version in versions])

    def _versions(self, key: str) -> Sequence[Version]:
        return next((versions for versions in self.files.versions(key) if versions[0].key == key), ())
