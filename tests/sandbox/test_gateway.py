"""The deployed HTTP APIs over real HTTP, as API Gateway serves them."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.credentials import Credentials

from sandbox.gateway import Gateway, signed
from sandbox.gateway.payload import Call
from sandbox.gateway.routes import Route, choose
from sandbox.gateway.signature import signer_of
from sandbox.ministack import REGION, Ministack
from sandbox.timeline import VirtualClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HTTP = urllib3.PoolManager()
# Answers with what the query asks for, else with the event it was called with.
ECHO = """
import json
def handler(event, context):
    asked = event.get("queryStringParameters", {}).get("answer")
    if asked == "fail":
        raise ValueError("a bug")
    return json.loads(asked) if asked else {"statusCode": 200, "body": json.dumps(event)}
"""
ROUTES = {
    "GET /r/{token}": "NONE",
    "POST /r/{token}": "NONE",
    "GET /r/known": "NONE",
    "ANY /files/{proxy+}": "NONE",
    "GET /customers/{customer}": "AWS_IAM",
    "POST /customers": "AWS_IAM",
}


@pytest.fixture(scope="module")
def gateway(ministack: Ministack) -> Iterator[Gateway]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("echo.py", ECHO)
    function = ministack.client("lambda").create_function(
        FunctionName="echo-of-the-gateway",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="echo.handler",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    apis = ministack.client("apigatewayv2")
    api = apis.create_api(Name="echo", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for key, authorization in ROUTES.items():
        apis.create_route(
            ApiId=api, RouteKey=key, Target=f"integrations/{integration}", AuthorizationType=authorization
        )
    running = Gateway.start(ministack, VirtualClock(NOON))
    yield running
    running.stop()
    apis.delete_api(ApiId=api)


def ask(gateway: Gateway, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
    return HTTP.request(method, gateway.urls["echo"] + path, redirect=False, retries=False, **more)


def event(gateway: Gateway, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = ask(gateway, method, path, **more)
    assert answer.status == 200, answer.data
    found: dict[str, Any] = answer.json()
    return found


def answer(gateway: Gateway, document: Any, method: str = "GET") -> urllib3.BaseHTTPResponse:
    return ask(gateway, method, "/files/any?" + urlencode({"answer": json.dumps(document)}))


def test_a_request_arrives_as_an_event_of_payload_format_2(gateway: Gateway) -> None:
    headers = {"User-Agent": "Phone", "Cookie": "a=1; b=2", "X-One": "1"}
    found = event(gateway, "GET", "/r/a%20b?x=1&x=2&y=%C3%BC", headers=headers)
    assert (found["version"], found["routeKey"]) == ("2.0", "GET /r/{token}")
    assert (found["rawPath"], found["rawQueryString"]) == ("/r/a b", "x=1&x=2&y=%C3%BC")
    assert found["pathParameters"] == {"token": "a b"}
    assert found["queryStringParameters"] == {"x": "1,2", "y": "ü"}
    assert found["cookies"] == ["a=1", "b=2"]
    assert found["headers"]["x-one"] == "1"
    assert "cookie" not in found["headers"]
    http = found["requestContext"]["http"]
    assert (http["method"], http["path"], http["sourceIp"]) == ("GET", "/r/a b", "127.0.0.1")
    assert http["userAgent"] == "Phone"
    assert "body" not in found


def test_the_time_of_a_request_is_the_sandboxs_or_its_own(gateway: Gateway) -> None:
    here = event(gateway, "GET", "/r/x")["requestContext"]
    assert (here["timeEpoch"], here["time"]) == (int(NOON.timestamp() * 1000), "20/Nov/2026:12:00:00 +0000")
    own = event(gateway, "GET", "/r/x", headers={"x-sandbox-time": "2026-11-21T08:30:00Z"})
    assert own["requestContext"]["timeEpoch"] == int(datetime(2026, 11, 21, 8, 30, tzinfo=UTC).timestamp() * 1000)
    assert "x-sandbox-time" not in own["headers"]
    assert ask(gateway, "GET", "/r/x", headers={"x-sandbox-time": "tomorrow"}).status == 400


@pytest.mark.parametrize(
    ("kind", "as_text"),
    [
        ("application/json", True),
        ("text/plain; charset=utf-8", True),
        ("application/x-www-form-urlencoded", False),
        ("image/jpeg", False),
    ],
)
def test_only_text_arrives_as_text(gateway: Gateway, kind: str, as_text: bool) -> None:
    found = event(gateway, "POST", "/r/x", body=b"stars=4", headers={"content-type": kind})
    assert found["isBase64Encoded"] is not as_text
    assert found["body"] == ("stars=4" if as_text else base64.b64encode(b"stars=4").decode())


def test_an_answer_keeps_its_status_headers_cookies_and_bytes(gateway: Gateway) -> None:
    found = answer(
        gateway,
        {
            "statusCode": 302,
            "headers": {"Location": "/r/known"},
            "cookies": ["a=1", "b=2; HttpOnly"],
            "body": base64.b64encode(b"\x89PNG").decode(),
            "isBase64Encoded": True,
        },
    )
    assert (found.status, found.headers["location"], found.data) == (302, "/r/known", b"\x89PNG")
    assert found.headers.getlist("set-cookie") == ["a=1", "b=2; HttpOnly"]


def test_an_answer_without_a_status_is_a_body(gateway: Gateway) -> None:
    found = answer(gateway, {"ok": True})
    assert (found.status, found.headers["content-type"], found.json()) == (200, "application/json", {"ok": True})


@pytest.mark.parametrize("broken", [{"statusCode": "many"}, {"statusCode": 200, "body": {"not": "text"}}])
def test_a_malformed_answer_is_an_internal_error(gateway: Gateway, broken: Mapping[str, Any]) -> None:
    found = answer(gateway, broken)
    assert (found.status, found.json()) == (500, {"message": "Internal Server Error"})


def test_a_function_that_fails_tells_the_caller_nothing(gateway: Gateway) -> None:
    found = ask(gateway, "GET", "/files/any?answer=fail")
    assert (found.status, found.data) == (500, b'{"message": "Internal Server Error"}')


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("DELETE", "/r/x"), ("HEAD", "/r/x")])
def test_what_no_route_serves_is_not_found(gateway: Gateway, method: str, path: str) -> None:
    assert ask(gateway, method, path).status == 404


def test_a_head_request_gets_the_length_and_no_body(gateway: Gateway) -> None:
    found = answer(gateway, {"statusCode": 200, "body": "12345"}, "HEAD")
    assert (found.status, found.headers["content-length"], found.data) == (200, "5", b"")


def test_a_body_beyond_the_limit_is_refused(gateway: Gateway) -> None:
    assert ask(gateway, "POST", "/r/x", body=b"0" * (10 * 2**20 + 1)).status == 413


def test_a_signed_route_wants_a_signature_that_fits_the_request(gateway: Gateway) -> None:
    url = gateway.urls["echo"] + "/customers/C%231?limit=2"
    good = signed(url, REGION)
    found = HTTP.request("GET", url, headers=good)
    assert found.status == 200
    assert found.json()["pathParameters"] == {"customer": "C#1"}
    assert found.json()["requestContext"]["authorizer"]["iam"]["accessKey"] == "test"
    assert HTTP.request("GET", url).status == 403
    assert HTTP.request("GET", url + "0", headers=good).status == 403
    stale = {**good, "X-Amz-Date": "20200101T000000Z"}
    assert HTTP.request("GET", url, headers=stale).json() == {"message": "Forbidden"}


def test_a_signature_covers_the_body(gateway: Gateway) -> None:
    url = gateway.urls["echo"] + "/customers"
    headers = signed(url, REGION, method="POST", body=b'{"a": 1}', headers={"content-type": "application/json"})
    assert HTTP.request("POST", url, headers=headers, body=b'{"a": 1}').status == 200
    assert HTTP.request("POST", url, headers=headers, body=b'{"a": 2}').status == 403


@pytest.mark.parametrize(("minutes", "held"), [(4.9, True), (-4.9, True), (5.1, False), (-5.1, False)])
def test_a_signature_holds_for_five_minutes(minutes: float, held: bool) -> None:
    headers = signed("http://127.0.0.1:1/customers", REGION)
    told = {**{name.lower(): value for name, value in headers.items()}, "host": "127.0.0.1:1"}
    made = datetime.strptime(told["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    call = Call("GET", "/customers", "", told, b"")
    at = made + timedelta(minutes=minutes)
    assert (signer_of(call, Credentials("test", "test"), REGION, at) == "test") is held


@pytest.mark.parametrize(
    ("method", "path", "reached"),
    [
        ("GET", "/pets/dog", "GET /pets/dog"),
        ("GET", "/pets/cat", "GET /pets/{pet}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/pets/cat", "ANY /pets/{pet}"),
        ("POST", "/pets/cat/1", "ANY /{proxy+}"),
        ("POST", "/", "$default"),
    ],
)
def test_the_most_specific_route_is_reached(method: str, path: str, reached: str) -> None:
    keys = ("$default", "ANY /{proxy+}", "ANY /pets/{pet}", "GET /pets/{proxy+}", "GET /pets/{pet}", "GET /pets/dog")
    found = choose([Route(key, "function") for key in keys], method, path)
    assert found
    assert found[0].key == reached


def test_a_setting_that_names_an_api_is_led_to_where_it_is_served(gateway: Gateway, ministack: Ministack) -> None:
    [api] = [it for it in ministack.client("apigatewayv2").get_apis()["Items"] if it["Name"] == "echo"]
    assert gateway.addressed(f"https://{api['ApiId']}.execute-api.eu-west-1.amazonaws.com/") == gateway.urls["echo"]
    assert gateway.addressed(api["ApiEndpoint"]) == gateway.urls["echo"]
    assert gateway.addressed("https://example.com") == "https://example.com"


def post_photo(ministack: Ministack, bucket: str, content: bytes, kind: str) -> urllib3.BaseHTTPResponse:
    """As the page's form does it: a type and a size in the policy, and a way back."""
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    s3 = boto3.client("s3", endpoint_url=ministack.endpoint, config=Config(signature_version="s3v4"), **access)
    fields = {"Content-Type": "image/jpeg", "success_action_redirect": "http://127.0.0.1:1/back"}
    conditions = [{name: value} for name, value in fields.items()] + [["content-length-range", 1, 1000]]
    form = s3.generate_presigned_post(bucket, "photos/1", fields, conditions, ExpiresIn=60)
    given = {**form["fields"], "Content-Type": kind, "file": ("me.jpg", content, kind)}
    return HTTP.request("POST", form["url"], fields=given, redirect=False)


def test_a_photo_upload_is_held_to_its_type_and_size(ministack: Ministack) -> None:
    s3 = ministack.client("s3")
    s3.create_bucket(Bucket="photos-of-the-gateway", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert post_photo(ministack, "photos-of-the-gateway", b"0" * 1001, "image/jpeg").status == 400
    assert post_photo(ministack, "photos-of-the-gateway", b"0" * 10, "text/html").status == 403
    assert s3.list_objects_v2(Bucket="photos-of-the-gateway")["KeyCount"] == 0
    stored = post_photo(ministack, "photos-of-the-gateway", b"0" * 1000, "image/jpeg")
    assert stored.status == 303
    assert stored.headers["location"].startswith("http://127.0.0.1:1/back")
    assert s3.head_object(Bucket="photos-of-the-gateway", Key="photos/1")["ContentType"] == "image/jpeg"
