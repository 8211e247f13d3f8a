"""Whom the GraphQL API lets in, and what it does not even begin with: tokens and queries that mean harm."""

import base64
import json

import pytest
from appsync_world import AT, INVOKE, api, appsync_world

from sandbox.appsync import AppSyncServer, templated_api
from sandbox.appsync.dialect import refusals
from sandbox.issuer import Issuer
from sandbox.timeline import VirtualClock

DETAILS = '{ eventDetails(eventId: "ovs-1") { id } }'
BOUNDED = api(depth=4, resolvers_a_query=5, introspection=False, client="ovation|web", oldest_token=600_000)


@pytest.fixture(scope="module")
def running():
    with appsync_world(BOUNDED) as world:
        yield world


@pytest.fixture
def world(running):
    running.asked.clear()
    running.functions["eventDetails"] = lambda payload: {"data": {"id": "ovs-1", "isSuppressed": False, "sales": []}}
    return running


def refused(world, token):
    answer = world.post(DETAILS, token=token)
    assert not world.asked
    assert answer.status_code == 401
    assert answer.headers["x-amzn-ErrorType"] == "UnauthorizedException"
    [error] = answer.json()["errors"]
    assert error["errorType"] == "UnauthorizedException"
    return error["message"]


def test_a_fans_token_opens_with_bearer_or_without(world):
    assert world.ask(DETAILS)["data"]["eventDetails"] == {"id": "ovs-1"}
    assert world.post(DETAILS, token=None, Authorization=world.token()).status_code == 200


def test_without_a_token_nobody_gets_in(world):
    assert refused(world, None) == "Valid authorization header not provided."


def test_a_token_is_good_until_it_expires(world):
    now = int(AT.timestamp())
    assert world.post(DETAILS, token=world.token(exp=now + 1)).status_code == 200
    world.asked.clear()
    assert refused(world, world.token(exp=now)) == "Token has expired."
    assert refused(world, world.token(exp=None)) == "Token has expired."
    assert refused(world, world.token(iat=now - 601)) == "Token has expired."  # this API takes none older than 10 min


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://elsewhere.example"}, {"nbf": 4e9}, {"aud": "other", "azp": None}, {"aud": ["x"], "azp": 1}],
)
def test_tokens_of_others_for_others_or_not_good_yet_are_refused(world, claims):
    assert refused(world, world.token(**claims)) == "Unauthorized"


def test_a_forged_token_is_refused(world):
    head, body, signature = world.token().split(".")
    other = base64.urlsafe_b64encode(
        json.dumps({"iss": world.issuer.name, "sub": "fan-2", "exp": 4e9}).encode()
    ).decode()
    nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    with Issuer(world.issuer.name) as stranger:
        forged = [
            f"{head}.{other.rstrip('=')}.{signature}",
            f"{nobody}.{body}.",
            f"{head}.{body}.{signature[:-4]}AAAA",
            f"{head}.{body}",
            "x.y.z",
            "é.é.é".encode().decode("latin-1"),
            stranger.token("fan-1"),
        ]
    assert {refused(world, it) for it in forged} == {"Unauthorized"}


def test_new_keys_of_the_issuer_are_found_and_old_ones_still_open(world):
    old = world.token()
    world.issuer.rotate()
    assert world.post(DETAILS, token=world.token()).status_code == 200
    assert world.post(DETAILS, token=old).status_code == 200


def test_an_issuer_out_of_reach_lets_nobody_in(world):
    with Issuer(world.issuer.name) as gone:
        address = gone.endpoint
    with AppSyncServer(BOUNDED, lambda *asked: None, VirtualClock(AT), address) as server:
        world.server, kept = server, world.server
        try:
            assert refused(world, world.token()) == "Unauthorized"
        finally:
            world.server = kept


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"query": 1}',
        b"{}",
        b'{"query": "{ a }", "variables": []}',
        b"[" * 100_000,
        b'{"query": "{"}',
    ],
)
def test_what_is_no_query_is_malformed(world, body):
    answer = world.post(body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["errorType"] == "MalformedHttpRequestException"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('{ eventDetails(eventId: "e") { venue { id } sales { id' + " { id" * 3 + " }" * 3 + "} } }", "depth limit"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "within itself"),
        ("{" + " ".join(f'a{n}: eventDetails(eventId: "e") {{ id }}' for n in range(6)) + "}", "count limit"),
        ("{" + 'eventDetails(eventId: "e") {' + " id" * 4_000 + "} }", "too many fields"),
        ("{ __schema { types { name } } }", "introspection"),
        ("{ eventDetails(eventId: {a: 1}) { id } }", "ID cannot represent"),
        ("{ eventDetails { id } }", "is required"),
        ("{ nothing }", "Cannot query field"),
        ('mutation { remindMe(input: {eventId: "e", saleId: "s", contactMethods: [pigeon]}) { status } }', "pigeon"),
        ("subscription { eventDetails { id } }", "subscription"),
    ],
)
def test_a_query_that_is_too_deep_too_wide_too_curious_or_wrong_calls_nothing(world, query, why):
    answer = world.ask(query)
    assert answer["data"] is None
    assert all({"path", "locations", "message"} <= set(it) for it in answer["errors"])
    assert why in answer["errors"][0]["message"]
    assert not world.asked


