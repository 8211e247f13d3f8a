"""What is read of Campaign Service's answers, whatever is in them."""

import pytest

from domain.scores.campaign import Campaign, market_ids, market_name, read_campaign

NOTHING = Campaign("c", None, None, None, False)


def test_a_campaign_tells_its_name_its_fans_identifier_and_its_channel():
    slack = {"channels": {"stats": ["#swift-stats", "more"]}, "noAlert": True}
    told = {"id": "c", "name": " Taylor Swift Presale ", "identifier": "memberId", "slack": slack, "status": "OPEN"}
    assert read_campaign("c", told) == Campaign("c", "Taylor Swift Presale", "memberId", "#swift-stats", True)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"name": "", "identifier": "shoeSize", "slack": None},
        {"name": 7, "identifier": None, "slack": {"channels": {"stats": []}, "noAlert": "yes"}},
        {"name": ["x"], "slack": {"channels": {"stats": [None, "", 3]}}},
        {"name": "  ", "slack": {"channels": ["stats"]}},
        {"slack": {"channels": {"stats": "scrubbed"}}},
        {"slack": "loud"},
    ],
)
def test_what_is_absent_or_of_another_type_is_not_known(told):
    assert read_campaign("c", told) == NOTHING


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Louis", "ST  LOUIS"),
        ("Montréal", "montreal"),
        ("Coeur d’Alene", "Coeur dAlene"),
        ("Coeur d'Alene", "COEUR D’ALENE"),
        ("Dallas & Ft. Worth", "dallas and ft worth"),
        ("New York/New Jersey", "new york - new jersey"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("København", "Kobenhavn"),
        ("İstanbul", "ISTANBUL"),
        (" Los Angeles\n", "Los\u00a0Angeles"),
        ("Mexico_City", "Mexico City"),
        ("\uff2f\uff53\uff41\uff4b\uff41", "Osaka"),
    ],
)
def test_names_of_one_market_are_one(one, other):
    assert market_name(one) == market_name(other) != ""


def test_names_of_different_markets_stay_apart():
    names = ["York", "New York", "東京", "大阪", "Portland OR", "Portland ME", "St Louis", "Saint Louis"]
    assert len({market_name(it) for it in names}) == len(names)


@pytest.mark.parametrize("name", ["New York", "Coeur d’Alene", "Łódź & İzmir", "東京"])
def test_a_name_that_is_normalised_stays_as_it_is(name):
    assert market_name(market_name(name)) == market_name(name)


def test_a_name_that_two_markets_have_means_neither():
    told = [
        {"id": "1", "name": "Portland"},
        {"id": "2", "name": "PORTLAND"},
        {"id": "3", "name": "Boston"},
        {"id": "3", "name": "boston"},
    ]
    assert market_ids(told) == {"boston": "3"}


def test_what_is_no_market_is_passed_over():
    told = [
        None,
        7,
        {},
        {"id": "1"},
        {"name": "x"},
        {"id": 2, "name": "x"},
        {"id": "4", "name": "—"},
        {"id": "5", "name": "y"},
    ]
    assert market_ids(told) == {"y": "5"}
