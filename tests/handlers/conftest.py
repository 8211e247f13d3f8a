"""The rights of the deployed functions hold here too: the emulators ask for none, so a call that AWS would refuse fails its test."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from botocore.client import BaseClient

from infra.naming import pascal
from tests.infra.asked import asked
from tests.infra.roles import allowed
from tests.infra.templates import looked_at

TESTS = f"{Path(__file__).parents[1]}/"
BETWEEN = f"{TESTS}crashes.py"  # stands between a client and whoever calls it
HANDLERS = f"{Path(__file__).parents[2] / 'src/handlers'}/"
STACKS = {  # by subsystem
    "solicitation": "Solicitation",
    "archive": "Archive",
    "scores": "Scores",
    "notifications": "Notifications",
}
PARTS = {  # folders of a handler's own
    "visits": "engage",
    "chunks": "send",
    "retraining": "retrain",
    "replaying": "replay",
    "compacting": "compact",
    "erasing": "erase",
    "reporting": "verdict_reporter",
    "loading": "load_scores_to_stream",
    "fanlists": "save_fanlist_scores",
    "entering": "save_entry_scoring",
    "generating": "notification_generator",
    "scheduling": "notification_scheduler",
    "sending": "notification_send",
}
SHARED = {
    "events",
    "noting",
    "rules",
}  # folders that several handlers of a subsystem share: the right is looked for with the handler that uses them
CALL, SUBMIT = BaseClient._make_api_call, ThreadPoolExecutor.submit
THREAD = threading.local()  # in whose name it works


@pytest.fixture(autouse=True, scope="session")
def rights():
    """Each call that has a handler among its callers, or its thread's, is held against that handler's role."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", checked)
        patch.setattr(ThreadPoolExecutor, "submit", submitted)
        yield


def submitted(pool, work, /, *args, **kwargs):
    """What a handler has done by a thread is done with its own rights."""
    return SUBMIT(pool, worked, caller(), work, *args, **kwargs)


def worked(asked_by, work, /, *args, **kwargs):
    THREAD.caller = asked_by
    try:
        return work(*args, **kwargs)
    finally:
        THREAD.caller = None


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
    while frame and frame.f_code is not worked.__code__:
        if frame.f_code.co_filename.startswith(TESTS) and frame.f_code.co_filename != BETWEEN:
            return None
        if frame.f_code.co_filename.startswith(HANDLERS):
            subsystem, part, *_ = frame.f_code.co_filename.removeprefix(HANDLERS).split("/")
            if part not in SHARED:
                return subsystem, PARTS.get(part, part.removesuffix(".py"))
        frame = frame.f_back
    return getattr(THREAD, "caller", None)


@cache
def granted(subsystem, stage):
    return allowed(looked_at(STACKS[subsystem]), pascal(stage))
