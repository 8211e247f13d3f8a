"""The function that hears of statuses in, AWS End User Messaging's configuration set that tells it out."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_smsvoice as smsvoice
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.function import PythonFunction
from infra.queue import DeadLetters
from infra.stages import Stage


class TextsByAws(Construct):
    """Only where cdk.json's `smsProvider` is `aws`. Its events reach the same function as the SMS service's, by a topic; those that
    the function is not given, or cannot write down, are put aside in `lost`: SNS keeps nothing.
    """

    def __init__(self, scope: Construct, id: str, *, told: PythonFunction, lost: DeadLetters, stage: Stage) -> None:
        super().__init__(scope, id)
        topic = self._topic(stage)
        told.add_event_source(sources.SnsEventSource(topic, dead_letter_queue=lost))
        told.gives_up_to(lost)
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
        ).node.add_dependency(topic)  # with its policy: a destination that may not be spoken to is none

    def _topic(self, stage: Stage) -> sns.Topic:
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=stage.removal_policy)
        key.add_to_resource_policy(self._speaks(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))  # of this key
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        topic.add_to_resource_policy(self._speaks(["sns:Publish"], topic.topic_arn))
        return topic

    def _speaks(self, actions: list[str], resource: str) -> iam.PolicyStatement:
        """End User Messaging, of this account's texts alone (AWS: Amazon SNS access policy)."""
        return iam.PolicyStatement(
            actions=actions,
            principals=[iam.ServicePrincipal("sms-voice.amazonaws.com")],
            resources=[resource],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
        )
