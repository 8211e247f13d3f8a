"""What is written for people stays true: the README names what there is, every event reaches its handler, decisions are dated."""

import base64
import json
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from domain.archive.questions import QUESTIONS
from domain.archive.reading import change_in
from domain.solicitation.run import Run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HANDLERS = sorted(
    path
    for path in (ROOT / "src/handlers").glob("*/*.py")
    if path.stem != "__init__" and not path.stem.endswith("settings")
)
BY_HAND = {"erase", "replay"}  # an operator calls them, so it is now
EVENTS = sorted((ROOT / "events").glob("*/*.json"))


def test_the_readme_is_one_sitting_long():
    assert len(README.splitlines()) < 200


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_the_readme_names_every_handler(path):
    assert f"`{path.stem}`" in README


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
def test_the_readme_names_every_make_target(target):
    assert f"make {target}" in README


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_readme_has_every_analysts_question_as_it_runs(name):
    assert " ".join(QUESTIONS[name].sql.split()) in " ".join(README.split())


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_every_handler_has_one_true_event_that_reaches_it(path):
    event = json.loads((ROOT / "events" / path.parent.name / f"{path.stem}.json").read_text())
    assert callable(import_module(f"handlers.{path.parent.name}.{path.stem}").handler)
    if "run" in event:
        assert Run.from_json(event["run"]).to_json() == event["run"]
    assert path.stem in BY_HAND or told_when(event).tzinfo


def told_when(event: dict[str, Any]) -> datetime:
    """The instant an event carries, as its handler reads it: nothing takes its time from the clock on the wall."""
    if "requestContext" in event:  # HTTP API, payload 2.0
        return datetime.fromtimestamp(event["requestContext"]["timeEpoch"] / 1000, UTC)
    if "Records" in event:
        record = event["Records"][0]
        if record["eventSource"] == "aws:kinesis":
            return told_by_kinesis(json.loads(base64.b64decode(record["kinesis"]["data"])))
        if record["eventSource"] == "aws:sqs":
            return told_by_message(record)
        return datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)
    told = (
        event.get("scheduledTime") or event.get("time") or event.get("now") or event["run"]["started_at"]
    )  # now: AppSync
    return datetime.fromisoformat(told)


def told_by_kinesis(document: dict[str, Any]) -> datetime:
    """Of a table's change, of a fan's scores, or of a text's status."""
    if "timestamp" in document:
        return datetime.fromisoformat(document["timestamp"])
    return datetime.fromisoformat(document["__meta"]["date"] if "__meta" in document else change_in(document).at)


def told_by_message(record: dict[str, Any]) -> datetime:
    """The message's own time; where it has none, when it was sent: a verdict waits from then on."""
    body = json.loads(record["body"])
    told = body.get("scheduledTime") or body.get("time")
    sent = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
    return datetime.fromisoformat(told) if told else sent


def test_no_event_is_for_a_handler_that_is_not_there():
    assert {path.relative_to(ROOT / "events").with_suffix("") for path in EVENTS} == {
        path.relative_to(ROOT / "src/handlers").with_suffix("") for path in HANDLERS
    }


def test_every_decision_is_dated_and_says_what_and_why():
    entries = re.split(r"^### ", (ROOT / "docs/decisions.md").read_text(), flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"\d{4}-\d\d-\d\d ", entry), entry.splitlines()[0]
        assert "*What.*" in entry, entry.splitlines()[0]
        assert "*Why.*" in entry, entry.splitlines()[0]
