"""Each rule of a row has its word, and a row is told all that is wrong with it."""

import pytest

from domain.scores.row_rules import number, reasons, tags

GOOD = {"globalUserId": "f1", "id": "f1", "score": "0.93", "isVerified": "true"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"globalUserId": ""}, "missing_global_user_id"),
        ({"id": ""}, "unranked"),
        ({"id": "g1"}, "unranked"),
        ({"score": ""}, "missing_score"),
        ({"score": "1.01"}, "bad_score"),
        ({"score": "-0.01"}, "bad_score"),
        ({"score": "0,5"}, "bad_score"),
        ({"isVerified": ""}, "missing_is_verified"),
        ({"isVerified": "yes"}, "bad_is_verified"),
        ({"isVerified": "t"}, "bad_is_verified"),
        ({"isVerified": "1.0"}, "bad_is_verified"),
        ({"campaign_id": "c2"}, "other_campaign"),
        ({"campaign_id": "C1"}, "other_campaign"),
        ({"localFanscore": "n/a"}, "bad_localFanscore"),
        ({"accountFanscore": "nan"}, "bad_accountFanscore"),
        ({"bandScore": "1e126"}, "bad_bandScore"),
        ({"nudetect.score": "1e-131"}, "bad_nudetect.score"),
        ({"nudetect.scoreBand": "severe"}, "bad_score_band"),
        ({"firstName": "x" * 4_097}, "too_long"),
        ({"something else": "x" * 4_097}, "too_long"),
        ({"globalUserId": "x" * 257, "id": "x" * 257}, "too_long"),
        ({"globalUserId": "é" * 129, "id": "é" * 129}, "too_long"),  # bytes, not characters
    ],
)
def test_a_row_that_breaks_one_rule_is_told_that_one(change, reason):
    assert [*reasons({**GOOD, **change}, "c1")] == [reason]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"campaign_id": "c1"},
        {"campaign_id": ""},
        *({"score": text} for text in ("0", "1", "1.0", "1e-3", ".5", "0.", "+0.5", "-0", "1e-130")),
        *({"isVerified": text} for text in ("TRUE", "False", "1", "0", "fAlSe")),
        *({"nudetect.scoreBand": text} for text in ("low", "Medium", "HIGH")),
        {"localFanscore": "-71.5", "accountFanscore": "9.9e125", "bandScore": "0", "nudetect.score": "1E-130"},
        {"firstName": "x" * 4_096, "lastName": '=cmd("x")'},
        {"globalUserId": "é" * 128, "id": "é" * 128 + "001"},
    ],
)
def test_a_row_that_breaks_no_rule_is_told_nothing(change):
    assert [*reasons({**GOOD, **change}, "c1")] == []


def test_a_row_is_told_everything_that_is_wrong_with_it():
    row = {
        "score": "x",
        "isVerified": "x",
        "campaign_id": "x",
        "bandScore": "x",
        "nudetect.scoreBand": "x",
        "locale": "x" * 5_000,
    }
    assert [*reasons(row, "c1")] == [
        "missing_global_user_id",
        "bad_score",
        "bad_is_verified",
        "other_campaign",
        "bad_bandScore",
        "bad_score_band",
        "too_long",
    ]
    assert [*reasons({}, "c1")] == ["missing_global_user_id", "missing_score", "missing_is_verified"]


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "-Infinity", "1e400", "0x1", " 0.5", "1_0", "0,5", "1e", ".", "+", "١", "1 2", "1e-200"]
)
def test_what_a_table_cannot_hold_as_a_number_is_none(text):
    assert number(text) is None


def test_tags_are_what_stands_between_the_separators():
    assert tags("clean|repeat buyer; vip ,,|| ") == ["clean", "repeat buyer", "vip"]
    assert tags("") == tags(" |;") == []
