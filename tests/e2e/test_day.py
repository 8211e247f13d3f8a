"""A whole day lived on the sandbox: every mail at ten by its reader's clock, every answer counted once, and nobody named in a log."""

import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from domain.solicitation.program import Program
from sandbox.day import live_day
from sandbox.day_books import DayBooks
from sandbox.people.acting import WORDS
from sandbox.runtime import Sandbox
from sandbox.sample import write_sample
from sandbox.stand_ins import FATES
from sandbox.synth import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
DAY = date(2026, 11, 20)
ROWS = 2_000  # 200 mails
REVIEWS, MUSIC = "product-reviews", "music-feedback"
ADDRESS = re.compile(r"[A-Za-z0-9._-]+@example\.com")
Contacts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Lived:
    """A sandbox in which the day is over, what its books say, and the contacts (by address) that the mails were made from."""

    sandbox: Sandbox
    program: Program
    books: DayBooks
    contacts: Contacts
    published: str  # the URL of a queue that got every published answer


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, programs: dict[str, Program]) -> Iterator[Lived]:
    data, program = tmp_path_factory.mktemp("day"), programs[REVIEWS]
    write_sample(REVIEWS, rows=ROWS, seed=7, day=DAY, out=data)
    with Sandbox.start(data, state_dir=tmp_path_factory.mktemp("lived")) as sandbox:
        published = listening(sandbox, "ReviewSubmitted")
        yield Lived(sandbox, program, live_day(sandbox, program, DAY), contacts_of(data), published)


@pytest.fixture(scope="module")
def music(lived: Lived, tmp_path_factory: pytest.TempPathFactory, programs: dict[str, Program]) -> tuple[DayBooks, str]:
    """The same day of the other program, in the same sandbox; and a queue that heard of its playlists."""
    data = tmp_path_factory.mktemp("music")
    write_sample(MUSIC, rows=800, seed=7, day=DAY, out=data)
    lived.sandbox.load(data)
    heard = listening(lived.sandbox, "PlaylistsUpdated")
    return live_day(lived.sandbox, programs[MUSIC], DAY), heard


def contacts_of(data: Path) -> Contacts:
    rows = pq.read_table(data / "contacts.parquet").to_pylist()
    return {row["email"]: row for row in rows if row["email"]}


