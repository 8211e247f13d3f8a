"""Lists as nobody should send them: loaded as far as they say something, or rejected for a reason; never delivered again and again."""

import csv
import gzip
import io
import json
from collections.abc import Iterator

import pytest
from fanlist_world import CAMPAIGN, KEY, FanlistWorld, fanlist_world
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files import highest_scores
from handlers.scores import save_fanlist_scores as module
from handlers.scores.fanlists.reading import REFUSED_A_FILE

GOOD = "email,score\na@example.com,0.5\nb@example.com,0.25\n"
A, B = {"email:a@example.com": 0.5}, {"email:b@example.com": 0.25}


@pytest.fixture(scope="module")
def shared() -> Iterator[FanlistWorld]:
    with fanlist_world() as world:
        yield world


@pytest.fixture
def world(shared) -> FanlistWorld:
    return shared.afresh()


def packed(text):
    return gzip.compress(text.encode(), mtime=0)


@pytest.mark.parametrize(("body", "found", "reasons"), [
    (GOOD, A | B, {}),
    ("\ufeff" + GOOD, A | B, {}),
    (GOOD.replace("\n", "\r\n"), A | B, {}),
    (GOOD.replace("\n", "\r"), A | B, {}),
    (GOOD.rstrip(), A | B, {}),
    (GOOD.replace("\n", "\n\n\n"), A | B, {}),
    (packed(GOOD), A | B, {}),
    ("email,score\n", {}, {}),
    ('"e-mail","score","what"\n"a@example.com","0.5","two\nlines, ""quoted"""\n', A, {}),
    ("email,score,what\na@example.com,0.5,=cmd()\n", A, {}),
    ("email,score\n=cmd()|' /C calc'!A0,0.5\na@example.com,0.5\n", A, {"bad_email": 1}),
    ("email,score\na@example.com,=1+1\nb@example.com,0.25\n", B, {"bad_score": 1}),
    ("email,score,what\na@example.com,0.5," + "x" * 1_000_000 + "\nb@example.com,0.25,\n", B, {"too_long": 1}),
    ("email,score,what\na@example.com,0.5," + "x" * 3_000_000 + ",b@example.com,1\nb@example.com,0.25,\n", B, {"too_long": 1}),
    ("email,score,what\na@example.com,0.5," + "x" * 5_000 + "\nb@example.com,0.25,\n", B, {"too_long": 1}),
    (b"email,score\n\xe4@example.com,1\nb@example.com,0.25\n", B, {"not_utf8": 1}),
    ("email,score\na\0@example.com,1\nb@example.com,0.25\n", B, {"nul_byte": 1}),
    ('email,score\n"a@example.com,1\nb@example.com,0.25\n', B, {"unclosed_quote": 1}),
    ("email,score\na@example.com\nb@example.com,0.25\na@example.com,1,2\n", B, {"wrong_cells": 2}),
])  # fmt: skip
def test_what_can_be_read_is_saved(world, body, found, reasons):
    event = world.drop(body)
    assert world.save(event)["batchItemFailures"] == []
    load = world.load(event)
    assert (load["state"], load["reasons"]) == ("LOADED", reasons)
    assert world.found() == found
    assert load["in"] == load["valid"] + load["invalid"] + load["duplicate"]
    assert load["valid"] == load["out"] == len(found)


@pytest.mark.parametrize(("body", "why"), [
    ("", "empty"),
    ("\n\n", "empty"),
    ("a@example.com,0.5\nb@example.com,0.25\n", "score is missing"),
    ("email;score\na@example.com;0.5\n", "score is missing"),
    ("score\n0.5\n", "globalUserId or memberId or email is missing"),
    ("email,E-Mail,score\na@example.com,b@example.com,0.5\n", "email is there twice"),
    (GOOD.encode("utf-16"), "UTF-16"),
    (b"PK\x03\x04\x14\0\x06\0\x08\0" + bytes(100), "NUL bytes"),
    (packed(GOOD)[:-9], "truncated"),
    (packed(GOOD)[:12] + b"\0\0\0\0" + packed(GOOD)[16:], "garbled"),
])  # fmt: skip
def test_what_is_no_list_is_rejected_once_and_for_all(world, body, why):
    event = world.drop(body)
    for _ in range(2):
        assert world.save(event)["batchItemFailures"] == []
    assert world.load(event)["state"] == "REJECTED"
    assert why in world.load(event)["why"]
    assert world.found() == {}
    assert world.scores.messages("verdictReporterQueue") == []


