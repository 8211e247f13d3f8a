"""The sentence that Slack hears, by table; and what is beside it."""

import pytest

from domain.scores.report import Report, Reported
from domain.scores.verdict_words import LONGEST, post, readable, sentence


def figures(verified=0, rejected=0, selected=0):
    return {"verified": verified, "rejected": rejected, "selected": selected}


def told(*last, processed=None, **more):
    """Slack has heard `last` before; nothing: it never has."""
    before = Reported("k", figures(*last), None, (), "complete") if last else None
    now = more.pop("now", (0,))
    outcome = "incomplete" if "missing" in more else "complete"
    return Report("campaign-123", outcome, figures(*now), before, ("3fa2c1d0e5b7",), processed, **more)


SENTENCES = [
    (
        told(72_000, 26_500, now=(75_000, 23_500)),
        "Taylor Swift Presale",
        "Campaign 'Taylor Swift Presale' scoring complete: 75,000 verified (+3,000), 23,500 rejected (-3,000)",
    ),
    (told(8_000, now=(10_000,)), None, "Campaign scoring complete: 10,000 verified (+2,000)"),
    (
        told(processed=48_000, of_fans=True),
        "Fanlist Integration",
        "Campaign 'Fanlist Integration' scoring complete: 48,000 records processed",
    ),
    (told(now=(10, 2)), "X", "Campaign 'X' scoring complete: 10 verified, 2 rejected"),
    (told(10, 2, now=(10, 2)), "X", "Campaign 'X' scoring complete: 10 verified, 2 rejected"),
    (told(10, 2, now=(12, 0)), "X", "Campaign 'X' scoring complete: 12 verified (+2), 0 rejected (-2)"),
    (told(now=(10, 2, 5)), "X", "Campaign 'X' scoring complete: 10 verified, 2 rejected, 5 selected"),
    (told(10, 2, 5, now=(10, 2, 0)), "X", "Campaign 'X' scoring complete: 10 verified, 2 rejected, 0 selected (-5)"),
    (told(), "X", "Campaign 'X' scoring complete: 0 verified"),
    (
        told(0, 0, 0, now=(0, 1_234_567)),
        "X",
        "Campaign 'X' scoring complete: 0 verified, 1,234,567 rejected (+1,234,567)",
    ),
    (told(now=(9,), processed=7), "X", "Campaign 'X' scoring complete: 9 verified, 7 records processed"),
    (
        told(72_000, 26_500, now=(75_000, 23_500), missing=("97,000 of 98,500 records counted",), minutes=60),
        "X",
        "Campaign 'X' scoring incomplete: 97,000 of 98,500 records counted after 60 minutes; "
        "75,000 verified (+3,000), 23,500 rejected (-3,000) so far",
    ),
    (
        told(now=(1,), missing=("another file is on its way", "the counts still move"), minutes=1_440),
        "X",
        "Campaign 'X' scoring incomplete: another file is on its way, the counts still move after 1,440 minutes; "
        "1 verified so far",
    ),
    (
        told(processed=5, of_fans=True, missing=("5 of 6 records counted",), minutes=60),
        "X",
        "Campaign 'X' scoring incomplete: 5 of 6 records counted after 60 minutes; 5 records processed so far",
    ),
    (
        told(now=(1,), missing=("the file was refused (no <header>)",)),
        "X",
        "Campaign 'X' scoring incomplete: the file was refused (no &lt;header&gt;); 1 verified so far",
    ),
    (told(), "Guns N' Roses", "Campaign 'Guns N' Roses' scoring complete: 0 verified"),
    (told(), "P!nk & <Friends>", "Campaign 'P!nk &amp; &lt;Friends&gt;' scoring complete: 0 verified"),
]


@pytest.mark.parametrize(("report", "name", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_the_sentence(report, name, text):
    assert sentence(report, name) == text
    assert post(report, name, "dev").text == text


def test_the_header_is_name_id_and_environment_and_beneath_are_the_counts():
    found = post(
        told(72_000, 26_500, now=(75_000, 23_500, 4), rows=100_000, refused=1_500), "Taylor Swift Presale", "prod"
    )
    [header] = found.blocks
    assert header == {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Taylor Swift Presale* · campaign-123 · prod"},
    }
    [beneath] = found.attachments
    assert (beneath["color"], beneath["text"]) == ("good", found.text)
    assert [(it["title"], it["value"]) for it in beneath["fields"]] == [
        ("Verified", "75,000 (+3,000)"),
        ("Rejected", "23,500 (-3,000)"),
        ("Selected", "4 (+4)"),
        ("Rows refused", "1,500 of 100,000"),
    ]


def test_a_list_of_fans_has_its_records_beneath():
    fields = post(told(processed=48_000, of_fans=True), "X", "dev").attachments[0]["fields"]
    assert ("Records processed", "48,000") in [(it["title"], it["value"]) for it in fields]


@pytest.mark.parametrize(
    ("report", "colour"),
    [
        (told(now=(1,)), "good"),
        (told(now=(0, 1)), "good"),
        (told(processed=3, of_fans=True), "good"),
        (told(), "#9e9e9e"),
        (told(processed=0, of_fans=True), "#9e9e9e"),
        (told(now=(1,), missing=("x",)), "warning"),
        (told(now=(1,), rows=100, refused=5), "good"),
        (told(now=(1,), rows=100, refused=6), "warning"),
    ],
)
def test_the_colour_tells_what_to_look_at(report, colour):
    assert post(report, "X", "dev").attachments[0]["color"] == colour


@pytest.mark.parametrize(
    "name", ["<!channel> free tickets", "<@U123>", "<https://evil.example|click>", "a\n*b*\r\n<!here>"]
)
def test_no_name_calls_anybody_or_is_a_link(name):
    found = post(told(), name, "<!here>")
    for text in (found.text, found.blocks[0]["text"]["text"], found.attachments[0]["text"]):
        assert not set("<>\r\n") & set(text)


def test_a_name_without_end_is_cut():
    assert len(post(told(), "x" * 100_000, "dev").text) < LONGEST + 60


def test_a_name_of_the_service_goes_before_the_files():
    assert "'Eras'" in post(told(file="taylor-swift"), "Eras", "dev").text
    assert "'Taylor Swift'" in post(told(file="taylor-swift"), None, "dev").text


def test_without_any_name_the_header_is_the_campaigns_id():
    assert post(told(), None, "dev").blocks[0]["text"]["text"] == "campaign-123 · dev"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("taylor-swift", "Taylor Swift"),
        ("taylor_swift.presale", "Taylor Swift Presale"),
        ("P!NK-tour+2026", "P!NK Tour 2026"),
        ("--", None),
        ("", None),
        (None, None),
        ("beyoncé", "Beyoncé"),
    ],
)
def test_a_files_name_is_made_readable(file, name):
    assert readable(file) == name
