"""The layers hold: what the domain and the stacks may import, and that every handler is one line over a verb."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_IN_THE_DOMAIN = {"os", "time", "random", "logging", "socket", "io", "pathlib", "subprocess", "secrets", "uuid"}
OURS = {"adapters", "benchmarks", "cli", "domain", "handlers", "infra", "sandbox", "tests"}
DOMAIN = sorted((ROOT / "src/domain").rglob("*.py"))
HANDLERS = sorted(
    path
    for path in (ROOT / "src/handlers").glob("*/*.py")
    if path.stem != "__init__" and not path.stem.endswith("settings")
)


def modules(path):
    """What a file imports; `from handlers.solicitation import claim` counts as `handlers.solicitation.claim`, and so does a class."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(path):
    return [module.partition(".")[0] for module in modules(path)]


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_imports_only_itself_and_the_pure_part_of_the_standard_library(path):
    assert not [name for name in imported(path) if name != "domain" and name not in sys.stdlib_module_names]
    assert not set(imported(path)) & NOT_IN_THE_DOMAIN


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_reads_no_clock(path):
    calls = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not calls & {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", sorted((ROOT / "infra").rglob("*.py")), ids=lambda path: path.stem)
def test_the_stacks_know_settings_and_domain_values_and_nothing_that_runs(path):
    ours = [module for module in modules(path) if module.partition(".")[0] in OURS]
    assert not [module for module in ours if not re.match(r"(infra|domain|handlers(\.\w+)?\.\w*settings)\.", module)]


def test_only_the_command_knows_the_sandbox():
    rooms = ("src/handlers", "src/adapters", "src/domain", "infra")
    files = [ROOT / "app.py", *(path for room in rooms for path in (ROOT / room).rglob("*.py"))]
    assert not [path for path in files if "sandbox" in imported(path)]


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_is_one_line_over_a_verb_that_is_told_its_adapters(path):
    functions = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    assert len(functions["handler"].body) == 1
    assert [argument.arg for argument in functions["handler"].args.args] == ["event", "context"]
    assert "live" in functions


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_flows_through_it(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_room_is_called_by_what_it_is_not_about():
    vague = {"utils", "helpers", "common", "misc", "base"}
    assert not [
        path for part in ("src", "infra", "sandbox") for path in (ROOT / part).rglob("*.py") if path.stem in vague
    ]
