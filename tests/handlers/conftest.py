"""The rights of the deployed functions hold here too: the emulators ask for none, so a call that AWS would refuse fails its test."""

import sys
from functools import cache
from pathlib import Path

import pytest
from botocore.client import BaseClient

from infra.naming import pascal
from tests.infra.asked import asked
from tests.infra.roles import allowed
from tests.infra.templates import looked_at

TESTS = f"{Path(__file__).parents[1]}/"
HANDLERS = f"{Path(__file__).parents[2] / 'src/handlers'}/"
STACKS = {"solicitation": "Solicitation", "archive": "Archive"}  # by subsystem
PARTS = {  # folders of a handler's own
    "visits": "engage",
    "chunks": "send",
    "retraining": "retrain",
    "replaying": "replay",
    "compacting": "compact",
    "erasing": "erase",
}
CALL = BaseClient._make_api_call


@pytest.fixture(autouse=True, scope="session")
def rights():
    """Each call that has a handler among its callers is held against that handler's role. (Calls of a handler's threads are not.)"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", checked)
        yield


def checked(self, operation, params):
    if found := caller():
        subsystem, stage = found
        for verb, place in asked(subsystem, self.meta.service_model.service_name, operation, params):
            known = granted(subsystem, stage)
            assert (verb, place) in known or (place is None and verb in {it for it, _ in known}), (
                f"{stage} may not {verb}" + (f" on {place}" if place else "")
            )
    return CALL(self, operation, params)


def caller():
    """Subsystem and stage of the handler that makes this call; none where a test does, be it in the midst of a handler's own."""
    frame = sys._getframe(2)
    while frame and not frame.f_code.co_filename.startswith(TESTS):
        if frame.f_code.co_filename.startswith(HANDLERS):
            subsystem, part, *_ = frame.f_code.co_filename.removeprefix(HANDLERS).split("/")
            return subsystem, PARTS.get(part, part.removesuffix(".py"))
        frame = frame.f_back
    return None


@cache
def granted(subsystem, stage):
    return allowed(looked_at(STACKS[subsystem]), pascal(stage))
