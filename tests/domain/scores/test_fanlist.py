from datetime import UTC, datetime

import pytest

from domain.errors import Rejected
from domain.scores.drop import Arrival, dropped
from domain.scores.fanlist import LONGEST_ADDRESS, Columns, Entry, columns, fan_of, judge, told
from domain.scores.row_rules import LONGEST_CELL, LONGEST_FAN

AT = datetime(2026, 2, 13, 14, 35, tzinfo=UTC)
DROP = dropped(Arrival("scoring", "fanlist/scored/campaign-456/2026-02-13T14:30:00.csv", "v1", "0A", AT))
BY_EMAIL = Columns("email", {"email": 0, "score": 1}, 2)
BY_MEMBER = Columns("memberId", {"memberId": 0, "email": 1, "score": 2}, 3)


@pytest.mark.parametrize(("header", "campaign", "found"), [
    (["email", "score"], None, ("email", {"email": 0, "score": 1})),
    (["Score ", " E-Mail"], "email", ("email", {"email": 1, "score": 0})),
    (["Email Address", "SCORE"], None, ("email", {"email": 0, "score": 1})),
    (["member_id", "name", "score"], None, ("memberId", {"memberId": 0, "score": 2})),
    (["GLOBAL_USER_ID", "score"], None, ("globalUserId", {"globalUserId": 0, "score": 1})),
    (["email", "memberId", "score"], "email", ("email", {"email": 0, "memberId": 1, "score": 2})),
    (["email", "memberId", "score"], None, ("memberId", {"email": 0, "memberId": 1, "score": 2})),
    (["email", "memberId", "globalUserId", "score"], None,
     ("globalUserId", {"email": 0, "memberId": 1, "globalUserId": 2, "score": 3})),
])  # fmt: skip
def test_a_list_goes_by_what_the_campaign_knows_its_fans_by_or_else_by_what_it_has(header, campaign, found):
    where = columns(header, campaign)
    assert (where.identifier, where.at) == found
    assert where.width == len(header)


def test_identifiers_that_the_list_could_go_by_as_well_are_told_where_no_campaign_decides():
    header = ["email", "memberId", "score"]
    assert columns(header, None).others == ("email",)
    assert columns(header, "memberId").others == columns(["email", "score"], None).others == ()


@pytest.mark.parametrize(("header", "campaign", "why"), [
    (["email"], None, "score is missing"),
    (["name", "score"], None, "globalUserId or memberId or email is missing"),
    (["email", "score"], "memberId", "memberId is missing"),
    (["email", "E-MAIL", "score"], None, "email is there twice"),
    (["score", "email", "Score"], None, "score is there twice"),
    ([""], None, "score is missing"),
])  # fmt: skip
def test_a_header_that_says_nothing_of_fans_rejects_the_list(header, campaign, why):
    with pytest.raises(Rejected, match=why):
        columns(header, campaign)


@pytest.mark.parametrize(("email", "kept"), [
    ("fan@example.com", "fan@example.com"),
    ("  Fan.One@EXAMPLE.com\t", "fan.one@example.com"),
    ("\u00a0fan@example.com", "fan@example.com"),
    ("fan+list@mail.example.com", "fan+list@mail.example.com"),
    ("ÄÖ@exämple.com", "äö@exämple.com"),
    ("x" * (LONGEST_ADDRESS - 12) + "@example.com", "x" * (LONGEST_ADDRESS - 12) + "@example.com"),
])  # fmt: skip
def test_an_address_is_kept_in_one_spelling(email, kept):
    assert judge([email, "0.5"], BY_EMAIL) == Entry(kept, 0.5, {"email": kept})


@pytest.mark.parametrize("email", [
    "fan", "fan@", "@example.com", "fan@example", "fan@@example.com", "a@b@example.com", "fan@.com", "fan@example.",
    "fan@exa mple.com", "fan@exam\tple.com", "fan@example..com", "f an@example.com", "fan\n@example.com", "fan\u200b@example.com",
    "x" * (LONGEST_ADDRESS - 11) + "@example.com",
])  # fmt: skip
def test_what_is_no_address_refuses_its_row(email):
    assert judge([email, "0.5"], BY_EMAIL) == ("bad_email",)


