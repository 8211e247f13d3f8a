"""A handler's name, its settings and its code in, a Lambda function as all our functions are out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, Size
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from handlers.settings import Settings
from infra.alarms import Alarms
from infra.nag import acknowledge, wildcards
from infra.stages import Stage


@dataclass(frozen=True)
class Fleet:
    """What all functions of a stack share."""

    code: lambda_.Code
    layers: Sequence[lambda_.ILayerVersion]
    stage: Stage
    alarms: Alarms


class PythonFunction(lambda_.Function):
    """Python 3.13 on arm64, a role and a log group of its own, JSON logs, traces, and alarms on errors, throttles and p99.

    `at_once`: calls that may run at the same time, where that is limited. `scratch`: what its folder for temporary files holds,
    where Lambda's 512 MB are too little.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        handler: str,
        settings: Settings,
        timeout: Duration,
        fleet: Fleet,
        at_once: int | None = None,
        scratch: Size | None = None,
    ) -> None:
        log_group = _log_group(scope, f"{id}Logs", fleet.stage)
        self._own_role = _role(scope, f"{id}Role", f"What {handler} may do", log_group)
        super().__init__(
            scope,
            id,
            **_AS_ALL,
            handler=handler,
            code=fleet.code,
            layers=list(fleet.layers),
            environment=settings.to_env(),
            role=self._own_role,
            log_group=log_group,
            timeout=timeout,
            memory_size=fleet.stage.memory_mb,
            reserved_concurrent_executions=at_once,
            ephemeral_storage_size=scratch,
        )
        acknowledge(self, {"AwsSolutions-L1": "3.13 is the newest runtime our wheels are built and tested for."})
        self._watch(id, fleet, timeout)

    def allow(self, actions: Sequence[str], resources: Sequence[str], because: str = "") -> None:
        """Add the verbs used; where a resource has a wildcard, `because` says why it must."""
        self._own_role.add_to_principal_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
        found = wildcards(self, resources, because)
        assert because or not found, f"say why {self.node.id} needs {', '.join(found)}"
        if found:
            acknowledge(self._own_role, found)

    def allow_own_statements(self, actions: Sequence[str]) -> None:
        """Allow Redshift Data API verbs that name no resource, on statements this role has started itself."""
        self._own_role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=["*"],
                conditions={"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
            )
        )

    def may_pass(self, role: iam.IRole, service: str) -> None:
        """Allow handing `role` to one AWS service."""
        only = {"StringEquals": {"iam:PassedToService": service}}
        self._own_role.add_to_principal_policy(
            iam.PolicyStatement(actions=["iam:PassRole"], resources=[role.role_arn], conditions=only)
        )

    def uses(self, table: dynamodb.ITable, *verbs: str, index: str = "") -> None:
        """Allow DynamoDB verbs (`GetItem`) on one table, or on one index of it."""
        place = f"{table.table_arn}/index/{index}" if index else table.table_arn
        self.allow([f"dynamodb:{verb}" for verb in verbs], [place])

    def gives_up_to(self, lost: sqs.IQueue) -> None:
        """Set aside the events that Lambda took over for a caller who does not wait, and that failed three times."""
        place = lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=lost.queue_arn)
        )
        lambda_.CfnEventInvokeConfig(
            self,
            "GivesUp",
            function_name=self.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=place,
        ).node.add_dependency(self._own_role)  # Lambda checks at once that the role may send there
        self.allow(["sqs:SendMessage"], [lost.queue_arn])

    def _watch(self, id: str, fleet: Fleet, timeout: Duration) -> None:
        alarms, five = fleet.alarms, Duration.minutes(5)
        alarms.at_least(
            fleet.stage.function_errors,
            self.metric_errors(period=five),
            id=f"{id}Errors",
            says=f"{id} keeps failing: read its log; its caller has tried again by itself.",
        )
        alarms.at_least(
            1,
            self.metric_throttles(period=five),
            id=f"{id}Throttled",
            says=f"{id} was throttled: the account's concurrency is used up.",
        )
        alarms.at_least(
            0.8 * timeout.to_milliseconds(),
            self.metric_duration(period=five, statistic="p99"),
            id=f"{id}Slow",
            says=f"{id}'s slowest calls come near its timeout of {timeout.to_human_string()}.",
        )


_AS_ALL: Mapping[str, Any] = {
    "runtime": lambda_.Runtime.PYTHON_3_13,
    "architecture": lambda_.Architecture.ARM_64,
    "logging_format": lambda_.LoggingFormat.JSON,
    "tracing": lambda_.Tracing.ACTIVE,
}


def _log_group(scope: Construct, id: str, stage: Stage) -> logs.LogGroup:
    return logs.LogGroup(scope, id, retention=stage.log_retention, removal_policy=stage.removal_policy)


def _role(scope: Construct, id: str, description: str, log_group: logs.LogGroup) -> iam.Role:
    """A role that may write its own log and its traces; an inline policy instead of AWS's wider managed one."""
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description)
    log_group.grant_write(role)
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "X-Ray's two put actions take no resource."})
    return role
