"""What holds for every `ovation` command."""

from collections.abc import Iterator

import pytest
from typer.main import get_command

from cli.main import app


def commands(command, name: str = "ovation") -> Iterator:
    """Every command that can be called, those of groups too."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield pytest.param(command, id=name)
        return
    for word, found in inner.items():
        yield from commands(found, f"{name} {word}")


@pytest.mark.parametrize("command", list(commands(get_command(app))))
def test_every_command_answers_in_json_and_says_so(command):
    option = next((each for each in command.params if "--json" in each.opts), None)
    assert option
    assert "JSON" in option.help
    assert command.help


def test_no_command_is_left_out():
    names = {parameter.id for parameter in commands(get_command(app))}
    assert {"ovation run", "ovation demo", "ovation down", "ovation programs schema"} <= names
