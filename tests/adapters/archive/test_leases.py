"""One works, all others are told who; a holder that dies is out of the way after a while, one that is late notices."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws.leases import Held, Lease, Lost
from domain.errors import Unavailable

START = 1_795_311_000.0
DEAD = []  # leases in the hands of the dead: what is forgotten by Python is given back


class Clock:
    now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lease(clock, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        make_table(dynamodb, "Ledger")
        yield lambda holder, **given: Lease(dynamodb, "Ledger", holder, clock=clock, **given)
        DEAD.clear()


def dies_holding(lease):
    held = lease.held()
    held.__enter__()
    DEAD.append(held)


def test_a_held_lease_is_unavailable_and_tells_by_whom_and_until_when(lease):
    with (
        lease("compact 1").held(),
        pytest.raises(Held, match="compact 1 is at work") as refused,
        lease("erase 2").held(),
    ):
        pass
    assert refused.value.holder == "compact 1"
    assert refused.value.until == datetime.fromtimestamp(START, UTC) + timedelta(minutes=5)
    assert isinstance(refused.value, Unavailable)


def test_a_lease_that_was_given_back_is_free(lease):
    with lease("compact 1").held():
        pass
    with lease("erase 2").held():
        pass


def test_a_lease_is_given_back_by_one_that_fails(lease):
    with pytest.raises(ZeroDivisionError), lease("compact 1").held():
        _ = 1 / 0
    with lease("erase 2").held():
        pass


@pytest.mark.parametrize(("seconds", "free"), [(299.0, False), (300.0, True)])
def test_the_lease_of_one_that_died_runs_out(lease, clock, seconds, free):
    dies_holding(lease("compact 1"))
    clock.now += seconds
    if free:
        with lease("erase 2").held():
            pass
    else:
        with pytest.raises(Held), lease("erase 2").held():
            pass


def test_a_lease_that_is_kept_does_not_run_out(lease, clock):
    with lease("compact 1").held() as held:
        for _ in range(10):
            clock.now += 200
            held.keep()
        with pytest.raises(Held), lease("erase 2").held():
            pass


def test_after_keeping_it_two_thirds_of_the_lease_are_left(lease, clock):
    with lease("compact 1").held() as held:
        for seconds in (60, 39, 2, 99, 100, 101, 250):
            clock.now += seconds
            held.keep()
            with pytest.raises(Held) as refused, lease("erase 2").held():
                pass
            assert refused.value.until.timestamp() - clock.now >= 200


def test_who_comes_late_has_lost_it_and_takes_it_from_nobody(lease, clock):
    late = lease("compact 1")
    with late.held():
        clock.now += 301
        with lease("erase 2").held():
            with pytest.raises(Lost):
                late.keep()
            with pytest.raises(Held, match="erase 2"), lease("third").held():
                pass


def test_who_gives_back_late_does_not_give_back_what_another_holds(lease, clock):
    with lease("compact 1").held():
        clock.now += 301
        dies_holding(lease("erase 2"))
    with pytest.raises(Held, match="erase 2"), lease("third").held():
        pass


def test_one_that_is_late_keeps_it_while_nobody_else_has_come(lease, clock):
    with lease("compact 1").held() as held:
        clock.now += 400
        held.keep()
        with pytest.raises(Held), lease("erase 2").held():
            pass


def test_a_try_of_the_same_invocation_takes_up_its_own_lease(lease):
    dies_holding(lease("compact 1"))
    with lease("compact 1").held():
        pass


def test_leases_of_other_names_do_not_meet(lease):
    with lease("compact 1").held(), lease("other", name="elsewhere").held():
        pass


def test_the_item_expires_a_day_later_so_that_nothing_is_left_of_it(lease):
    item = {}
    with lease("compact 1").held() as held:
        item = held.dynamodb.scan(TableName="Ledger")["Items"][0]
    assert item["PK"] == {"S": "LEASE#rewrite"}
    assert int(item["expiresAt"]["N"]) == START + 300 + 86400
    assert held.dynamodb.scan(TableName="Ledger")["Items"] == []
