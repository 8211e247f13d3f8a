"""What wakes people after the batch: mails late or in doubt, answers slow or unpublished, jobs late or missing."""

import pytest

from infra.delivery_watch import window
from tests.infra.few_programs import MUSIC, PAUSED, REVIEWS
from tests.infra.test_alarms import HOUR, dimensions, graphed, our_alarms


def alarms_of(stack, namespace):
    return [it for it in stack.properties("AWS::CloudWatch::Alarm") if it["Namespace"] == namespace]


def of_metric(stack, name):
    """By program, where there is one."""
    return {dimensions(it).get("Program"): it for it in our_alarms(stack) if it["MetricName"] == name}


def test_a_job_has_the_shortest_window_of_the_programs_that_are_enabled():
    assert window([REVIEWS, MUSIC], "report").to_minutes() == 5
    assert window([MUSIC], "report").to_minutes() == 10
    assert window([MUSIC, PAUSED], "campaign").to_minutes() == 45
    assert window([], "retrain").to_minutes() == 180


def test_mails_that_wait_for_longer_than_their_window_are_known(stack):
    [late] = [it for it in alarms_of(stack, "AWS/SQS") if it["MetricName"] == "ApproximateAgeOfOldestMessage"]
    assert stack.name_of(dimensions(late)["QueueName"]) == "Outbox"
    assert (late["Threshold"], late["Statistic"]) == (30 * 60, "Maximum")


def test_mails_in_doubt_for_an_hour_are_known_program_by_program(stack):
    found = of_metric(stack, "UnknownUnsettled")
    assert set(found) == {"reviews", "music"}
    assert {(it["Threshold"], it["Statistic"]) for it in found.values()} == {(1, "Sum")}


def test_bounces_and_complaints_are_known_before_aws_stops_the_account(stack):
    shares = {it["MetricName"]: it["Threshold"] for it in alarms_of(stack, "AWS/SES")}
    assert shares == {"Reputation.BounceRate": 0.05, "Reputation.ComplaintRate": 0.001}


def test_a_slow_serving_api_is_known_by_the_seeds_p99_of_one_customers_candidates(stack):
    [slow] = of_metric(stack, "ServeMilliseconds").values()
    assert dimensions(slow) == {"Route": "GET /customers/{customer}/candidates"}
    assert (slow["Threshold"], slow["ExtendedStatistic"], slow["Period"]) == (30, "p99", HOUR)


def test_an_api_of_which_a_hundredth_of_the_calls_fail_is_known(stack):
    failing = {stack.name_of(dimensions(it)["ApiId"]): it for it in alarms_of(stack, "AWS/ApiGateway")}
    assert set(failing) == {"ServingApi", "PagesApi"}
    assert {(it["MetricName"], it["Statistic"], it["Threshold"]) for it in failing.values()} == {
        ("5xx", "Average", 0.01)
    }


def test_answers_that_nobody_hears_of_are_known_after_an_hour(stack):
    [late] = [it for it in alarms_of(stack, "AWS/Lambda") if it["MetricName"] == "IteratorAge"]
    assert stack.name_of(dimensions(late)["FunctionName"]) == "PublishResponses"
    assert late["Threshold"] == HOUR * 1000


@pytest.mark.parametrize(("function", "minutes"), [("Report", 5), ("Cleanup", 10)])
def test_a_job_past_its_window_is_known(stack, function, minutes):
    [late] = [
        it
        for it in alarms_of(stack, "AWS/Lambda")
        if it["MetricName"] == "Duration"
        and it.get("Statistic") == "Maximum"
        and stack.name_of(dimensions(it)["FunctionName"]) == function
    ]
    assert late["Threshold"] == minutes * 60 * 1000


def test_an_export_past_its_window_is_known_program_by_program(stack):
    minutes = {program: alarm["Threshold"] / 60 for program, alarm in of_metric(stack, "ExportSeconds").items()}
    assert minutes == {"reviews": 15, "music": 20}


def test_a_daily_report_that_stays_away_is_known_an_hour_after_a_day(stack):
    [missing] = of_metric(stack, "Daily").values()
    assert dimensions(missing) == {"Program": "reviews", "Figure": "E-mails sent"}  # music reports on Mondays only
    assert (missing["Period"], missing["EvaluationPeriods"], missing["TreatMissingData"]) == (HOUR, 25, "breaching")


def test_items_that_outlive_their_time_are_known_where_a_program_has_them_looked_for(stack):
    found = of_metric(stack, "LingeringItems")
    assert set(found) == {"reviews"}
    assert found["reviews"]["Threshold"] == 1


def test_the_dashboard_shows_mails_answers_and_serving(stack):
    names = {name for _, name, about in graphed(stack)}
    assert {"Sent", "Skipped", "UnknownUnsettled", "MailEvents", "Submissions", "Rating", "ServeMilliseconds"} <= names
    programs = {dict(about)["Program"] for _, name, about in graphed(stack) if name == "Sent"}
    assert programs == {"reviews", "music"}
