"""A GraphQL API that CloudFormation has deployed on the embedded AWS is found by AppSync's own client, and served."""

import json

import pytest
import requests
from appsync_world import AT, INVOKE, NAME, SCHEMA

from sandbox.appsync import AppSyncServer, deployed_apis
from sandbox.issuer import Issuer
from sandbox.timeline import VirtualClock

FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:details"


def resource(type, **properties):
    return {"Type": f"AWS::AppSync::{type}", "Properties": properties}


API = {"Fn::GetAtt": ["Api", "ApiId"]}
TEMPLATE = {
    "Resources": {
        "Api": resource(
            "GraphQLApi",
            Name="reminders",
            AuthenticationType="OPENID_CONNECT",
            OpenIDConnectConfig={"Issuer": NAME, "ClientId": "ovation"},
            QueryDepthLimit=6,
            ResolverCountLimit=20,
            IntrospectionConfig="DISABLED",
        ),
        "Schema": resource("GraphQLSchema", ApiId=API, Definition=SCHEMA),
        "Source": resource(
            "DataSource", ApiId=API, Name="details", Type="AWS_LAMBDA", LambdaConfig={"LambdaFunctionArn": FUNCTION}
        ),
        "Details": {
            **resource(
                "Resolver",
                ApiId=API,
                TypeName="Query",
                FieldName="eventDetails",
                Kind="UNIT",
                DataSourceName={"Fn::GetAtt": ["Source", "Name"]},
                Code=INVOKE,
                Runtime={"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"},
            ),
            "DependsOn": ["Schema"],
        },
    }
}


@pytest.fixture(scope="module")
def api(ministack):
    stacks = ministack.client("cloudformation")
    stacks.create_stack(StackName="reminders-api", TemplateBody=json.dumps(TEMPLATE))
    stacks.get_waiter("stack_create_complete").wait(StackName="reminders-api", WaiterConfig={"Delay": 1})
    [found] = deployed_apis(ministack.client("appsync"))
    yield found
    stacks.delete_stack(StackName="reminders-api")


def test_what_was_deployed_is_what_is_served(api):
    assert (api.issuer, api.client, api.depth, api.resolvers_a_query) == (NAME, "ovation", 6, 20)
    assert not api.introspection
    assert api.resolvers["Query", "eventDetails"].function == FUNCTION
    called = []

    def invoke(function, payload):
        called.append(function)
        return {"data": {"id": payload["arguments"]["eventId"]}}

    clock = VirtualClock(AT)
    with (
        Issuer(NAME, clock=lambda: AT.timestamp()) as issuer,
        AppSyncServer(api, invoke, clock, issuer.endpoint) as server,
    ):
        answer = requests.post(
            server.url,
            json={"query": '{ eventDetails(eventId: "e") { id } }'},
            headers={"Authorization": issuer.token("fan-1")},
            timeout=10,
        )
    assert answer.json() == {"data": {"eventDetails": {"id": "e"}}}
    assert called == [FUNCTION]
