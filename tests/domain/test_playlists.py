"""Scores of tracks, playlists and what artists are told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.solicitation.playlists import LENGTH, Track, artists, playlists, score, share_up

TRACK = Track("t1", "First Light", "pop", "a1", up=30, down=10)


@pytest.mark.parametrize(
    ("up", "down", "overall", "expected"),
    [
        (0, 0, 0.8, 0.8),  # nobody has answered: what everybody's tracks get
        (20, 0, 0.5, 0.75),  # 20 thumbs weigh as much as the prior
        (0, 20, 0.5, 0.25),
        (1, 0, 0.5, 0.523810),  # one friend moves little
        (2000, 0, 0.5, 0.99505),
    ],
)
def test_a_score_is_the_share_of_thumbs_up_drawn_to_the_overall_share_while_thumbs_are_few(up, down, overall, expected):
    assert score(replace(TRACK, up=up, down=down), overall) == pytest.approx(expected, abs=1e-6)


@given(up=st.integers(0, 10**6), down=st.integers(0, 10**6), overall=st.floats(0, 1))
def test_a_thumb_up_never_lowers_a_score_and_a_thumb_down_never_raises_it(up, down, overall):
    now = score(replace(TRACK, up=up, down=down), overall)
    assert 0 <= score(replace(TRACK, up=up, down=down + 1), overall) <= now
    assert now <= score(replace(TRACK, up=up + 1, down=down), overall) <= 1


def test_the_overall_share_counts_thumbs_not_tracks():
    assert share_up([replace(TRACK, up=99, down=0), replace(TRACK, up=0, down=1)]) == 0.99
    assert share_up([]) == 0.5


def test_a_playlist_holds_the_best_of_its_genre_ties_by_more_thumbs_then_by_id():
    tied = [replace(TRACK, id=id, up=0, down=0) for id in ("b", "a")]
    tracks = [
        *(replace(TRACK, id=id, up=3, down=3) for id in ("d", "c")),
        replace(TRACK, id="best"),
        replace(TRACK, id="jazz", genre="jazz"),
        *tied,  # too few thumbs to be on a list
    ]
    lists = playlists(tracks, 0.5)
    assert {genre: [entry["track"] for entry in ranked] for genre, ranked in lists.items()} == {
        "jazz": ["jazz"],
        "pop": ["best", "c", "d"],
    }
    assert [entry["rank"] for entry in lists["pop"]] == [1, 2, 3]


def test_a_playlist_is_no_longer_than_its_length():
    tracks = [replace(TRACK, id=f"t{n:03}", up=n + 3) for n in range(LENGTH + 5)]
    assert len(playlists(tracks, 0.5)["pop"]) == LENGTH


def test_an_artist_hears_of_the_tracks_answered_about_that_day_and_of_no_person():
    heard = replace(TRACK, day_up=2, day_down=1, tags={"upbeat": 2, "loud": 5})
    quiet, nobodys = replace(TRACK, id="t2"), replace(heard, id="t3", artist=None)
    [summary] = artists([heard, quiet, nobodys], 0.5)
    assert (summary["artist"], summary["up"], summary["down"]) == ("a1", 2, 1)
    assert list(summary["tags"]) == ["loud", "upbeat"]
    assert [track["track"] for track in summary["tracks"]] == ["t1"]