def test_a_query_of_very_many_words_is_malformed_and_a_larger_one_too_large(world):
    assert world.post("{" + " a" * 20_000 + "}").status_code == 400
    assert world.post("{ a" + " { a" * 5_000 + " }" * 5_000 + "}").status_code == 400
    assert world.post("{" + " " * 2**20 + "}").status_code == 413
    assert not world.asked


def test_values_reach_the_function_as_they_are(world):
    hostile = "'; DROP \"} #pk :v ../ \u202e\u2028\0 {{7*7}} 🎟"
    world.post("query($id: ID!) { eventDetails(eventId: $id) { id } }", {"id": hostile})
    assert [it["arguments"] for it in world.asked] == [{"eventId": hostile}]


def test_variables_that_do_not_fit_call_nothing(world):
    answer = world.ask("query($id: ID!) { eventDetails(eventId: $id) { id } }", variables={"id": {"a": 1}})
    assert not world.asked
    assert answer["data"] is None


def test_other_paths_and_methods_are_not_there(world):
    assert world.session.get(world.server.url, timeout=5).status_code == 404


def test_the_resolver_is_in_appsyncs_javascript():
    assert refusals(INVOKE) == []


@pytest.mark.parametrize(
    "line",
    [
        "throw 'x';", "try { } catch (e) { }", "async function f() {}", "while (true) {}", "let n = 0; n++;", "new Date();",
        "for (let i = 0; i < 3; i += 1) {}", "const r = /a+/;", "import fs from 'node:fs';", "class A {}", "fetch('x');",
    ],
)  # fmt: skip
def test_what_appsync_would_not_deploy_is_refused(line):
    code = f"{INVOKE}\n{line}\n"
    assert refusals(code)
    with pytest.raises(ValueError, match=r"not supported|alone|imported"):
        AppSyncServer(api(code), lambda *asked: None, VirtualClock(AT))


def test_for_of_and_words_in_texts_are_taken():
    assert refusals(INVOKE + "// don't throw\nfor (const it of []) { const a = 'new while ++'; }\n") == []


def test_a_resolver_needs_a_field():
    with pytest.raises(ValueError, match="no such field"):
        AppSyncServer(api(schema="type Query { other: ID }"), lambda *asked: None, VirtualClock(AT))


def test_a_template_is_read_as_it_would_be_deployed():
    def resource(type, **properties):
        return {"Type": f"AWS::AppSync::{type}", "Properties": properties}

    oidc = {"Issuer": "https://accounts.example.com", "ClientId": "ovation", "AuthTTL": 1000}
    resources = {
        "Api": resource("GraphQLApi", AuthenticationType="OPENID_CONNECT", OpenIDConnectConfig=oidc, QueryDepthLimit=6),
        "Schema": resource("GraphQLSchema", Definition="type Query { a: ID }"),
        "Source": resource(
            "DataSource", Name="events", LambdaConfig={"LambdaFunctionArn": {"Fn::GetAtt": ["EventDetails", "Arn"]}}
        ),
        "A": resource(
            "Resolver", TypeName="Query", FieldName="a", DataSourceName={"Fn::GetAtt": ["Source", "Name"]}, Code=INVOKE
        ),
    }
    found = templated_api(resources, lambda expression: expression["Fn::GetAtt"][0])
    assert found.resolvers["Query", "a"].function == "EventDetails"
    assert (found.issuer, found.client, found.depth, found.oldest_sign_in) == (oidc["Issuer"], "ovation", 6, 1000)
    resources["Api"]["Properties"]["AuthenticationType"] = "API_KEY"
    with pytest.raises(ValueError, match="API_KEY"):
        templated_api(resources, str)
