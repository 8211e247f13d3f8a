"""The syntax of event patterns, one table, and what is refused at build time."""

import pytest

from sandbox.streams.patterns import compile_pattern

DOCUMENT = {
    "kind": "Concert",
    "price": 12.5,
    "count": 0,
    "sold": True,
    "note": "",
    "gone": None,
    "tags": ["rock", "live"],
    "none": [],
    "venue": {"city": "Lyon", "seats": {"free": 40}},
    "acts": [{"name": "A", "fee": 10}, {"name": "B", "fee": 99}],
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"kind": ["Concert"]}, True),
        ({"kind": ["concert"]}, False),
        ({"kind": ["Play", "Concert"]}, True),
        ({"kind": ["Concert"], "price": [12.5]}, True),
        ({"kind": ["Concert"], "price": [13]}, False),
        ({"missing": ["Concert"]}, False),
        ({"sold": [True]}, True),
        ({"sold": [1]}, False),
        ({"count": [0]}, True),
        ({"count": [False]}, False),
        ({"note": [""]}, True),
        ({"gone": [None]}, True),
        ({"missing": [None]}, False),
        ({"tags": ["live"]}, True),
        ({"tags": ["jazz"]}, False),
        ({"venue": {"city": ["Lyon"]}}, True),
        ({"venue": {"seats": {"free": [{"numeric": [">", 39]}]}}}, True),
        ({"venue": {"city": ["Paris"]}}, False),
        ({"acts": {"name": ["B"]}}, True),
        ({"acts": {"name": ["B"], "fee": [10]}}, False),
        ({"kind": [{"prefix": "Con"}]}, True),
        ({"kind": [{"prefix": "con"}]}, False),
        ({"kind": [{"prefix": {"equals-ignore-case": "con"}}]}, True),
        ({"price": [{"prefix": "1"}]}, False),
        ({"kind": [{"suffix": "cert"}]}, True),
        ({"kind": [{"suffix": "CERT"}]}, False),
        ({"kind": [{"suffix": {"equals-ignore-case": "CERT"}}]}, True),
        ({"kind": [{"equals-ignore-case": "cONCERT"}]}, True),
        ({"kind": [{"anything-but": "Play"}]}, True),
        ({"kind": [{"anything-but": ["Play", "Concert"]}]}, False),
        ({"kind": [{"anything-but": {"prefix": "Con"}}]}, False),
        ({"count": [{"anything-but": 0}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"price": [{"numeric": ["=", 12.5]}]}, True),
        ({"price": [{"numeric": [">", 12.5]}]}, False),
        ({"price": [{"numeric": [">=", 12.5, "<", 13]}]}, True),
        ({"price": [{"numeric": [">", 0, "<=", 12]}]}, False),
        ({"kind": [{"numeric": [">", 0]}]}, False),
        ({"sold": [{"numeric": ["=", 1]}]}, False),
        ({"kind": [{"exists": True}]}, True),
        ({"gone": [{"exists": True}]}, True),
        ({"none": [{"exists": True}]}, False),
        ({"missing": [{"exists": True}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"kind": [{"exists": False}]}, False),
        ({"missing": {"deeper": [{"exists": False}]}}, True),
        ({"venue": {"city": [{"exists": False}]}}, False),
        ({"venue": [{"exists": True}]}, False),  # only leaves exist
        ({"$or": [{"kind": ["Play"]}, {"price": [12.5]}]}, True),
        ({"$or": [{"kind": ["Play"]}, {"price": [13]}]}, False),
        ({"kind": ["Play"], "$or": [{"price": [12.5]}]}, False),
        ({"venue": {"$or": [{"city": ["Paris"]}, {"seats": {"free": [40]}}]}}, True),
    ],
)
def test_a_pattern_matches_as_the_rule_syntax_says(pattern, matches):
    assert compile_pattern(pattern)(DOCUMENT) is matches


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({}, "at least one key"),
        ([], "JSON object"),
        ({"kind": "Concert"}, "non-empty list"),
        ({"kind": []}, "non-empty list"),
        ({"kind": [["Concert"]]}, "list cannot be"),
        ({"kind": [{"like": "C%"}]}, "knows no 'like'"),
        ({"kind": [{"prefix": 1}]}, "knows no 'prefix'"),
        ({"kind": [{"prefix": "a", "suffix": "b"}]}, "knows no"),
        ({"price": [{"numeric": [">"]}]}, "pairs of comparison"),
        ({"price": [{"numeric": ["~", 1]}]}, "pairs of comparison"),
        ({"price": [{"numeric": [">", "1"]}]}, "pairs of comparison"),
        ({"$or": {"kind": ["x"]}}, "list of patterns"),
    ],
)
def test_a_pattern_outside_the_syntax_is_refused_by_name(pattern, said):
    with pytest.raises(ValueError, match=said):
        compile_pattern(pattern)
