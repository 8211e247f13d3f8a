"""Whatever dies, hangs or is delivered twice: nobody gets two mails, and nobody is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from send_world import AT, SendWorld, send_world

from domain.solicitation.sending import LEASE, VISIBILITY
from sandbox.aws_http import AwsError

ENDS = {"SENT", "SKIPPED no_address"}
ONE_LEASE = LEASE.total_seconds() + 1


def small_chunk(world: SendWorld):
    """Two calls to SES, and one recipient who gets no mail."""
    world.ses.account.rate = 1.0
    return world.campaign([*world.recipients(2), world.recipient("nobody", email=None)])


def calls_of_a_run() -> int:
    with send_world() as world:
        message = small_chunk(world)
        world.calls = 0
        assert world.deliver(message)
        return world.calls


CALLS = range(1, 27)


def check_books(world: SendWorld) -> None:
    """Every recipient has one end, nobody has two mails, and the counters say the same."""
    ends = world.ends()
    assert len(ends) == 3
    accepted = world.accepted()
    assert len(accepted) == len(set(accepted))
    for name, row in world.rows().items():
        if row["status"] == "UNKNOWN":
            assert "reportedAt" in row
            assert name.split()[0] not in accepted
        else:
            assert ends[name] in ENDS
            assert (name.split()[0] in accepted) == (row["status"] == "SENT")
    tally = {"sent": 0, "skipped": 0, "unknown": 0}
    for end in ends.values():
        tally[end.split()[0].lower()] += 1
    assert world.counts() == {name: number for name, number in tally.items() if number}
    assert all(len(world.asks(name)) == 1 for name in ("c0", "c1"))


def test_the_calls_of_a_run_are_all_in_the_range_below():
    assert len(CALLS) - 4 <= calls_of_a_run() <= len(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_killed_at_any_call_and_delivered_again_nobody_gets_two_mails_and_nobody_is_lost(call):
    with send_world() as world:
        message = small_chunk(world)
        with world.crashing_at(call):
            world.deliver(message)
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        world.settle()
        world.drain()
        check_books(world)


@pytest.mark.parametrize("call", CALLS[7::2])
def test_a_worker_whose_lease_ended_in_mid_work_sends_nothing_that_another_took_over(call):
    with send_world() as world:
        message = small_chunk(world)

        def take_over():
            world.passed += ONE_LEASE
            world.deliver(message)

        with world.at_call(call, take_over):
            world.deliver(message)
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        world.settle()
        world.drain()
        check_books(world)


@pytest.mark.parametrize("call", CALLS[7::4])
def test_two_workers_on_the_same_chunk_at_the_same_time_send_it_once(call):
    with send_world() as world:
        message = small_chunk(world)
        with world.at_call(call, lambda: world.deliver(message)):
            world.deliver(message)
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        world.settle()
        world.drain()
        check_books(world)


def test_workers_in_threads_of_their_own_share_a_chunk_without_doubling_or_losing_anybody(ministack):
    with send_world(dynamodb=ministack.endpoint) as world:
        world.ses.account.rate = 8.0
        recipients = [*world.recipients(12), world.recipient("nobody", email=None)]
        message = world.campaign(recipients)
        desks = [world.desk() for _ in range(4)]
        with ThreadPoolExecutor(len(desks)) as pool:
            list(pool.map(lambda desk: world.deliver(message, desk=desk), desks))
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        world.settle()
        world.drain()
        assert world.accepted() == sorted(one.customer for one in recipients[:-1])
        ends = world.ends()
        assert ends.pop("nobody p1") == "SKIPPED no_address"
        assert (len(ends), set(ends.values())) == (12, {"SENT"})
        assert world.counts() == {"sent": 12, "skipped": 1}
        # The peak is not looked at: one worker's waiting moves the clock under another's call. `test_rate_window` does that.


@pytest.mark.parametrize(("program", "calls"), [(None, range(5, 18)), ("small-reviews", range(8, 18, 3))])
def test_who_opts_out_before_the_mail_is_marked_gets_none(program, calls):
    with send_world() as world:
        world.campaign([])
        for call in calls:
            customer = f"c{call}"
            chunk = f"campaigns/{customer}.jsonl.gz"
            one = world.recipient(customer)
            message = {**world.campaign([one], chunk), "chunk": chunk}
            before = {}

            def opt_out(customer=customer, before=before):
                before["status"] = world.rows().get(f"{customer} p1", {}).get("status")
                world.opt_out(customer, program)

            with world.at_call(call, opt_out):
                assert world.deliver(message)
            if before["status"] in (None, "RESERVED"):
                assert world.ends()[f"{customer} p1"] == "SKIPPED opted_out_late"
                assert customer not in world.accepted()
                assert world.asks(customer) == []
                assert not world.indexed(customer)
            else:
                assert before["status"] in ("SENDING", "SENT")
                assert world.ends()[f"{customer} p1"] == "SENT"
        ends = set(world.ends().values())
        assert ends == {"SENT", "SKIPPED opted_out_late"}


def test_who_opts_out_while_a_dead_worker_holds_the_reservation_gets_no_mail():
    with send_world() as world:
        message = world.campaign([world.recipient("c0")])
        with world.crashing_at(11):
            world.deliver(message)
        assert world.ends() == {"c0 p1": "RESERVED"}
        world.opt_out("c0")
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        assert world.ends() == {"c0 p1": "SKIPPED opted_out_late"}
        assert (world.accepted(), world.asks("c0"), world.candidate("c0")) == ([], [], None)
        assert world.counts() == {"skipped": 1}


def test_throttled_and_transient_entries_are_sent_again_and_nobody_twice():
    with send_world() as world:
        world.ses.refusals.shares = {"ACCOUNT_THROTTLED": 0.4, "TRANSIENT_FAILURE": 0.3}
        recipients = world.recipients(12)
        world.redeliver(world.campaign(recipients))
        world.drain()
        assert set(world.ends().values()) == {"SENT"}
        assert world.accepted() == sorted(one.customer for one in recipients)
        assert world.counts() == {"sent": 12}


def test_a_chunk_that_is_throttled_for_long_is_taken_up_again_in_a_minute():
    with send_world() as world:
        message = world.campaign(world.recipients(2))
        world.ses.refuse("c0@example.org", "ACCOUNT_THROTTLED", times=9)
        world.ses.refuse("c1@example.org", "ACCOUNT_THROTTLED", times=9)
        assert world.deliver(message)
        [(again, delay)] = world.queued()
        assert delay == 60
        assert again["chunk"] == message["chunk"]
        assert set(world.ends().values()) == {"RESERVED"}
        world.passed += delay
        assert world.deliver(again)
        world.drain()
        assert set(world.ends().values()) == {"SENT"}


def test_a_line_that_breaks_after_ses_took_the_mails_leaves_them_unknown_till_their_events_come():
    with send_world() as world:
        message = world.campaign(world.recipients(2))
        world.ses.faults.cut_after = 1
        assert world.deliver(message)
        assert world.ends() == {"c0 p1": "UNKNOWN", "c1 p1": "UNKNOWN"}
        assert world.counts() == {"unknown": 2}
        assert world.deliver(message)  # delivered twice
        world.settle()
        world.drain()
        assert world.ends() == {"c0 p1": "SENT", "c1 p1": "SENT"}
        assert world.counts() == {"sent": 2}
        assert world.accepted() == ["c0", "c1"]


def test_an_unknown_outcome_without_an_event_is_looked_at_for_an_hour_then_reported_once_and_never_sent_again():
    with send_world() as world:
        message = world.campaign(world.recipients(1))
        world.ses.faults.cut_after = 1
        assert world.deliver(message)
        looks = []
        while queued := world.queued():
            for again, delay in queued:
                assert again["check"]
                assert "reportedAt" not in world.rows()["c0 p1"]
                world.passed += delay
                looks.append(world.now)
                assert world.deliver(again)
        assert [round((look - AT).total_seconds() / 900) for look in looks] == [1, 2, 3, 4]
        row = world.rows()["c0 p1"]
        assert (row["status"], row["reportedAt"]) == ("UNKNOWN", "2026-11-20T16:00:00Z")
        assert world.deliver(message)
        assert (world.queued(), world.accepted()) == ([], ["c0"])


def test_the_days_quota_ends_a_chunk_half_way_and_the_rest_goes_on_tomorrow_at_the_same_local_hour():
    with send_world() as world:
        recipients = world.recipients(5)
        message = world.campaign(recipients)
        world.ses.account.quota = 3
        assert world.deliver(message)
        assert world.ends() == {f"c{n} p1": "SENT" for n in range(3)}
        for customer in ("c3", "c4"):
            assert world.asks(customer) == []
            assert world.candidate(customer)["status"] == "OPEN"
            assert world.indexed(customer)
        [schedule] = world.schedules()
        assert schedule == {
            "at": "at(2026-11-21T15:00:00)",
            "campaign": message["campaign"],
            "chunk": message["chunk"],
            "slot": "2026-11-20T15:00:00Z",
            "scheduledTime": "2026-11-21T15:00:00Z",
        }
        world.passed += 24 * 3600
        assert world.deliver({**message, "scheduledTime": schedule["scheduledTime"]})
        assert world.ends() == {f"c{n} p1": "SENT" for n in range(5)}
        assert world.accepted() == [one.customer for one in recipients]
        assert world.counts() == {"sent": 5}


def test_ses_may_say_that_the_quota_is_spent_before_we_know():
    with send_world() as world:
        message = world.campaign(world.recipients(3))
        world.ses.refuse("c1@example.org", "ACCOUNT_DAILY_QUOTA_EXCEEDED")
        assert world.deliver(message)
        assert world.ends() == {"c0 p1": "SENT", "c2 p1": "SENT"}
        assert len(world.schedules()) == 1
        assert world.indexed("c1")


@pytest.mark.parametrize("call", range(14, 29))
def test_killed_while_it_puts_the_rest_off_a_chunk_is_still_put_off_once(call):
    with send_world() as world:
        message = world.campaign(world.recipients(3))
        world.ses.account.quota = 1
        with world.crashing_at(call):
            world.deliver(message)
        world.passed += VISIBILITY.total_seconds()
        world.redeliver(message)
        world.settle()
        world.drain()
        assert len(world.accepted()) <= 1
        assert len(world.schedules()) == 1
        for customer in ("c0", "c1", "c2"):
            row = world.rows().get(f"{customer} p1")
            assert world.indexed(customer) == (row is None)
            assert len(world.asks(customer)) == (row is not None)


def test_a_message_is_not_done_with_while_another_worker_holds_its_recipients():
    with send_world() as world:
        message = world.campaign([world.recipient("c0")])
        with world.crashing_at(11):
            world.deliver(message)
        assert world.ends() == {"c0 p1": "RESERVED"}
        world.passed += ONE_LEASE - 2  # that worker is dead, but nobody can know it yet
        assert not world.deliver(message)
        assert (world.ends(), world.accepted()) == ({"c0 p1": "RESERVED"}, [])
        world.passed += 2
        assert world.deliver(message)
        assert (world.ends(), world.accepted()) == ({"c0 p1": "SENT"}, ["c0"])


def test_a_call_throttled_since_the_day_is_spent_is_put_off_at_once(monkeypatch):
    with send_world() as world:
        message = world.campaign(world.recipients(2))

        def spent(call):
            world.ses.account.quota = 0
            raise AwsError(429, "TooManyRequestsException", "Daily message quota exceeded.")

        monkeypatch.setattr(world.ses, "_bulk", spent)
        assert world.deliver(message)
        assert world.ses.calls["/v2/email/outbound-bulk-emails"] == 1
        assert (len(world.schedules()), world.queued(), world.rows()) == (1, [], {})
