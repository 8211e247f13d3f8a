"""The signing keys, as Secrets Manager holds them."""

import json
import os
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto import mock_aws

from adapters.aws.link_keys import LinkKeys
from domain.errors import Rejected, Unavailable

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def secrets():
    environment = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}
    with patch.dict(os.environ, environment), mock_aws():
        yield boto3.client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))


def kept(secrets, text):
    return LinkKeys(secrets, secrets.create_secret(Name="link-keys", SecretString=text)["ARN"])


def changed(secrets, keys, document):
    secrets.put_secret_value(SecretId=keys.arn, SecretString=json.dumps(document))


def test_the_keys_come_in_their_order_newest_last(secrets):
    assert kept(secrets, '{"keys": ["old", "new"]}').read(NOW) == ("old", "new")


def test_a_first_key_as_cloudformation_generates_it_is_one_key(secrets):
    assert kept(secrets, '{"keys": "generated"}').read(NOW) == ("generated",)


def test_a_rotation_is_seen_after_five_minutes_and_not_asked_for_before(secrets):
    keys = kept(secrets, '{"keys": ["old"]}')
    keys.read(NOW)
    changed(secrets, keys, {"keys": ["old", "new"]})
    assert keys.read(NOW + timedelta(minutes=4, seconds=59)) == ("old",)
    assert keys.read(NOW + timedelta(minutes=5)) == ("old", "new")
    assert keys.read(NOW + timedelta(minutes=9)) == ("old", "new")


def test_keys_read_in_the_future_are_read_again(secrets):
    """A sandbox may be set back; keys of the time before must not stay for good."""
    keys = kept(secrets, '{"keys": ["old"]}')
    keys.read(NOW + timedelta(days=1))
    changed(secrets, keys, {"keys": ["new"]})
    assert keys.read(NOW) == ("new",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        '"keys"',
        "null",
        "{}",
        '{"keys": []}',
        '{"keys": ""}',
        '{"keys": ["good key", ""]}',
        '{"keys": ["good key", 7]}',
        '{"keys": {"old": "new"}}',
        '{"keys": null}',
    ],
)
def test_a_secret_without_keys_is_rejected_by_name_and_not_repeated(secrets, text):
    name = "link-keys"
    arn = secrets.create_secret(Name=name, SecretString="x")["ARN"]
    secrets.meta.events.register("before-send.secretsmanager", answering(200, {"ARN": arn, "SecretString": text}))
    with pytest.raises(Rejected) as rejected:
        LinkKeys(secrets, arn).read(NOW)
    assert arn in str(rejected.value)
    assert "good key" not in str(rejected.value)
    assert rejected.value.__suppress_context__


def test_a_secret_of_bytes_is_rejected(secrets):
    arn = secrets.create_secret(Name="link-keys", SecretBinary=b'{"keys": ["a"]}')["ARN"]
    with pytest.raises(Rejected):
        LinkKeys(secrets, arn).read(NOW)


@pytest.mark.parametrize(
    ("status", "error"), [(400, "ThrottlingException"), (500, "InternalServiceError"), (503, "ServiceUnavailable")]
)
def test_out_of_reach_is_unavailable(secrets, status, error):
    keys = kept(secrets, '{"keys": ["old"]}')
    secrets.meta.events.register("before-send.secretsmanager", answering(status, {"__type": error, "message": error}))
    with pytest.raises(Unavailable):
        keys.read(NOW)


def test_keys_held_do_not_show_when_printed(secrets):
    keys = kept(secrets, '{"keys": ["old"]}')
    keys.read(NOW)
    assert "old" not in repr(keys)


def answering(status, document):
    """The service's own answer, given in front of moto."""

    class Body:
        def stream(self):
            yield json.dumps(document).encode()

        def read(self):
            return json.dumps(document).encode()

    return lambda request, **_: AWSResponse(
        request.url, status, {"x-amzn-requestid": "1", "content-type": "application/x-amz-json-1.1"}, Body()
    )
