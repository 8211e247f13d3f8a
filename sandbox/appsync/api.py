"""What a template, or AppSync's own API, says of a GraphQL API in; its schema, its resolvers and whom it lets in out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
Field = tuple[str, str]  # a type's name and a field's


@dataclass(frozen=True, slots=True)
class Resolver:
    """`function`: whatever its caller knows the function by."""

    code: str
    function: str


@dataclass(frozen=True, slots=True)
class Api:
    """`issuer` of the tokens it takes, `client` a pattern of the clients they are for; ages in ms, 0 for any.

    `depth` and `resolvers_a_query` as the API bounds them, 0 for not at all.
    """

    id: str
    schema: str
    resolvers: Mapping[Field, Resolver]
    issuer: str
    client: str = ""
    oldest_sign_in: int = 0
    oldest_token: int = 0
    depth: int = 0
    resolvers_a_query: int = 0
    introspection: bool = True


def templated_api(resources: Json, function_of: Callable[[Any], str]) -> Api:
    """The one API of a template. `function_of` gets the expression that a data source names its function by.

    ValueError: what only AWS could find (code or schema in S3), or tokens of another kind than OpenID Connect's.
    """
    [(id, api)] = _of_type(resources, "GraphQLApi")
    [(_, schema)] = _of_type(resources, "GraphQLSchema")
    sources = {
        name: function_of(it["LambdaConfig"]["LambdaFunctionArn"])
        for source, it in _of_type(resources, "DataSource")
        if "LambdaConfig" in it
        for name in (source, it["Name"])
    }
    resolvers = {
        (it["TypeName"], it["FieldName"]): Resolver(_inline(it, "Code"), sources[_named(it["DataSourceName"])])
        for _, it in _of_type(resources, "Resolver")
    }
    return _api(id, _inline(schema, "Definition"), resolvers, {_camel(name): value for name, value in api.items()})


def deployed_apis(appsync: Any) -> Iterator[Api]:
    """All that the `appsync` client knows of, functions by their ARN. ValueError: tokens of another kind than OpenID Connect's."""
    for api in appsync.list_graphql_apis(maxResults=25)["graphqlApis"]:
        id = api["apiId"]
        told = appsync.get_introspection_schema(apiId=id, format="SDL")["schema"].read().decode()
        functions = {
            it["name"]: it["lambdaConfig"]["lambdaFunctionArn"]
            for it in appsync.list_data_sources(apiId=id)["dataSources"]
            if "lambdaConfig" in it
        }
        resolvers = {
            (type, it["fieldName"]): Resolver(it["code"], functions[it["dataSourceName"]])
            for type in ("Query", "Mutation")
            for it in appsync.list_resolvers(apiId=id, typeName=type)["resolvers"]
        }
        yield _api(id, told, resolvers, api)


def _api(id: str, schema: str, resolvers: Mapping[Field, Resolver], told: Json) -> Api:
    """`told` in the words of AppSync's API."""
    if told["authenticationType"] != "OPENID_CONNECT":
        raise ValueError(f"{told['authenticationType']}: the stand-in lets people in by OpenID Connect alone")
    oidc = {_camel(name): value for name, value in told["openIDConnectConfig"].items()}
    return Api(
        id,
        schema,
        resolvers,
        oidc["issuer"],
        oidc.get("clientId") or "",
        int(oidc.get("authTTL") or 0),
        int(oidc.get("iatTTL") or 0),
        int(told.get("queryDepthLimit") or 0),
        int(told.get("resolverCountLimit") or 0),
        told.get("introspectionConfig", "ENABLED") == "ENABLED",
    )


def _of_type(resources: Json, type: str) -> list[tuple[str, Any]]:
    return [(id, it["Properties"]) for id, it in resources.items() if it["Type"] == f"AWS::AppSync::{type}"]


def _inline(properties: Json, name: str) -> str:
    if not isinstance(properties.get(name), str):
        raise ValueError(f"the template has no {name} of its own: the stand-in reads nothing from S3")
    return str(properties[name])


def _named(expression: Any) -> str:
    """A data source, by its name or by its logical id."""
    return expression if isinstance(expression, str) else str(expression["Fn::GetAtt"][0])


def _camel(name: str) -> str:
    return "openIDConnectConfig" if name == "OpenIDConnectConfig" else name[:1].lower() + name[1:]
