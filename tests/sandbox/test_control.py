"""The door into a running sandbox."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.control import FILE, Address, Control, NotRunning
from sandbox.runtime import Sandbox

BROKEN = "broken"


@pytest.fixture
def loaded() -> list[Path]:
    return []


@pytest.fixture
def control(loaded: list[Path]) -> Iterator[Control]:
    def load(folder: str) -> None:
        if Path(folder).name == BROKEN:
            raise ValueError("deliveries.csv has no header")
        loaded.append(Path(folder))

    with Control({"load": load}) as running:
        yield running


@pytest.fixture
def address(control: Control) -> Address:
    return Address(os.getpid(), control.endpoint, control.token, "eu-west-1", {"aws": "http://127.0.0.1:1"}, {}, {})


def test_another_process_loads_a_folder_and_stops_it(
    control: Control, address: Address, loaded: list[Path], tmp_path: Path
) -> None:
    address.write(tmp_path)
    attached = Sandbox.attach(tmp_path)
    attached.load(tmp_path)
    assert loaded == [tmp_path]
    assert not control.stopping.is_set()
    attached.stop()
    assert control.stopping.is_set()


def test_leaving_an_attached_sandbox_does_not_stop_it(control: Control, address: Address, tmp_path: Path) -> None:
    address.write(tmp_path)
    with Sandbox.attach(tmp_path):
        pass
    assert not control.stopping.is_set()


def test_what_is_wrong_with_a_folder_reaches_the_caller(address: Address) -> None:
    with pytest.raises(RuntimeError, match=r"deliveries\.csv has no header"):
        address.call("load", folder=f"/{BROKEN}")


def test_nobody_without_the_token_is_let_in(control: Control, address: Address, loaded: list[Path]) -> None:
    stranger = Address(**{**{name: getattr(address, name) for name in address.__slots__}, "token": "guess"})
    with pytest.raises(RuntimeError, match="the token of the address file is needed"):
        stranger.call("load", folder="/etc")
    assert loaded == []


def test_only_the_owner_reads_the_address(address: Address, tmp_path: Path) -> None:
    address.write(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert json.loads((tmp_path / FILE).read_text())["control"] == address.control


def test_without_a_file_nothing_is_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no sandbox is running"):
        Sandbox.attach(tmp_path)


def test_a_file_that_a_dead_sandbox_left_is_removed(control: Control, address: Address, tmp_path: Path) -> None:
    address.write(tmp_path)
    control.stop()
    with pytest.raises(NotRunning, match=f"the sandbox of process {os.getpid()} does not answer"):
        Sandbox.attach(tmp_path)
    assert not (tmp_path / FILE).exists()


def test_a_function_that_takes_its_quarter_of_an_hour_is_not_asked_again(address: Address, tmp_path: Path) -> None:
    assert Sandbox(address, tmp_path).client("lambda").meta.config.read_timeout > 900
