"""Who is asked, who is not and why, and how the day's recipients fall into campaigns, slots and chunks."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs_in_small import REVIEWS, RUN

from domain.solicitation.campaign_names import namer, slug
from domain.solicitation.campaign_records import held_out_rows, plan_document, records
from domain.solicitation.campaigns import CHUNK, chunk_keys, planned, recipient_lists
from domain.solicitation.delivery import Recipient, delivery_id
from domain.solicitation.ranked import Facts, Ranked, Terms, Zone
from domain.solicitation.selection import Selection, held_out

DAY, NOW = date(2026, 11, 20), datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
MUSIC = replace(REVIEWS, id="small-music", context=("marketplace", "genre"))
NEW_YORK, LONDON, TOKYO = (Zone(name, ZoneInfo(name)) for name in ("America/New_York", "Europe/London", "Asia/Tokyo"))
TERMS = Terms(
    program=REVIEWS.id,
    channel="email",
    day=DAY,
    at=NOW,
    min_score=0.7,
    limit=1000,
    limit_per_subject=None,
    holdout_share=0.0,
    homes={"US": NEW_YORK, "UK": LONDON},
    fixed=None,
    local_time=time(10),
    late="next-day",
)
LASTS = int(datetime(2026, 12, 20, tzinfo=UTC).timestamp())
NEW_YORK_10, LONDON_10 = datetime(2026, 11, 20, 15, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)


def ranked(customer="c1", subject="p1", *, score=0.9, marketplace="US", genre=None, expires_at=LASTS):
    return Ranked(customer, subject, "Kettle", "product", marketplace, score, expires_at, genre)


def open_facts(candidates, **more):
    return Facts(standing={(one.customer, one.subject): "OPEN" for one in candidates}, **more)


def select(candidates, facts=None, **terms):
    """The selection after these candidates, and the reason of each who was left out, by customer and subject."""
    selection = Selection(replace(TERMS, **terms), namer(REVIEWS, DAY))
    rows = list(selection.left_out(candidates, facts or open_facts(candidates)))
    return selection, {(row["customer"], row["subject"]): row["reason"] for row in rows}


def test_who_stands_open_above_the_score_is_chosen_and_sent_to_at_ten_at_home():
    selection, left_out = select([ranked()])
    [chosen] = selection.chosen
    assert not left_out
    assert chosen.delivery == delivery_id(REVIEWS.id, "c1", "p1")
    assert (chosen.zone, chosen.send_at, chosen.score, chosen.subject_name) == (
        "America/New_York",
        NEW_YORK_10,
        0.9,
        "Kettle",
    )


def test_a_zone_of_the_customers_own_goes_before_the_marketplaces_and_a_fixed_one_before_both():
    own = open_facts([ranked()], zones={"c1": TOKYO})
    assert select([ranked()], own)[0].chosen[0].zone == "Asia/Tokyo"
    assert select([ranked()], own, fixed=LONDON)[0].chosen[0].send_at == LONDON_10


def test_the_least_score_is_inclusive_and_who_is_below_it_is_not_even_left_out():
    selection, left_out = select([ranked("c1", score=0.7), ranked("c2", score=0.6999996)])
    assert [one.customer for one in selection.chosen] == ["c1"]
    assert not left_out


@pytest.mark.parametrize(
    ("status", "reason"), [("ASKED", "already_asked"), ("CONSUMED", "already_answered"), (None, "candidate_gone")]
)
def test_who_does_not_stand_open_is_not_chosen(status, reason):
    facts = Facts(standing={("c1", "p1"): status} if status else {})
    selection, left_out = select([ranked()], facts)
    assert (selection.chosen, left_out) == ([], {("c1", "p1"): reason})


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (("SENT", None), "already_asked"),
        (("UNKNOWN", None), "already_asked"),
        (("RESERVED", None), "already_asked"),
        (("FAILED", "refused_by_ses"), "refused_by_ses"),
        (("HOLDOUT", "holdout"), "holdout"),
        (("SKIPPED", "no_address"), "no_address"),
        (("SKIPPED", "suppressed"), "suppressed"),
        (("SKIPPED", "frequency_cap"), None),
        (("SKIPPED", "too_late"), None),
        (("SHADOW", None), None),
    ],
)
def test_what_came_of_an_earlier_delivery_tells_whether_there_is_another(before, reason):
    facts = open_facts([ranked()], before={delivery_id(REVIEWS.id, "c1", "p1"): before})
    selection, left_out = select([ranked()], facts)
    assert left_out.get(("c1", "p1")) == reason
    assert len(selection.chosen) == (reason is None)


def test_who_cannot_be_asked_takes_no_place():
    candidates = [ranked(f"c{number}") for number in range(4)]
    facts = Facts(standing={("c2", "p1"): "OPEN", ("c3", "p1"): "OPEN"})
    selection, left_out = select(candidates, facts, limit=1)
    assert [one.customer for one in selection.chosen] == ["c2"]
    assert left_out == {("c0", "p1"): "candidate_gone", ("c1", "p1"): "candidate_gone", ("c3", "p1"): "over_limit"}


def test_a_limit_per_subject_counts_over_the_whole_ranking():
    candidates = [ranked(f"c{number}", subject) for number, subject in enumerate(["p1", "p1", "p1", "p2", "p1", "p2"])]
    selection, left_out = select(candidates, limit_per_subject=2)
    assert Counter(one.subject for one in selection.chosen) == {"p1": 2, "p2": 2}
    assert left_out == {("c2", "p1"): "over_subject_limit", ("c4", "p1"): "over_subject_limit"}


def test_a_zone_past_ten_gets_the_next_day_or_is_left_out():
    facts = open_facts([ranked()], zones={"c1": TOKYO})  # it is 12:30 there
    assert select([ranked()], facts)[0].chosen[0].send_at == datetime(2026, 11, 21, 1, tzinfo=UTC)
    assert select([ranked()], facts, late="skip")[1] == {("c1", "p1"): "too_late"}


def test_who_expires_before_the_mail_would_come_is_left_out():
    at = int(NEW_YORK_10.timestamp())
    assert select([ranked(expires_at=at)])[1] == {("c1", "p1"): "candidate_gone"}
    assert not select([ranked(expires_at=at + 1)])[1]


def test_a_marketplace_the_program_no_longer_has_is_a_reason():
    [row] = Selection(TERMS, namer(REVIEWS, DAY)).left_out([ranked(marketplace="FR")], open_facts([ranked()]))
    assert (row["reason"], row["campaign"]) == ("marketplace_gone", None)


def test_a_row_left_out_names_the_campaign_it_would_have_been_in():
    [row] = Selection(replace(TERMS, limit=0), namer(REVIEWS, DAY)).left_out([ranked()], Facts())
    assert row == {
        "customer": "c1",
        "subject": "p1",
        "score": 0.9,
        "marketplace": "US",
        "reason": "over_limit",
        "campaign": "small-reviews.2026-11-20.US",
    }


def test_the_held_out_are_selected_and_left_out_and_take_a_place():
    candidates = [ranked(f"c{number}") for number in range(400)]
    selection, left_out = select(candidates, holdout_share=0.25, limit=300)
    apart = [one.customer for one in selection.held_out]
    assert len(selection.chosen) + len(apart) == 300
    assert 40 < len(apart) < 110
    assert [customer for (customer, _), reason in left_out.items() if reason == "holdout"] == apart
    assert not {one.customer for one in selection.chosen} & set(apart)


def test_a_customer_is_held_out_of_a_program_for_good_and_of_another_by_another_draw():
    customers = [f"c{number}" for number in range(2000)]
    small, large = ({c for c in customers if held_out(c, "p", share)} for share in (0.1, 0.2))
    other = {c for c in customers if held_out(c, "q", 0.1)}
    assert small < large
    assert 140 < len(small) < 260
    assert len(small & other) < 50
    assert not any(held_out(c, "p", 0.0) for c in customers)
    assert all(held_out(c, "p", 1.0) for c in customers)


offers = st.lists(
    st.builds(
        ranked,
        customer=st.integers(0, 30).map("c{}".format),
        subject=st.sampled_from(["p1", "p2", "p3", "p4"]),
        score=st.sampled_from([0.71, 0.75, 0.8, 0.9, 1.0]),
        marketplace=st.sampled_from(["US", "UK", "FR"]),
        genre=st.sampled_from([None, "Pop", "pop", "Drum & Bass"]),
    ),
    max_size=60,
    unique_by=lambda one: (one.customer, one.subject),
).map(lambda some: sorted(some, key=lambda one: -one.score))


@given(
    candidates=offers,
    closed=st.sets(st.integers(0, 30).map("c{}".format)),
    abroad=st.sets(st.integers(0, 30).map("c{}".format)),
    limit=st.integers(0, 40),
    limit_per_subject=st.none() | st.integers(1, 10),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    late=st.sampled_from(["skip", "next-day"]),
)
def test_each_candidate_has_one_fate_and_nobody_jumps_the_queue(
    candidates, closed, abroad, limit, limit_per_subject, share, late
):
    facts = Facts(
        standing={(one.customer, one.subject): "OPEN" for one in candidates if one.customer not in closed},
        zones=dict.fromkeys(abroad, TOKYO),
    )
    selection, left_out = select(
        candidates, facts, limit=limit, limit_per_subject=limit_per_subject, holdout_share=share, late=late
    )
    chosen = [(one.customer, one.subject) for one in selection.chosen]
    apart = [(one.customer, one.subject) for one in selection.held_out]
    selected = {*chosen, *apart}
    assert sorted([*chosen, *left_out]) == sorted((one.customer, one.subject) for one in candidates)
    assert set(apart) <= {key for key, reason in left_out.items() if reason == "holdout"}
    assert selection.reasons == Counter(left_out.values())
    assert len(selected) <= limit
    places = Counter(subject for _, subject in selected)
    assert limit_per_subject is None or all(count <= limit_per_subject for count in places.values())
    ranks = {(one.customer, one.subject): rank for rank, one in enumerate(candidates)}
    over = [ranks[key] for key, reason in left_out.items() if reason == "over_limit"]
    assert not over or (len(selected) == limit and min(over) > max((ranks[key] for key in selected), default=-1))
    for key, reason in left_out.items():
        if reason == "over_subject_limit":
            assert places[key[1]] == limit_per_subject
            assert all(ranks[one] < ranks[key] for one in selected if one[1] == key[1])
    assert [ranks[key] for key in chosen] == sorted(ranks[key] for key in chosen)


def plan(candidates, program=REVIEWS, facts=None, **terms):
    name = namer(program, DAY)
    selection = Selection(replace(TERMS, program=program.id, **terms), name)
    list(selection.left_out(candidates, facts or open_facts(candidates)))
    return planned(selection.chosen, selection.held_out, program, name), selection


def test_a_marketplace_is_a_campaign_and_one_without_recipients_is_none():
    campaigns, _ = plan([ranked("c1"), ranked("c2", marketplace="US"), ranked("c3", score=0.1, marketplace="UK")])
    [campaign] = campaigns
    assert (campaign.id, campaign.marketplace.id, campaign.genre) == ("small-reviews.2026-11-20.US", "US", None)
    assert campaign.recipients == 2


def test_of_music_a_genre_is_a_campaign_of_its_own():
    genres = ["Pop", "pop", "Drum & Bass", "drum bass", None, "日本"]
    campaigns, _ = plan([ranked(f"c{number}", genre=genre) for number, genre in enumerate(genres)], MUSIC)
    found = {campaign.id.removeprefix("small-music.2026-11-20.US"): campaign for campaign in campaigns}
    assert len(found) == 5
    assert found[".pop"].recipients == 2
    assert found[""].genre is None
    assert all(set(id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for id in found)


@pytest.mark.parametrize("genre", ["pop", "hip-hop", "2-step"])
def test_a_plain_genre_is_its_own_name(genre):
    assert slug(genre) == genre


@given(st.text(min_size=1))
def test_a_name_is_of_letters_digits_and_hyphens_whatever_the_genre_and_its_case(genre):
    assert slug(genre)
    assert set(slug(genre)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug(genre) == slug(genre.lower())


def test_genres_that_differ_by_more_than_case_have_names_of_their_own():
    genres = ["drum bass", "drum & bass", "drum-bass", "drum  bass", "日本", "中国", "ö", "-", "- ", "r&b", "rb"]
    assert len({slug(genre) for genre in genres}) == len(genres)


def test_recipients_of_one_instant_are_one_slot_whatever_their_zones():
    toronto = Zone("America/Toronto", ZoneInfo("America/Toronto"))
    some = [ranked(f"c{number}") for number in range(5)]
    campaigns, _ = plan(some, facts=open_facts(some, zones={"c1": toronto, "c2": LONDON, "c3": TOKYO}))
    [campaign] = campaigns
    assert [(slot.at, [one.customer for one in slot.recipients]) for slot in campaign.slots] == [
        (LONDON_10, ["c2"]),
        (NEW_YORK_10, ["c0", "c1", "c4"]),
        (datetime(2026, 11, 21, 1, tzinfo=UTC), ["c3"]),
    ]


def test_a_list_is_cut_into_chunks_of_fifty_and_its_record_finds_them_all():
    some = [ranked(f"c{number}") for number in range(2 * CHUNK + 1)]
    campaigns, selection = plan(some)
    lists = dict(recipient_lists(campaigns))
    assert [len(rows) for rows in lists.values()] == [50, 50, 1]
    assert [Recipient.from_row(row) for rows in lists.values() for row in rows] == selection.chosen
    document = plan_document(records(campaigns, RUN, REVIEWS, NOW), selection.reasons, RUN, "campaigns/x/plan-1", NOW)
    [record] = document["campaigns"]
    [slot] = record["slots"]
    assert slot == {"at": "2026-11-20T15:00:00Z", "recipients": 101, "chunks": 3, "zones": ["America/New_York"]}
    assert chunk_keys(record, slot) == [f"campaigns/x/plan-1/{name}" for name in lists]
    assert chunk_keys(record, slot)[0].endswith("small-reviews.2026-11-20.US/20261120T150000Z/chunk-0000.jsonl.gz")


def test_a_record_says_what_is_sent_by_whom_and_when():
    campaigns, selection = plan([ranked(), ranked("c2", marketplace="UK")])
    document = plan_document(records(campaigns, RUN, REVIEWS, NOW), selection.reasons, RUN, "f", NOW)
    uk, us = document["campaigns"]
    assert (uk["marketplace"], uk["locale"], us["locale"]) == ("UK", "en-GB", "en-US")
    assert {
        "program": "small-reviews",
        "programHash": RUN.program_hash,
        "date": "2026-11-20",
        "channel": "email",
        "templateId": "review-request-v3",
        "sender": "reviews@example.com",
        "sendTime": "10:00",
        "lateZones": "next-day",
        "state": "PLANNED",
        "shadow": False,
        "counts": {"selected": 1, "holdout": 0, "recipients": 1},
        "createdAt": "2026-11-20T03:30:00Z",
    }.items() <= us.items()


def test_a_campaign_of_none_but_the_held_out_is_not_sent_though_their_deliveries_are_kept():
    campaigns, selection = plan([ranked()], holdout_share=1.0)
    made = records(campaigns, RUN, REVIEWS, NOW)
    document = plan_document(made, selection.reasons, RUN, "f", NOW)
    assert document["campaigns"] == []
    assert document["counts"] == {"selected": 1, "holdout": 1}
    assert document["leftOut"] == {"holdout": 1}
    [row] = held_out_rows(made, selection.held_out, namer(REVIEWS, DAY), NOW)
    assert (row["id"], row["status"], row["reason"]) == (delivery_id(REVIEWS.id, "c1", "p1"), "HOLDOUT", "holdout")
    assert (row["campaign"], row["sendAt"]) == ("small-reviews.2026-11-20.US", "2026-11-20T15:00:00Z")
