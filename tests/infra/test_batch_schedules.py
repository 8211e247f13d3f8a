"""When the batch starts: one schedule a program that is enabled."""

import json

import pytest


@pytest.fixture(scope="module")
def schedules(stack):
    found = stack.properties("AWS::Scheduler::Schedule")
    batches = [schedule for schedule in found if stack.name_of(schedule["Target"]["Arn"]) == "BatchMachine"]
    return {json.loads(schedule["Target"]["Input"])["program"]: schedule for schedule in batches}


def test_each_enabled_program_starts_by_its_own_cron_in_utc(schedules):
    times = {program: (it["ScheduleExpression"], it["ScheduleExpressionTimezone"]) for program, it in schedules.items()}
    assert times == {"reviews": ("cron(0 2 * * ? *)", "Etc/UTC"), "music": ("cron(30 4 ? * MON *)", "Etc/UTC")}


def test_the_machine_is_told_the_scheduled_time_so_that_a_late_start_means_the_same_run(schedules):
    for program, schedule in schedules.items():
        assert json.loads(schedule["Target"]["Input"]) == {
            "program": program,
            "scheduledTime": "<aws.scheduler.scheduled-time>",
        }
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["State"] == "ENABLED"


def test_a_start_that_fails_is_tried_for_an_hour_and_then_put_aside(stack, schedules):
    for schedule in schedules.values():
        target = schedule["Target"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
        assert stack.name_of(target["DeadLetterConfig"]["Arn"]) == "UnstartedBatches"
