"""What services answer decides: three calls at most, none for what is final, and never two texts for one notification (C-3)."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from notifications_world import STATE, own
from sending_world import AT, in_status, notification, number_of, sending_world

from adapters.aws.opt_out_list import OptOutList
from domain.notifications.instants import iso, moment
from domain.notifications.statuses import status_of
from sandbox.sms_service import GIVEN

IMPATIENT = {"service": {"timeout": (0.3, 0.3)}}  # that waits no ten seconds for an answer
SPENT = "max attempts exceeded"


@pytest.fixture(scope="module")
def running():
    with sending_world() as world:
        yield world


@pytest.fixture
def world(running):
    return running.renewed()


@dataclass(frozen=True)
class Case:
    """`faults` before each call, the status it leads to, the status codes that are kept, and how many texts the service took."""

    faults: tuple[str | None, ...]
    statuses: tuple[str, ...]
    kept: list[tuple[int, str]] = field(default_factory=list)
    taken: int = 0


NO_ANSWER = (0, "the SMS service did not answer")
WRONG = (500, "something went wrong")
MATRIX = {
    "500, 500, 200": Case(("failing", "failing", None), ("RETRY", "RETRY", "TRIGGERED"), [WRONG, WRONG], 1),
    "500 three times": Case(("failing",) * 3, ("RETRY", "RETRY", "FAILED"), [WRONG] * 3 + [(0, SPENT)], 0),
    "500, and yet it happened": Case(("failing_late", None), ("RETRY", "TRIGGERED"), [WRONG], 1),
    "429": Case(("throttled", None), ("RETRY", "TRIGGERED"), [(429, "answered 429")], 1),
    "no answer, though it was taken": Case(("unanswered", None), ("RETRY", "TRIGGERED"), [NO_ANSWER], 1),
    "no answer, and it was not": Case(("hang", None), ("RETRY", "TRIGGERED"), [NO_ANSWER], 1),
    "never an answer": Case(("unanswered",) * 3, ("RETRY", "RETRY", "UNKNOWN"), [NO_ANSWER] * 3 + [(0, SPENT)], 1),
    "an answer that breaks off": Case(("broken_off",), ("TRIGGERED",), [], 1),
    "no answer, then 500 twice": Case(
        ("unanswered", "failing", "failing"),
        ("RETRY", "RETRY", "UNKNOWN"),
        [NO_ANSWER, WRONG, WRONG, (0, SPENT)],
        1,
    ),
}


@pytest.mark.parametrize("case", MATRIX.values(), ids=MATRIX)
def test_each_call_leads_where_its_answer_says(world, case):
    row = notification()
    world.stage(row)
    for number, (fault, status) in enumerate(zip(case.faults, case.statuses, strict=True), start=1):
        if fault:
            setattr(world.sms.faults, fault, 1)
        assert world.send(row, **IMPATIENT) == []
        now = world.row(row)
        assert (status_of(now), now["sendAttempts"]) == (status, number)
        if status == "RETRY":
            world.passed = (moment(now["notBefore"]) - AT).total_seconds()
    assert sorted((it.get("statusCode", 0), it["reason"]) for it in now["errors"]) == sorted(case.kept)
    assert all("timestamp" in it for it in now["errors"])
    assert world.takes(row) == case.taken
    before = world.row(row)
    assert world.send(row, **IMPATIENT) == []  # whatever comes later changes nothing
    assert world.row(row) == before


@pytest.mark.parametrize(
    ("last", "reason"), [("0400", "Invalid phone number"), ("0410", "Recipient has opted out")], ids=["invalid", "out"]
)
def test_what_is_final_fails_at_once_with_the_services_own_reason(world, last, reason):
    row = notification(phoneNumber=number_of("f1", last))
    world.stage(row)
    assert world.send(row) == []
    now = world.row(row)
    assert (status_of(now), now["sendAttempts"], world.reasons(row)) == ("FAILED", 1, [reason])
    assert now["errors"][0]["statusCode"] == 400
    assert world.sms.calls["/messages"] >= 1
    assert world.takes(row) == 0


def test_who_the_provider_says_has_opted_out_gets_no_further_text(world):
    row = notification(phoneNumber=number_of("f1", "0410"))
    world.stage(row)
    world.send(row)
    with world.aws.calls.own():
        assert OptOutList(own("dynamodb"), STATE).standing([("sms", row["phoneNumber"])])
    other = notification("f2", phoneNumber=row["phoneNumber"])
    world.stage(other)
    asked = world.sms.calls["/messages"]
    world.send(other)
    assert world.reasons(other) == ["opted_out"]
    assert world.sms.calls["/messages"] == asked


def test_a_service_that_asks_for_patience_has_it_from_the_whole_batch(world):
    rows = [notification(f"f{n:02}") for n in range(20)]
    world.stage(*rows)
    world.sms.faults.throttled, world.sms.faults.patience = 16, 45
    failed = world.send(*rows)
    waiting = [world.row(row) for row in rows if world.status(row) == "RETRY"]
    assert len(waiting) == 16
    assert all(moment(it["notBefore"]) >= AT + timedelta(seconds=45) for it in waiting)
    assert len(failed) == 4
    assert {seconds for _, seconds in world.put_off} == {45.0}


def test_no_retry_is_due_when_the_sale_is_about_to_start(world):
    row = notification()
    world.stage(row)
    world.passed = 1800.0 - 75.0
    world.sms.faults.throttled, world.sms.faults.patience = 1, 30
    assert world.send(row) == []
    assert (world.status(row), world.reasons(row)) == ("EXPIRED", ["answered 429", "sale_started"])


def test_what_may_have_been_sent_and_finds_no_time_for_another_call_is_unknown(world):
    row = notification()
    world.stage(row)
    world.passed = 1800.0 - 61.5
    world.sms.faults.unanswered = 1
    assert world.send(row, **IMPATIENT) == []
    assert (world.status(row), world.row(row)["mayHaveSent"]) == ("UNKNOWN", True)
    late = notification("f2")
    world.stage(in_status(late, "RETRY", mayHaveSent=True, sendAttempts=1))
    world.passed = 1800.0
    world.send(late)
    assert world.status(late) == "UNKNOWN"


def test_a_service_that_is_down_is_tried_three_times(world):
    row = notification()
    world.stage(row)
    for status in ("RETRY", "RETRY", "FAILED"):
        assert world.send(row, service={"url": "http://127.0.0.1:9"}) == []
        assert world.status(row) == status
        world.passed += 300
    assert sorted(world.reasons(row)) == [SPENT] + ["the SMS service was not reached"] * 3


@pytest.mark.parametrize("wrong", ["token", "address"])
def test_a_token_or_an_address_that_is_wrong_costs_no_notification_a_try(world, wrong):
    rows = [notification(f"f{n:02}") for n in range(20)]
    world.stage(*rows)
    world.sms.token = GIVEN if wrong == "address" else "another"
    there = world.sms.endpoint + ("/nowhere" if wrong == "address" else "")
    try:
        failed = world.send(*rows, service={"url": there})
    finally:
        world.sms.token = GIVEN
    held = [it for it in map(world.row, rows) if status_of(it) == "RETRY"]
    assert len(held) == 16
    assert {(it["sendAttempts"], it["notBefore"]) for it in held} == {(0, iso(AT + timedelta(seconds=60.1)))}
    assert len(failed) == 4
    world.passed = 70
    assert world.send(*rows) == []
    assert {world.status(row) for row in rows} == {"TRIGGERED"}


def test_without_a_token_nothing_is_lost(world):
    with world.aws.calls.own():
        own("secretsmanager").put_secret_value(SecretId="services", SecretString="{}")
    row = notification()
    world.stage(row)
    try:
        world.send(row)
    finally:
        with world.aws.calls.own():
            own("secretsmanager").put_secret_value(SecretId="services", SecretString='{"smsToken": "sms-test"}')
    assert world.status(row) == "RETRY"
    assert world.row(row)["sendAttempts"] == 0
    assert world.sms.accepted == []


def test_a_text_that_was_tried_too_often_is_not_tried_again(world):
    row = in_status(notification(), "RETRY", sendAttempts=3)
    world.stage(row)
    world.send(row)
    assert (world.status(row), world.reasons(row)) == ("FAILED", [SPENT])


def test_the_backoff_grows_and_is_spread(world):
    waits = []
    for chance in (0.0, 0.5, 0.999):
        row = notification(f"c{round(chance * 1000)}")
        world.stage(row)
        for attempt in (1, 2):
            world.sms.faults.failing = 1
            world.send(row, chance=lambda: chance)  # noqa: B023
            now = world.row(row)
            waits.append((chance, attempt, (moment(now["notBefore"]) - moment(now["status"]["date"])).total_seconds()))
            world.passed = (moment(now["notBefore"]) - AT).total_seconds()
    assert [round(wait, 1) for _, _, wait in waits] == [0.0, 0.0, 4.0, 8.0, 8.0, 16.0]
