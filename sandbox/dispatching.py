"""Deployed stacks in, their stream mappings served in a thread until stopped: the dispatcher in its place in the sandbox."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

from botocore.config import Config

from sandbox.deploy import Deployed
from sandbox.ministack import Ministack
from sandbox.streams import Dispatcher, Mapping, invoke_deployed
from sandbox.timeline import Clock, WallClock

LONGEST_CALL = 910  # seconds; a function runs for 900 at most (AWS: Lambda quotas)
LONGEST_STOP = 30  # seconds to wait for the batch in flight


@contextmanager
def dispatching(stacks: Sequence[Deployed], aws: Ministack, clock: Clock | None = None) -> Iterator[Dispatcher]:
    """Serve the stacks' stream mappings while inside. Without any mapping there is nothing to do, and no thread."""
    mappings = [Mapping.from_template(properties) for stack in stacks for properties in stack.stream_mappings]
    functions = aws.client("lambda", config=Config(read_timeout=LONGEST_CALL, retries={"total_max_attempts": 1}))
    dispatcher = Dispatcher(mappings, invoke_deployed(functions), aws.client, clock or WallClock())
    stop = Event()
    thread = Thread(target=dispatcher.run, args=(stop,), name="streams", daemon=True)
    if mappings:
        dispatcher.attach()
        thread.start()
    try:
        yield dispatcher
    finally:
        stop.set()
        if mappings:
            thread.join(LONGEST_STOP)
