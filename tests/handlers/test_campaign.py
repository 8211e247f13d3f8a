"""Campaigns from stored candidates: who gets which mail at which instant, and the same plan however often it is begun."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from campaign_world import campaign_world
from programs_in_small import REVIEWS

from adapters.aws import session
from domain.errors import Rejected
from domain.solicitation.program import Channel

EMAIL = REVIEWS.channels[0]
US, UK = "small-reviews.2026-11-20.US", "small-reviews.2026-11-20.UK"


def with_config(program=REVIEWS, **config):
    return replace(program, channels=(Channel("email", "email", {**EMAIL.config, **config}),))


@pytest.fixture
def world():
    with campaign_world() as world:
        yield world


def test_each_marketplace_is_one_campaign_with_a_schedule_a_local_hour(world):
    world.store(("c1", "p1", 0.9), ("c2", "p1", 0.8), ("c3", "p2", 0.95, "UK"), ("c4", "p2", 0.69))
    world.live_in("America/Los_Angeles", "c2")
    assert world.plan_campaigns() == {"campaigns": 2, "selected": 3, "recipients": 3, "holdout": 0}
    assert world.events() == [
        {"campaign": UK, "slot": "2026-11-20T10:00:00Z", "scheduledTime": "2026-11-20T10:00:00Z"},
        {"campaign": US, "slot": "2026-11-20T15:00:00Z", "scheduledTime": "2026-11-20T15:00:00Z"},
        {"campaign": US, "slot": "2026-11-20T18:00:00Z", "scheduledTime": "2026-11-20T18:00:00Z"},
    ]
    us = world.campaigns()[US]
    assert (us["state"], us["locale"], us["counts"]) == (
        "SCHEDULED",
        "en-US",
        {"selected": 2, "holdout": 0, "recipients": 2},
    )
    assert [(slot["at"], slot["recipients"], slot["firesAt"]) for slot in us["slots"]] == [
        ("2026-11-20T15:00:00Z", 1, "2026-11-20T15:00:00Z"),
        ("2026-11-20T18:00:00Z", 1, "2026-11-20T18:00:00Z"),
    ]
    [[row]] = [rows for name, rows in world.chunks(US).items() if "T180000Z" in name]
    assert (row["customer"], row["zone"], row["subjectName"]) == ("c2", "America/Los_Angeles", "The p1")


def test_a_schedule_calls_release_once_at_its_instant_and_parks_what_is_lost(world):
    world.store(("c1", "p1", 0.9))
    world.plan_campaigns()
    [schedule] = world.schedules()
    [slot] = world.campaigns()[US]["slots"]
    assert schedule["Name"] == slot["schedule"]
    assert schedule["ScheduleExpression"] == "at(2026-11-20T15:00:00)"
    assert (schedule["ScheduleExpressionTimezone"], schedule["ActionAfterCompletion"]) == ("UTC", "DELETE")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["Arn"].endswith("function:Release")
    assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith(":lost")


def test_nothing_a_list_or_a_plan_holds_is_an_address(world):
    world.store(("c1", "p1", 0.9))
    world.live_in("Asia/Kathmandu", "c1")
    world.plan_campaigns()
    assert b"@example.com" not in b"".join(
        world.rows(key).__repr__().encode() for key in world.objects() if "gz" in key
    )


def test_a_zone_that_is_none_counts_as_the_marketplaces(world):
    world.store(("c1", "p1", 0.9), ("c2", "p1", 0.9), ("c3", "p1", 0.9))
    world.live_in("Mars/Olympus", "c1")
    world.live_in("America", "c2")  # a folder of the zone database
    world.live_in("../../etc/passwd", "c3")
    world.plan_campaigns()
    assert [slot["zones"] for slot in world.campaigns()[US]["slots"]] == [["America/New_York"]]


def test_a_channel_with_a_zone_of_its_own_reads_no_customer():
    with campaign_world(with_config(timezone="Asia/Kathmandu", sendTime="12:00")) as world:
        world.store(("c1", "p1", 0.9), ("c2", "p1", 0.9, "UK"))
        world.live_in("America/Los_Angeles", "c1")
        world.plan_campaigns()
        assert {event["slot"] for event in world.events()} == {"2026-11-20T06:15:00Z"}


def test_zones_past_the_hour_are_skipped_where_the_program_says_so():
    with campaign_world(with_config(lateZones="skip")) as world:
        world.store(("c1", "p1", 0.9), ("c2", "p1", 0.9))
        world.live_in("Asia/Tokyo", "c1")
        assert world.plan_campaigns()["recipients"] == 1
        assert world.left_out() == {("c1", "p1"): "too_late"}


def test_the_limit_takes_the_best_and_tells_of_the_others():
    with campaign_world(replace(REVIEWS, limit=2, limit_per_subject=1)) as world:
        world.store(("c1", "p1", 0.9), ("c2", "p1", 0.85), ("c3", "p2", 0.8), ("c4", "p3", 0.75), ("c5", "p3", 0.2))
        assert world.plan_campaigns()["selected"] == 2
        assert world.left_out() == {("c2", "p1"): "over_subject_limit", ("c4", "p3"): "over_limit"}


def test_who_was_asked_or_answered_or_is_of_another_program_is_not_asked(world):
    world.store(("c1", "p1", 0.9), ("c2", "p1", 0.9), ("c3", "p1", 0.9))
    for customer, status in (("c1", "ASKED"), ("c2", "CONSUMED")):  # and their index items linger
        world.dynamodb.update_item(
            TableName="Candidates",
            Key={"PK": {"S": f"CUSTOMER#{customer}"}, "SK": {"S": "PROGRAM#small-reviews#SUBJECT#p1"}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": status}},
        )
    other = replace(world, program=replace(REVIEWS, id="others"))
    other.store(("c4", "p1", 0.9))
    assert world.plan_campaigns()["recipients"] == 1
    assert world.left_out() == {("c1", "p1"): "already_asked", ("c2", "p1"): "already_answered"}


def test_the_held_out_are_deliveries_that_are_never_sent_and_not_drawn_again():
    with campaign_world(replace(REVIEWS, holdout_share=0.4)) as world:
        world.store(*((f"c{number}", "p1", 0.9) for number in range(20)))
        told = world.plan_campaigns()
        held_out = [one for one in world.deliveries.of_campaign(US) if one["status"] == "HOLDOUT"]
        assert len(held_out) == told["holdout"] > 0
        assert told["holdout"] + told["recipients"] == told["selected"] == 20
        assert {(one["customer"], "p1") for one in held_out} == set(world.left_out())
        listed = {row["customer"] for rows in world.chunks(US).values() for row in rows}
        assert not listed & {one["customer"] for one in held_out}
        tomorrow = world.on(date(2026, 11, 21))
        assert tomorrow.plan_campaigns("2026-11-21T03:30:00Z")["holdout"] == 0
        assert set(tomorrow.left_out().values()) == {"holdout"}


def test_nobody_to_ask_is_no_campaign_and_no_error_and_a_later_start_may_find_somebody(world):
    nothing = {"campaigns": 0, "selected": 0, "recipients": 0, "holdout": 0}
    assert world.plan_campaigns() == nothing
    world.store(("c1", "p1", 0.9))
    assert world.plan_campaigns()["campaigns"] == 1


def test_a_program_without_mails_has_no_campaigns():
    with campaign_world(replace(REVIEWS, channels=(Channel("voice", "voice", {}),))) as world:
        world.store(("c1", "p1", 0.9))
        assert world.plan_campaigns()["campaigns"] == 0
        assert not world.objects()


def test_a_start_that_lost_its_run_plans_nothing(world):
    world.store(("c1", "p1", 0.9))
    other = replace(world, run=replace(world.run, holder="another"))
    with pytest.raises(Rejected):
        other.plan_campaigns()
    assert not world.objects()


def test_the_plan_of_a_date_stands_whatever_a_later_start_would_choose(world):
    world.store(("c1", "p1", 0.9))
    world.plan_campaigns()
    before = world.state()
    world.store(("c2", "p1", 0.95))
    world.plan_campaigns("2026-11-20T04:00:00Z")
    assert world.state() == before


@pytest.mark.parametrize("missing", ["record", "schedule"])
def test_what_of_a_standing_plan_is_missing_is_made_good(world, missing):
    world.store(("c1", "p1", 0.9), ("c2", "p1", 0.9, "UK"))
    world.plan_campaigns()
    before = world.state()
    world.dynamodb.delete_item(TableName="Deliveries", Key={"PK": {"S": f"CAMPAIGN#{US}"}, "SK": {"S": "CAMPAIGN"}})
    if missing == "schedule":
        world.unschedule(US)
    world.plan_campaigns("2026-11-20T04:00:00Z")
    assert world.state() == before


def test_a_slot_that_was_released_is_not_scheduled_again(world):
    world.store(("c1", "p1", 0.9))
    world.plan_campaigns()
    world.fire()
    world.plan_campaigns("2026-11-20T16:00:00Z")
    assert world.schedules() == []
    assert world.campaigns()[US]["state"] == "SENDING"


def test_a_stopped_campaign_stays_stopped(world):
    world.store(("c1", "p1", 0.9))
    with world.crashing_before("CreateSchedule"):
        world.plan_campaigns()
    world.deliveries.move_campaign(US, "STOPPED")
    world.plan_campaigns()
    assert world.schedules() == []
    assert world.campaigns()[US]["state"] == "STOPPED"


@pytest.mark.parametrize(
    ("late", "at", "fires_at"),
    [
        ("skip", "2026-11-20T15:01:30Z", "2026-11-20T15:04:00Z"),  # still about ten: at once
        ("next-day", "2026-11-20T17:00:00Z", "2026-11-20T17:02:00Z"),
        ("next-day", "2026-11-20T17:00:01Z", "2026-11-21T15:00:00Z"),
        ("skip", "2026-11-20T17:00:01Z", None),
    ],
)
def test_a_slot_that_went_by_before_it_was_scheduled_is_decided_on_and_recorded(late, at, fires_at):
    with campaign_world(with_config(lateZones=late)) as world:
        world.store(("c1", "p1", 0.9))
        with world.crashing_before("CreateSchedule"):
            world.plan_campaigns()
        world.plan_campaigns(at)
        [slot] = world.campaigns()[US]["slots"]
        assert (slot["at"], slot["firesAt"]) == ("2026-11-20T15:00:00Z", fires_at)
        assert [event["scheduledTime"] for event in world.events()] == ([fires_at] if fires_at else [])
        skipped = [(one["customer"], one["status"], one["reason"]) for one in world.deliveries.of_campaign(US)]
        assert skipped == ([] if fires_at else [("c1", "SKIPPED", "too_late")])
        assert world.deliveries.counts(US) == ({} if fires_at else {"skipped": 1})
        before = world.state()
        world.plan_campaigns(at)
        assert world.state() == before


MANY = [(f"c{number}", "p1", 0.9 - number / 1000, "UK" if number > 53 else "US") for number in range(56)]


def test_a_crash_at_any_call_and_a_second_start_leave_what_one_start_leaves():
    """Two campaigns, one of two chunks, three slots, one held out. Dead after a call is dead before the next: so each once."""
    with campaign_world(replace(REVIEWS, holdout_share=0.05)) as world:
        world.store(*MANY)
        world.live_in("Asia/Kolkata", "c0")
        world.undo()
        world.calls = 0
        assert world.plan_campaigns()["holdout"] > 0
        assert [len(one["slots"]) for one in world.campaigns().values()] == [1, 2]
        calls, state = world.calls, world.state()
        for call, before in [*((number, True) for number in range(1, calls + 1)), (calls, False)]:
            world.undo()
            with world.crashing_at(call, before=before):
                world.plan_campaigns()
            assert world.calls == call
            world.plan_campaigns()
            assert world.state() == state, call


def test_two_starts_at_once_make_one_plan(world):
    world.store(*MANY)
    gate = threading.Barrier(2)

    def start(_):
        gate.wait()
        return world.plan_campaigns()

    with ThreadPoolExecutor(2) as starts:
        assert len({str(told) for told in starts.map(start, range(2))}) == 1
    assert len([key for key in world.objects() if key.endswith("plan.json")]) == 1
    assert len(world.schedules()) == 2


def test_a_start_that_comes_second_with_another_choice_takes_the_plan_that_stands(world):
    """The slower start chose among earlier candidates; its lists lie aside, and those of the plan are untouched."""
    world.store(("c1", "p1", 0.9))
    overtaking = []

    def overtake():
        world.store(("c2", "p1", 0.95))
        world.plan_campaigns()

    def about_to_put(params, **_):
        if params["url_path"].endswith("plan.json") and not overtaking:
            with ThreadPoolExecutor(1) as other:
                overtaking.append(other.submit(overtake))

    session.session().events.register("before-call.s3.PutObject", about_to_put)
    try:
        world.plan_campaigns()
    finally:
        session.session().events.unregister("before-call.s3.PutObject", about_to_put)
    assert not overtaking[0].exception()
    assert [row["customer"] for rows in world.chunks(US).values() for row in rows] == ["c2", "c1"]
    assert len({key.split("/")[3] for key in world.objects() if "/plan-" in key}) == 2
    plan = json.loads(world.objects()["campaigns/small-reviews/2026-11-20/plan.json"])
    assert world.campaigns()[US]["lists"] == f"{plan['folder']}/{US}"
