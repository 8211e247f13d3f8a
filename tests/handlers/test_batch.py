"""The whole batch in one process: from unloaded rows to the ledger, through crashes, repeats and bad input."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from batch_world import BatchWorld, batch_world
from programs_in_small import REVIEWS, wire_row

from adapters.aws.run_programs import keep_program
from domain.errors import Rejected
from domain.solicitation.program import FilterStep
from domain.solicitation.run import Run
from handlers.solicitation import complete, contacts, etl, filter, score, store

# c0..c9: engagement_score 0.0 … 0.9, so scores run from 0.1 to 0.85.
ROWS = [wire_row(customer=f"c{number}", subject=f"p{number}") for number in range(8)] + [
    wire_row(customer="c8", subject="p1", eventdate="2026-11-19T09:00:00Z"),
    wire_row(customer="c8", subject="p1", eventdate="2026-11-19T08:00:00Z"),  # a duplicate
    *(wire_row(customer="c9", subject=f"p{number}") for number in range(5)),  # two over the cap of three
    wire_row(customer="c10", relationship="0"),
    wire_row(customer=None, subject="p3"),
    wire_row(customer="c11", eventdate="2026-11-21T00:00:00Z"),
]
PEOPLE = [
    {"customer": f"c{number}", "email": f"c{number}@example.com", "name": f"Person {number}"} for number in range(12)
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BatchWorld]:
    with batch_world(tmp_path) as fresh:
        fresh.put("Customers", PK="CUSTOMER#c7", SK="PROFILE", optedOut=True)
        fresh.put("Customers", PK="CUSTOMER#c6", SK="PROGRAM#small-reviews", answered={"p6": "2026-10-01T00:00:00Z"})
        fresh.put("Customers", PK="CUSTOMER#c5", SK="CAP#small-reviews", asks=["2026-11-01T00:00:00Z"] * 3)
        yield fresh


def funnel(result):
    return {
        **{name: result[name] for name in ("extracted", "rejected", "duplicates", "candidates", "eligible", "stored")},
        **{step["filter"]: step["removed"] for step in result["filters"]},
    }


EXPECTED = {
    "extracted": 18, "rejected": 2, "duplicates": 1, "candidates": 15, "eligible": 9, "stored": 9,
    "trust": 1, "eligibility": 2, "frequency-cap": 3,
}  # fmt: skip


def test_a_run_counts_every_row_once_and_stores_the_eligible(world):
    result = world.run(ROWS, PEOPLE)
    assert funnel(result) == EXPECTED
    assert result["reasons"] == {
        "rejected": {"customer_missing": 1, "eventDate_in_future": 1},
        "filters": {"no_relationship": 1, "opted_out": 1, "already_answered": 1, "frequency_cap": 3},
    }
    assert sum(result["scores"].values()) == 9
    assert result["store"] == {"created": 9, "updated": 0, "unchanged": 0, "kept": 0, "withdrawn": 0, "items": 18}
    assert world.items("Candidates").count(b'"status"') == 9


def test_only_customers_who_may_be_asked_have_contact_data_and_no_work_file_has_any(world):
    world.run(ROWS, PEOPLE)
    contacts = world.items("Customers")
    assert contacts.count(b"CONTACT") == 7  # c0 to c4, c8 and c9
    assert b"c7@example.com" not in contacts
    for key in world.files.keys("runs/"):
        assert not any("@example.com" in str(row) for row in world.files.read(key))


def test_a_second_start_is_a_duplicate_and_changes_nothing(world):
    world.run(ROWS, PEOPLE)
    before = world.items("Candidates"), world.items("Runs")
    assert world.run(ROWS, PEOPLE)["outcome"] == "duplicate"
    assert (world.items("Candidates"), world.items("Runs")) == before


def test_two_starts_at_once_are_one_run(world):
    assert world.start()["outcome"] == "claimed"
    assert world.start()["outcome"] == "duplicate"


def test_a_rerun_writes_nothing_that_has_not_changed(world):
    first = world.run(ROWS, PEOPLE)
    before = world.items("Candidates")
    world.stop()
    again = world.run(ROWS, PEOPLE, rerun=True)
    assert again["store"] == {**first["store"], "items": 0}
    assert again["scoring"]["cached"] == 9
    assert again["attempt"] == 2
    assert world.items("Candidates") == before


def test_a_rerun_later_the_same_day_keeps_the_first_start(world):
    world.run(ROWS)
    world.stop()
    world.run(ROWS, rerun=True, at=datetime(2026, 11, 20, 17, tzinfo=UTC))
    assert b"T17:00:00" not in world.items("Candidates")


def test_a_consumed_candidate_stays_consumed(world):
    world.run(ROWS)
    table = world.table("Candidates")
    key = {"PK": "CUSTOMER#c4", "SK": "PROGRAM#small-reviews#SUBJECT#p4"}
    table.update_item(
        Key=key,
        UpdateExpression="SET #s = :consumed, consumedAt = :at, score = :other",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":consumed": "consumed", ":at": "2026-11-20T12:00:00Z", ":other": 0},
    )
    consumed = table.get_item(Key=key)["Item"]
    world.stop()
    assert world.run(ROWS, rerun=True)["store"]["kept"] == 1
    assert table.get_item(Key=key)["Item"] == consumed


def test_a_dry_run_counts_the_same_and_writes_no_candidate(world):
    result = world.run(ROWS, dryRun="what-if")
    assert funnel(result) == {**EXPECTED, "stored": 0}
    assert world.items("Candidates") == b""
    assert b"CONTACT" not in world.items("Customers")
    assert world.run(ROWS, PEOPLE)["stored"] == 9  # and claims nothing


def test_an_empty_extract_is_a_run_of_nothing(world):
    assert funnel(world.run([])) == dict.fromkeys(EXPECTED, 0)


def test_a_disabled_program_runs_nothing(world):
    world.program = replace(REVIEWS, enabled=False)
    keep_program(world.files, "off", world.program.to_json())
    assert world.start(programHash="off")["outcome"] == "disabled"


def test_too_many_bad_rows_fail_the_run_before_anything_is_stored(world):
    with pytest.raises(Rejected, match=r"6 of 7 rows are bad, more than maxRejectedShare 0.25 \(subject_missing 6\)"):
        world.run([wire_row(customer=f"c{number}", subject=None) for number in range(6)] + [wire_row()])
    assert world.items("Candidates") == b""


def test_a_lost_file_of_the_extract_fails_the_run_before_anything_is_stored(world):
    claimed = world.start()
    run = Run.from_json(claimed["run"])
    world.unload(run, ROWS)
    lost = world.files.keys(run.extract_prefix("athena-deliveries"))[0]
    world.files.s3.delete_object(Bucket="work", Key=lost)
    world.stop()
    with pytest.raises(Rejected, match="athena-deliveries unloaded 2 files, 1 were read"):
        world.run(ROWS)
    assert world.items("Candidates") == b""


def test_an_unknown_program_is_refused_with_the_ones_there_are(world):
    world.program = replace(REVIEWS, id="reviws")
    with pytest.raises(Rejected, match="no program 'reviws' is deployed; there are: small-reviews"):
        world.start()


def test_a_truncated_extract_is_refused_by_name(world):
    run_json = world.start()["run"]
    run = Run.from_json(run_json)
    world.unload(run, [wire_row(customer="c1")])
    [key] = world.files.keys(run.extract_prefix("athena-deliveries"))
    whole = world.files.s3.get_object(Bucket="work", Key=key)["Body"].read()
    world.files.s3.put_object(Bucket="work", Key=key, Body=whole[:-12])
    with pytest.raises(Rejected, match="cut short or garbled"):
        for bucket in ("00", "01"):
            etl.handler({"run": run_json, "bucket": bucket}, None)


def test_a_filter_that_breaks_loses_no_candidate(world, monkeypatch):
    broken = replace(REVIEWS, filters=(*REVIEWS.filters, FilterStep("engagement", {})))  # its parameter is missing
    keep_program(world.files, "broken", broken.to_json())
    with pytest.raises(KeyError):
        world.run(ROWS, programHash="broken")
    assert world.items("Candidates") == b""
    world.stop()
    assert funnel(world.run(ROWS)) == EXPECTED


def stricter(world, **changes):
    program = replace(REVIEWS, filters=(FilterStep("frequency-cap", {"maxRequestsPerMonth": 1}),), **changes)
    keep_program(world.files, "stricter", program.to_json())
    return "stricter"


@pytest.mark.parametrize("buckets", [2, 3])
def test_a_rerun_takes_back_what_it_refuses_and_an_earlier_attempt_stored(world, buckets):
    world.run(ROWS)
    world.stop()
    again = world.run(ROWS, rerun=True, programHash=stricter(world, buckets=buckets))
    items = [orjson.loads(line) for line in world.items("Candidates").splitlines()]
    bases, index = ([item for item in items if name in item] for name in ("status", "GSI1PK"))
    assert len(bases) == len(index) == again["stored"]
    assert again["store"]["withdrawn"] == 2  # of c9, who has three


def test_a_rerun_takes_back_nothing_that_was_asked_meanwhile(world):
    world.run(ROWS)
    keys = [{"PK": "CUSTOMER#c9", "SK": f"PROGRAM#small-reviews#SUBJECT#p{number}"} for number in range(3)]
    for key in keys:
        world.table("Candidates").update_item(
            Key=key,
            UpdateExpression="SET #s = :asked",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":asked": "ASKED"},
        )
    world.stop()
    assert world.run(ROWS, rerun=True, programHash=stricter(world))["store"]["withdrawn"] == 0
    assert all("Item" in world.table("Candidates").get_item(Key=key) for key in keys)


def test_what_a_cut_off_create_left_in_the_index_goes_when_the_next_attempt_refuses_it(world):
    world.run(ROWS)
    base = {"PK": "CUSTOMER#c9", "SK": "PROGRAM#small-reviews#SUBJECT#p2"}
    world.table("Candidates").delete_item(Key=base)
    world.stop()
    world.run(ROWS, rerun=True, programHash=stricter(world))
    items = [orjson.loads(line) for line in world.items("Candidates").splitlines()]
    assert not [item for item in items if item["PK"]["S"] == base["PK"] and item["SK"]["S"].startswith(base["SK"])]


def test_an_execution_that_was_taken_over_does_nothing_more(world):
    first = world.start()["run"]
    world.unload(Run.from_json(first), ROWS)
    for bucket in ("00", "01"):
        etl.handler({"run": first, "bucket": bucket}, None)
    world.stop()
    second = world.run(ROWS)
    before = world.items("Candidates"), world.items("Runs")
    for stage in (filter, score, store, contacts):
        with pytest.raises(Rejected, match="attempt 1 was taken over"):
            stage.handler({"run": first, "bucket": "00"}, None)
    with pytest.raises(Rejected, match="attempt 1 was taken over"):
        complete.handler({"run": first}, None)
    assert (world.items("Candidates"), world.items("Runs")) == before
    assert second["attempt"] == 2
    assert len(world.events()) == 1


def test_a_completed_run_is_told_once_with_its_counts_and_a_dry_one_is_not(world, capsys):
    world.run(ROWS, dryRun="x")
    assert world.events() == []
    assert "CloudWatchMetrics" not in capsys.readouterr().out
    result = world.run(ROWS)
    [event] = world.events()
    assert (event["source"], event["detail-type"]) == ("ovation.solicitation", "BatchCompleted")
    assert event["detail"]["stored"] == result["stored"]
    assert '"StageSeconds"' in capsys.readouterr().out


def test_contacts_that_have_expired_fail_the_run_instead_of_losing_addresses(world):
    claimed = world.start()
    run = Run.from_json(claimed["run"])
    world.unload(run, ROWS, PEOPLE)
    for key in world.files.keys("contacts/"):
        world.files.s3.delete_object(Bucket="work", Key=key)
    world.stop()
    with pytest.raises(Rejected, match="2 files of contacts were unloaded, 0 were read"):
        world.run(ROWS)
    world.stop()
    world.run(ROWS, PEOPLE, rerun=True)
    assert world.items("Customers").count(b"CONTACT") == 7


def test_each_program_keeps_its_own_contact_data(world):
    world.run(ROWS, PEOPLE)
    before = world.items("Customers")
    other = replace(REVIEWS, id="other", cap_group="other")
    keep_program(world.files, "other", other.to_json())
    world.program = other
    world.run(ROWS, [{"customer": "c1", "timezone": "Asia/Tokyo"}], programHash="other")
    assert set(before.splitlines()) < set(world.items("Customers").splitlines())


def test_a_program_is_not_run_under_the_name_of_another(world):
    keep_program(world.files, "other", replace(REVIEWS, id="other").to_json())
    with pytest.raises(Rejected, match="program hash other is other, not small-reviews"):
        world.start(programHash="other")


KILLED_AT = ["before", "after"]


@pytest.mark.slow
@pytest.mark.parametrize("side", KILLED_AT)
def test_a_run_killed_at_any_call_and_started_again_stores_the_same_bytes(tmp_path, side):
    one_bucket = replace(REVIEWS, buckets=1)
    rows, people = [ROWS[4], *ROWS[8:14]], PEOPLE
    with batch_world(tmp_path, one_bucket) as world:
        with world.crashing_at(0, before=True):
            world.run(rows, people)
        calls, expected = world.calls, stored(world)
    assert calls > 40
    for call in range(1, calls + 1):
        with batch_world(tmp_path, one_bucket) as world:
            with world.crashing_at(call, before=side == "before"):
                world.run(rows, people)
            world.run(rows, people)
            assert stored(world) == expected, f"killed {side} call {call}"


def stored(world):
    return [world.items(table) for table in ("Candidates", "Customers", "ScoreCache")]