@pytest.mark.parametrize(("text", "score"), [
    ("0.93", 0.93), (" 1 ", 1.0), ("0", 0.0), ("-3.5", -3.5), ("87", 87.0), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001),
    ("+2E2", 200.0), ("1e-400", 0.0),
])  # fmt: skip
def test_a_score_is_any_number_that_the_table_can_keep(text, score):
    assert judge(["fan@example.com", text], BY_EMAIL).score == score


@pytest.mark.parametrize(("text", "reason"), [
    ("", "missing_score"), ("  ", "missing_score"), ("high", "bad_score"), ("nan", "bad_score"), ("inf", "bad_score"),
    ("-Infinity", "bad_score"), ("1e400", "bad_score"), ("1e126", "bad_score"), ("1e-131", "bad_score"), ("0x1", "bad_score"),
    ("1_0", "bad_score"), ("0,5", "bad_score"), ("=cmd()", "bad_score"), ("٣", "bad_score"), ("1 2", "bad_score"),
])  # fmt: skip
def test_what_is_no_such_number_refuses_its_row(text, reason):
    assert judge(["fan@example.com", text], BY_EMAIL) == (reason,)


@pytest.mark.parametrize(("cells", "reasons"), [
    (["m1", "fan@example.com"], ("wrong_cells",)),
    (["m1", "fan@example.com", "0.5", ""], ("wrong_cells",)),
    ([], ("wrong_cells",)),
    (["", "fan@example.com", "0.5"], ("missing_identifier",)),
    (["  ", "", "x"], ("missing_identifier", "bad_score")),
    (["m 1", "", "0.5"], ("bad_identifier",)),
    (["m\x001", "", "0.5"], ("bad_identifier",)),
    (["m" * (LONGEST_FAN + 1), "", "0.5"], ("too_long",)),
    (["m1", "x" * (LONGEST_CELL + 1), "0.5"], ("too_long",)),
])  # fmt: skip
def test_a_row_is_refused_for_all_its_reasons(cells, reasons):
    assert judge(cells, BY_MEMBER) == reasons


def test_what_else_a_row_knows_of_a_fan_is_kept_where_it_is_good_and_refuses_nothing_where_not():
    assert judge(["m1", " FAN@example.com", "0.5"], BY_MEMBER).known_as == {
        "memberId": "m1",
        "email": "fan@example.com",
    }
    assert judge(["m1", "nobody", "0.5"], BY_MEMBER).known_as == {"memberId": "m1"}
    assert judge(["M" * LONGEST_FAN, "", "0.5"], BY_MEMBER).identifier == "M" * LONGEST_FAN


@pytest.mark.parametrize(("goes_by", "key"), [
    ("globalUserId", "fan:x@example.com"), ("memberId", "sid:x@example.com"), ("email", "email:x@example.com"),
])  # fmt: skip
def test_an_id_that_looks_like_an_address_is_another_fan_than_the_address(goes_by, key):
    fan = fan_of(Entry("x@example.com", 0.5, {}), goes_by, DROP, 3)
    assert fan.key == (key, "campaign:campaign-456")
    assert fan.content == {"campaignId": "campaign-456", "score": 0.5, goes_by: "x@example.com"}
    assert (fan.load, fan.version, fan.part, fan.rank) == (DROP.load, DROP.version, 3, None)


@pytest.mark.parametrize(("known", "key"), [
    ({"email": "e@example.com"}, "e@example.com"),
    ({"email": "e@example.com", "memberId": "m1"}, "m1"),
    ({"email": "e@example.com", "memberId": "m1", "globalUserId": "g1"}, "g1"),
])  # fmt: skip
def test_the_stream_is_told_all_that_is_known_under_the_best_of_it(known, key):
    assert told(Entry("m1", 0.5, known), DROP) == (key, {
        "campaignId": "campaign-456",
        **known,
        "score": 0.5,
        "__meta": {"correlation": DROP.load, "date": "2026-02-13T14:30:00+00:00"},
    })  # fmt: skip
