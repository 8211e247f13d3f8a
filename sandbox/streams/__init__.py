"""The stream dispatcher: AWS's event source mapping rules, which no emulator gets right."""

from sandbox.streams.checkpoints import CrashingCheckpoints, FileCheckpoints, MemoryCheckpoints
from sandbox.streams.dispatcher import Dispatcher
from sandbox.streams.expiries import Expiries
from sandbox.streams.faults import Disorder
from sandbox.streams.invoking import invoke_deployed, invoke_handlers
from sandbox.streams.mapping import Mapping
from sandbox.streams.memory import MemoryStream
from sandbox.streams.responses import Invocation

__all__ = [
    "CrashingCheckpoints",
    "Disorder",
    "Dispatcher",
    "Expiries",
    "FileCheckpoints",
    "Invocation",
    "Mapping",
    "MemoryCheckpoints",
    "MemoryStream",
    "invoke_deployed",
    "invoke_handlers",
]
