"""Promise D-7: a hostile file is loaded, or refused with a reason, in one delivery; and one bad row takes no good one with it."""

import gzip
import json
from dataclasses import dataclass

import pytest
from aws_lambda_powertools import Logger
from loading_world import CAMPAIGN, HEADER, KEY, LoadingWorld, file_of, loading_world, row, some_rows

from domain.scores.load import LOADED, REJECTED

GOOD = [row("g1"), row("g2", score=0.2, verified="0")]


@pytest.fixture(scope="module")
def shared():
    with loading_world(chunk=50) as world:
        yield world


@pytest.fixture
def world(shared):
    return shared.anew()


@dataclass(frozen=True)
class Loads:
    """`reasons` of the rows that are refused; all others are `valid`, and each another fan unless some are `combined`."""

    body: bytes
    valid: int = 2
    combined: int = 0
    reasons: tuple[str, ...] = ()
    key: str = KEY


def bad(line: str, *reasons: str) -> Loads:
    return Loads(file_of([GOOD[0], line, GOOD[1]]), reasons=reasons)


BOM = "\ufeff".encode()
LOADED_FILES = {
    "a header and nothing more": Loads(HEADER.encode(), 0),
    "a header without line end": Loads(HEADER.strip().encode(), 0),
    "a byte order mark": Loads(BOM + file_of(GOOD)),
    "CRLF": Loads(file_of(GOOD).replace(b"\n", b"\r\n")),
    "CR alone": Loads(file_of(GOOD).replace(b"\n", b"\r")),
    "no line end at the end": Loads(file_of(GOOD).rstrip(b"\n")),
    "empty lines": Loads(file_of(["\n", GOOD[0], "\n\n", GOOD[1], "\n"])),
    "blanks around cells": Loads(file_of(it.replace(",", " , ") for it in GOOD)),
    "quoted cells": Loads(file_of(",".join(f'"{cell}"' for cell in it.strip().split(",")) + "\n" for it in GOOD)),
    "a line end within quotes": Loads(file_of([GOOD[0].replace("New York", '"New\nYork, ""NY"""'), GOOD[1]])),
    "columns in another order": Loads(b"isVerified,id,score,globalUserId\ntrue,g1,0.5,g1\nfalse,g2,1,g2\n"),
    "columns that nobody knows": Loads(b"globalUserId,id,score,isVerified,x,y\ng1,g1,0.5,1,,\ng2,g2,0,0,a,b\n"),
    "gzip": Loads(gzip.compress(file_of(GOOD)), key=f"{KEY}.gz"),
    "gzip that is not called so": Loads(gzip.compress(file_of(GOOD))),
    "called gzip and plain": Loads(file_of(GOOD), key=f"{KEY}.gz"),
    "gzip in two pieces": Loads(gzip.compress(file_of(GOOD[:1])) + gzip.compress(GOOD[1].encode())),
    "formulas": Loads(file_of([row("=cmd()|'/C calc'!A0"), row("@SUM(1)")])),
    "a market that is a formula": Loads(file_of([GOOD[0].replace("New York", "=cmd()"), GOOD[1]])),
    "the same row twice": Loads(file_of([*GOOD, GOOD[0]]), 3, 1),
    "an id that is a path": Loads(file_of([row("../../g1"), row("{campaignId}")])),
    "no fan": bad(row("").replace(",,", ",x,", 1), "missing_global_user_id"),
    "another fan's id": bad(row("g3").replace(",g3,", ",g4001,"), "unranked"),
    "no score": bad(row("g3", score=""), "missing_score"),
    "a score that is a word": bad(row("g3", score="high"), "bad_score"),
    "a score that is no number": bad(row("g3", score="nan"), "bad_score"),
    "a score without end": bad(row("g3", score="inf"), "bad_score"),
    "a score above one": bad(row("g3", score="1.0001"), "bad_score"),
    "a score below nothing": bad(row("g3", score="-0.1"), "bad_score"),
    "a score in hex": bad(row("g3", score="0x1"), "bad_score"),
    "no flag": bad(row("g3", verified=""), "missing_is_verified"),
    "a flag that is a word": bad(row("g3", verified="perhaps"), "bad_is_verified"),
    "another campaign's row": bad(row("g3").replace(CAMPAIGN, "campaign-9"), "other_campaign"),
    "a cell too many": bad(row("g3").strip() + ",x\n", "wrong_cells"),
    "a cell too few": bad("g3,g3\n", "wrong_cells"),
    "an endless cell": bad(row("g3").replace("New York", "x" * 1_000_000), "too_long"),
    "an endless id": bad(row("g" * 300), "too_long"),
    "bytes that are no text": Loads(
        file_of([GOOD[0], "#", GOOD[1]]).replace(b"#", b"g3,g3,,1,true,\xff,\n"), 2, 0, ("not_utf8",)
    ),
    "a NUL": Loads(file_of([GOOD[0], row("g3").replace("New York", "New\0York"), GOOD[1]]), 2, 0, ("nul_byte",)),
    "a quote that is not closed": bad(row("g3").replace("New York", '"New York'), "unclosed_quote"),
    "all at once": bad(
        "g3,g4,campaign-9,high,perhaps,,\n", "unranked", "bad_score", "bad_is_verified", "other_campaign"
    ),
}


