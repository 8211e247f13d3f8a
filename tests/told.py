"""What a function has told in its logs, with extras and causes, and in its metrics: one text to search for what must not be in it."""

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def listening(caplog: Any, service: str) -> Iterator[Any]:
    """All levels of a service's logger; gives a function that tells all that was told since."""
    with caplog.at_level("DEBUG", logger=service):
        yield lambda capsys: text_of(caplog, capsys)


def text_of(caplog: Any, capsys: Any) -> str:
    lines = [json.dumps({name: str(value) for name, value in vars(it).items()}) for it in caplog.records]
    causes = ["".join(traceback.format_exception(*it.exc_info)) for it in caplog.records if it.exc_info]
    printed = capsys.readouterr()
    return "\n".join([*lines, *causes, printed.out, printed.err])
