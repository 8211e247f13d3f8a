"""One bucket of the extract: every line of it is counted, and one that cannot be read costs itself, not the bucket."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from batch_world import BatchWorld, batch_world
from programs_in_small import REVIEWS, wire_row

from domain.errors import Rejected
from domain.solicitation.run import Run
from handlers.solicitation import contacts, etl, gate, store

GOOD = [wire_row(customer=f"c{number}", subject="p1") for number in range(4)]
LATIN = '{"customer": "c9", "subject": "Zoë"}'.encode("latin-1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BatchWorld]:
    with batch_world(tmp_path, replace(REVIEWS, buckets=1)) as fresh:
        yield fresh


def begun(world: BatchWorld, *lines: bytes, query: str = "athena-deliveries") -> dict:
    """A claimed run whose extract of four good rows has these lines too; the event of its one bucket."""
    event = {"run": world.start()["run"], "bucket": "00"}
    run = Run.from_json(event["run"])
    people = [{"customer": "c1", "email": "c1@example.com"}]
    world.unload(run, GOOD, people)
    extracts = etl.live()["extracts"]
    [key] = extracts.keys(run, query, "00")
    content = gzip.decompress(body(world, key)) + b"".join(line + b"\n" for line in lines)
    world.files.s3.put_object(Bucket="work", Key=key, Body=gzip.compress(content))
    was = extracts.read(run)[query]
    extracts.keep(run, replace(was, rows=was.rows + len(lines)), was)
    return event


def body(world: BatchWorld, key: str) -> bytes:
    return world.files.s3.get_object(Bucket="work", Key=key)["Body"].read()


def test_a_garbled_line_rejects_its_row_and_no_other(world):
    event = begun(world, LATIN)
    counts = etl.handler(event, None)
    assert (counts["in"], counts["out"], counts["rejected"], counts["reasons"]) == (5, 4, 1, {"row_unreadable": 1})
    assert gate.handler({"run": event["run"]}, None) == {"read": 5, "rejected": 1}


def test_the_reject_tells_the_line_s_place_and_nothing_of_what_it_says(world):
    event = begun(world, LATIN)
    etl.handler(event, None)
    run = Run.from_json(event["run"])
    [reject] = world.files.read(run.work_key("00", "rejects"))
    [key] = world.files.keys(run.extract_prefix("athena-deliveries"))
    assert (reject["customer"], reject["subject"]) == (None, None)
    assert reject["row"] == {"unreadable": f"{key} line 5"}


def test_too_many_garbled_lines_fail_the_run(world):
    event = begun(world, LATIN, b"{", b"[]")
    etl.handler(event, None)
    with pytest.raises(Rejected, match=r"3 of 7 rows are bad.*\(row_unreadable 3\)"):
        gate.handler({"run": event["run"]}, None)


@pytest.mark.parametrize("harm", [lambda whole: whole[:-12], lambda whole: whole[:-8] + b"\0" * 8])
def test_a_file_cut_short_or_with_another_checksum_fails_the_bucket(world, harm):
    event = begun(world)
    [key] = world.files.keys(Run.from_json(event["run"]).extract_prefix("athena-deliveries"))
    world.files.s3.put_object(Bucket="work", Key=key, Body=harm(body(world, key)))
    with pytest.raises(Rejected, match="cut short or garbled"):
        etl.handler(event, None)


def test_a_garbled_line_among_the_contacts_costs_only_that_contact(world):
    event = begun(world, LATIN, query="contacts")
    run = Run.from_json(event["run"])
    world.files.write(run.work_key("00", "store"), [{"customer": "c1"}, {"customer": "c9"}])
    assert contacts.handler(event, None)["out"] == 1


def test_a_garbled_line_of_our_own_work_file_is_refused(world):
    event = begun(world)
    run = Run.from_json(event["run"])
    key = run.work_key("00", "score")
    world.files.s3.put_object(Bucket="work", Key=key, Body=gzip.compress(LATIN))
    with pytest.raises(Rejected, match="line 1: not JSON"):
        store.handler(event, None)
