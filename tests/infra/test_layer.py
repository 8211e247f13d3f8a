"""The layer: from uv.lock, for the functions' platform, the same bytes each time, within its budget."""

import re
import shutil
from pathlib import Path

import pytest

from infra import layer as layers
from infra.layer import build_layer, interpreter, locked, placeholder, size_mb

ROOT = Path(__file__).parents[2]


def test_the_lock_names_versions_and_hashes_and_leaves_boto3_to_the_runtime():
    lock = locked("handlers", ROOT)
    names = {line.partition("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    assert {"aws-lambda-powertools", "orjson", "requests", "sqlglot"} <= names
    assert not names & {"boto3", "botocore", "s3transfer"}
    assert lock.count("--hash=sha256:") >= len(names)


def test_the_archives_layer_is_small_and_carries_no_engine():
    lock = locked("archive", ROOT)
    names = {line.partition("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    assert {"aws-lambda-powertools", "fastavro", "orjson"} <= names
    assert not names & {"pyarrow", "duckdb", "numpy", "pydantic", "sqlglot", "boto3"}


@pytest.fixture(scope="module")
def small_lock():
    """Two packages of the real lock, both compiled, so that the build is a true one and quick."""
    entries = re.split(r"\n(?=\S)", locked("handlers", ROOT))
    return "\n".join(entry for entry in entries if entry.partition("==")[0] in ("orjson", "pydantic-core")) + "\n"


@pytest.fixture(scope="module")
def built(small_lock, tmp_path_factory):
    return build_layer(small_lock, name="small", into=tmp_path_factory.mktemp("layers"))


def test_a_layer_holds_wheels_for_lambdas_processor_and_python(built):
    libraries = {path.name.partition(".")[0]: path for path in (built / "python").rglob("*.so")}
    assert set(libraries) == {"orjson", "_pydantic_core"}
    for library in libraries.values():
        assert "cpython-313-aarch64" in library.name
        assert library.read_bytes()[18:20] == b"\xb7\x00"  # ELF e_machine 183: AArch64


def test_a_layer_speaks_our_languages_and_carries_no_others(tmp_path):
    locales = tmp_path / "babel" / "locale-data"
    locales.mkdir(parents=True)
    for name in ("root", "en", "en_IN", "de_AT", "fr", "ja", "es", "den", "zh_Hans"):
        (locales / f"{name}.dat").write_text("")
    (tmp_path / "babel" / "global.dat").write_text("")
    layers.prune(tmp_path)
    assert {path.stem for path in locales.iterdir()} == {"root", "en", "en_IN", "de_AT", "fr", "ja"}
    assert (tmp_path / "babel" / "global.dat").exists()


def test_every_language_of_a_template_is_one_of_the_layers():
    files = (ROOT / "templates").rglob("*.json")
    languages = {path.stem.partition("-")[0] for path in files}
    assert {"de", "en", "fr", "ja"} <= languages <= set(layers.LANGUAGES)


def test_a_layer_ships_bytecode_where_its_python_is_there(built):
    compiled = list((built / "python" / "orjson").rglob("*.cpython-313.pyc"))
    assert bool(compiled) == (interpreter() is not None)
    for file in compiled:
        assert file.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # PEP 552: by hash, unchecked


def test_a_layer_is_built_once_and_the_same_again(built, small_lock, tmp_path):
    before = (built / "python").stat().st_mtime_ns
    assert build_layer(small_lock, name="small", into=built.parent) == built
    assert (built / "python").stat().st_mtime_ns == before
    again = build_layer(small_lock, name="small", into=tmp_path)
    assert content(again) == content(built)
    assert [path.name for path in tmp_path.iterdir()] == [built.name]  # no draft is left


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_lock_is_another_layer(built, small_lock, tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "install", lambda lock, target: target.mkdir())
    assert build_layer(small_lock + "# changed\n", name="small", into=tmp_path).name != built.name


def test_a_layer_over_its_budget_is_refused(built, small_lock, tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "install", lambda lock, target: shutil.copytree(built / "python", target))
    monkeypatch.setattr(layers, "BUDGET_MB", size_mb(built) / 2)
    with pytest.raises(AssertionError, match="budget"):
        build_layer(small_lock, name="small", into=tmp_path)


def test_a_lock_that_lies_about_a_package_is_refused(small_lock, tmp_path):
    wrong = small_lock.split()[0] + " --hash=sha256:" + "0" * 64 + "\n"
    with pytest.raises(RuntimeError, match="uv pip install failed"):
        build_layer(wrong, name="small", into=tmp_path)


def test_the_sandbox_has_a_layer_of_nothing(tmp_path):
    assert size_mb(placeholder(tmp_path)) < 0.001
