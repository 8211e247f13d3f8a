"""Programs and the folder of templates in, the files of the asset out, once every program's mail has its template."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from domain.errors import Rejected
from domain.solicitation.program import Program


def template_files(programs: Iterable[Program], folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its path in the asset, which begins with the folder's name.

    Rejected: a program's e-mail channel names a template that is not there.
    """
    known = sorted(path.name for path in (folder / "mail").glob("*/"))
    missing = [
        f"{program.id}: channel {channel}: templateId {template!r} has no folder {folder.name}/mail/{template};"
        f" there are: {', '.join(known)}"
        for program in programs
        for channel, template in templates_of(program)
        if template not in known
    ]
    if missing:
        raise Rejected("\n".join(missing))
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder.parent)): path.read_bytes() for path in files}


def templates_of(program: Program) -> Iterator[tuple[str, str]]:
    """The program's e-mail channels, each with the template of its mails."""
    return ((channel.id, channel.config["templateId"]) for channel in program.channels if channel.kind == "email")
