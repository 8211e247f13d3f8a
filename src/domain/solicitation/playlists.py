"""Tracks' thumbs in, their scores, a ranking a genre and a summary an artist out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PRIOR = 20  # thumbs: what a track must have before its own share weighs as much as everybody's
LENGTH = 50  # tracks of one playlist
LEAST = 3  # thumbs a track needs to be on a playlist: one friend must not make a hit
NO_GENRE = "unknown"


@dataclass(frozen=True, slots=True)
class Track:
    """One track with its thumbs of all time, and those of the day."""

    id: str
    name: str | None
    genre: str
    artist: str | None
    up: int
    down: int
    day_up: int = 0
    day_down: int = 0
    tags: Mapping[str, int] = field(default_factory=dict)

    @property
    def thumbs(self) -> int:
        return self.up + self.down


def share_up(tracks: Iterable[Track]) -> float:
    """The share of thumbs up over all tracks; a half where nobody has answered yet."""
    up = down = 0
    for track in tracks:
        up, down = up + track.up, down + track.down
    return up / (up + down) if up + down else 0.5


def score(track: Track, overall: float) -> float:
    """(up + 20 * overall) / (up + down + 20): the track's share of thumbs up, drawn to the overall share while thumbs are few.

    In [0, 1], six decimals; the mean of a beta distribution with 20 thumbs of prior.
    """
    return round((track.up + PRIOR * overall) / (track.thumbs + PRIOR), 6)


def playlists(tracks: Iterable[Track], overall: float) -> dict[str, list[dict[str, Any]]]:
    """The 50 best tracks of each genre with at least three thumbs, best first; ties by more thumbs, then by id."""
    by_genre: dict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        if track.thumbs >= LEAST:
            by_genre[track.genre].append(track)
    return {genre: _ranked(by_genre[genre], overall) for genre in sorted(by_genre)}


def _ranked(tracks: list[Track], overall: float) -> list[dict[str, Any]]:
    best = sorted(tracks, key=lambda track: (-score(track, overall), -track.thumbs, track.id))[:LENGTH]
    return [
        {
            "rank": rank,
            "track": track.id,
            "name": track.name,
            "artist": track.artist,
            "score": score(track, overall),
            "up": track.up,
            "down": track.down,
        }
        for rank, track in enumerate(best, start=1)
    ]


def artists(tracks: Iterable[Track], overall: float) -> list[dict[str, Any]]:
    """What artist relations may tell each artist whose tracks were heard of that day: counts and tags, no comment, no person."""
    by_artist: dict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        if track.artist is not None and track.day_up + track.day_down:
            by_artist[track.artist].append(track)
    return [_summary(artist, by_artist[artist], overall) for artist in sorted(by_artist)]


def _summary(artist: str, tracks: list[Track], overall: float) -> dict[str, Any]:
    tags: Counter[str] = Counter()
    for track in tracks:
        tags.update(track.tags)
    return {
        "artist": artist,
        "up": sum(track.day_up for track in tracks),
        "down": sum(track.day_down for track in tracks),
        "tags": dict(sorted(tags.items(), key=lambda tag: (-tag[1], tag[0]))),
        "tracks": [
            {
                "track": track.id,
                "name": track.name,
                "up": track.day_up,
                "down": track.day_down,
                "score": score(track, overall),
            }
            for track in sorted(tracks, key=lambda track: track.id)
        ],
    }
