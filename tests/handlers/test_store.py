"""A bucket's scored candidates reach the table once, whatever happens on the way."""

import random
from dataclasses import replace
from datetime import date, timedelta

import boto3
import pytest
from candidates_table import make_candidates_table, whole
from moto import mock_aws
from programs_in_small import AT, READY, REVIEWS, RUN

from adapters.aws.attribute_values import encode_item
from adapters.aws.batch_items import Backoff
from adapters.aws.candidates import CandidateTable
from adapters.aws.quick_bodies import quicken
from adapters.aws.run_programs import keep_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import QUICK
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected, Unavailable
from domain.solicitation.program import Channel
from domain.solicitation.stored import storer
from handlers.solicitation.store import store

PROGRAM = replace(REVIEWS, channels=(*REVIEWS.channels, Channel("voice", "voice", {})))
AT_ONCE = Backoff(tries=4, sleep=lambda seconds: None)
NEXT = replace(RUN, id="small-reviews/2026-11-21", date=date(2026, 11, 21), started_at=AT + timedelta(days=1))
DRY = replace(RUN, id="small-reviews/2026-11-20/dry-try", dry_run=True)


@pytest.fixture
def parts(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        dynamodb, s3 = quicken(boto3.client("dynamodb", config=QUICK)), boto3.client("s3")
        s3.create_bucket(Bucket="work")
        make_candidates_table(dynamodb, "Candidates")
        make_candidates_table(dynamodb, "Runs")  # its keys are PK and SK too
        files = WorkFiles(s3, "work")
        keep_program(files, RUN.program_hash, PROGRAM.to_json())
        yield {
            "ledger": RunLedger(dynamodb, "Runs"),
            "files": files,
            "candidates": CandidateTable(dynamodb, "Candidates", AT_ONCE),
        }


def row(number, score=None, **changes):
    value = round(number % 100 / 100, 6) if score is None else score
    scored = {"value": value, "fallback": False, "models": [["m", "1", value]], "missing": []}
    return {**READY.to_row(), "customer": f"c{number:04}", "score": scored, **changes}


def run_store(parts, rows, run=RUN):
    parts["files"].write(run.work_key("00", "score"), rows)
    parts["ledger"].claim(run, False, lambda holder: False, 0.0)
    return store(run, "00", started_at=0.0, **parts)


def results(parts, run=RUN):
    return [line["result"] for line in parts["files"].read(run.work_key("00", "store"))]


def table(parts):
    return whole(parts["candidates"].dynamodb, "Candidates")


def expected(rows, run=RUN):
    items = (storer(PROGRAM, run)(row) for row in rows)
    return {(i["PK"], i["SK"]): i for stored in items for i in (stored.base, *stored.index)}


def test_every_scored_candidate_is_stored_with_an_item_a_channel(parts):
    rows = [row(number) for number in range(130)]
    counts = run_store(parts, rows)
    assert counts == {
        "in": 130, "out": 130, "created": 130, "updated": 0, "unchanged": 0, "kept": 0, "withdrawn": 0,
        "items": 390, "high": 30, "medium": 30, "low": 70,
    }  # fmt: skip
    assert table(parts) == expected(rows)
    assert results(parts) == ["created"] * 130


def test_the_ledger_holds_the_counts(parts):
    counts = run_store(parts, [row(1)])
    noted = parts["ledger"].buckets(RUN)["00"]["store"]
    assert {name: noted[name] for name in counts} == counts


def test_an_empty_bucket_stores_nothing_and_says_so(parts):
    assert run_store(parts, [])["in"] == 0
    assert (results(parts), table(parts)) == ([], {})


def test_a_repeated_run_writes_nothing_and_says_the_same(parts):
    rows = [row(number) for number in range(30)]
    run_store(parts, rows)
    before, said = (
        table(parts),
        parts["files"].s3.get_object(Bucket="work", Key=RUN.work_key("00", "store"))["Body"].read(),
    )
    writes = count_writes(parts)
    assert run_store(parts, rows)["items"] == 0
    assert (table(parts), writes) == (before, [])
    assert parts["files"].s3.get_object(Bucket="work", Key=RUN.work_key("00", "store"))["Body"].read() == said


def count_writes(parts):
    writes = []
    events = parts["candidates"].dynamodb.meta.events
    for operation in ("BatchWriteItem", "TransactWriteItems"):
        events.register(f"before-call.dynamodb.{operation}", lambda model, **_: writes.append(model.name))
    return writes


def test_the_same_candidates_on_the_next_day_are_unchanged_and_not_written(parts):
    rows = [row(number) for number in range(30)]
    run_store(parts, rows)
    before, writes = table(parts), count_writes(parts)
    counts = run_store(parts, rows, NEXT)
    assert (counts["unchanged"], counts["items"], writes) == (30, 0, [])
    assert table(parts) == before


def test_a_changed_candidate_is_updated_and_its_index_follows(parts):
    run_store(parts, [row(1, score=0.3), row(2, score=0.3)])
    counts = run_store(parts, [row(1, score=0.8), row(2, score=0.3)], NEXT)
    assert (counts["updated"], counts["unchanged"], counts["items"]) == (1, 1, 3)
    moved = [item for key, item in table(parts).items() if "c0001" in key[0]]
    assert {item["score"] for item in moved} == {0.8}
    [base] = [item for item in moved if "version" in item]
    assert (base["version"], base["createdAt"], base["updatedAt"]) == (
        2,
        "2026-11-20T02:00:00Z",
        "2026-11-21T02:00:00Z",
    )


def test_a_repeated_update_counts_once(parts):
    run_store(parts, [row(1, score=0.3)])
    run_store(parts, [row(1, score=0.8)], NEXT)
    before = table(parts)
    assert run_store(parts, [row(1, score=0.8)], NEXT)["updated"] == 1
    assert table(parts) == before


@pytest.mark.parametrize("status", ["ASKED", "CONSUMED"])
@pytest.mark.parametrize("score", [0.3, 0.8])
def test_an_asked_or_consumed_candidate_is_never_reset(parts, status, score):
    run_store(parts, [row(1, score=0.3)])
    take_out(parts, row(1), status)
    before = table(parts)
    assert run_store(parts, [row(1, score=score)], NEXT)["kept"] == 1
    assert run_store(parts, [row(1, score=score)])["kept"] == 1
    assert table(parts) == before


def take_out(parts, of, status):
    """What `engage` or `send` does: the base item changes its status, the index items go."""
    candidate = storer(PROGRAM, RUN)(of)
    client = parts["candidates"].dynamodb
    client.update_item(
        TableName="Candidates",
        Key=encode_item({"PK": candidate.base["PK"], "SK": candidate.base["SK"]}),
        UpdateExpression="SET #status = :status, version = version + :one",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=encode_item({":status": status, ":one": 1}),
    )
    for item in candidate.index:
        client.delete_item(TableName="Candidates", Key=encode_item({"PK": item["PK"], "SK": item["SK"]}))


def test_a_candidate_consumed_while_we_look_is_kept(parts):
    run_store(parts, [row(1, score=0.3), row(2, score=0.3)])
    once = iter([True])
    consume = lambda **_: next(once, None) and take_out(parts, row(1), "CONSUMED")  # noqa: E731
    parts["candidates"].dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", consume)
    counts = run_store(parts, [row(1, score=0.8), row(2, score=0.8)], NEXT)
    assert (counts["kept"], counts["updated"]) == (1, 1)
    assert results(parts, NEXT) == ["kept", "updated"]
    assert [item["status"] for key, item in table(parts).items() if "c0001" in key[0]] == ["CONSUMED"]


def test_a_candidate_that_keeps_changing_is_unavailable(parts):
    run_store(parts, [row(1, score=0.3)])
    touch = lambda **_: take_out(parts, row(1), "OPEN")  # noqa: E731
    parts["candidates"].dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", touch)
    with pytest.raises(Unavailable, match="1 candidates of small-reviews/2026-11-21 kept changing"):
        run_store(parts, [row(1, score=0.8)], NEXT)


def test_a_late_run_of_an_earlier_day_does_not_turn_back_the_clock(parts):
    run_store(parts, [row(1, score=0.8)], NEXT)
    before = table(parts)
    assert run_store(parts, [row(1, score=0.3)], RUN)["kept"] == 1
    assert table(parts) == before


@pytest.mark.parametrize("calls", range(5))  # 60 index items in three calls, then 30 base items in two
def test_a_run_cut_off_anywhere_and_repeated_leaves_what_an_undisturbed_one_leaves(parts, calls):
    rows = [row(number) for number in range(30)]
    cut = cut_off_after(parts, calls)
    with pytest.raises(KeyboardInterrupt):
        run_store(parts, rows)
    cut["off"] = True
    counts = run_store(parts, rows)
    assert counts["created"] == 30
    assert table(parts) == expected(rows)
    assert results(parts) == ["created"] * 30


def cut_off_after(parts, calls):
    state, left = {"off": False}, iter(range(calls))

    def cut(**_):
        if not state["off"] and next(left, None) is None:
            raise KeyboardInterrupt

    parts["candidates"].dynamodb.meta.events.register("before-call.dynamodb.BatchWriteItem", cut)
    return state


def test_half_of_the_items_unprocessed_lose_nobody(parts):
    rows = [row(number) for number in range(60)]
    random_half = random.Random(7)
    client, back = parts["candidates"].dynamodb, {}

    def keep_back(params, **_):
        [(name, requests)] = params["RequestItems"].items()
        kept = [request for request in requests if random_half.random() < 0.5] or requests[:1]
        back["left"] = {name: [request for request in requests if request not in kept]}
        return {"RequestItems": {name: kept}}

    client.meta.events.register("provide-client-params.dynamodb.BatchWriteItem", keep_back)
    client.meta.events.register(
        "after-call.dynamodb.BatchWriteItem", lambda parsed, **_: parsed.update(UnprocessedItems=back["left"])
    )
    assert run_store(parts, rows)["created"] == 60
    assert table(parts) == expected(rows)


def test_a_dry_run_says_what_would_be_done_and_writes_no_candidate(parts):
    run_store(parts, [row(1, score=0.3), row(2, score=0.3), row(3, score=0.3)])
    take_out(parts, row(3), "CONSUMED")
    before = table(parts)
    rows = [row(1, score=0.3), row(2, score=0.8), row(3, score=0.8), row(4, score=0.8)]
    counts = run_store(parts, rows, DRY)
    assert results(parts, DRY) == ["unchanged", "updated", "kept", "created"]
    assert (counts["out"], counts["items"]) == (4, 0)
    assert table(parts) == before


def test_two_programs_over_the_same_customers_mix_nothing(parts):
    run_store(parts, [row(1, score=0.3)])
    before = table(parts)
    other = replace(RUN, id="other/2026-11-20", program="other", program_hash="1" * 16)
    keep_program(parts["files"], other.program_hash, replace(PROGRAM, id="other").to_json())
    assert run_store(parts, [row(1, score=0.9)], other)["created"] == 1
    after = table(parts)
    assert {key: item for key, item in after.items() if key in before} == before
    assert len(after) == 2 * len(before)


def test_a_call_whose_run_is_taken_over_stops_at_the_next_page(parts):
    def take_over(**_):
        parts["ledger"].claim(replace(RUN, holder="another"), False, lambda holder: False, 0.0)

    events = parts["candidates"].dynamodb.meta.events
    events.register("before-call.dynamodb.BatchWriteItem", take_over)
    try:
        with pytest.raises(Rejected, match="was taken over"):
            run_store(parts, [row(number) for number in range(250)])
    finally:
        events.unregister("before-call.dynamodb.BatchWriteItem", take_over)
    bases = [item for item in parts["candidates"].dynamodb.scan(TableName="Candidates")["Items"] if "status" in item]
    assert len(bases) == 100  # the page it was at, of three
