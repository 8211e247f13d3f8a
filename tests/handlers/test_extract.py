"""The extract stage on moto's Runs table and bucket, with the warehouse stand-in behind it."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import count
from threading import Event, Lock
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from botocore.config import Config
from moto import mock_aws
from programs_in_small import AT, REVIEWS, RUN

from adapters.aws import session
from adapters.aws.attribute_values import encode_item
from adapters.aws.extracts import Extracts
from adapters.aws.run_programs import keep_program, load_program
from adapters.aws.runs import row_key
from adapters.aws.work_files import WorkFiles
from domain.errors import Rejected, Unavailable
from domain.solicitation.extraction import Extract, first_try
from domain.solicitation.program import Connector, Program
from domain.solicitation.run import Run, bucket_ids, bucket_of
from handlers.solicitation.extract import extract, handler, live, warehouse_of
from sandbox.warehouse import WarehouseServer

DELIVERIES = pa.table(
    {
        "customer_id": [f"c{number}" for number in range(20)],
        "product_id": ["p1"] * 20,
        "product_title": ["Kettle"] * 20,
        "delivery_date": ["2026-11-19"] * 15 + ["2026-11-18"] * 5,
        "delivery_status": ["COMPLETED"] * 20,
        "marketplace": ["US"] * 20,
        "account_relationship": [True] * 20,
        "verified_purchase": [True] * 20,
        "bot_score": [0.1] * 20,
        "review_eligible": [True] * 20,
        "order_value": [12.5] * 20,
    }
)
CONTACTS = pa.table(
    {name: ["c1", "c2"] for name in ("customer_id", "email", "full_name", "time_zone", "locale", "country")}
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "RUNS_TABLE": "Runs",
    "WORK_BUCKET": "work",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


class Crash(BaseException):
    """The process dies: no handler may catch it."""


@dataclass
class World:
    """A claimed run, the warehouse, and a clock that only pauses move (each takes 20 ms of real time, for the warehouse)."""

    server: WarehouseServer
    files: WorkFiles
    extracts: Extracts
    clients: Callable[[str], Any]
    run: Run = RUN
    at: datetime = AT

    def call(self, patience: float = 600.0) -> str:
        return extract(
            self.run,
            extracts=self.extracts,
            warehouse=partial(warehouse_of, clients=self.clients),
            now=lambda: self.at,
            pause=self.pause,
            patience_seconds=patience,
        )["status"]

    def pause(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        Event().wait(0.02)

    def claim(self, **changes: Any) -> None:
        """Claim the run, changed, in the place of the one before."""
        self.run = run = replace(self.run, **changes)
        row = {**row_key(run.program, run.date, run.id), "status": "RUNNING", "run": run.to_json()}
        self.extracts.dynamodb.put_item(TableName="Runs", Item=encode_item(row))

    def keep(self, program: Program) -> str:
        """Keep another program for a run to be claimed with; its hash."""
        program_hash = f"{next(numbers):016x}"
        keep_program(self.files, program_hash, program.to_json())
        return program_hash

    def recorded(self, query: str = "athena-deliveries") -> Extract:
        return self.extracts.read(self.run)[query]

    def customers(self, query: str = "athena-deliveries") -> set[str]:
        return {
            row["customer"]
            for bucket in bucket_ids(2)
            for row in self.extracts.rows(self.extracts.keys(self.run, query, bucket))
        }

    def called(self, event_name: str, **_: Any) -> None:
        """Every call to AWS passes here, before it is made and after it was answered."""
        when = event_name.partition(".")[0]
        if self.crash_at and when == self.crash_at[0]:
            self.calls += 1
            if self.calls == self.crash_at[1]:
                raise Crash

    def started(self) -> int:
        """Statements the warehouse ran for this attempt."""
        mark = f"{self.run.prefix}/extract/"
        return sum(mark in sql for sql in self.server.accepted())


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[WarehouseServer, Callable[[str], Any]]]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws(), WarehouseServer() as server:
        forget()
        endpoints = {"AWS_ENDPOINT_URL_ATHENA": server.endpoint, "AWS_ENDPOINT_URL_REDSHIFT_DATA": server.endpoint}
        with patch.dict(os.environ, endpoints):
            clients = cache(partial(session.client, config=Config(retries={"total_max_attempts": 1})))
            clients("s3").create_bucket(Bucket="work", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            clients("dynamodb").create_table(
                TableName="Runs",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            )
            server.add("contacts", CONTACTS)
            yield server, clients
        forget()


@pytest.fixture
def world(aws: tuple[WarehouseServer, Callable[[str], Any]]) -> World:
    """A run of a name of its own, claimed; no faults."""
    server, clients = aws
    server.faults.clear()
    server.calls.clear()
    server.add("deliveries", DELIVERIES)
    files = WorkFiles(clients("s3"), "work")
    world = World(server, files, Extracts(clients("dynamodb"), "Runs", files), clients)
    name = f"reviews-{next(numbers)}"
    world.claim(program=name, id=f"{name}/2026-11-20", program_hash=world.keep(REVIEWS))
    return world


numbers = count(1)


def forget() -> None:
    """Drop what a process keeps between calls, as a cold start does."""
    session.session.cache_clear()
    load_program.cache_clear()
    live.cache_clear()


YESTERDAYS = {f"c{number}" for number in range(15)}


def test_every_query_is_unloaded_into_buckets_and_counted_by_the_warehouse(world):
    assert world.call() == "DONE"
    assert world.customers() == YESTERDAYS
    assert world.customers("contacts") == {"c1", "c2"}
    written = world.extracts.written(world.run, ["athena-deliveries", "contacts"])
    assert [extracted.files for extracted in written] == [2, 2]
    for bucket in bucket_ids(2):
        rows = list(world.extracts.rows(world.extracts.keys(world.run, "athena-deliveries", bucket)))
        assert {bucket_of(row["customer"], 2) for row in rows} == {bucket}


def test_a_dry_run_takes_no_contacts(world):
    world.claim(id=f"{world.run.id}/dry-what-if", dry_run=True)
    assert world.call() == "DONE"
    assert set(world.extracts.read(world.run)) == {"athena-deliveries"}


def test_a_call_out_of_patience_says_so_and_the_next_goes_on_with_the_same_statements(world):
    world.server.faults.latency = 0.01
    while world.call(patience=0) == "RUNNING":
        Event().wait(0.02)
    assert world.started() == 2
    assert world.customers() == YESTERDAYS


def test_an_extract_that_is_done_is_not_asked_for_again(world):
    world.call()
    asked = sum(world.server.calls.values())
    assert world.call() == "DONE"
    assert sum(world.server.calls.values()) == asked


def test_an_empty_extract_is_done_with_no_rows(world):
    world.server.add("deliveries", DELIVERIES.slice(15))
    assert world.call() == "DONE"
    assert (world.recorded().files, world.customers()) == (0, set())


def test_a_failed_statement_raises_the_engine_s_words_and_the_next_call_tries_in_a_fresh_folder(world):
    world.server.faults.fail_statement("HIVE_BAD_DATA: row 7 is torn", matching="delivery_status")
    with pytest.raises(Rejected, match="athena-deliveries: HIVE_BAD_DATA: row 7 is torn"):
        world.call()
    assert (world.recorded().status, world.recorded().message) == ("FAILED", "HIVE_BAD_DATA: row 7 is torn")
    assert world.call() == "DONE"
    assert world.recorded().prefix == f"{world.run.extract_prefix('athena-deliveries')}try-2/"
    assert world.customers() == YESTERDAYS


def test_no_value_of_a_person_s_row_reaches_the_ledger_or_the_error(world):
    world.server.faults.fail_statement("INVALID_CAST_ARGUMENT: Cannot cast 'ann@example.com' to INT", "full_name")
    with pytest.raises(Rejected, match="query contacts: INVALID_CAST_ARGUMENT: Cannot cast '…' to INT"):
        world.call()
    assert world.recorded("contacts").message == "INVALID_CAST_ARGUMENT: Cannot cast '…' to INT"


def test_nor_does_what_the_engine_says_of_the_contacts_query_when_it_refuses_it(world):
    query = replace(REVIEWS.contacts, sql="SELECT customer_id, email FROM contacts WHERE email = 'ann@example.com")
    world.claim(program_hash=world.keep(replace(REVIEWS, contacts=query)))
    with pytest.raises(Rejected) as refused:
        world.call()
    assert "ann" not in str(refused.value)
    assert "ann" not in world.recorded("contacts").message


def test_a_failure_of_the_service_itself_is_unavailable(world):
    world.server.faults.fail_statement("INTERNAL_ERROR_QUERY_ENGINE", matching="delivery_status")
    with pytest.raises(Unavailable, match="INTERNAL_ERROR_QUERY_ENGINE"):
        world.call()


@pytest.mark.parametrize("engine", ["athena", "redshift"])
def test_statements_the_engine_no_longer_knows_are_tried_anew_by_the_next_call(world, engine):
    place = {"workgroup": "w"} if engine == "athena" else {"cluster": "c"}
    connector = Connector("athena-deliveries", engine, "dev", **place)
    world.claim(program_hash=world.keep(replace(REVIEWS, connectors=(connector,))))
    world.server.faults.never_end(matching="delivery_status")
    assert world.call(patience=0) == "RUNNING"
    world.server.forget()
    with pytest.raises(Unavailable, match=f"no longer known to {engine.capitalize()}"):
        world.call()
    if world.recorded("contacts").status != "DONE":  # it was forgotten as well
        with pytest.raises(Unavailable, match="query contacts: the statement is no longer known"):
            world.call()
    assert world.call() == "DONE"
    assert world.recorded().number == 2
    assert world.customers() == YESTERDAYS


def test_a_statement_past_its_connector_s_time_is_cancelled(world):
    world.server.faults.never_end(matching="delivery_status")
    assert world.call(patience=1) == "RUNNING"
    world.at += timedelta(minutes=30)
    with pytest.raises(Unavailable, match="not done after 30 minutes"):
        world.call()
    assert world.server.calls["AmazonAthena.StopQueryExecution"] == 1
    assert world.call() == "DONE"
    assert world.recorded().number == 2


def test_a_throttled_start_is_gone_on_with_by_the_next_call(world):
    world.server.faults.throttle = 1
    with pytest.raises(Unavailable):
        world.call()
    assert world.call() == "DONE"
    assert world.recorded().number == 1


def test_a_query_that_does_not_parse_is_rejected_and_recorded(world):
    [query] = REVIEWS.queries
    broken = replace(REVIEWS, queries=(replace(query, sql="SELECT * FROM (deliveries"),))
    world.claim(program_hash=world.keep(broken))
    with pytest.raises(Rejected, match="query athena-deliveries, line 1"):
        world.call()
    assert world.recorded().status == "FAILED"


def test_the_same_stage_extracts_through_redshift(world):
    redshift = Connector("athena-deliveries", "redshift", "dev", cluster="c", unload_role_arn="arn:aws:iam::1:role/u")
    world.claim(program_hash=world.keep(replace(REVIEWS, connectors=(redshift,))))
    assert world.call() == "DONE"
    assert world.customers() == YESTERDAYS


def test_more_buckets_than_one_unload_can_write_are_all_found(world):
    world.claim(program_hash=world.keep(replace(REVIEWS, buckets=101)), dry_run=True)
    assert world.call() == "DONE"
    assert world.started() == 2
    for bucket in bucket_ids(101):
        rows = list(world.extracts.rows(world.extracts.keys(world.run, "athena-deliveries", bucket)))
        assert {row["customer"] for row in rows} == {name for name in YESTERDAYS if bucket_of(name, 101) == bucket}


def test_an_entry_moves_only_from_the_state_it_was_read_in(world):
    first = first_try(world.run, "q", AT)
    running, failed = replace(first, status="RUNNING"), replace(first, status="FAILED")
    assert world.extracts.keep(world.run, first, None)
    assert not world.extracts.keep(world.run, failed, None)
    assert world.extracts.keep(world.run, running, first)
    assert not world.extracts.keep(world.run, failed, first)
    assert world.recorded("q") == running


def test_rows_of_an_extract_that_is_not_done_are_refused(world):
    world.extracts.keep(world.run, first_try(world.run, "q", AT), None)
    with pytest.raises(Rejected, match="q was not extracted"):
        list(world.extracts.rows(world.extracts.keys(world.run, "q", "00")))


def test_a_run_that_was_taken_over_under_another_attempt_extracts_no_more(world):
    world.claim(attempt=2)
    world.run = replace(world.run, attempt=1)
    with pytest.raises(Rejected, match="attempt 1"):
        world.call()


class OneByOne:
    """A client whose calls wait for one another: moto walks through an item while another thread changes it."""

    def __init__(self, client):
        self.client, self.turn = client, Lock()

    def __getattr__(self, name):
        call = getattr(self.client, name)
        if not callable(call):  # `exceptions`
            return call

        def called(**asked):
            with self.turn:
                return call(**asked)

        return called


def test_calls_at_the_same_time_start_each_statement_once(world):
    world.extracts = replace(world.extracts, dynamodb=OneByOne(world.extracts.dynamodb))
    with ThreadPoolExecutor(4) as pool:
        assert {call.result() for call in [pool.submit(world.call) for _ in range(4)]} == {"DONE"}
    assert world.started() == 2
    assert world.recorded().number == 1


def test_a_crash_after_any_call_to_aws_starts_nothing_twice_and_loses_nothing(world):
    """A process dies after its n-th call to AWS and another one finishes, for every n that the stage reaches."""
    for number in range(1, 60):
        world.claim(attempt=number)
        crashed = dies_after(world, number)
        assert world.call() == "DONE"
        assert world.started() == 2
        assert world.customers() == YESTERDAYS
        if not crashed:
            return
    raise AssertionError("the stage made more calls than expected")


def dies_after(world, number):
    calls = count(1)

    def die(**_: Any) -> None:
        if next(calls) == number:
            raise Crash

    load_program.cache_clear()
    clients = [world.clients(service) for service in ("athena", "s3", "dynamodb")]
    for client in clients:
        client.meta.events.register("after-call", die)
    try:
        world.call()
    except Crash:
        return True
    finally:
        for client in clients:
            client.meta.events.unregister("after-call", die)
    return False


def test_the_handler_reads_its_settings_and_waits_no_longer_than_told(world, monkeypatch):
    monkeypatch.setenv("PATIENCE_SECONDS", "0")
    world.server.faults.never_end(matching="delivery_status")
    assert handler({"run": world.run.to_json()}, None) == {"status": "RUNNING"}
