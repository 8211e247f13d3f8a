"""What a data folder tells of customers, in the Customers table."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.aws.customers import Customers
from domain.solicitation.program import Program
from sandbox.history import Histories, items
from sandbox.ministack import Ministack

ANN = {
    "customer": "a#nn",
    "optedOut": True,
    "programs": {
        "reviews": {
            "optedOut": False,
            "answered": {"P1": "2026-11-01T00:00:00Z"},
            "asked": {"P2": "2026-11-02T00:00:00Z"},
        }
    },
    "caps": {"all": ["2026-11-02T00:00:00Z"]},
}


@pytest.fixture
def table(ministack: Ministack, request: pytest.FixtureRequest) -> str:
    name = request.node.name
    ministack.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK")],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    return str(name)


def write(folder: Path, *lines: dict[str, Any]) -> Path:
    (folder / "history").mkdir(parents=True)
    with gzip.open(folder / "history" / "customers.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return folder


def keys(ministack: Ministack, table: str) -> set[str]:
    found = ministack.client("dynamodb").scan(TableName=table)["Items"]
    return {f"{item['PK']['S']} {item['SK']['S']}" for item in found}


def test_a_line_becomes_one_item_for_the_person_each_program_and_each_cap() -> None:
    assert [(item["PK"], item["SK"]) for item in items(ANN)] == [
        ("CUSTOMER#a%23nn", "PROFILE"),
        ("CUSTOMER#a%23nn", "PROGRAM#reviews"),
        ("CUSTOMER#a%23nn", "CAP#all"),
    ]


def test_the_batch_reads_what_was_loaded(ministack: Ministack, table: str, tmp_path: Path, program: Program) -> None:
    Histories(ministack.client("dynamodb"), table).load(write(tmp_path / "data", ANN))
    [history] = Customers(ministack.client("dynamodb"), table).histories(["a#nn"], program).values()
    assert history.opted_out
    assert (history.answered, history.asked, len(history.asks)) == ({"P1"}, {"P2"}, 1)


def test_a_folder_replaces_another_that_told_of_the_same_program_only(
    ministack: Ministack, table: str, tmp_path: Path
) -> None:
    histories = Histories(ministack.client("dynamodb"), table)
    reviews = {"programs": {"reviews": {"asked": {}}}}
    assert not histories.load(write(tmp_path / "one", {"customer": "old", **reviews}, {"customer": "both", **reviews}))
    assert not histories.load(write(tmp_path / "music", {"customer": "old", "caps": {"music": []}}))
    assert histories.load(write(tmp_path / "two", {"customer": "both", **reviews}))
    assert keys(ministack, table) == {"CUSTOMER#both PROGRAM#reviews", "CUSTOMER#old CAP#music"}


def test_a_folder_without_history_changes_nothing(ministack: Ministack, table: str, tmp_path: Path) -> None:
    assert not Histories(ministack.client("dynamodb"), table).load(tmp_path)
    assert keys(ministack, table) == set()
