from datetime import UTC, datetime, timedelta
from itertools import permutations

from domain.notifications.events import Sale
from domain.notifications.sale_types import TYPES
from domain.notifications.siblings import RANKS, siblings

STARTS = datetime(2026, 12, 4, 18, tzinfo=UTC)


def sale(id, *types, minutes=0, suppressed=None):
    return Sale(id, "e1", id, types, STARTS + timedelta(minutes=minutes), suppressed=suppressed)


def test_of_sales_at_one_instant_the_one_for_everybody_is_told_of_first_and_dearer_offers_last():
    sales = [sale("a", "PLAT"), sale("b", "AMEX", "CC"), sale("c", "PUBLIC"), sale("d", "VF")]
    expected = {"c": (), "d": ("c",), "b": ("c", "d"), "a": ("c", "d", "b")}
    for order in permutations(sales):
        assert siblings(order) == expected


def test_a_sale_at_another_time_is_told_of_by_itself():
    assert siblings([sale("a", "VF"), sale("b", "PUBLIC", minutes=1)]) == {"a": (), "b": ()}


def test_a_suppressed_sale_takes_nobodys_reminder():
    assert siblings([sale("a", "PUBLIC", suppressed="registration"), sale("b", "VF")]) == {"b": ()}


def test_a_dear_offer_for_the_invited_is_still_a_dear_offer():
    assert siblings([sale("a", "VF", "PLAT"), sale("b", "GENERAL")]) == {"b": (), "a": ("b",)}


def test_sales_of_equal_rank_are_told_apart_by_their_ids():
    assert siblings([sale("b", "GENERAL"), sale("a", "GENERAL"), sale("c")]) == {"a": (), "b": ("a",), "c": ("a", "b")}


def test_every_type_that_sells_has_its_rank():
    assert TYPES - {"SUPPRESS"} == set(RANKS)