def test_a_mended_list_under_the_same_name_is_a_load_of_its_own(world):
    world.save(world.drop("nothing\n"))
    event = world.drop(GOOD)
    world.save(event)
    assert world.load(event)["state"] == "LOADED"
    assert world.found() == A | B


def test_an_object_that_is_no_list_takes_no_other_of_its_notification_with_it(world):
    records = []
    for key in ("fanlist/scored/notes.txt", KEY):
        told = world.drop(GOOD, key)["detail"]["object"]
        s3 = {"bucket": {"name": "scoring"}, "object": {"key": key, "versionId": told["version-id"], "sequencer": "0A"}}
        records.append({"eventName": "ObjectCreated:Put", "eventTime": "2026-02-13T14:31:00.000Z", "s3": s3})
    assert world.save({"Records": records})["dynamo"]["out"] == 2
    assert world.found() == A | B


def test_a_list_whose_campaign_comes_to_know_its_fans_otherwise_meanwhile_is_not_saved_by_halves(world):
    event = world.drop("email,member_id,score\na@example.com,m1,0.5\nA@example.com,m2,0.4\nb@example.com,m3,0.3\n")
    world.campaigns.add({"id": CAMPAIGN, "identifier": "email"})
    world.save(event, times=[900_000, 0], part_fans=1)
    world.campaigns.add({"id": CAMPAIGN, "identifier": "memberId"})
    world.save(event, part_fans=1)
    assert (world.load(event)["state"], world.found()) == ("REJECTED", A)
    assert "goes by memberId now" in world.load(event)["why"]


def test_a_list_that_is_larger_than_the_disk_is_rejected_once_and_for_all(world, monkeypatch):
    monkeypatch.setattr(highest_scores, "SETTINGS", (*highest_scores.SETTINGS, "max_page_count = 3"))
    rows = "".join(f"{fan}@example.com,0.5\n" for fan in range(2_000))
    event = world.drop(f"email,score\n{rows}")
    assert world.save(event)["batchItemFailures"] == []
    assert (world.load(event)["state"], world.fans()) == ("REJECTED", {})
    assert "disk" in world.load(event)["why"]


def test_refused_rows_are_kept_in_files_of_so_many(world):
    event = world.drop("email,score\n" + "nobody,1\n" * (REFUSED_A_FILE + 1))
    world.save(event)
    assert [len(part) for part in world.refused(event).values()] == [REFUSED_A_FILE, 1]


CELLS = st.sampled_from(
    ["a@example.com", " A@Example.com", "b@example.com", "nobody", "", 'c"@example.com', "d@example.com\n"]
)
NUMBERS = st.sampled_from(["0.5", "0.25", " 1", "-1", "", "x", "nan", "1e3"])


@given(st.lists(st.tuples(CELLS, NUMBERS), max_size=25))
@settings(max_examples=25, deadline=None)
def test_any_list_ends_as_a_dictionary_would_have_it(shared, rows):
    shared.afresh()
    text = io.StringIO()
    csv.writer(text).writerows([("email", "score"), *rows])
    oracle, counts = {}, {"in": len(rows), "invalid": 0, "duplicate": 0}
    for email, score in rows:
        known = email.strip().lower()
        if known in ("nobody", "") or score.strip() in ("", "x", "nan"):
            counts["invalid"] += 1
        else:
            counts["duplicate"] += f"email:{known}" in oracle
            oracle[f"email:{known}"] = max(float(score), oracle.get(f"email:{known}", float("-inf")))
    answer = shared.save(shared.drop(text.getvalue()))
    assert shared.found() == oracle
    assert answer["input"] == {**counts, "valid": len(oracle)}


def test_nothing_of_a_fan_is_in_any_log_line_or_metric(world, caplog, capsys, monkeypatch):
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    caplog.set_level("DEBUG", module.logger.name)
    list_ = "email,memberId,globalUserId,score\nhidden@example.com,hidden-m,hidden-g,0.5\nhidden-too,hidden,hid den,x\n"
    world.save(world.drop(list_))
    world.save(world.drop("hidden@example.com,hidden\n"))
    world.save(world.drop(GOOD, KEY.replace("fanlist", "lists")))
    world.save(world.drop("email,score\nhidden@example.com,1\n"), times=[0])
    logged = json.dumps([{name: str(value) for name, value in vars(record).items()} for record in caplog.records])
    told = capsys.readouterr().out
    assert '"FanlistDynamoOut":[1.0]' in told
    assert '"InvalidShare":[50.0]' in told
    for message in ("ambiguous identifier", "loaded", "rejected", "no fanlist", "comes again"):
        assert f'"{message}"' in logged
    assert "hid" not in told.lower() + logged.lower()
