"""A crowd in, the tables of music-feedback out: full plays of new tracks, other plays that must not be asked about, listeners."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.sample.columns import days, draw, instants, iso_days, join, pick, shuffled
from sandbox.sample.crowd import Fate
from sandbox.sample.people import contacts
from sandbox.sample.propensity import Features, Truth
from sandbox.sample.scene import AT_THE_LIMIT, Scene, bot_scores, charges

Array = np.ndarray[Any, Any]
DAY = 86_400
NEWEST = 7  # days since release, at most, that a track is new
GENRES = {
    "classical": -0.08,
    "electronic": 0.06,
    "folk": -0.02,
    "hip-hop": 0.1,
    "jazz": -0.06,
    "pop": 0.08,
    "rock": 0.0,
}
TASTES = {"eclectic": 0.12, "electronic": 0.0, "jazz,classical": 0.06, "pop": 0.04, "rock,folk": -0.08}
FIRST = ("Paper", "Silent", "Néon", "Golden", "Winter", "Electric", "Hollow", "夜の", "Velvet", "Distant")
SECOND = ("Harbour", "Rooms", "Été", "Signals", "Garden", "Machines", "Letters", "電車", "Mirrors", "Tide")
NOISE = 0.25  # plays that must not be extracted, a play that is
OLDEST = 60  # days since release
COPIES = 0.1  # of the repeated plays, those that are the same row again
PREFIXES = ("L", "T")
TRUTHS = (
    Truth(
        endpoint="feedback-propensity-v3",
        slopes={"engagement_score": (6.0, 0.5), "feedback_history": (0.05, 5.0)},
        shifts={"music_taste_profile": TASTES},
        lever="engagement_score",
        range=(0.0, 1.0),
        decimals=4,
    ),
    Truth(
        endpoint="music-affinity-v2",
        slopes={"listening_frequency": (0.12, 25.0), "artist_popularity": (0.005, 50.0)},
        shifts={"genre": GENRES},
        lever="listening_frequency",
        range=(0.0, 60.0),
        decimals=1,
    ),
)


def customer_features(size: int, rng: np.random.Generator) -> Features:
    """All but the levers: feedback given in the last year, and what the listener likes."""
    return {
        "feedback_history": np.minimum(rng.poisson(5, size), 24),
        "music_taste_profile": rng.choice(sorted(TASTES), size),
    }


def subject_features(scene: Scene, rng: np.random.Generator) -> Features:
    """Genre, the artist's popularity (0 to 100), the release date, and how similar tracks were rated (1 to 5)."""
    size = len(scene.things)
    return {
        "genre": rng.choice(sorted(GENRES), size),
        "artist_popularity": np.round(100 * rng.beta(2, 2, size), 1),
        "release_date": iso_days(scene.day, -_ages(scene)),
        "similar_track_ratings": np.round(1 + 4 * rng.beta(5, 2, size), 2),
    }


def _ages(scene: Scene) -> Array:
    """Days since each track's release: up to the limit for today's, beyond it for those of former days; some right at it."""
    number = np.arange(len(scene.things))
    return np.where(number < scene.subjects, 1 + number % NEWEST, NEWEST + 1 + number % (OLDEST - NEWEST))


def tables(scene: Scene, subjects: Features, seed: int) -> dict[str, pa.Table]:
    """The warehouse by table name; `subjects` are the tracks' features."""
    rng = np.random.default_rng([seed, 2])
    plays = _plays(scene, rng)
    streams = _streams(scene, plays, subjects, rng).take(pa.array(plays.source))
    return {"music_streams": shuffled(streams, rng), "listeners": _listeners(scene, rng)}


class Play(IntEnum):
    """Only the first two are extracted."""

    KEPT = 0  # the latest of its listener and track
    REPEATED = 1  # an earlier one
    INCOMPLETE = 2
    UNPLAYED = 3
    OLDER = 4  # of a track that is no longer new


@dataclass(frozen=True, slots=True)
class Plays:
    """By row: whose, of which track, of what kind, when (epoch seconds). Kept ones come first, in the candidates' order.

    `source` is the row itself, or for an exact copy the row it copies.
    """

    owner: Array
    track: Array
    kind: Array
    at: Array
    source: Array


