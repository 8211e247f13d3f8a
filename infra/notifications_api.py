"""The GraphQL schema and its resolvers in, an AppSync API out that fans and apps ask with tokens of the owner's issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards
from infra.stages import Stage

# (type, field, function)
FIELDS = (
    ("Query", "eventDetails", "event_details"),
    ("Query", "myReminders", "demand_capture"),
    ("Mutation", "remindMe", "demand_capture"),
    ("Mutation", "forgetMe", "demand_capture"),
)
DEEPEST, MOST_RESOLVERS = 6, 10  # of one query


@dataclass(frozen=True)
class Contract:
    """`schemas/graphql`: the schema's file, and the code of the one resolver that all fields have."""

    schema: Path
    resolver: str

    @classmethod
    def of(cls, folder: Path) -> "Contract":
        return cls(folder / "schema.graphql", (folder / "resolvers" / "invoke.js").read_text())


class RemindersApi(Construct):
    """Each field is one call of one function, whose errors have a type."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        contract: Contract,
        functions: Mapping[str, PythonFunction],
        issuer: str,
        client_id: str,
        stage: Stage,
    ) -> None:
        super().__init__(scope, id)
        self.api = appsync.GraphqlApi(
            self,
            "Api",
            name=f"ovation-{stage.name}-reminders",
            definition=appsync.Definition.from_file(str(contract.schema)),
            authorization_config=_who_may_ask(issuer, client_id),
            query_depth_limit=DEEPEST,
            resolver_count_limit=MOST_RESOLVERS,
            introspection_config=appsync.IntrospectionConfig.DISABLED
            if stage.protected
            else appsync.IntrospectionConfig.ENABLED,
            xray_enabled=True,
        )
        acknowledge(self.api, {"AwsSolutions-ASC3": "Errors are logged by field; requests hold phone numbers."})
        self._keep_logs(stage)
        used = sorted({name for *_, name in FIELDS})
        asked = {name: self._source(name, functions[name]) for name in used}
        for type, field, name in FIELDS:
            asked[name].create_resolver(
                f"{type}{field[0].upper()}{field[1:]}",
                type_name=type,
                field_name=field,
                runtime=appsync.FunctionRuntime.JS_1_0_0,
                code=appsync.Code.from_inline(contract.resolver),
            )

    def _source(self, name: str, function: PythonFunction) -> appsync.LambdaDataSource:
        source = self.api.add_lambda_data_source(name, function)
        versions = [f"{function.function_arn}:*"]
        acknowledge(source, wildcards(self, versions, "AppSync may call any version of its function; there is one."))
        return source

    def _keep_logs(self, stage: Stage) -> None:
        """AppSync writes to the group of this name, and would make it without an end; so would CDK, by a function of its own."""
        service = iam.ServicePrincipal("appsync.amazonaws.com")
        writer = iam.Role(self, "LogWriter", assumed_by=service, description="Write the log of the reminders' API")
        raw = self.api.node.default_child
        assert isinstance(raw, appsync.CfnGraphQLApi)
        raw.log_config = appsync.CfnGraphQLApi.LogConfigProperty(
            cloud_watch_logs_role_arn=writer.role_arn, field_log_level="ERROR", exclude_verbose_content=True
        )
        logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/appsync/apis/{self.api.api_id}",
            retention=stage.log_retention,
            removal_policy=stage.removal_policy,
        ).grant_write(writer)


def _who_may_ask(issuer: str, client_id: str) -> appsync.AuthorizationConfig:
    oidc = appsync.OpenIdConnectConfig(oidc_provider=issuer, client_id=client_id)
    mode = appsync.AuthorizationMode(authorization_type=appsync.AuthorizationType.OIDC, open_id_connect_config=oidc)
    return appsync.AuthorizationConfig(default_authorization=mode)
