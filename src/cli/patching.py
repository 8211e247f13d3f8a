"""A file of the operator's with `def patch(event)` in, a patch that fails for one record at a time out."""

import runpy
import traceback
from pathlib import Path

from domain.archive.patches import Event, Patch
from domain.errors import Rejected


def patch_in(path: Path) -> Patch:
    """Rejected: the file cannot be run, or has no function `patch`."""
    try:
        found = runpy.run_path(str(path)).get("patch")
    except Exception as error:
        raise Rejected(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise Rejected(f"{path} has no `def patch(event: dict) -> dict | None`")

    def patch(event: Event) -> Event | None:
        try:
            given: Event | None = found(event)
        except Exception as error:
            line = next(
                (
                    frame.lineno
                    for frame in reversed(traceback.extract_tb(error.__traceback__))
                    if frame.filename == str(path)
                ),
                "?",
            )
            raise Rejected(f"{type(error).__name__} in line {line} of {path.name}") from error
        return given

    return patch
