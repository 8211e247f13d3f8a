"""`ovation scores`: files named and dropped, plans, and how a campaign stands, on tables in process."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from adapters.aws.attribute_values import encode_item
from adapters.aws.load_ledger import LoadLedger
from adapters.aws.score_table import ScoreTable
from cli import scores
from cli.deployment import Deployment
from cli.loading import File, followed, put
from domain.errors import Rejected, Unavailable
from domain.scores.drop import Arrival, dropped
from domain.scores.keys import COUNTED, FAN, counts_row, fan_row, load_row, slack_row
from domain.scores.load import COMPLETE, Place, Progress
from domain.scores.scored import Scored
from tests.keyed_tables import make_table

TABLE, BUCKET, STACK = "Scores", "scoring", "ours"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER = "globalUserId,id,score,isVerified,hbase\n"


@pytest.fixture
def deployment(monkeypatch):
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        make_table(boto3.client("dynamodb"), TABLE)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        told = {"ScoresTable": TABLE, "ScoringBucket": BUCKET}
        template = {
            "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in told.items()},
        }
        boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        yield Deployment.reached(STACK, "scores")


def run(*words):
    return CliRunner().invoke(scores.app, [*map(str, words), "--stack", STACK])


def file(folder: Path, name: str, text: str = HEADER + "G1,G1,0.5,true,Paris\n") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "campaign", "called", "key"),
    [
        ("registrants.c1.tour.csv", None, None, "scrubbed/registrants.c1.tour.csv"),
        ("registrants.c1.tour.csv", "c1", None, "scrubbed/registrants.c1.tour.csv"),
        (
            "registrants.c1.tour.csv",
            "c2",
            None,
            "scrubbed/registrants.c2.tour.2026-11-21T12-00-00Z.cleaned.prepared.merged.csv",
        ),
        (
            "any thing.csv.gz",
            "c1",
            "Big Tour!",
            "scrubbed/registrants.c1.Big-Tour-.2026-11-21T12-00-00Z.cleaned.prepared.merged.csv.gz",
        ),
        (
            "scores.csv",
            "c1",
            None,
            "scrubbed/registrants.c1.scores.2026-11-21T12-00-00Z.cleaned.prepared.merged.csv",
        ),
    ],
)
def test_a_file_gets_a_key_that_says_whose_it_is(tmp_path, name, campaign, called, key):
    named = File.named(file(tmp_path, name), campaign, called, NOW)
    assert named.key == key
    assert named.drop(now=NOW).campaign == (campaign or "c1")


def test_a_file_with_identifiers_and_scores_alone_is_a_fanlist(tmp_path):
    named = File.named(file(tmp_path, "fans.csv", "email,score\na@example.com,1\n"), "c1", None, NOW)
    assert named.key == "fanlist/scored/c1/2026-11-21T12-00-00Z.csv"


def test_a_campaign_that_a_files_name_would_cut_is_not_loaded_as_another_one(tmp_path):
    with pytest.raises(Rejected, match=r"a\.b"):
        File.named(file(tmp_path, "scores.csv"), "a.b", None, NOW)


def test_what_a_file_and_its_markets_are_called_is_shown_as_it_is(deployment, tmp_path):
    path = file(tmp_path, "registrants.c1.[red].csv", HEADER + "G1,G1,0.9,true,[/bold]\n")
    assert "[/bold]" in run("load", path, "--plan").output
    drop = put(deployment, File(path, "scrubbed/registrants.c1.[red].csv"))
    ledger = LoadLedger(deployment.client("dynamodb"), TABLE)
    ledger.begin(drop, "me", NOW)
    ledger.reject(drop, "me", "no column [/score]", NOW)
    shown = run("status", "c1").output
    assert "[red]" in shown
    assert "[/score]" in shown


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("scores.csv", HEADER, "give --campaign"),
        ("fans.csv", "email,score\n", "give --campaign"),
        ("scores.csv.gz", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_dropped_says_why_and_nothing_is_dropped(deployment, tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text if text is not None else "no gzip")
    done = run("load", path)
    assert done.exit_code == 2
    assert said in done.output
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET)


def test_a_plan_tells_who_would_be_verified_by_market_and_writes_nothing(deployment, tmp_path):
    ScoreTable(boto3.client("dynamodb"), TABLE).upsert(
        [
            Scored(
                fan_row(FAN, fan, "c1"),
                {"isVerified": verified, "score": 0.5, "campaignId": "c1", "globalUserId": fan},
                load="old",
                version="2020",
                part=0,
                rank=0,
            )
            for fan, verified in (("G1", False), ("G2", True))
        ],
        NOW,
    )
    before = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    rows = "G1,G1,0.9,true,Paris\nG2,G2,0.1,false,Berlin\nG3,G3,0.9,1,Paris\n"
    path = file(tmp_path, "registrants.c1.tour.csv", HEADER + rows)
    done = run("load", path, "--plan", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {name: count for name, count in told["totals"].items() if count} == {
        "to_verified": 1,
        "from_verified": 1,
        "new_verified": 1,
    }
    assert told["markets"]["Berlin"]["from_verified"] == 1
    shown = run("load", path, "--plan").output
    assert "Paris" in shown
    assert "to verified" in shown
    assert boto3.client("dynamodb").scan(TableName=TABLE)["Items"] == before
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET)


def test_a_fanlist_has_no_plan_for_it_verifies_nobody(deployment, tmp_path):
    path = file(tmp_path, "fans.csv", "email,score\na@example.com,1\n")
    done = run("load", path, "--campaign", "c1", "--plan")
    assert done.exit_code == 2
    assert "verifies nobody" in done.output


def test_a_file_without_a_good_header_has_no_plan_either(deployment, tmp_path):
    path = file(tmp_path, "registrants.c1.tour.csv", "globalUserId,id,isVerified,isVerified\n")
    done = run("load", path, "--plan")
    assert done.exit_code == 2


def loaded(deployment, campaign="c1", *, settled=True, counted=3):
    """A load as the functions leave it."""
    dynamodb, ledger = deployment.client("dynamodb"), LoadLedger(deployment.client("dynamodb"), TABLE)
    drop = dropped(Arrival(BUCKET, f"scrubbed/registrants.{campaign}.tour.csv", "v1", "01", NOW))
    figures = {"in": 5, "valid": 4, "invalid": 1, "duplicate": 0, "combined": 1, "out": 3, "failed": 0}
    ledger.begin(drop, "me", NOW)
    ledger.loaded(drop, "me", Progress(figures, {"bad_score": 1}, Place(99, 5, 6, 1)), NOW)
    key = load_row(campaign, drop.load)
    told = {"records": counted, "unique": counted, "created": counted, "updated": 0, "unchanged": 0, "superseded": 0}
    dynamodb.put_item(TableName=TABLE, Item=encode_item({"PK": key.pk, "SK": key.sk + COUNTED, **told}))
    counts = {"verified": 2, "rejected": 1, "selected": 0, "unscored": 0, "fans": 3, "version": 1, "repairs": 0}
    dynamodb.put_item(TableName=TABLE, Item=encode_item({**counts_row(campaign).attributes(), **counts}))
    if settled:
        ledger.settled(campaign, drop.load, COMPLETE, NOW + timedelta(seconds=9))
        slack = {"verified": 2, "rejected": 1, "selected": 0, "text": "Campaign [c1] scoring complete"}
        dynamodb.put_item(TableName=TABLE, Item=encode_item({**slack_row(campaign).attributes(), **slack}))
    return drop


def test_status_tells_counts_loads_and_the_sums_that_hold(deployment):
    drop = loaded(deployment)
    told = json.loads(run("status", "c1", "--json").stdout)
    assert told["counts"] == {"verified": 2, "rejected": 1, "selected": 0, "unscored": 0, "fans": 3}
    assert told["slack"]["verified"] == 2
    [load] = told["loads"]
    assert (load["loadId"], load["settledAs"], load["reasons"]) == (drop.load, "complete", {"bad_score": 1})
    assert [it["text"] for it in load["identities"]] == [
        "5 in = 4 valid + 1 invalid + 0 duplicate",
        "4 valid = 3 out + 0 failed + 1 combined",
        "3 unique = 3 created + 0 updated + 0 unchanged + 0 superseded",
        "3 out = 3 counted",
    ]
    assert all(it["holds"] for it in load["identities"])
    shown = run("status", "c1").output
    for text in (
        "Slack: Campaign [c1] scoring complete",
        "3 fans = 2 verified + 1 rejected + 0 unscored",
        "5 in = 4 valid",
        "bad_score 1",
        drop.load,
    ):
        assert text in " ".join(shown.split())


def test_status_says_which_sum_does_not_hold_yet(deployment):
    loaded(deployment, settled=False, counted=2)
    [load] = json.loads(run("status", "c1", "--json").stdout)["loads"]
    assert [it["text"] for it in load["identities"] if not it["holds"]] == ["3 out ≠ 2 counted"]
    assert "does not hold" in run("status", "c1").output


def test_status_of_a_campaign_that_nobody_knows_is_bad_input(deployment):
    done = run("status", "c9")
    assert done.exit_code == 2
    assert "nothing is known of a campaign c9" in done.output


def test_a_load_is_followed_until_it_is_settled_and_no_longer_than_one_waits(deployment, tmp_path):
    drop = loaded(deployment)
    assert followed(deployment, drop).settled_as == COMPLETE
    path = file(tmp_path, "registrants.c1.other.csv")
    dropped_now = put(deployment, File(path, "scrubbed/registrants.c1.other.csv"))
    with pytest.raises(Unavailable, match="ovation scores status c1"):
        followed(deployment, dropped_now, longest=0.01)


def test_a_file_that_is_dropped_and_cannot_be_followed_is_no_bad_input(deployment, tmp_path):
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    done = run("load", file(tmp_path, "registrants.c1.tour.csv"))
    assert done.exit_code == 1
    assert "is dropped, but" in done.output
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_a_stack_that_loads_no_scores_is_refused(deployment):
    template = {"Resources": {"Any": {"Type": "AWS::SNS::Topic"}}}
    boto3.client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(template))
    with pytest.raises(Rejected, match="loads no scores"):
        Deployment.reached("other", "scores")


def test_a_recount_needs_its_function(deployment):
    done = run("reconcile", "c1")
    assert done.exit_code == 2
    assert "no function for reconcile_counts" in done.output