@pytest.mark.parametrize("file", LOADED_FILES.values(), ids=LOADED_FILES)
def test_a_hostile_file_that_can_be_loaded_is_loaded_but_for_its_bad_rows(world: LoadingWorld, file: Loads):
    invalid = 1 if file.reasons else 0
    rows, out = file.valid + invalid, file.valid - file.combined
    event = world.drop(file.body, file.key)
    assert world.deliver(event) == {
        "count": {"in": rows, "out": out, "valid": file.valid, "invalid": invalid, "failed": 0},
        "batchItemFailures": [],
    }
    load = world.load(event)
    assert (load.state, load.told) == (LOADED, True)
    assert load.progress.reasons == dict.fromkeys(file.reasons, 1)
    assert load.progress.figures["combined"] == file.combined
    assert len(world.records(event)) == out
    assert [it["reasons"] for them in world.refused(event).values() for it in them] == [list(file.reasons)] * invalid
    assert [it["count"] for it in world.verdicts()] == [out]


REJECTED_FILES = {
    "nothing": b"",
    "empty lines alone": b"\n\r\n\n",
    "a byte order mark alone": BOM,
    "no header": "".join(GOOD).encode(),
    "a column is missing": b"globalUserId,id,score\ng1,g1,0.5\n",
    "a column comes twice": b"globalUserId,id,score,isVerified,score\ng1,g1,0.5,true,0.9\n",
    "UTF-16": file_of(GOOD).decode().encode("utf-16"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
    "zeros": bytes(100_000),
    "a line without end": b"x" * 3_000_000,
    "a header in quotes that never end": b'"globalUserId,id,score,isVerified\n' + b"x,y\n" * 1000,
    "gzip cut short": gzip.compress(file_of(some_rows(5_000)))[:-500],
    "gzip without its end": gzip.compress(file_of(GOOD))[:-1],
    "garbled gzip": gzip.compress(file_of(GOOD), mtime=0)[:40] + bytes(60),
    "gzip of nothing": gzip.compress(b""),
    "two bytes of gzip": b"\x1f\x8b",
}


@pytest.mark.parametrize("body", REJECTED_FILES.values(), ids=REJECTED_FILES)
def test_a_file_that_is_none_is_refused_whole_with_a_reason_and_never_comes_again(world: LoadingWorld, body):
    event = world.drop(body)
    answer = world.deliver(event)
    assert answer == {"count": dict.fromkeys(("in", "out", "valid", "invalid", "failed"), 0), "batchItemFailures": []}
    load = world.load(event)
    assert (load.state, load.told, load.until) == (REJECTED, False, None)
    assert load.why
    made = len(world.scores.calls.made)
    assert world.deliver(event) == answer
    assert world.scores.calls.made[made:] == ["dynamodb.UpdateItem"]
    assert not world.records(event)
    assert not world.verdicts()
    assert not world.refused(event)


@pytest.fixture
def lines(monkeypatch):
    """What is logged."""
    found = []
    for level in ("info", "error", "warning"):
        monkeypatch.setattr(
            Logger, level, lambda self, text, extra=None, **more: found.append(json.dumps([text, extra, more]))
        )
    return found


@pytest.fixture
def told(capsys):
    """Metrics by name, of all that were told since the last look."""

    def read():
        found: dict[str, float] = {}
        for line in capsys.readouterr().out.splitlines():
            document = json.loads(line)
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"] if "_aws" in document else ():
                [value] = document[metric["Name"]]
                found[metric["Name"]] = found.get(metric["Name"], 0) + value
        return found

    return read


def test_metrics_say_the_five_figures_and_the_share_of_bad_rows(world: LoadingWorld, told):
    answer = world.deliver(world.drop(file_of([*GOOD, GOOD[0], "x\n"])))
    figures = {"RowsIn": 4, "RowsOut": 2, "RowsValid": 3, "RowsInvalid": 1, "RowsFailed": 0}
    assert told() == {**figures, "InvalidShare": 25.0}
    assert answer["count"] == {"in": 4, "out": 2, "valid": 3, "invalid": 1, "failed": 0}


def test_metrics_of_several_calls_sum_up_to_the_file_and_a_repeated_one_adds_none(world: LoadingWorld, told):
    event = world.drop(file_of(some_rows(90)))
    for _ in range(5):
        world.deliver(event, remaining=lambda: 1)
    load = world.load(event)
    assert load.state == LOADED
    figures, found = load.progress.figures, told()
    names = {"in": "RowsIn", "out": "RowsOut", "valid": "RowsValid", "invalid": "RowsInvalid", "failed": "RowsFailed"}
    assert {name: found[called] for name, called in names.items()} == {name: figures[name] for name in names}
    assert found["InvalidShare"] == pytest.approx(100 * figures["invalid"] / figures["in"])


def test_a_refused_file_is_told_once(world: LoadingWorld, told, lines):
    event = world.drop(b"")
    world.deliver(event)
    assert told()["RejectedFiles"] == 1
    world.deliver(event)
    assert told() == {}
    assert sum("rejected" in line for line in lines) == 1


def test_an_empty_file_has_no_share_of_bad_rows(world: LoadingWorld, told):
    world.deliver(world.drop(HEADER.encode()))
    assert "InvalidShare" not in told()


def test_no_line_that_is_logged_tells_of_a_person(world: LoadingWorld, lines):
    bodies = (file_of([*GOOD, row("g3", score="x")]), file_of(GOOD)[len(HEADER) :], b'"g1@example.com')
    events = [world.drop(body) for body in bodies]
    for event in events:
        world.deliver(event)
    assert len(lines) >= len(events)
    whys = [world.load(event).why or "" for event in events]
    assert not [line for line in (*lines, *whys) if "example.com" in line or "g1" in line]
