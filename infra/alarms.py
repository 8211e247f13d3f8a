"""Metrics and thresholds in, CloudWatch alarms that all speak to one encrypted SNS topic out."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stages import Stage


class Alarms(Construct):
    """Subscribe the people on call to `topic`."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        # CloudWatch cannot publish to a topic under the AWS managed key, so the topic has its own.
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=stage.removal_policy)
        key.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=["*"],  # in a key's policy: this key
            )
        )
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        # A topic with a policy of its own (here: TLS only) has lost the default one that lets an account's alarms publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
            )
        )
        self._action = actions.SnsAction(self.topic)

    def at_least(
        self,
        threshold: float,
        metric: cloudwatch.IMetric,
        *,
        id: str,
        says: str,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        """Raise when one period's value is `threshold` or more. `says`: what it means and what to do."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=missing,
            alarm_description=says,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        return alarm

    def below(self, threshold: float, metric: cloudwatch.IMetric, *, id: str, says: str) -> cloudwatch.Alarm:
        """Raise when one period's value is less than `threshold`; a period without a value is none of those."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=says,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        return alarm

    def silent_for(self, periods: int, metric: cloudwatch.IMetric, *, id: str, says: str) -> cloudwatch.Alarm:
        """Raise when the metric has had no value in `periods` periods in a row."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            alarm_description=says,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        return alarm
