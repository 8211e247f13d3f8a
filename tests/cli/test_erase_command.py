"""`ovation erase`: asks the function until it is done, waits for who is at work, prints the receipt and says what may come back."""

import io
import json
import zipfile

import boto3
import pytest
from botocore.exceptions import ClientError
from keyed_tables import make_table
from rewrite_world import NOW, demand, rewrite_world
from typer import Typer
from typer.testing import CliRunner

from adapters.aws.attribute_values import encode_item
from cli.deployment import Deployment
from cli.erase import PATIENCE, PAUSE, erase, erased
from domain.archive.fan import Fan
from domain.errors import OvationError, Unavailable
from handlers.archive import erase as function

STACK = "ours"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
app = Typer()
app.command()(erase)


class Context:
    aws_request_id = "1"
    left = 900_000

    def get_remaining_time_in_millis(self):
        return self.left


@pytest.fixture(scope="module")
def one_world():
    with pytest.MonkeyPatch.context() as patch, rewrite_world() as world:
        patch.setattr(function, "AT_ONCE", 1)  # moto is not safe across threads
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        make_table(world.dynamodb, "Demand")
        deployed()
        boto3.setup_default_session()
        boto3.DEFAULT_SESSION.events.register("before-call.lambda.Invoke", invoked)
        yield world


@pytest.fixture
def world(one_world):
    one_world.anew()
    return one_world


def deployed():
    """The stack, with the function that moto knows and does not run."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as asset:
        asset.writestr("a.py", "")
    boto3.client("s3").create_bucket(Bucket="assets")
    boto3.client("s3").put_object(Bucket="assets", Key="a.zip", Body=packed.getvalue())
    about = {
        "Handler": "handlers.archive.erase.handler",
        "Runtime": "python3.13",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    about["Code"] = {"S3Bucket": "assets", "S3Key": "a.zip"}
    told = {"DemandTable": "Demand", "ArchiveBucket": "archive", "ArchiveLedgerTable": "Ledger"}
    template = {
        "Resources": {"Role": ROLE, "Erase": {"Type": "AWS::Lambda::Function", "Properties": about}},
        "Outputs": {name: {"Value": value} for name, value in told.items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )


def invoked(params, **_):
    """The function runs here, where Lambda would run it."""
    try:
        answer, failed = function.handler(json.loads(params["body"]), Context()), {}
    except OvationError as error:  # as Lambda tells of it
        answer, failed = {"errorMessage": str(error)}, {"FunctionError": "Unhandled"}
    body = io.BytesIO(json.dumps(answer).encode())
    return type("Response", (), {"status_code": 200})(), {"Payload": body, "StatusCode": 200, **failed}


@pytest.fixture
def run(tmp_path):
    def run(*words, stack=STACK):
        return CliRunner().invoke(app, [*words, "--stack", stack, "--copies", str(tmp_path / "copies")])

    return run


def test_the_receipt_is_printed_and_the_fan_is_gone(world, run):
    world.file([demand(1, "f1"), demand(2, "bob")])
    done = run("f1", "--yes", "--json")
    assert done.exit_code == 0
    receipt = json.loads(done.stdout)
    assert (receipt["rows"], receipt["versions"], len(receipt["objects"])) == (1, 1, 1)
    assert [row["fanId"] for row in world.rows()] == ["bob"]


def test_for_people_it_is_a_table(world, run):
    key = world.file([demand(1, "f1")])
    done = run("f1", "--yes")
    assert "Erased at" in done.stdout
    assert key.rpartition("/")[2][:12] in done.stdout


def test_without_yes_nothing_is_done(world, run):
    world.file([demand(1, "f1")])
    before = world.versions()
    done = run("f1")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert world.versions() == before


def test_items_that_the_table_still_has_are_told_of_by_number_only(world, run):
    for sale in ("s1", "s2"):
        world.dynamodb.put_item(TableName="Demand", Item=encode_item({"PK": "fan:f1", "SK": f"demand#e1-{sale}"}))
    world.dynamodb.put_item(TableName="Demand", Item=encode_item({"PK": "fan:f10", "SK": "demand#e1-s1"}))
    assert "still has 2 items" in run("f1", "--yes").stderr
    assert "still has" not in run("f2", "--yes").stderr


def test_what_was_read_on_this_machine_is_forgotten(world, run, tmp_path):
    copy = tmp_path / "copies/0123456789abcdef/demand/a.parquet"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"f1")
    assert run("f1").exit_code == 2
    assert copy.exists()
    run("f1", "--yes")
    assert not copy.exists()


def test_an_id_that_is_none_is_bad_input(world, run):
    done = run("", "--yes")
    assert done.exit_code == 2
    assert "not empty" in done.stderr


def test_a_function_that_fails_half_way_is_a_failure_and_no_bad_input(world, run):
    world.file([demand(1, "f1")])

    def fails():
        raise Unavailable("S3 does not answer")

    with world.at_call(5, fails):
        done = run("f1", "--yes")
    assert done.exit_code == 1
    assert "S3 does not answer" in done.stderr
    assert run("f1", "--yes").exit_code == 0
    assert world.rows() == []


@pytest.mark.parametrize(("call", "code"), [("dynamodb.Query", 2), ("s3.GetObject", 1)])
def test_what_aws_does_not_allow_is_told_in_its_words(world, run, call, code):
    def refused(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, call)

    boto3.DEFAULT_SESSION.events.register(f"before-call.{call}", refused)
    done = run("f1", "--yes")
    boto3.DEFAULT_SESSION.events.unregister(f"before-call.{call}", refused)
    assert (done.exit_code, "not you" in done.stderr) == (code, True)


def test_a_stack_that_is_none_of_ours_is_bad_input(world, run):
    done = run("f1", "--yes", stack="theirs")
    assert done.exit_code == 2


def test_it_asks_again_until_the_function_is_done(world, monkeypatch):
    world.file([demand(1, "f1")], "2026-a")
    world.file([demand(2, "f1")], "2026-b")
    monkeypatch.setattr(function, "PART_KEYS", 1)
    looks = iter(range(1000))
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda self: 900_000 if next(looks) % 2 else 0)
    assert erased(Deployment.reached(STACK, "archive"), Fan("f1"))["rows"] == 2


def test_it_waits_for_who_is_at_work_and_then_gives_up(world):
    waited = [0.0]

    def sleep(seconds):
        waited[0] += seconds

    taken = {"PK": "LEASE#rewrite", "SK": "LEASE", "holder": "compact 9"}
    world.item(**taken, until=NOW.timestamp() * 2)
    with pytest.raises(Unavailable, match="compact 9 is still at work"):
        erased(Deployment.reached(STACK, "archive"), Fan("f1"), clock=lambda: waited[0], sleep=sleep)
    assert waited[0] == PATIENCE


def test_it_goes_on_once_the_other_has_let_go(world):
    world.item(PK="LEASE#rewrite", SK="LEASE", holder="compact 9", until=NOW.timestamp() * 2)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        world.dynamodb.delete_item(TableName="Ledger", Key=encode_item({"PK": "LEASE#rewrite", "SK": "LEASE"}))

    assert erased(Deployment.reached(STACK, "archive"), Fan("f1"), sleep=sleep)["objects"] == []
    assert slept == [PAUSE]
