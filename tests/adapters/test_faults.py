"""Which of AWS's errors are worth another try."""

import boto3
import pytest
from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls
from domain.errors import Unavailable

USED = ("dynamodb", "kinesis", "lambda", "s3", "scheduler", "secretsmanager", "sqs", "stepfunctions")


def throttling():
    """What the services that we call name so, by AWS's own models."""
    for service in USED:
        model = boto3.Session().client(service, region_name="eu-west-1").meta.service_model
        for shape in model.error_shapes:
            if "throttl" in shape.name.lower() and shape.metadata.get("exception"):
                yield shape.error_code


@pytest.mark.parametrize("code", sorted({*throttling()}))
def test_who_is_throttled_may_ask_again(code):
    with pytest.raises(Unavailable, match=f"^asking: {code}$"), aws_calls("asking"):
        raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Ask")


def test_what_no_other_try_changes_is_raised():
    with pytest.raises(ClientError, match="AccessDenied"), aws_calls("asking"):
        raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "Ask")
