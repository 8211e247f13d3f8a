"""What functions are deployed from: exactly what they import, the same bytes for the same source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from infra.asset import code_asset, modules
from infra.stages import SANDBOX
from infra.synth import packaged
from tests.infra.few_programs import MUSIC, REVIEWS
from tests.infra.test_functions import BATCH, DELIVERY

ROOT = Path(__file__).parents[2]
LAYER = {"aws_lambda_powertools", "orjson", "requests", "sqlglot"}
ARCHIVES_LAYER = {"aws_lambda_powertools", "fastavro", "orjson"}
REMINDERS_LAYER = {
    *("aws_lambda_powertools", "babel", "itsdangerous", "jinja2", "markupsafe", "orjson", "phonenumbers", "requests"),
}
SCORES_LAYER = {"aws_lambda_powertools", "orjson", "requests", "slack_sdk"}
PAGES = {
    "babel",
    "itsdangerous",
    "jinja2",
    "markupsafe",
    "pydantic",
    "pygal",
}  # what mails, pages and reports add to it
RUNTIME = {"boto3", "botocore", "urllib3"}
TYPES = {"mypy_boto3"}  # imported for type checkers only


@pytest.fixture
def source(tmp_path):
    files = {
        "handlers/__init__.py": "",
        "handlers/one/__init__.py": "",
        "handlers/one/first.py": "def handler(e, c):\n    from domain import late\n",
        "handlers/two/other.py": "import domain.unused",
        "domain/__init__.py": "",
        "domain/late.py": "import domain.deeper as d",
        "domain/deeper.py": "import json",
        "domain/unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(text)
    return tmp_path / "src"


def listed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_asset_holds_what_its_handlers_reach_and_its_documents(source, tmp_path):
    folder = code_asset("one", {"programs/a.json": b"{}"}, source=source, into=tmp_path / "out")
    assert listed(folder) == [
        "domain/__init__.py",
        "domain/deeper.py",
        "domain/late.py",
        "handlers/__init__.py",
        "handlers/one/__init__.py",
        "handlers/one/first.py",
        "programs/a.json",
    ]


def test_equal_content_is_one_folder_and_a_changed_byte_another(source, tmp_path):
    out = tmp_path / "out"
    first = code_asset("one", {}, source=source, into=out)
    (source / "domain/unused.py").write_text("# not reached")
    assert code_asset("one", {}, source=source, into=out) == first
    (source / "domain/deeper.py").write_text("import csv")
    assert code_asset("one", {}, source=source, into=out) != first
    assert len(list(out.iterdir())) == 2  # and no draft is left


def test_the_functions_carry_no_yaml_and_no_command_and_import_nothing_that_the_layer_has_not():
    paths = modules("solicitation", ROOT / "src")
    names = {str(path.relative_to(ROOT / "src")) for path in paths}
    assert not [name for name in names if name.startswith(("cli/", "adapters/files/program"))]
    assert foreign(paths) <= LAYER | PAGES | RUNTIME


def test_the_archives_functions_carry_no_engine_and_import_nothing_that_their_layer_has_not():
    paths = modules("archive", ROOT / "src")
    names = {str(path.relative_to(ROOT / "src")) for path in paths}
    assert "handlers/archive/stream_archiver.py" in names
    assert not [name for name in names if "solicitation" in name or name.startswith("cli/")]
    assert foreign(paths) <= ARCHIVES_LAYER | RUNTIME


def test_the_functions_of_scores_carry_no_sample_and_import_nothing_that_their_layer_has_not():
    paths = modules("scores", ROOT / "src")
    names = {str(path.relative_to(ROOT / "src")) for path in paths}
    assert "handlers/scores/loading/reading.py" in names
    assert not [name for name in names if "solicitation" in name or name.startswith("cli/")]
    assert foreign(paths) <= SCORES_LAYER | RUNTIME


def test_the_functions_of_reminders_carry_no_yaml_and_import_nothing_that_their_layer_has_not():
    paths = modules("notifications", ROOT / "src")
    names = {str(path.relative_to(ROOT / "src")) for path in paths}
    assert "handlers/notifications/events/details.py" in names
    assert not [name for name in names if name.startswith(("cli/", "handlers/solicitation"))]
    assert (
        foreign(paths) - {"yaml"} <= REMINDERS_LAYER | RUNTIME
    )  # YAML is read in the project alone; the asset has JSON


def foreign(paths):
    """What the modules import that is neither Python's nor ours; not what only type checkers import."""
    found = {
        name.partition(".")[0]
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    } - set(sys.stdlib_module_names)
    return {name for name in found if not name.startswith("mypy_boto3")} - {"handlers", "domain", "adapters"}


LOAD = """
import importlib, sys
sys.path.insert(0, {code!r})
def load(stage):
    module = importlib.import_module(f"handlers.{subsystem}.{{stage}}")
    assert callable(module.handler) and {code!r} in module.__file__
"""


def test_every_handler_loads_from_the_asset_alone_and_the_batchs_without_what_only_pages_need(tmp_path):
    """With the project's libraries but none of its folders: what the asset lacks would be missed here."""
    package = packaged([MUSIC, REVIEWS], SANDBOX, ROOT).solicitation
    batch = "".join(f"load({stage!r});" for stage in BATCH) + f"assert not {PAGES!r} & set(sys.modules);"
    delivery = "".join(f"load({stage!r});" for stage in DELIVERY)
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(code=str(package.code), subsystem="solicitation") + batch + delivery],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (package.code / "programs").iterdir()) == ["music.json", "reviews.json"]


def test_the_archives_handlers_load_from_their_asset_alone_and_find_the_schemas_in_it(tmp_path):
    """Nothing of it is beside the asset: what reads a schema reads the asset's own."""
    package = packaged([REVIEWS], SANDBOX, ROOT).archive
    stages = [path.stem for path in (package.code / "handlers/archive").glob("*.py")]
    load = "".join(f"load({stage!r});" for stage in stages if stage not in ("__init__", "settings"))
    schemas = "from adapters.files import avro_schemas as it; it.schemas(); print(it.FOLDER)"
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(code=str(package.code), subsystem="archive") + load + schemas],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(package.code / "schemas/avro")
    for path in (ROOT / "schemas/avro").glob("*.avsc"):
        assert (package.code / "schemas/avro" / path.name).read_bytes() == path.read_bytes()


def test_the_handlers_of_scores_load_from_their_asset_alone(tmp_path):
    package = packaged([REVIEWS], SANDBOX, ROOT).scores
    stages = [path.stem for path in (package.code / "handlers/scores").glob("*.py")]
    load = "".join(f"load({stage!r});" for stage in stages if stage not in ("__init__", "settings"))
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(code=str(package.code), subsystem="scores") + load],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_handlers_of_reminders_load_from_their_asset_alone_and_find_rules_and_texts_in_it(tmp_path):
    """Without YAML: a rule that was not compiled would be missed here."""
    package = packaged([REVIEWS], SANDBOX, ROOT).notifications
    stages = [path.stem for path in (package.code / "handlers/notifications").glob("*.py")]
    load = "".join(f"load({stage!r});" for stage in stages if stage not in ("__init__", "settings"))
    texts = (
        "from handlers.notifications.rules import folder, rules; rules();"
        "from adapters.files.reminder_words import read_words;"
        "[read_words(folder().parent / 'templates', it) for it in ('en-us', 'en-ca', 'fr-ca')];"
        "assert 'yaml' not in sys.modules; print(folder())"
    )
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(code=str(package.code), subsystem="notifications") + load + texts],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(package.code / "notifications")
