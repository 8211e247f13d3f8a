"""AWS's advice: cdk-nag and cfn-lint find nothing that is not answered, and what nobody has answered stops the synth."""

import json

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from cfnlint.api import ManualArgs, lint

import infra.synth
from handlers.settings import Settings
from infra.alarms import Alarms
from infra.function import Fleet, PythonFunction
from infra.stages import DEV
from tests.infra.conftest import read, synthesise

CDK_DEPENDS_ON = "W3005"  # CDK writes DependsOn also where a reference implies it


def test_cdk_nag_finds_nothing_that_is_not_answered(stack):
    assert json.loads((stack.folder / "validation-report.json").read_text())["pluginReports"] == []


def test_a_finding_nobody_has_answered_stops_the_synth(monkeypatch, tmp_path):
    monkeypatch.setattr(infra.synth, "build", lambda app, *_, **__: s3.Bucket(Stack(app, "Careless"), "Open"))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        synthesise(tmp_path)
    assert "AwsSolutions-S1" in (tmp_path / "cdk.out/validation-report.json").read_text()


@pytest.fixture
def function(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "one.py").write_text("def handler(event, context): ...\n")
    scope = Stack(App(outdir=str(tmp_path / "cdk.out")), "Small")
    return PythonFunction(
        scope,
        "One",
        handler="one.handler",
        settings=Settings(),
        timeout=Duration.minutes(1),
        fleet=Fleet(lambda_.Code.from_asset(str(tmp_path / "code")), [], DEV, Alarms(scope, "Alarms", stage=DEV)),
    )


def test_a_wildcard_without_a_reason_is_refused(function):
    with pytest.raises(AssertionError, match=r"say why One needs .*photos/\*"):
        function.allow(["s3:GetObject"], ["arn:aws:s3:::photos/*"])
    function.allow(["s3:GetObject"], ["arn:aws:s3:::photos/*"], because="Photos have no known names.")
    function.allow(["s3:ListBucket"], ["arn:aws:s3:::photos"])


@pytest.mark.parametrize("name", ["Solicitation", "Demand", "Archive", "Scores"])
def test_cfn_lint_finds_nothing(prod, name):
    template = json.dumps(read(prod, name).template)
    found = lint(template, config=ManualArgs(regions=["eu-west-1", "us-east-1"]))
    assert not [str(match) for match in found if match.rule.id != CDK_DEPENDS_ON]
