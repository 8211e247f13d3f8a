"""A stack in an account, as the commands find it: its functions' own names for things, and words instead of tracebacks."""

import io
import json
import zipfile

import boto3
import pytest
from moto import mock_aws

from cli.deployment import Deployment
from cli.optout import optout
from domain.errors import Rejected

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


@pytest.fixture(autouse=True)
def account(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as asset:
            asset.writestr("a.py", "")
        boto3.client("s3").create_bucket(Bucket="assets")
        boto3.client("s3").put_object(Bucket="assets", Key="a.zip", Body=buffer.getvalue())
        yield


def deployed(stack, **functions):
    """`functions`: the environment of each by the last part of its handler's module, None for one that has none."""
    resources = {"Role": ROLE}
    for name, environment in functions.items():
        about = {"Handler": f"handlers.solicitation.{name}.handler", "Runtime": "python3.13"}
        about |= {"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}
        about |= {} if environment is None else {"Environment": {"Variables": environment}}
        resources[name.title()] = {"Type": "AWS::Lambda::Function", "Properties": about}
    template = json.dumps({"Resources": resources})
    boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])


def test_a_function_without_settings_is_no_hindrance():
    deployed("ours", serve={"CANDIDATES_TABLE": "Candidates"}, custom=None)
    found = Deployment.of(boto3.client, "ours")
    assert (found.names, set(found.functions)) == ({"candidates_table": "Candidates"}, {"serve", "custom"})


@pytest.mark.parametrize(("stack", "says"), [("theirs", "solicitation"), ("nobodys", "cannot be read")])
def test_a_stack_that_is_not_ours_is_refused_in_words(stack, says):
    deployed("theirs", serve={"SOMETHING_ELSE": "x"})
    with pytest.raises(Rejected, match=says):
        Deployment.of(boto3.client, stack)


def test_a_function_that_may_not_be_called_is_told_in_words():
    deployed("ours", report={"CANDIDATES_TABLE": "Candidates"})
    found = Deployment.of(boto3.client, "ours")
    boto3.client("lambda").delete_function(FunctionName=found.functions["report"])
    with pytest.raises(Rejected, match="report cannot be called"):
        found.call("report", {})


def test_a_report_of_a_quarter_of_an_hour_is_waited_for():
    deployed("ours", report={"CANDIDATES_TABLE": "Candidates"})
    assert Deployment.reached("ours").client("lambda").meta.config.read_timeout > 900


def test_a_misspelt_program_opts_nobody_out_and_says_so(capsys):
    with pytest.raises(BaseException) as ended:
        optout("ann", program="product-review")
    assert getattr(ended.value, "exit_code", None) == 2
    assert "product-reviews" in capsys.readouterr().err
