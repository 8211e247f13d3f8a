"""What could not be archived and the operator's patches in, a plan out; and the plan done, by the deployed function."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import orjson

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.leases import Lease
from adapters.aws.replay_ledger import ReplayLedger
from adapters.files.kind_writers import kind_writers
from cli.deployment import Deployment
from cli.patching import patch_in
from cli.quarantined import AT_ONCE, bucket_of, quarantined
from domain.archive.batch import Batch, sort_out
from domain.archive.judging import Draft, Tally, arrivals, drafts, mended, steps, tallies, verdicts
from domain.archive.patches import Patch, setting
from domain.archive.places import REPLAYS
from domain.archive.quarantine import Quarantined
from domain.archive.replaying import Part, parts, plan_id, plan_key
from domain.errors import Rejected, Unavailable


@dataclass(frozen=True, slots=True)
class Replayed:
    """What `replay` tells: the plan, plans that were begun before and had no end, and what was done, None where nothing was to be."""

    plan: str
    parts: int
    begun: list[str]
    tallies: list[Tally]
    done: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of the records, and the parts that bring it about; none where nothing would."""

    id: str
    tallies: list[Tally]
    parts: list[Part]


def replayed(
    deployment: Deployment, cause: str | None, file: Path | None, assignments: list[str], apply: bool
) -> Replayed:
    """Plans that were begun are brought to their end first: what they have settled is not planned again."""
    patch, settings = patch_in(file) if file else None, [setting(it) for it in assignments]
    bucket = bucket_of(deployment)
    begun = unfinished(bucket)

    def plan() -> Plan:
        found = list(quarantined(bucket, cause))
        if cause and not found and not begun:
            raise Rejected(f"nothing has the cause {cause}: see `ovation errors list`")
        return planned(found, patch, settings, ledger_of(deployment))

    done = sum((worked(deployment, key) for key in begun), Counter()) if apply else None
    made = plan()
    if done is not None and made.parts:
        # Made once more, now that nobody else is at work: what an erasure takes out of errors/ must not come back with a plan.
        with lease_of(deployment).held() as lease:
            made = plan()
            lease.keep()
            key = written(made, bucket)
        done += worked(deployment, key)
    return Replayed(made.id, len(made.parts), begun, made.tallies, None if done is None else dict(done))


def planned(found: Sequence[Quarantined], patch: Patch | None, settings: Sequence[Patch], ledger: ReplayLedger) -> Plan:
    """Changes nothing: the records are sorted out here, by the code that the function sorts them out with.

    The patch is given all records, the settings only what is rejected without them.
    """
    proposed = drafts(found, [patch] if patch else [], orjson.loads)
    batch = _sorted_out(proposed)
    if settings:
        proposed = mended(proposed, batch, settings, orjson.loads)
        batch = _sorted_out(proposed)
    judged = verdicts(proposed, batch, ledger.known(draft.id for draft in proposed))
    order = steps(judged, orjson.loads)
    sizes = {one.key: len({held.digest for held in one.records}) for one in found}
    return Plan(plan_id(order), tallies(judged), parts(order, sizes))


def _sorted_out(drafts: Sequence[Draft]) -> Batch:
    return sort_out(arrivals(drafts), source="plan", parse=orjson.loads, writers=kind_writers())


def written(plan: Plan, bucket: ArchiveBucket) -> str:
    """Put the plan into the bucket, and its own key. The parts come first: a plan that is there is whole."""
    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(lambda part: bucket.put(part.key, orjson.dumps(part.to_json())), plan.parts))
    told = [asdict(tally) for tally in plan.tallies]
    bucket.put(plan_key(plan.id), orjson.dumps({"plan": plan.id, "parts": len(plan.parts), "outcomes": told}))
    return plan_key(plan.id)


def unfinished(bucket: ArchiveBucket) -> list[str]:
    """Keys of plans that were begun and have parts left: a function or a command has died over them."""
    keys = list(bucket.keys(REPLAYS))
    begun = {key.removeprefix(REPLAYS).partition("/")[0] for key in keys if key.count("/") > 1}
    return [plan_key(plan) for plan in sorted(begun) if plan_key(plan) in set(keys)]


def worked(deployment: Deployment, key: str) -> Counter[str]:
    """How many records met which outcome. Unavailable: it has not come to its end, and may be begun again."""
    outcomes: Counter[str] = Counter()
    left = None
    while left != 0:
        try:
            answer = deployment.call("replay", {"plan": key})
        except Rejected as reason:
            raise Unavailable(f"{reason}; what is done is done, replay again for the rest") from reason
        if holder := answer.get("heldBy"):
            raise Unavailable(f"{holder} is at work on the archive: replay again when it is done")
        if answer["left"] == left:
            raise Unavailable(f"the replay does not get on: {left} parts are left")
        left = answer["left"]
        outcomes.update(answer["outcomes"])
    return outcomes


def lease_of(deployment: Deployment) -> Lease:
    holder = f"plan of a replay {uuid4().hex[:8]}"
    return Lease(deployment.client("dynamodb"), deployment.names["archive_ledger_table"], holder)


def ledger_of(deployment: Deployment) -> ReplayLedger:
    return ReplayLedger(deployment.client("dynamodb"), deployment.names["archive_ledger_table"])