def _plays(scene: Scene, rng: np.random.Generator) -> Plays:
    """Who plays what and when. Incomplete plays are a candidate's, at any time, also after the one that counts."""
    kept, repeated, noise = len(scene.subject), scene.funnel.duplicates, int(NOISE * scene.funnel.extracted) + 9
    kind = np.concatenate(
        [np.repeat([Play.KEPT, Play.REPEATED], [kept, repeated]), Play.INCOMPLETE + np.arange(noise) % 3]
    )
    again = rng.integers(0, max(1, kept), len(kind))
    again[:kept] = np.arange(kept)
    stray = rng.integers(0, len(scene.people), len(kind)), rng.integers(scene.subjects, len(scene.things), len(kind))
    owner = np.where(kind == Play.OLDER, stray[0], scene.crowd.owner[again])
    track = np.where(kind == Play.OLDER, stray[1], scene.subject[again])
    copied = (kind == Play.REPEATED) & (rng.random(len(kind)) < COPIES)
    return Plays(
        owner, track, kind, _moments(scene, kind, again, track, rng), np.where(copied, again, np.arange(len(kind)))
    )


def _moments(scene: Scene, kind: Array, again: Array, track: Array, rng: np.random.Generator) -> Array:
    """After the release and before the run's day; repeats strictly before the play they repeat; some kept ones all at one instant."""
    end = int(np.datetime64(scene.day, "s").astype(np.int64))
    span = _ages(scene)[track] * DAY
    since = 1 + (rng.random(len(kind)) * (span - 1)).astype(np.int64)
    since = np.where((kind == Play.KEPT) & (rng.random(len(kind)) < AT_THE_LIMIT), span - DAY + 3_600, since)
    before = (rng.random(len(kind)) * since[again]).astype(np.int64)
    return end - span + np.where(kind == Play.REPEATED, before, since)


def _streams(scene: Scene, plays: Plays, subjects: Features, rng: np.random.Generator) -> pa.Table:
    rows, kept = len(plays.kind), len(scene.subject)
    distrusted = np.concatenate([scene.crowd.fate == Fate.DISTRUSTED, rng.random(rows - kept) < 0.1])
    unverified, bots = charges(distrusted, 2, rng)
    titles = join(draw(rng, FIRST, len(scene.things)), " ", draw(rng, SECOND, len(scene.things)))
    artists = join("A", pa.array(np.arange(len(scene.things)) // 3).cast(pa.string()))
    track = pa.array(plays.track)
    return pa.table(
        {
            "listener_id": scene.people.take(pa.array(plays.owner)),
            "track_id": scene.things.take(track),
            "track_name": titles.take(track),
            "artist_id": artists.take(track),
            "genre": pa.array(subjects["genre"], pa.string()).take(track),
            "marketplace": pick(list(scene.plan.places), scene.market[plays.owner]),
            "playback_date": instants(plays.at),
            "track_release_date": days(scene.day, -_ages(scene)[plays.track]),
            "completion_rate": _completion(plays.kind, rng),
            "play_count": np.where(plays.kind == Play.UNPLAYED, 0, rng.geometric(0.4, rows)).astype(np.int32),
            "engagement_score": _engagement(scene, rows, rng),
            "verified_listener": ~unverified,
            "bot_score": bot_scores(bots, rng),
            "feedback_eligible": (plays.track < scene.eligible) | (plays.track >= scene.subjects),
        }
    )


def _completion(kind: Array, rng: np.random.Generator) -> Array:
    """At least 0.95, some of them exactly that; incomplete plays are below, some of them hardly."""
    luck, edge = rng.random(len(kind)), rng.random(len(kind)) < AT_THE_LIMIT
    whole = np.where(edge, 0.95, np.round(0.95 + 0.05 * luck, 4))
    part = np.where(edge, 0.9499, np.round(0.05 + 0.89 * luck, 4))
    return np.where(kind == Play.INCOMPLETE, part, whole)


def _engagement(scene: Scene, rows: int, rng: np.random.Generator) -> Array:
    """Below 0.6 for those removed by it, at least that for those it is to pass, anything for all others."""
    luck, edge = rng.random(rows), rng.random(rows) < AT_THE_LIMIT
    fate = np.concatenate([scene.crowd.fate, np.full(rows - len(scene.subject), Fate.DISTRUSTED)])
    enough = np.where(edge, 0.6, np.round(0.6 + 0.4 * luck, 4))
    little = np.where(edge, 0.5999, np.round(0.59 * luck, 4))
    return np.select([fate == Fate.CONTESTED, fate == Fate.DISENGAGED], [enough, little], np.round(luck, 4))


def _listeners(scene: Scene, rng: np.random.Generator) -> pa.Table:
    known = contacts(scene.people, scene.market, scene.plan.places, rng)
    return pa.table(
        {
            "listener_id": scene.people,
            "email": known["email"],
            "display_name": known["name"],
            "time_zone": known["time_zone"],
            "locale": known["locale"],
            "country": known["country"],
        }
    )
