"""DynamoDB's calls that are made most in, the same out with bodies written and read by orjson: botocore's own walk is half their cost."""

from base64 import b64encode
from typing import Any

import orjson

OPERATIONS = ("BatchGetItem", "BatchWriteItem", "PutItem", "Query", "UpdateItem")
BODY = "ovation_body"
BINARY = (b'"B"', b'"BS"')  # travels as base64, which botocore knows how to read


def quicken(dynamodb: Any) -> Any:
    """Teach a client whose parameter validation is off; signing, endpoints, retries and errors stay botocore's."""
    for operation in OPERATIONS:
        events = dynamodb.meta.events
        events.register_last(f"before-parameter-build.dynamodb.{operation}", _write)
        events.register_first(f"before-call.dynamodb.{operation}", _attach)
        events.register(f"before-parse.dynamodb.{operation}", _read)
    return dynamodb


def _write(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[BODY] = orjson.dumps(params, default=_base64)
    # Nothing is left for botocore to walk through; the names stay, for its choice of endpoint.
    if "RequestItems" in params:
        left = {"RequestItems": {table: type(asked)() for table, asked in params["RequestItems"].items()}}
    else:
        left = {"TableName": params["TableName"]}
    params.clear()
    params.update(left)


def _attach(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    params["body"] = context.pop(BODY)


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    body = response_dict["body"]
    if response_dict["status_code"] != 200 or any(tag in body for tag in BINARY):
        return
    customized_response_dict.update(orjson.loads(body))
    response_dict["body"] = b"{}"


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
