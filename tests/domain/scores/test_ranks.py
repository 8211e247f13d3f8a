"""A row's rank is what its id has behind the fan's."""

import pytest

from domain.scores.ranks import rank_of


@pytest.mark.parametrize(
    ("id", "rank"),
    [
        ("f7", 0),
        ("f7001", 1),
        ("f7002", 2),
        ("f70", 0),
        ("f712", 12),
        ("f7000000000000012", 12),  # zeros are no digits of a number
        ("f7" + "0" * 5_000, 0),  # and however many there are, they are none that Python would not read
        ("f7999999999", 999_999_999),
        ("f71000000000", None),  # one digit too many
        ("", None),
        ("f", None),
        ("f8", None),
        ("f8001", None),
        ("f7a", None),
        ("f7-1", None),
        ("f7 1", None),
        ("f71_0", None),
        ("f7١", None),  # a digit, but of another script
        ("f7²", None),
        ("xf7001", None),
        ("F7001", None),
    ],
)
def test_a_rank_is_0_or_the_number_behind_the_fans_id(id, rank):
    assert rank_of(id, "f7") == rank


def test_a_fan_whose_id_ends_in_digits_has_ranks_too():
    assert rank_of("17", "17") == 0
    assert rank_of("17001", "17") == 1
    assert rank_of("17001", "17001") == 0
