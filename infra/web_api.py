"""Routes and a function in, a public HTTP API out: throttled, with a log of calls that holds no path (a path may be a secret)."""

import json
from collections.abc import Iterable, Mapping

from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import PythonFunction
from infra.stages import Stage

Routes = Iterable[tuple[str, str]]  # ("GET", "/r/{token}"); without a path: whatever no other route takes

# The route's pattern stands for the path, which may hold a signed link or a customer's id.
LOGGED: Mapping[str, str] = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "error": "$context.error.message",
}


class WebApi(Construct):
    """`rate` and `burst`: calls a second for all callers together. Routes come later, so that a function may be told the address."""

    def __init__(self, scope: Construct, id: str, *, description: str, rate: int, burst: int, stage: Stage) -> None:
        super().__init__(scope, id)
        self.api = gateway.HttpApi(
            self,
            "Api",
            api_name=f"ovation-{stage.name}-{id.lower()}",
            description=description,
            create_default_stage=False,
        )
        log_group = logs.LogGroup(self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy)
        self.stage = gateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=gateway.ThrottleSettings(rate_limit=rate, burst_limit=burst),
        )
        raw = self.stage.node.default_child
        assert isinstance(raw, gateway.CfnStage)
        raw.access_log_settings = gateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(LOGGED)
        )

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return self.api.api_endpoint

    def answer(
        self, routes: Routes, function: PythonFunction, authorizer: gateway.IHttpRouteAuthorizer | None = None
    ) -> None:
        """Let `function` answer these routes, as payload 2.0."""
        integration = integrations.HttpLambdaIntegration(
            "Function",
            function,
            payload_format_version=gateway.PayloadFormatVersion.VERSION_2_0,
            scope_permission_to_route=False,
        )
        for method, path in routes:
            gateway.HttpRoute(
                self,
                f"{method} {path}" if path else "Elsewhere",
                http_api=self.api,
                route_key=gateway.HttpRouteKey.with_(path, gateway.HttpMethod[method])
                if path
                else gateway.HttpRouteKey.DEFAULT,
                integration=integration,
                authorizer=authorizer,
            )
