"""A stage in, our two kinds of queues out: one of work, and one for what could not be delivered. Encrypted, TLS only, watched."""

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import Alarms
from infra.nag import acknowledge
from infra.stages import Stage


class DeadLetters(sqs.Queue):
    """One message in it raises an alarm; it is nobody's source, so it has no redrive of its own."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, alarms: Alarms) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=stage.removal_policy,
        )
        acknowledge(self, {"AwsSolutions-SQS3": "This queue is the dead-letter queue."})
        alarms.at_least(
            1,
            self.metric_approximate_number_of_messages_visible(period=Duration.minutes(5), statistic="Maximum"),
            id=f"{id}NotEmpty",
            says="Something could not be delivered: look at the queue's messages, mend the cause, send them again.",
        )


class Outbox(sqs.Queue):
    """What waits for its one kind of worker, hidden while one is at it; after `attempts` deliveries a message is set aside."""

    def __init__(
        self, scope: Construct, id: str, *, hidden: timedelta, attempts: int, unsent: DeadLetters, stage: Stage
    ) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(hidden.total_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=unsent, max_receive_count=attempts),
            removal_policy=stage.removal_policy,
        )


def watched_queue(
    scope: Construct, id: str, *, hidden: timedelta, attempts: int, stage: Stage, alarms: Alarms
) -> Outbox:
    """A queue of work, and beside it, as `{id}Lost`, the one for what was set aside of it."""
    lost = DeadLetters(scope, f"{id}Lost", stage=stage, alarms=alarms)
    return Outbox(scope, id, hidden=hidden, attempts=attempts, unsent=lost, stage=stage)
