"""The arrows of delivery: what the outbox, the stream, SES, one-time schedules and the two APIs lead to."""

import json
from pathlib import Path

import pytest

from handlers.solicitation import engage
from infra.delivery import PAGES, SERVING
from infra.mail import identities_of
from tests.infra.few_programs import MUSIC, REVIEWS
from tests.infra.roles import allowed

ROOT = Path(__file__).parents[2]


def environment(stack, function):
    return stack.one("AWS::Lambda::Function", function)["Environment"]["Variables"]


def mapping(stack, source):
    [found] = [it for it in stack.properties("AWS::Lambda::EventSourceMapping") if source in json.dumps(it)]
    return found


def test_send_takes_one_chunk_at_a_time_from_the_outbox_and_names_the_one_that_failed(stack):
    chunks = mapping(stack, "Outbox")
    assert stack.name_of(chunks["FunctionName"]) == "Send"
    assert chunks["BatchSize"] == 1
    assert chunks["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert chunks["ScalingConfig"]["MaximumConcurrency"] == 10


def test_a_chunk_stays_hidden_for_six_times_its_senders_timeout(stack):
    outbox, send = stack.one("AWS::SQS::Queue", "Outbox"), stack.one("AWS::Lambda::Function", "Send")
    assert outbox["VisibilityTimeout"] == 6 * send["Timeout"]
    assert outbox["RedrivePolicy"]["maxReceiveCount"] == 8
    assert stack.name_of(outbox["RedrivePolicy"]["deadLetterTargetArn"]) == "UnsentChunks"


def test_only_new_outbox_items_are_published_and_what_cannot_be_is_kept_whole(stack):
    answers = mapping(stack, "Responses")
    assert stack.name_of(answers["FunctionName"]) == "PublishResponses"
    [filter] = answers["FilterCriteria"]["Filters"]
    assert json.loads(filter["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUTBOX#"}]}}},
    }
    assert answers["StartingPosition"] == "TRIM_HORIZON"
    assert answers["BisectBatchOnFunctionError"] is True
    assert answers["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (answers["MaximumRetryAttempts"], answers["MaximumRecordAgeInSeconds"]) == (10, 12 * 3600)
    assert stack.name_of(answers["DestinationConfig"]["OnFailure"]["Destination"]) == "Work"
    assert stack.one("AWS::DynamoDB::Table", "Responses")["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_ses_tells_the_default_bus_what_became_of_a_mail_but_tracks_neither_opens_nor_clicks(stack):
    [destination] = stack.properties("AWS::SES::ConfigurationSetEventDestination")
    told = destination["EventDestination"]
    assert set(told["MatchingEventTypes"]) == {
        *("send", "delivery", "bounce", "complaint", "reject", "deliveryDelay", "renderingFailure")
    }
    assert "event-bus/default" in json.dumps(told["EventBridgeDestination"])
    [configuration] = stack.properties("AWS::SES::ConfigurationSet")
    assert set(configuration) == {"Name", "Tags"}


def test_mail_events_hears_of_our_mails_alone_and_what_it_could_not_take_is_put_aside(stack):
    rule = stack.one("AWS::Events::Rule", "MailTold")
    configuration = {"Ref": next(iter(stack.all("AWS::SES::ConfigurationSet")))}
    assert rule["EventPattern"] == {
        "source": ["aws.ses"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [configuration]}}},
    }
    assert "EventBusName" not in rule  # the default bus, the only one SES knows
    [target] = rule["Targets"]
    assert stack.name_of(target["Arn"]) == "MailEvents"
    assert stack.name_of(target["DeadLetterConfig"]["Arn"]) == "LostMailEvents"
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert environment(stack, "Send")["CONFIGURATION_SET"] == configuration


@pytest.mark.parametrize(("function", "queue"), [("MailEvents", "LostMailEvents"), ("Release", "LostReleases")])
def test_a_call_nobody_waits_for_is_put_aside_when_it_has_failed_three_times(stack, function, queue):
    [found] = [
        it for it in stack.properties("AWS::Lambda::EventInvokeConfig") if stack.name_of(it["FunctionName"]) == function
    ]
    assert found["MaximumRetryAttempts"] == 2
    assert stack.name_of(found["DestinationConfig"]["OnFailure"]["Destination"]) == queue
    assert ("sqs:SendMessage", queue) in allowed(stack, function)


def test_links_are_signed_with_a_generated_key_that_only_send_and_engage_read(stack):
    [secret] = stack.properties("AWS::SecretsManager::Secret")
    generated = secret["GenerateSecretString"]
    assert (generated["SecretStringTemplate"], generated["GenerateStringKey"]) == ("{}", "keys")
    assert generated["PasswordLength"] >= 32
    readers = {
        id[:-8]
        for id in stack.all("AWS::Lambda::Function")
        if "secretsmanager:GetSecretValue" in {verb for verb, _ in allowed(stack, id[:-8])} and id[:-8] != "Extract"
    }
    assert readers == {"Send", "Engage"}
    assert environment(stack, "Send")["LINKS_SECRET"] == environment(stack, "Engage")["LINKS_SECRET"]


