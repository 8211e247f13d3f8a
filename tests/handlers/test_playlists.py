"""The 18:00 job on moto: files, scores, events; and the Sunday look at what has expired."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.event_bus import EventBus
from adapters.aws.expired_items import ExpiredItems
from adapters.aws.responses import Responses
from adapters.aws.subjects import Subjects, aggregate_key
from adapters.aws.work_files import WorkFiles
from adapters.files.programs import load_programs
from handlers.solicitation import cleanup, playlists

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
MUSIC = "music-feedback"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        make_table(dynamodb, "Responses", {"GSI1": "ALL"})
        make_table(dynamodb, "Subjects")
        boto3.client("s3").create_bucket(Bucket="outputs")
        queue = boto3.resource("sqs").create_queue(QueueName="told")
        boto3.client("events").put_rule(Name="told", EventPattern='{"source": ["ovation.solicitation"]}')
        boto3.client("events").put_targets(Rule="told", Targets=[{"Id": "told", "Arn": queue.attributes["QueueArn"]}])
        yield dynamodb


def subject(aws, id, **counts):
    aws.put_item(TableName="Subjects", Item=encode_item({**aggregate_key(MUSIC, id), "name": f"Song {id}", **counts}))


def answer(aws, subject, thumb, at, customer):
    keys = {
        "PK": f"CUSTOMER#{customer}",
        "SK": f"PROGRAM#{MUSIC}#SUBJECT#{subject}",
        "GSI1PK": f"PROGRAM#{MUSIC}#DATE#{at.date()}#{len(customer) % 4}",
        "GSI1SK": f"{at.isoformat()}#{customer}#{subject}",
    }
    aws.put_item(
        TableName="Responses",
        Item=encode_item({**keys, "subject": subject, "thumb": thumb, "submittedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}"}),
    )


def run(aws, tmp_path, at=AT):
    folder = tmp_path / "programs"
    folder.mkdir(exist_ok=True)
    for program in load_programs(ROOT / "programs"):
        (folder / f"{program.id}.json").write_text(json.dumps(program.to_json()))
    return playlists.update(
        MUSIC,
        at,
        programs=folder,
        responses=Responses(aws, "Responses"),
        subjects=Subjects(aws, "Subjects"),
        outputs=WorkFiles(boto3.client("s3"), "outputs"),
        bus=EventBus(boto3.client("events"), "default"),
    )


def written(name):
    body = boto3.client("s3").get_object(Bucket="outputs", Key=f"playlists/{MUSIC}/2026-11-20/{name}.json")["Body"]
    return json.load(body)


def told():
    queue = boto3.resource("sqs").get_queue_by_name(QueueName="told")
    messages = [json.loads(message.body) for message in queue.receive_messages(MaxNumberOfMessages=10)]
    return {message["detail-type"]: message["detail"] for message in messages}


def test_the_days_thumbs_become_scores_playlists_and_a_word_to_the_artists(aws, tmp_path):
    subject(aws, "t#1", thumbsUp=3, thumbsDown=1, genre="pop", artist="a1", tags={"loud": 1})
    subject(aws, "t2", thumbsUp=0, thumbsDown=4, genre="pop", artist="a2")
    answer(aws, "t#1", "up", AT - timedelta(hours=1), "c1")
    answer(aws, "t#1", "down", AT - timedelta(hours=20), "c22")  # yesterday evening, after the last update
    answer(aws, "t2", "up", AT - timedelta(hours=24, seconds=1), "c333")  # told of yesterday
    answer(aws, "t2", "up", AT, "c4444")  # tomorrow's
    counts = run(aws, tmp_path)
    assert counts == {"tracks": 2, "scored": 1, "playlists": 1, "artists": 1, "thumbs": 2}
    assert [entry["track"] for entry in written("playlists")["pop"]] == ["t#1", "t2"]
    [summary] = written("artists")
    assert (summary["artist"], summary["up"], summary["down"]) == ("a1", 1, 1)
    scored = decode_item(aws.get_item(TableName="Subjects", Key=encode_item(aggregate_key(MUSIC, "t#1")))["Item"])
    assert (scored["score"], scored["scoredAt"]) == (round((3 + 20 * 3 / 8) / 24, 6), "2026-11-20T18:00:00Z")
    events = told()
    assert events["PlaylistsUpdated"]["tracks"] == {"pop": 2}
    assert events["ArtistSummariesReady"]["key"] == f"playlists/{MUSIC}/2026-11-20/artists.json"


def test_updated_twice_the_files_and_scores_are_the_same(aws, tmp_path):
    subject(aws, "t1", thumbsUp=5, thumbsDown=1, genre="pop", artist="a1")
    answer(aws, "t1", "up", AT - timedelta(hours=1), "c1")
    first = run(aws, tmp_path), written("playlists"), aws.scan(TableName="Subjects")["Items"]
    assert (run(aws, tmp_path), written("playlists"), aws.scan(TableName="Subjects")["Items"]) == first


def test_a_day_without_answers_still_updates_the_playlists(aws, tmp_path):
    assert run(aws, tmp_path) == {"tracks": 0, "scored": 0, "playlists": 0, "artists": 0, "thumbs": 0}
    assert written("playlists") == {}


def test_what_lingers_past_its_time_is_counted_and_left_alone(aws, capsys):
    make_table(aws, "Customers")
    for name, age in {"fresh": -1, "due": 1, "late": 47, "lingering": 49}.items():
        expires = int((AT - timedelta(hours=age)).timestamp())
        aws.put_item(TableName="Customers", Item=encode_item({"PK": name, "SK": "x", "expiresAt": expires}))
    aws.put_item(TableName="Customers", Item=encode_item({"PK": "lasting", "SK": "x"}))
    found = cleanup.look(MUSIC, AT, tables=["Customers", "Responses"], items=ExpiredItems(aws))
    assert found == {"Customers": {"expired": 3, "lingering": 1}, "Responses": {"expired": 0, "lingering": 0}}
    assert aws.scan(TableName="Customers")["Count"] == 5
    metric = next(json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    assert metric["LingeringItems"] == [1]
    assert metric["Program"] == MUSIC
