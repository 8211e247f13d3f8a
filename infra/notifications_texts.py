"""The function that hears of statuses in, AWS End User Messaging's configuration set that tells it out."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_smsvoice as smsvoice
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.function import PythonFunction
from infra.stages import Stage


class TextsByAws(Construct):
    """Only where cdk.json's `smsProvider` is `aws`. Its events reach the same function as the SMS service's, by a topic."""

    def __init__(self, scope: Construct, id: str, *, told: PythonFunction, stage: Stage) -> None:
        super().__init__(scope, id)
        speaker = iam.ServicePrincipal("sms-voice.amazonaws.com")
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=stage.removal_policy)
        key.grant_encrypt_decrypt(speaker)
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        topic.grant_publish(speaker)
        told.add_event_source(sources.SnsEventSource(topic))
        destination = smsvoice.CfnConfigurationSet.EventDestinationProperty(
            enabled=True,
            event_destination_name="statuses",
            matching_event_types=["TEXT_ALL"],
            sns_destination=smsvoice.CfnConfigurationSet.SnsDestinationProperty(topic_arn=topic.topic_arn),
        )
        smsvoice.CfnConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=f"ovation-{stage.name}",
            event_destinations=[destination],
        )
