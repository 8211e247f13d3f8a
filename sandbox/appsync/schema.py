"""The text of a schema in, the schema with AppSync's own scalars and directives in it out."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, build_schema

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def schema_of(text: str) -> GraphQLSchema:
    """GraphQLSyntaxError, TypeError: it is no schema, which says what is wrong with it."""
    schema = build_schema("".join(f"scalar {name}\n" for name in CHECKS) + DIRECTIVES + text)
    for name, check in CHECKS.items():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.serialize = scalar.parse_value = _checked(name, check)  # type: ignore[assignment, method-assign]
    return schema


def _checked(name: str, check: Callable[[Any], object]) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        try:
            good = isinstance(value, int if name == "AWSTimestamp" else str) and check(value)
        except ValueError:
            good = False
        if not good:
            raise GraphQLError(
                f"Unable to serialize `{str(value)[:100]}` as a valid {name.removeprefix('AWS')} Object."
            )
        return value

    return same


def _instant(text: str) -> bool:
    """AWSDateTime: with seconds and a zone."""
    return datetime.fromisoformat(text).tzinfo is not None and len(text) > len("2026-12-04T18:00")


def _address(text: str) -> bool:
    """AWSURL: with its scheme; http and https have a host."""
    url = urlsplit(text)
    return bool(url.scheme and (url.netloc or url.path) and not re.search(r"\s", text))


CHECKS: dict[str, Callable[[Any], object]] = {
    "AWSDateTime": _instant,
    "AWSDate": lambda text: date.fromisoformat(text[:10]),
    "AWSTimestamp": lambda seconds: True,
    "AWSURL": _address,
    "AWSEmail": ADDRESS.fullmatch,
    "AWSPhone": lambda text: re.fullmatch(r"\+?[\d\s-]{4,20}", text),
}
DIRECTIVES = """
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String]) on OBJECT | FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String]) on FIELD_DEFINITION
"""