def test_one_time_schedules_may_call_release_and_put_lost_calls_aside_and_no_more(stack):
    [role] = [id for id in stack.all("AWS::IAM::Role") if id.startswith("OneTimeRole")]
    [policy] = [it for it in stack.properties("AWS::IAM::Policy") if {"Ref": role} in it["Roles"]]
    rights = {it["Action"]: stack.name_of(it["Resource"]) for it in policy["PolicyDocument"]["Statement"]}
    assert rights == {"lambda:InvokeFunction": "Release", "sqs:SendMessage": "LostReleases"}
    [trust] = stack.template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("function", ["Campaign", "Send"])
def test_who_makes_schedules_is_told_their_group_role_target_and_dead_letters(stack, function):
    told = environment(stack, function)
    [group] = stack.properties("AWS::Scheduler::ScheduleGroup")
    assert told["SCHEDULE_GROUP"] == group["Name"]
    assert stack.name_of(told["SCHEDULE_ROLE"]) == "OneTimeRole"
    assert stack.name_of(told["RELEASE_FUNCTION"]) == "Release"
    assert stack.name_of(told["LOST_SCHEDULES_QUEUE"]) == "LostReleases"


def routes(stack, api):
    """Of one API: route key -> (authorisation, function)."""
    [id] = [id for id in stack.all("AWS::ApiGatewayV2::Api") if id.startswith(api)]
    [integration] = [it for it in stack.properties("AWS::ApiGatewayV2::Integration") if it["ApiId"] == {"Ref": id}]
    assert integration["PayloadFormatVersion"] == "2.0"
    function = stack.name_of(integration["IntegrationUri"])
    return {
        it["RouteKey"]: (it["AuthorizationType"], function)
        for it in stack.properties("AWS::ApiGatewayV2::Route")
        if it["ApiId"] == {"Ref": id}
    }


def test_every_route_of_the_serving_api_asks_for_a_signature_of_aws(stack):
    assert routes(stack, "Serving") == {f"{verb} {path}": ("AWS_IAM", "Serve") for verb, path in SERVING}


def test_the_serving_api_has_the_routes_that_its_contract_names():
    contract = json.loads((ROOT / "schemas/openapi/serving.json").read_text())
    assert set(SERVING) == {(verb.upper(), path) for path, verbs in contract["paths"].items() for verb in verbs}


def test_the_pages_are_open_to_whoever_holds_a_link(stack):
    assert routes(stack, "Pages") == {
        f"{verb} {path}" if path else "$default": ("NONE", "Engage") for verb, path in PAGES
    }


def test_every_page_behind_a_link_has_its_route():
    assert {path.split("/")[1] for _, path in PAGES if path} == set(engage.ALLOWED)
    assert ("ANY", "") in PAGES  # for all else


def test_both_apis_are_throttled_and_log_no_path_since_it_may_hold_a_signed_link(stack):
    for stage in stack.properties("AWS::ApiGatewayV2::Stage"):
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 1000
        assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 2000
        fields = set(json.loads(stage["AccessLogSettings"]["Format"]).values())
        assert "$context.requestId" in fields
        assert not {it for it in fields if "path" in it.lower() or "identity" in it.lower()}


def test_mails_link_to_the_pages(stack):
    url = environment(stack, "Send")["ENGAGE_URL"]
    assert stack.name_of(url) == "PagesApi"


def test_send_may_speak_for_the_programs_senders_and_nobody_else():
    assert identities_of([REVIEWS, MUSIC]) == ["example.com", "reviews@example.com"]


def test_photos_are_uploaded_to_the_buckets_own_address(stack):
    origin = environment(stack, "Engage")["PHOTOS_ORIGIN"]["Fn::Join"][1]
    assert origin[0] == "https://"
    assert stack.name_of(origin[1]) == "Photos"
    assert origin[2] == ".s3."


def test_the_last_words_of_ovation_in_sql_have_a_database_and_a_workgroup_of_their_own(stack):
    [database] = stack.properties("AWS::Glue::Database")
    [workgroup] = stack.properties("AWS::Athena::WorkGroup")
    assert database["DatabaseInput"]["Name"] == environment(stack, "Export")["GLUE_DATABASE"] == "ovation_prod"
    assert workgroup["Name"] == environment(stack, "Export")["WORKGROUP"] == "ovation-prod"
    settings = workgroup["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert "exports/results/" in json.dumps(settings["ResultConfiguration"]["OutputLocation"])
    assert settings["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


def test_cleanup_looks_at_every_table_whose_items_expire(stack):
    looked_at = {
        stack.name_of(it) for it in environment(stack, "Cleanup")["EXPIRING_TABLES"]["Fn::Join"][1] if it != ","
    }
    expiring = {
        id[:-8] for id, it in stack.all("AWS::DynamoDB::Table").items() if "TimeToLiveSpecification" in it["Properties"]
    }
    assert looked_at == expiring
