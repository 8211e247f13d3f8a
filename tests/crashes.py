"""Calls of AWS counted, and one thing that happens at one of them: the process dies before or after it, or somebody else acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient


class Death(BaseException):
    """The process dies: nobody may catch it."""


@dataclass
class Calls:
    """What was called since `counted_calls` began, as `dynamodb.PutItem`; those that `own()` wraps are not counted."""

    made: list[str] = field(default_factory=list)
    _before: tuple[int, Callable[[], None]] | None = None
    _after: tuple[int, Callable[[], None]] | None = None
    _silent: int = 0
    _lock: Any = field(default_factory=RLock)

    @contextmanager
    def own(self) -> Iterator[None]:
        """What a test itself asks of AWS in here counts as nothing."""
        self._silent += 1
        try:
            yield
        finally:
            self._silent -= 1

    @contextmanager
    def before(self, call: int, happens: Callable[[], None]) -> Iterator[None]:
        """`happens` right before the n-th call from now on."""
        self._before = (len(self.made) + call, happens)
        try:
            yield
        finally:
            self._before = None

    @contextmanager
    def after(self, call: int, happens: Callable[[], None]) -> Iterator[None]:
        """`happens` when the n-th call from now on has had its effect, and nobody knows of it yet."""
        self._after = (len(self.made) + call, happens)
        try:
            yield
        finally:
            self._after = None

    @contextmanager
    def dying_before(self, call: int) -> Iterator[None]:
        """The process dies before its n-th call from now on; it is the caller's to begin another one."""
        with suppress(Death), self.before(call, die):
            yield

    @contextmanager
    def dying_after(self, call: int) -> Iterator[None]:
        with suppress(Death), self.after(call, die):
            yield

    def _called(self, client: BaseClient, operation: str, params: Any) -> Any:
        if self._silent:
            return CALL(client, operation, params)
        with self._lock:
            self.made.append(f"{client.meta.service_model.service_name}.{operation}")
            number = len(self.made)
        self._meet("_before", number)
        answer = CALL(client, operation, params)
        self._meet("_after", number)
        return answer

    def _meet(self, side: str, number: int) -> None:
        planned = getattr(self, side)
        if planned and number >= planned[0]:  # also of threads that came to their calls meanwhile
            setattr(self, side, None)
            with self.own():
                planned[1]()


CALL = BaseClient._make_api_call


def die() -> None:
    raise Death


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """All clients of this process, in whatever thread."""
    global CALL
    calls, before = Calls(), CALL
    CALL = BaseClient._make_api_call  # with what others have put around it
    with patch.object(BaseClient, "_make_api_call", lambda client, *asked: calls._called(client, *asked)):
        try:
            yield calls
        finally:
            CALL = before
