"""What could not be archived and the operator's patches in, a plan out; and the plan done, by the deployed function."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import orjson

from adapters.aws.archive_bucket import ArchiveBucket
from adapters.aws.replay_ledger import ReplayLedger
from adapters.files.kind_writers import kind_writers
from cli.deployment import Deployment
from cli.quarantined import AT_ONCE
from domain.archive.batch import Batch, sort_out
from domain.archive.judging import Draft, Tally, arrivals, drafts, mended, steps, tallies, verdicts
from domain.archive.patches import Patch
from domain.archive.places import REPLAYS
from domain.archive.quarantine import Quarantined
from domain.archive.replaying import Part, parts, plan_id, plan_key
from domain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of the records, and the parts that bring it about; none where nothing would."""

    id: str
    tallies: list[Tally]
    parts: list[Part]


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
    """How many records met which outcome. Unavailable: another one is at work, or the function does not get on; Rejected: it failed."""
    outcomes: Counter[str] = Counter()
    left = None
    while left != 0:
        answer = deployment.call("replay", {"plan": key})
        if holder := answer.get("heldBy"):
            raise Unavailable(f"{holder} is at work on the archive: replay again when it is done")
        if answer["left"] == left:
            raise Unavailable(f"the replay does not get on: {left} parts are left")
        left = answer["left"]
        outcomes.update(answer["outcomes"])
    return outcomes


def ledger_of(deployment: Deployment) -> ReplayLedger:
    return ReplayLedger(deployment.client("dynamodb"), deployment.names["archive_ledger_table"])
