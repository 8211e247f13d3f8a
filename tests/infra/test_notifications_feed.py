"""What feeds reminders: schedules, the table's stream, queues, statuses, mail events, links and the GraphQL API."""

import json

import pytest

from domain.notifications.routing import FILTERS
from infra.notifications_api import FIELDS
from tests.infra.conftest import read


@pytest.fixture
def streamed(notifications):
    """Mappings of streams, by function."""
    found = [it for it in notifications.properties("AWS::Lambda::EventSourceMapping") if "StartingPosition" in it]
    return {notifications.name_of(it["FunctionName"]): it for it in found}


@pytest.fixture
def queued(notifications):
    """Mappings of queues: function and queue."""
    found = [it for it in notifications.properties("AWS::Lambda::EventSourceMapping") if "StartingPosition" not in it]
    named = notifications.name_of
    return {(named(it["FunctionName"]), named(it["EventSourceArn"])): it for it in found}


@pytest.mark.parametrize(
    ("job", "expression", "function"),
    [
        ("WindowsSchedule", "cron(0/30 * * * ? *)", "NotificationScheduler"),
        ("SweepingSchedule", "cron(0/5 * * * ? *)", "Sweep"),
        ("RefreshingSchedule", "cron(10 * * * ? *)", "RefreshEvents"),
    ],
)
def test_each_job_runs_in_utc_and_is_told_when_it_was_due(notifications, job, expression, function):
    [found] = [
        it["Properties"] for id, it in notifications.all("AWS::Scheduler::Schedule").items() if id.startswith(job)
    ]
    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == (expression, "Etc/UTC")
    assert notifications.name_of(found["Target"]["Arn"]) == function
    assert json.loads(found["Target"]["Input"]) == {"scheduledTime": "<aws.scheduler.scheduled-time>"}
    assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert notifications.name_of(found["Target"]["DeadLetterConfig"]["Arn"]) == "LostEvents"


def test_a_run_that_comes_later_than_the_next_is_left_to_the_next(notifications):
    ages = {
        notifications.name_of(it["Target"]["Arn"]): it["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
        for it in notifications.properties("AWS::Scheduler::Schedule")
    }
    assert ages == {"NotificationScheduler": 1500, "Sweep": 60, "RefreshEvents": 1500}


def test_every_queue_has_its_function_which_names_the_messages_that_failed(queued):
    assert set(queued) == {
        ("NotificationGenerator", "generationQueue"),
        ("NotificationSend", "notificationOutbox"),
        ("ShortenEventUrl", "shortUrlQueue"),
    }
    assert all(it["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for it in queued.values())
    assert queued["NotificationGenerator", "generationQueue"]["BatchSize"] == 1
    sending = queued["NotificationSend", "notificationOutbox"]
    assert (sending["BatchSize"], sending["MaximumBatchingWindowInSeconds"]) == (100, 1)


def test_a_message_stays_hidden_for_longer_than_its_function_runs_and_for_less_than_a_window(notifications, queued):
    timeouts = {id[:-8]: it["Properties"]["Timeout"] for id, it in notifications.all("AWS::Lambda::Function").items()}
    for function, queue in queued:
        assert timeouts[function] < notifications.one("AWS::SQS::Queue", queue)["VisibilityTimeout"] < 1800


def test_the_tables_stream_has_one_reader_which_is_told_what_is_for_somebody(notifications, streamed):
    mapping = streamed["DemandStreamToSqs"]
    assert [json.loads(it["Pattern"]) for it in mapping["FilterCriteria"]["Filters"]] == [dict(it) for it in FILTERS]
    assert len(FILTERS) <= 5  # AWS
    assert "Fn::GetStackOutput" in mapping["EventSourceArn"]
    assert [it for it in streamed if "Fn::GetStackOutput" in streamed[it]["EventSourceArn"]] == ["DemandStreamToSqs"]


@pytest.mark.parametrize("function", ["DemandStreamToSqs", "SmsStatusConsumer"])
def test_what_a_stream_carries_is_narrowed_down_tried_again_for_a_day_and_then_kept(notifications, streamed, function):
    mapping = streamed[function]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (200, 24 * 3600)
    assert notifications.name_of(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == "Notifications"


def test_statuses_are_read_in_order_of_their_shard_and_none_is_filtered_away(streamed):
    mapping = streamed["SmsStatusConsumer"]
    assert "ParallelizationFactor" not in mapping
    assert "FilterCriteria" not in mapping


def test_ses_tells_of_reminders_alone(notifications):
    [rule] = notifications.properties("AWS::Events::Rule")
    [destination] = notifications.properties("AWS::SES::ConfigurationSetEventDestination")
    [sets] = notifications.properties("AWS::SES::ConfigurationSet")
    assert sets["Name"] == "ovation-prod-reminders"
    assert "DELIVERY" in {it.upper() for it in destination["EventDestination"]["MatchingEventTypes"]}
    assert rule["EventPattern"]["source"] == ["aws.ses"]
    assert notifications.name_of(rule["Targets"][0]["Arn"]) == "MailStatusConsumer"


def test_links_lead_to_one_function_and_a_way_out_is_taken_by_post_alone(notifications):
    routes = {it["RouteKey"] for it in notifications.properties("AWS::ApiGatewayV2::Route")}
    assert routes == {
        "GET /e/{eventId}",
        "HEAD /e/{eventId}",
        "GET /u/{token}",
        "HEAD /u/{token}",
        "POST /u/{token}",
    }


def test_every_field_of_the_api_is_one_call_of_its_function_by_the_resolver_of_the_contract(notifications):
    resolvers = {(it["TypeName"], it["FieldName"]): it for it in notifications.properties("AWS::AppSync::Resolver")}
    assert set(resolvers) == {(type, field) for type, field, _ in FIELDS}
    assert len({it["Code"] for it in resolvers.values()}) == 1
    assert {it["Runtime"]["Name"] for it in resolvers.values()} == {"APPSYNC_JS"}
    functions = {
        notifications.name_of(it["LambdaConfig"]["LambdaFunctionArn"])
        for it in notifications.properties("AWS::AppSync::DataSource")
    }
    assert functions == {"EventDetails", "DemandCapture"}


def test_who_asks_comes_with_a_token_of_the_owners_issuer_and_no_request_is_logged(notifications):
    [api] = notifications.properties("AWS::AppSync::GraphQLApi")
    assert api["AuthenticationType"] == "OPENID_CONNECT"
    told = api["OpenIDConnectConfig"]
    assert (told["Issuer"], told["ClientId"]) == ("https://identity.example.com", "ovation")
    assert api["LogConfig"]["ExcludeVerboseContent"] is True
    assert api["LogConfig"]["FieldLogLevel"] == "ERROR"
    assert (api["QueryDepthLimit"], api["ResolverCountLimit"]) == (6, 10)
    assert api["IntrospectionConfig"] == "DISABLED"  # in prod


def test_what_reminders_are_sent_by_is_told_in_cdk_json(notifications):
    settings = notifications.one("AWS::Lambda::Function", "NotificationSend")["Environment"]["Variables"]
    assert settings["SMS_PROVIDER"] == "service"
    assert settings["SMS_SERVICE_URL"] == "https://sms.example.com"
    assert settings["SMS_RATE"] == "100"
    assert settings["MAIL_SENDER"] == "Ovation reminders <reminders@example.com>"


def test_the_sandbox_waits_for_no_index(in_sandbox):
    found = read(in_sandbox, "Notifications").one("AWS::Lambda::Function", "NotificationScheduler")
    assert found["Environment"]["Variables"]["SETTLE_SECONDS"] == "0"
