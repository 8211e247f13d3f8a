"""A pool whose work is done by whoever hands it in: where calls take no time, threads only cost some."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class InTurn(Executor):
    def __init__(self, *about: Any, **more: Any) -> None:
        super().__init__()

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as any pool keeps it for whoever asks for the result
            done.set_exception(error)
        return done

    def map(self, work: Callable[..., Any], *some: Any, **about: Any) -> Any:
        return iter([work(*each) for each in zip(*some, strict=False)])
