"""The services' tokens, as people put them into a secret."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from adapters.aws.service_secrets import ServiceSecrets
from domain.errors import Unavailable

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)


def held(text):
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-west-1")
        client.create_secret(Name="services", SecretString=text)
        return ServiceSecrets(client, "services").read(NOW)


@pytest.mark.parametrize("pasted", ["abc", "abc\n", " abc", "abc\r\n"])
def test_what_came_along_with_a_pasted_token_is_no_part_of_it(pasted):
    assert held(json.dumps({"entryToken": pasted})) == {"entryToken": "abc"}


@pytest.mark.parametrize("pasted", ["", "  ", "a\nb", "abc…", "a\x00b", 7, None, ["abc"]])
def test_what_fits_into_no_header_is_no_token(pasted):
    """A library that refuses a header repeats it in its error, which ends in a log."""
    assert held(json.dumps({"entryToken": pasted})) == {}


@pytest.mark.parametrize("text", ["abc", "[]", '{"entryToken": "abc"'])
def test_a_secret_that_is_no_object_can_be_put_right_and_is_not_repeated(text):
    with pytest.raises(Unavailable) as found:
        held(text)
    assert "abc" not in str(found.value)
