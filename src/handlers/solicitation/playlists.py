"""Subjects + Responses -> S3 + event bus: what the day's thumbs change about the playlists, and what to tell the artists."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.event_bus import EventBus
from adapters.aws.responses import Responses
from adapters.aws.run_programs import deployed_program
from adapters.aws.session import QUICK, client
from adapters.aws.subjects import Subjects
from adapters.aws.work_files import WorkFiles
from domain.solicitation.playlists import NO_GENRE, Track, artists, playlists, score, share_up
from domain.solicitation.program import Program
from domain.solicitation.stored import moment
from handlers.solicitation.delivery_settings import PlaylistsSettings

logger = Logger(service="playlists")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return update(event["program"], moment(event["scheduledTime"]), **live())


@cache
def live() -> dict[str, Any]:
    env = PlaylistsSettings.from_env()
    dynamodb = client("dynamodb", QUICK)
    return {
        "programs": Path(__file__).parents[2] / env.programs,
        "responses": Responses(dynamodb, env.responses_table),
        "subjects": Subjects(dynamodb, env.subjects_table),
        "outputs": WorkFiles(client("s3"), env.outputs_bucket),
        "bus": EventBus(client("events"), env.event_bus),
    }


def update(
    program_id: str,
    at: datetime,
    *,
    programs: Path,
    responses: Responses,
    subjects: Subjects,
    outputs: WorkFiles,
    bus: EventBus,
) -> dict[str, Any]:
    """Files first, then scores, then the events that point to the files: a crash between repeats them, never loses one."""
    program = Program.from_json(deployed_program(programs, program_id))
    tracks = list(heard(program.id, at, responses, subjects))
    overall = share_up(tracks)
    lists, summaries = playlists(tracks, overall), artists(tracks, overall)
    folder = f"playlists/{program.id}/{at.date().isoformat()}"
    outputs.write_json(f"{folder}/playlists.json", lists)
    outputs.write_json(f"{folder}/artists.json", summaries)
    today = [track for track in tracks if track.day_up + track.day_down]
    for track in today:
        subjects.rate(program.id, track.id, score(track, overall), at)
    told = {"program": program.id, "date": at.date().isoformat(), "bucket": outputs.bucket}
    lengths = {genre: len(ranked) for genre, ranked in lists.items()}
    bus.publish("PlaylistsUpdated", {**told, "key": f"{folder}/playlists.json", "tracks": lengths})
    bus.publish("ArtistSummariesReady", {**told, "key": f"{folder}/artists.json", "artists": len(summaries)})
    counts = {
        "tracks": len(tracks),
        "scored": len(today),
        "playlists": len(lists),
        "artists": len(summaries),
        "thumbs": sum(track.day_up + track.day_down for track in today),
    }
    logger.info("playlists", extra={"program": program.id, **counts})
    return counts


def heard(program: str, at: datetime, responses: Responses, subjects: Subjects) -> Iterator[Track]:
    """Every track anybody has answered about, with the thumbs of the 24 hours before `at`."""
    day = Counter(
        (answer["subject"], answer["thumb"])
        for answer in responses.between(program, at - timedelta(days=1), at)
        if answer.get("thumb")
    )
    for item in subjects.all(program):
        yield Track(
            id=item["subject"],
            name=item.get("name"),
            genre=item.get("genre") or NO_GENRE,
            artist=item.get("artist"),
            up=item.get("thumbsUp", 0),
            down=item.get("thumbsDown", 0),
            day_up=day[item["subject"], "up"],
            day_down=day[item["subject"], "down"],
            tags=item.get("tags", {}),
        )
