"""An error document says what was parked, and is read back as it was; its key is the same for the same records."""

import json
import re
from dataclasses import replace

import pytest

from domain.archive.parked import Parked, document, key_of, parked_in
from domain.errors import Rejected

PARKED = Parked(
    code="missing_field",
    message="demand: saleId is missing",
    fingerprint="missing_field:demand:saleId",
    events=('{"eventID": "1"}', "é"),
    at="2026-11-20T12:34:56.789012Z",
    source="shardId-000000000000",
    numbers=("4965", "4966"),
)


def test_a_document_has_the_missions_fields_and_what_replays_need():
    assert document(PARKED) == {
        "timestamp": "2026-11-20T12:34:56.789012Z",
        "error": {
            "message": "demand: saleId is missing",
            "code": "missing_field",
            "fingerprint": "missing_field:demand:saleId",
        },
        "events": ['{"eventID": "1"}', "é"],
        "sequenceNumbers": ["4965", "4966"],
        "source": "shardId-000000000000",
    }


def test_a_document_is_read_back_as_it_was():
    assert parked_in(json.loads(json.dumps(document(PARKED)))) == PARKED


@pytest.mark.parametrize(
    "wrong", [{}, [], None, {"error": {}}, {**document(PARKED), "error": "?"}, {**document(PARKED), "events": None}]
)
def test_what_is_no_error_document_is_rejected(wrong):
    with pytest.raises(Rejected):
        parked_in(wrong)


def test_a_key_is_its_second_and_a_uuid():
    assert re.fullmatch(
        r"errors/2026-11-20-12-34-56-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.json",
        key_of(PARKED),
    )


@pytest.mark.parametrize(("change", "same"), [
    ({"code": "wrong_type", "message": "m", "fingerprint": "f", "events": ("x",)}, True),  # another version's judgement of it
    ({"numbers": ("4965",)}, False),
    ({"numbers": ("49654966",)}, False),
    ({"source": "shardId-000000000001"}, False),
])  # fmt: skip
def test_the_same_records_have_the_same_key(change, same):
    assert (key_of(replace(PARKED, **change)) == key_of(PARKED)) is same
