from io import StringIO

from rich.console import Console

from cli.funnel import changes, difference, funnel

RESULT = {
    "program": "product-reviews",
    "date": "2026-11-20",
    "extracted": 5003,
    "rejected": 2,
    "duplicates": 1,
    "candidates": 5000,
    "filters": [
        {"filter": "trust", "removed": 500, "share": 0.1},
        {"filter": "frequency-cap", "removed": 1500, "share": 0.3},
    ],
    "eligible": 3000,
    "scores": {"high": 750, "medium": 1500, "low": 750},
    "stored": 3000,
    "seconds": 4.04,
}
TIGHTER = {
    **RESULT,
    "filters": [
        {"filter": "trust", "removed": 500, "share": 0.1},
        {"filter": "frequency-cap", "removed": 1600, "share": 0.32},
    ],
    "eligible": 2900,
    "scores": {"high": 700, "medium": 1480, "low": 720},
}


def shown(table):
    text = StringIO()
    Console(file=text, width=100).print(table)
    return text.getvalue()


def test_the_funnel_shows_every_step_with_its_share():
    text = shown(funnel(RESULT))
    for words in ("product-reviews on 2026-11-20", "5,003", "-1,500", "30.0 %", "25.0 % of eligible", "4.0 s"):
        assert words in text


def test_a_dry_run_says_so():
    assert "(dry run)" in shown(funnel({**RESULT, "dry_run": True}))


def test_the_funnel_of_an_empty_extract_divides_by_nothing():
    assert "0.0 %" in shown(funnel({**RESULT, "extracted": 0, "candidates": 0, "eligible": 0, "filters": []}))


def test_what_if_shows_the_difference_a_filter():
    assert ("removed by frequency-cap", 1500, 1600) in changes(RESULT, TIGHTER)
    text = shown(difference(RESULT, TIGHTER, ["filterChain.frequency-cap.maxRequestsPerMonth=2"]))
    assert "+100" in text
    assert "-100" in text


def test_a_filter_that_only_one_side_has_counts_nothing_in_the_other():
    assert ("removed by trust", 500, 0) in changes(RESULT, {**RESULT, "filters": []})