def listening(sandbox: Sandbox, kind: str) -> str:
    """A queue that gets every event of one kind from the default bus."""
    sqs, events = sandbox.client("sqs"), sandbox.client("events")
    queue: str = sqs.create_queue(QueueName=f"heard-{kind}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=f"hear-{kind}", EventPattern=json.dumps({"detail-type": [kind]}))
    events.put_targets(Rule=f"hear-{kind}", Targets=[{"Id": "1", "Arn": arn}])
    return queue


def test_everyone_who_was_chosen_got_one_mail_or_has_one_reason(lived: Lived) -> None:
    books = lived.books
    status = Counter(row["status"] for row in books.deliveries)
    assert len(books.deliveries) == sum(campaign["counts"]["selected"] for campaign in books.campaigns) > 150
    assert status["SENT"] == len(books.letters) == books.counts["sent"]
    assert status["SKIPPED"] == books.counts["skipped"] == len(books.deliveries) - len(books.letters)
    assert all(row["reason"] for row in books.deliveries if row["status"] != "SENT")
    assert len({letter.delivery for letter in books.letters}) == len(books.letters)
    assert {letter.delivery for letter in books.letters} <= {row["id"] for row in books.deliveries}


def test_every_mail_went_out_at_ten_by_its_readers_own_clock(lived: Lived) -> None:
    homes = {place.id: place.time_zone for place in lived.program.marketplaces}
    places = {row["id"]: row["marketplace"] for row in lived.books.deliveries}
    for letter in lived.books.letters:
        zone = lived.contacts[letter.to]["time_zone"] or homes[places[letter.delivery]]
        local = letter.accepted_at.astimezone(ZoneInfo(zone))
        assert (local.hour, local.minute, local.second) == (10, 0, 0), zone
        assert local.date() in (DAY, DAY + timedelta(days=1))  # the next day where ten was over
    assert len({letter.accepted_at for letter in lived.books.letters}) >= 7


def test_every_answer_that_was_given_is_stored_once_as_it_was_given(lived: Lived) -> None:
    given = {deed.delivery: deed.value for deed in lived.books.deeds if deed.what == "answered"}
    stored = {answer["delivery"]: str(answer["stars"]) for answer in lived.books.answers}
    assert stored == given
    assert len(lived.books.answers) == len(given) == lived.books.counts["answered"] > 3


def test_an_answered_candidate_is_consumed_with_both_times_and_asked_by_no_channel(lived: Lived) -> None:
    assert lived.books.consumed == len(lived.books.answers)
    candidates = items(lived.sandbox, "candidates_table")
    by_delivery = {row["id"]: row for row in lived.books.deliveries}
    for answer in lived.books.answers:
        row = by_delivery[answer["delivery"]]
        own = [item for item in candidates if item["PK"]["S"] == f"CUSTOMER#{row['customer']}"]
        [kept] = [item for item in own if item["SK"]["S"].endswith(f"#SUBJECT#{row['subject']}")]
        consumed = kept["consumed"]["M"]
        assert kept["status"]["S"] == "CONSUMED"
        assert datetime.fromisoformat(consumed["deliveredAt"]["S"]) < datetime.fromisoformat(
            consumed["submittedAt"]["S"]
        )
        assert not [item for item in own if item["SK"]["S"].startswith(f"{kept['SK']['S']}#CHANNEL#")]


def test_a_products_rating_is_the_recount_of_its_answers(lived: Lived) -> None:
    counted: dict[str, list[int]] = defaultdict(list)
    for answer in lived.books.answers:
        counted[answer["subject"]].append(answer["stars"])
    kept = {item["PK"].rsplit("#", 1)[1]: (item["ratingCount"], item["ratingSum"]) for item in lived.books.subjects}
    assert kept == {subject: (len(stars), sum(stars)) for subject, stars in counted.items()}


def test_people_are_counted_apart_from_the_machines_that_read_before_them(lived: Lived) -> None:
    counts, done = lived.books.counts, lived.books.done
    assert (counts["openedHuman"], counts["clickedHuman"]) == (done["opened"], done["clicked"])
    assert done["scanned"] > 0 < done["prefetched"]
    assert counts["opened"] > counts["openedHuman"] > 0
    assert counts["clicked"] > counts["clickedHuman"] > 0
    assert "refused" not in done


def test_who_leaves_is_opted_out_and_who_bounces_is_written_to_no_more(lived: Lived) -> None:
    left = {deed.delivery for deed in lived.books.deeds if deed.what == "unsubscribed"}
    customers = {row["customer"] for row in lived.books.deliveries if row["id"] in left}
    kept = {(item["PK"]["S"], item["SK"]["S"]): item for item in items(lived.sandbox, "customers_table")}
    assert len(left) == lived.books.counts.get("unsubscribed", 0) > 0
    for customer in customers:
        assert kept[f"CUSTOMER#{customer}", f"PROGRAM#{REVIEWS}"]["optedOut"]["BOOL"] is True
    bounced = [letter.to for letter in lived.books.letters if FATES.of(letter.to, suppressed=False) == "bounced"]
    assert len(bounced) == lived.books.counts["bounced"] > 0
    for address in bounced:
        assert (f"ADDRESS#{sha256(address.encode()).hexdigest()}", "SUPPRESSED") in kept


def test_every_answer_was_published_once(lived: Lived) -> None:
    sqs, heard = lived.sandbox.client("sqs"), []
    while found := sqs.receive_message(QueueUrl=lived.published, MaxNumberOfMessages=10).get("Messages"):
        heard += [json.loads(message["Body"])["detail"] for message in found]
    wanted = sorted((answer["customer"], answer["subject"]) for answer in lived.books.answers)
    assert sorted((detail["customer"], detail["subject"]) for detail in heard) == wanted
    assert not [item for item in items(lived.sandbox, "responses_table") if item["PK"]["S"].startswith("OUTBOX#")]


def test_nothing_was_given_up(lived: Lived) -> None:
    sqs = lived.sandbox.client("sqs")
    for queue in sqs.list_queues()["QueueUrls"]:
        if "heard" not in queue:
            assert waiting(sqs, queue) == 0, queue


def test_a_slot_that_is_released_again_sends_nothing_again(lived: Lived) -> None:
    campaign = lived.books.campaigns[-1]
    for slot in campaign["slots"]:
        told = {"campaign": campaign["id"], "slot": slot["at"], "scheduledTime": slot["at"]}
        lived.sandbox.call("release", told)
        for number in range(slot["chunks"]):  # and a message that came twice
            resend(lived.sandbox, campaign, slot["at"], number)
    lived.sandbox.settle()
    assert len(outbox(lived.sandbox)) == len(lived.books.letters)


def test_the_days_report_shows_what_the_books_say(lived: Lived) -> None:
    bucket, key = lived.books.report.removeprefix("s3://").split("/", 1)
    s3 = lived.sandbox.client("s3")
    report = json.load(s3.get_object(Bucket=bucket, Key=key.replace(".html", ".json"))["Body"])
    assert report["counts"] == dict(lived.books.counts)
    measured = {figure["name"]: figure["value"] for figures in report["figures"].values() for figure in figures}
    assert measured["Serving latency, p99"] > 0  # what functions embedded in their logs reached CloudWatch
    assert measured["Availability"] == 1
    page = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert "<svg" in page


def test_no_log_and_no_work_file_names_a_person(lived: Lived) -> None:
    """Nor does a log repeat what people wrote; a published answer does, to those who listen."""
    names, wrote = {contact["full_name"] for contact in lived.contacts.values()}, as_logged(WORDS)
    told = 0
    for where, text in logs(lived.sandbox):
        told += len(text)
        assert not [words for words in wrote if words in text], where
        assert not persons_in(text, lived.contacts, names), where
        assert "Traceback" not in text, where
    assert told > 100_000  # there was something to look into
    for where, text in (*executions(lived.sandbox), *files(lived.sandbox), *queues(lived.sandbox)):
        assert not persons_in(text, lived.contacts, names), where


def test_listeners_are_asked_by_market_and_genre_and_their_thumbs_add_up(music: tuple[DayBooks, str]) -> None:
    books, _ = music
    assert {(row["campaign"], row["genre"]) for row in books.deliveries} == {
        (campaign["id"], campaign["genre"]) for campaign in books.campaigns
    }
    assert len({row["zone"] for row in books.deliveries}) > 3
    assert all(slot.local == ["10:00"] for slot in books.slots())
    thumbs = Counter((answer["subject"], answer["thumb"]) for answer in books.answers)
    kept = {
        (subject_of(item), way): item[name]
        for item in books.subjects
        for way, name in (("up", "thumbsUp"), ("down", "thumbsDown"))
        if item.get(name)
    }
    assert kept == thumbs
    assert len(books.answers) == books.done["answered"] == books.consumed > 3


def test_at_six_the_playlists_follow_the_thumbs_given_until_then(lived: Lived, music: tuple[DayBooks, str]) -> None:
    books, heard = music
    early = {answer["subject"] for answer in books.answers if answer["submittedAt"] < f"{DAY}T18:00:00Z"}
    assert {subject_of(item) for item in books.subjects if "score" in item} == early
    [message] = lived.sandbox.client("sqs").receive_message(QueueUrl=heard, MaxNumberOfMessages=10)["Messages"]
    event = json.loads(message["Body"])
    assert (event["detail"]["program"], event["detail"]["date"]) == (MUSIC, str(DAY))
    found = lived.sandbox.client("s3").get_object(Bucket=event["detail"]["bucket"], Key=event["detail"]["key"])
    often = {subject for subject, count in Counter(answer["subject"] for answer in books.answers).items() if count > 2}
    assert {track["track"] for tracks in json.load(found["Body"]).values() for track in tracks} <= often


def test_the_command_lives_a_day_in_a_running_sandbox(lived: Lived, tmp_path: Path) -> None:
    later = DAY + timedelta(days=1)
    write_sample(REVIEWS, rows=200, seed=8, day=later, out=tmp_path / "data")
    words = ("day", REVIEWS, "--date", str(later), "--warehouse", tmp_path / "data", "--set", "limit=12", "--json")
    environment = {**os.environ, "OVATION_STATE": str(lived.sandbox.folder), "NO_COLOR": "1"}
    command = [Path(sys.executable).parent / "ovation", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert 8 <= told["mails"] == told["counts"]["sent"] <= 12
    assert {hour for slot in told["slots"] for hour in slot["local"]} == {"10:00"}
    assert told["answers"] == told["consumed"] == told["deeds"].get("answered", 0)
    assert "<svg" in Path(told["report"]).read_text()


def subject_of(aggregate: Mapping[str, Any]) -> str:
    return str(aggregate["PK"]).rsplit("#", 1)[1]


def persons_in(text: str, contacts: Contacts, names: Iterable[str]) -> list[str]:
    return [*(set(ADDRESS.findall(text)) & contacts.keys()), *(name for name in as_logged(names) if name in text)]


def as_logged(texts: Iterable[str]) -> set[str]:
    """As they are, and as JSON may write them."""
    return {*texts, *(json.dumps(text)[1:-1] for text in texts)}


def items(sandbox: Sandbox, table: str) -> list[dict[str, Any]]:
    pages = sandbox.client("dynamodb").get_paginator("scan").paginate(TableName=sandbox.address.names[table])
    return [item for page in pages for item in page["Items"]]


def waiting(sqs: Any, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()))


def outbox(sandbox: Sandbox) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{sandbox.address.endpoints['sesv2']}/_sandbox/mails") as answer:
        mails: list[dict[str, Any]] = json.load(answer)
    return mails


def resend(sandbox: Sandbox, campaign: Mapping[str, Any], slot: str, number: int) -> None:
    plan = f"campaigns/{REVIEWS}/{DAY}/plan"
    stamp = slot.replace("-", "").replace(":", "")
    pages = sandbox.client("s3").get_paginator("list_objects_v2")
    found = [
        item["Key"]
        for page in pages.paginate(Bucket=sandbox.address.names["work_bucket"], Prefix=plan)
        for item in page.get("Contents", ())
        if f"/{campaign['id']}/" in item["Key"] and f"/{stamp}/chunk-{number:04d}" in item["Key"]
    ]
    assert len(found) == 1
    [queue] = [url for url in sandbox.client("sqs").list_queues()["QueueUrls"] if "solicitation-Outbox" in url]
    body = {"campaign": campaign["id"], "chunk": found[0], "scheduledTime": slot}
    sandbox.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


def logs(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    client = sandbox.client("logs")
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield group["logGroupName"], "\n".join(event["message"] for page in pages for event in page["events"])


def executions(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    states, machine = sandbox.client("stepfunctions"), sandbox.address.names["machine"]
    for execution in states.list_executions(stateMachineArn=machine)["executions"]:
        arn = execution["executionArn"]
        yield arn, json.dumps(states.get_execution_history(executionArn=arn, maxResults=1000)["events"], default=str)


def files(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """What lies in the work bucket but the contacts themselves, which are there for a day."""
    s3, bucket = sandbox.client("s3"), sandbox.address.names["work_bucket"]
    for prefix in ("runs/", "campaigns/"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                content = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                whole = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
                yield item["Key"], whole.decode(errors="replace")


def queues(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """What waits in any queue, attributes included."""
    with urllib.request.urlopen(f"{sandbox.address.endpoints['aws']}/_ministack/sqs/messages") as answer:
        yield "queues", answer.read().decode()
