"""Reminders whose texts AWS End User Messaging sends: what cdk.json's `smsProvider: aws` adds, under the same policies as all else."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from cdk_nag import AwsSolutionsChecks

from infra.demand import DemandStack
from infra.layer import placeholder
from infra.notifications import NotificationsStack
from infra.notifications_api import Contract
from infra.package import Package
from infra.services import Reminders
from infra.stages import PROD
from infra.synth import context
from tests.infra import templates
from tests.infra.conftest import PROJECT
from tests.infra.roles import allowed
from tests.infra.test_notifications_permissions import LOST, VERBS
from tests.infra.test_permissions import LOGS, TRACES, on

ORIGINATION = "pool-0123456789abcdef"
SMS = ("phone-number", "pool", "sender-id", "configuration-set")


@pytest.fixture(scope="module")
def by_aws(tmp_path_factory):
    """The one stack; a broken policy is an error here."""
    folder = tmp_path_factory.mktemp("by-aws")
    told = context(PROJECT)
    told["reminders"] = told["reminders"] | {"smsProvider": "aws", "smsOrigination": ORIGINATION}
    app = App(outdir=str(folder / "cdk.out"), context=told, analytics_reporting=False)
    (folder / "code").mkdir()
    NotificationsStack(
        app,
        "Notifications",
        demand=DemandStack(app, "Demand", stage=PROD),
        controls=dynamodb.Table(Stack(app, "Solicitation"), "Controls", **CONTROLS),
        reminders=Reminders.of(told),
        contract=Contract.of(PROJECT / "schemas/graphql"),
        package=Package(code=folder / "code", layer=placeholder(folder / "layers")),
        stage=PROD,
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    out = Path(app.synth().directory)
    return templates.Stack(out, json.loads((out / "Notifications.template.json").read_text()))


CONTROLS = {
    "partition_key": dynamodb.Attribute(name="PK", type=dynamodb.AttributeType.STRING),
    "billing_mode": dynamodb.BillingMode.PAY_PER_REQUEST,
    "point_in_time_recovery_specification": dynamodb.PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=True
    ),
}


def test_the_sender_knows_what_it_sends_from_and_under_which_configuration(by_aws):
    told = by_aws.one("AWS::Lambda::Function", "NotificationSend")["Environment"]["Variables"]
    [configuration] = by_aws.properties("AWS::SMSVOICE::ConfigurationSet")
    assert (told["SMS_PROVIDER"], told["SMS_ORIGINATION"]) == ("aws", ORIGINATION)
    assert told["SMS_CONFIGURATION_SET"] == configuration["ConfigurationSetName"] == "ovation-prod"


def test_the_sender_alone_may_send_texts(by_aws):
    more = {
        "NotificationSend": {("sms-voice:SendTextMessage", f"sms-voice:{kind}/*") for kind in SMS},
        "SmsStatusConsumer": LOST,
    }
    for function in VERBS:
        logs = {(verb, f"{function}Logs") for verb in LOGS} | on("*", *TRACES)
        assert spelt(allowed(by_aws, function)) == logs | VERBS[function] | more.get(function, set()), function


def spelt(pairs):
    return {(verb, place.replace(":region:account:", ":")) for verb, place in pairs}


def test_what_becomes_of_a_text_is_told_to_the_function_of_statuses(by_aws):
    [configuration] = by_aws.properties("AWS::SMSVOICE::ConfigurationSet")
    [destination] = configuration["EventDestinations"]
    [subscription] = by_aws.properties("AWS::SNS::Subscription")
    permission = by_aws.one("AWS::Lambda::Permission", "SmsStatusConsumerAllowInvokeNotificationsTextsTopic5343046E")
    topic = destination["SnsDestination"]["TopicArn"]
    assert (destination["Enabled"], destination["MatchingEventTypes"]) == (True, ["TEXT_ALL"])
    assert by_aws.name_of(topic) == "TextsTopic"
    assert (subscription["TopicArn"], permission["SourceArn"]) == (topic, topic)
    assert (subscription["Protocol"], by_aws.name_of(subscription["Endpoint"])) == ("lambda", "SmsStatusConsumer")


def test_a_status_that_cannot_be_told_is_put_aside(by_aws):
    [subscription] = by_aws.properties("AWS::SNS::Subscription")
    aside = {
        by_aws.name_of(it["FunctionName"]): by_aws.name_of(it["DestinationConfig"]["OnFailure"]["Destination"])
        for it in by_aws.properties("AWS::Lambda::EventInvokeConfig")
    }
    assert by_aws.name_of(subscription["RedrivePolicy"]["deadLetterTargetArn"]) == "LostEvents"
    assert aside["SmsStatusConsumer"] == "LostEvents"


def test_only_texts_of_this_account_are_told_of_on_an_encrypted_topic(by_aws):
    topic = by_aws.one("AWS::SNS::Topic", "TextsTopic")
    assert by_aws.name_of(topic["KmsMasterKeyId"]) == "TextsKey"
    policies = (
        by_aws.one("AWS::SNS::TopicPolicy", "TextsTopicPolicy")["PolicyDocument"],
        by_aws.one("AWS::KMS::Key", "TextsKey")["KeyPolicy"],
    )
    speakers = [speaker(it) for it in policies]
    assert [it["Action"] for it in speakers] == ["sns:Publish", ["kms:Decrypt", "kms:GenerateDataKey*"]]
    assert all(it["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} for it in speakers)


def speaker(policy):
    [found] = [it for it in policy["Statement"] if it["Principal"] == {"Service": "sms-voice.amazonaws.com"}]
    return found


def test_the_topic_may_be_spoken_to_before_the_configuration_set_speaks(by_aws):
    [configuration] = by_aws.all("AWS::SMSVOICE::ConfigurationSet").values()
    assert "TextsTopicPolicy" in {id[:-8] for id in configuration["DependsOn"]}
