"""A decision -> the endpoint: the challenger put in the champion's place, seen to serve, and put back on demand.

What is meant is recorded before the endpoint is touched, so that a call that was cut off is finished by the next one.
"""

from adapters.aws.training import Endpoint
from domain.errors import Rejected, Unavailable
from domain.solicitation.champion import Champion, dropped, intended, promoted, returning
from domain.solicitation.stored import iso
from handlers.solicitation.retraining.workshop import Answer, Turn, Workshop

UNDER_WAY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
SERVES = "InService"


def deploy(turn: Turn, workshop: Workshop) -> Answer:
    """Bring the challenger before the endpoint. Unavailable: another change of the endpoint is under way."""
    decision = workshop.files.document(f"{turn.models}/decision.json")
    if not decision or not decision["deploy"]:
        raise Rejected(f"{turn.model.id} has no decision to deploy")
    name = decision["job"]
    champion = _read(turn, workshop)
    if champion.serves(name):
        return turn.end("DEPLOYED", decision["reason"])
    if champion.pending and champion.pending["config"] != name:
        champion = _finished(champion, turn, workshop)
    present = workshop.training.endpoint(turn.endpoint)
    if not champion.pending:
        _prepare(name, present, turn, workshop)
        metrics = {side: decision[side] for side in ("champion", "challenger")}
        wanted = {"config": name, "job": name, "dataHash": decision["hash"], "metrics": metrics}
        workshop.champions.write(intended(champion, wanted, present.config))
    if present.status == SERVES and present.config != name:
        workshop.training.move(turn.endpoint, name)
    return turn.next("settle", wait=True)


def settle(turn: Turn, workshop: Workshop) -> Answer:
    """Record what serves once the endpoint has come to rest: the challenger, or again the champion."""
    champion = _read(turn, workshop)
    if champion.pending:
        settled = _settled(champion, turn, workshop)
        if settled is None:
            return turn.next("settle", wait=True)
        champion = settled
    decision = workshop.files.document(f"{turn.models}/decision.json")
    if champion.serves(decision["job"]):
        return turn.end("DEPLOYED", decision["reason"])
    return turn.end("KEPT", "rolled_back_by_sagemaker")


def roll_back(turn: Turn, workshop: Workshop) -> Answer:
    """Put the predecessor back; call again while it is RUNNING. Once DONE there is no predecessor left: Rejected.

    Unavailable: another change of the endpoint is under way.
    """
    champion = _read(turn, workshop)
    if champion.pending and "rollback" not in champion.pending:
        champion = _finished(champion, turn, workshop)
    if champion.pending is None:
        back = returning(champion)
        if back is None:
            raise Rejected(f"{turn.model.id} has no predecessor to go back to")
        champion = workshop.champions.write(back)
    assert champion.pending is not None
    config = champion.pending["config"]
    present = workshop.training.endpoint(turn.endpoint)
    if present.status == SERVES and present.config == config:
        done = workshop.champions.write(promoted(champion, iso(turn.at)))
        return turn.next("end", outcome="DONE", serving=config, generation=done.generation)
    if present.status not in UNDER_WAY:
        workshop.training.move(turn.endpoint, config)
    return turn.next("rollback", wait=True, outcome="RUNNING")


def _read(turn: Turn, workshop: Workshop) -> Champion:
    return workshop.champions.read(turn.program.id, turn.model.id)


def _prepare(name: str, present: Endpoint, turn: Turn, workshop: Workshop) -> None:
    if present.status != SERVES:
        raise Unavailable(f"endpoint {turn.endpoint} is {present.status}")
    trained = workshop.training.state(name)
    assert trained.artefact is not None, f"{name} was evaluated, so it has an artefact"
    workshop.training.add_model(name, trained.artefact, workshop.files.ship(workshop.code))
    workshop.training.add_config(name, present.config)


def _finished(champion: Champion, turn: Turn, workshop: Workshop) -> Champion:
    """What an earlier call began, brought to its end first."""
    settled = _settled(champion, turn, workshop)
    if settled is None:
        raise Unavailable(f"endpoint {turn.endpoint} is being changed")
    return settled


def _settled(champion: Champion, turn: Turn, workshop: Workshop) -> Champion | None:
    """The record once the endpoint is at rest, None before. Rejected: it is out of order, which an operator must look at."""
    assert champion.pending is not None
    present = workshop.training.endpoint(turn.endpoint)
    if present.status in UNDER_WAY:
        return None
    if present.status == SERVES and present.config == champion.pending["config"]:
        return workshop.champions.write(promoted(champion, iso(turn.at)))
    kept = workshop.champions.write(dropped(champion))
    if present.status != SERVES:
        raise Rejected(f"endpoint {turn.endpoint} is {present.status}")
    return kept
