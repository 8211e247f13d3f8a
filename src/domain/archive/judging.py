"""Records that could not be archived, with what shall be changed in them, in; what would become of each, and the steps to it, out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.archive.batch import Arrival, Batch, Parse
from domain.archive.change import BACKFILL
from domain.archive.clusters import cause_of
from domain.archive.parked import Parked
from domain.archive.patches import Patch, patched
from domain.archive.quarantine import Held, Quarantined, digest
from domain.archive.redaction import event_text
from domain.archive.replaying import Origin, Step, arrival_of
from domain.archive.times import moment
from domain.errors import Rejected

ARCHIVED, ALREADY, DROPPED, PARKED, SKIPPED = "archived", "already archived", "dropped", "parked", "skipped"
REJECTED, UNPATCHED = "still rejected", "not patched"
SETTLED = (ARCHIVED, ALREADY, DROPPED, PARKED, SKIPPED)  # these leave their objects; of equal ones the first counts
LONGEST = 500  # characters of an event id: the ledger's keys take 2,048 bytes, and DynamoDB's own ids are far shorter


@dataclass(frozen=True, slots=True)
class Draft:
    """One record as it would be replayed. `text` None: it is dropped, or a patch could not be applied, which `trouble` says."""

    found: Quarantined
    held: Held
    text: str | None
    id: str
    at: str
    trouble: str = ""
    hopeless: bool = False  # it is rejected as it came, whatever becomes of it with a patch


@dataclass(frozen=True, slots=True)
class Verdict:
    draft: Draft
    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records of one cause meet the same outcome for the same reason, and the id of one."""

    cause: str
    outcome: str
    why: str
    events: int
    sample: str


def drafts(found: Iterable[Quarantined], patches: Sequence[Patch], parse: Parse) -> list[Draft]:
    return [_draft(one, held, patches, parse) for one in found for held in one.records]


def mended(drafts: Sequence[Draft], batch: Batch, patches: Sequence[Patch], parse: Parse) -> list[Draft]:
    """The drafts with patches that are only for what is rejected without them: `--set saleId=s1` spoils no sale that is right."""
    parked = {number for parked in batch.parked for number in parked.numbers}
    return [
        draft if draft.text is None or str(place) not in parked else _mended(draft, patches, parse)
        for place, draft in enumerate(drafts)
    ]


def arrivals(drafts: Iterable[Draft]) -> list[Arrival | Parked]:
    """Of those that have a text, numbered by their place."""
    return [
        arrival_of(draft.text, str(place), draft.found.source, draft.held.arrived, draft.held.garbled)
        for place, draft in enumerate(drafts)
        if draft.text is not None
    ]


def verdicts(drafts: Sequence[Draft], batch: Batch, known: Mapping[str, str]) -> list[Verdict]:
    """`batch` is what was sorted out of the drafts' arrivals; `known` are the ids of what was replayed before."""
    filed = {number for file in batch.files for number in file.numbers}
    parked = {parked.numbers[0]: parked for parked in batch.parked}
    judged = []
    for place, draft in enumerate(drafts):
        number = str(place)
        if draft.id in known:
            judged.append(Verdict(draft, ALREADY, f"by plan {known[draft.id]}"))
        elif draft.trouble:
            judged.append(Verdict(draft, UNPATCHED, draft.trouble))
        elif draft.text is None:
            judged.append(Verdict(draft, DROPPED))
        elif number in filed:
            judged.append(Verdict(draft, ARCHIVED, "as it is" if draft.text == draft.held.text else "patched"))
        elif reason := parked.get(number):
            # What the archiver has never seen goes the way it sends all such records; if only our patch spoils it, it stays.
            unspoilt = draft.hopeless or draft.text == draft.held.text
            outcome = PARKED if draft.found.lost and unspoilt else REJECTED
            judged.append(Verdict(draft, outcome, cause_of(reason.code, reason.fingerprint)))
        else:
            judged.append(Verdict(draft, SKIPPED, "bookkeeping of our own"))
    return judged


def tallies(judged: Iterable[Verdict]) -> list[Tally]:
    """By cause, and what most records of it meet first."""
    found: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in judged:
        one = verdict.draft.found
        found.setdefault((cause_of(one.code, one.fingerprint), verdict.outcome, verdict.why), []).append(verdict)
    counted = [Tally(*names, len(alike), alike[0].draft.id) for names, alike in found.items()]
    return sorted(counted, key=lambda tally: (tally.cause, -tally.events, tally.outcome, tally.why))


def steps(judged: Iterable[Verdict], parse: Parse) -> list[Step]:
    """What leaves its objects, each change once, in the order the table changed."""
    leaving = (verdict for verdict in judged if verdict.outcome in SETTLED)
    planned: dict[str, Step] = {}
    for verdict in sorted(leaving, key=_rank):
        draft = verdict.draft
        origin = Origin(draft.found.key, draft.held.digest)
        if same := planned.get(draft.id):
            planned[draft.id] = replace(same, origins=tuple(dict.fromkeys((*same.origins, origin))))
        else:
            text = draft.held.text if verdict.outcome == PARKED else draft.text
            planned[draft.id] = _step(draft, text, origin, parse)
    return sorted(planned.values(), key=lambda step: (step.at, step.id))


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _mended(draft: Draft, patches: Sequence[Patch], parse: Parse) -> Draft:
    patched = _draft(draft.found, draft.held, patches, parse, draft.text)
    if not draft.found.lost or draft.text != draft.held.text:
        return patched
    return draft if patched.trouble else replace(patched, hopeless=True)


def _draft(found: Quarantined, held: Held, patches: Sequence[Patch], parse: Parse, before: str | None = None) -> Draft:
    """`before` is the text to be patched, where that is no more the record's own."""
    try:
        text, trouble = patched(held.text if before is None else before, patches), ""
    except Rejected as reason:
        text, trouble = None, str(reason)
    id, at = _named(held.text if text is None else text, parse)
    return Draft(found, held, text, id, at, trouble)


def _named(text: str, parse: Parse) -> tuple[str, str]:
    """The change's id, or what is as good as one, and when the table changed."""
    try:
        record = parse(as_bytes(text))
    except ValueError:
        return f"text:{digest(text)}", ""
    id = record.get("eventID") if isinstance(record, dict) else None
    try:
        at = moment(record["dynamodb"]["ApproximateCreationDateTime"])
    except (KeyError, TypeError, ValueError):
        at = ""
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST:
        return f"text:{digest(text)}", at
    # An item that is found as it was found before has the same id; but it says that it is so now, whatever came between.
    return f"{id}@{at}" if record.get("eventName") == BACKFILL else id, at


def _rank(verdict: Verdict) -> tuple[int, str, str, str]:
    draft = verdict.draft
    return SETTLED.index(verdict.outcome), draft.text or "", draft.found.key, draft.held.number


def _step(draft: Draft, text: str | None, origin: Origin, parse: Parse) -> Step:
    return Step(
        id=draft.id,
        at=draft.at,
        text=None if text is None else _redacted(text, parse),
        source=draft.found.source,
        number=draft.held.number,
        arrived=draft.held.arrived,
        lost=draft.found.lost,
        garbled=draft.held.garbled,
        origins=(origin,),
    )


def _redacted(text: str, parse: Parse) -> str:
    """A plan keeps no value of a removed item either."""
    data = as_bytes(text)
    try:
        record = parse(data)
    except ValueError:
        record = None
    return event_text(data, record)
