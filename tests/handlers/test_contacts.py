"""What the contacts stage takes from the unloaded rows."""

from itertools import permutations

import pytest
from programs_in_small import CONTACTS_QUERY

from domain.solicitation.extraction import unreadable
from handlers.solicitation.contacts import known

OLD = {"customer": "c1", "email": "ann@example.com", "name": "Ann", "timezone": "Europe/Paris", "locale": "fr"}
NEW = {"customer": "c1", "email": "ann@example.org", "name": "Ann"}
OTHER = {"customer": "c2", "email": "bob@example.com"}


def test_contact_data_comes_under_its_targets_names():
    assert known([OLD], CONTACTS_QUERY, {"c1"}) == {
        "c1": {"email": "ann@example.com", "name": "Ann", "timeZone": "Europe/Paris", "locale": "fr"}
    }


@pytest.mark.parametrize("rows", list(permutations([OLD, NEW, OTHER])))
def test_of_two_rows_of_one_customer_the_same_one_stays_in_any_order(rows):
    assert known(rows, CONTACTS_QUERY, {"c1", "c2"}) == {
        "c1": {"email": "ann@example.org", "name": "Ann"},  # whole, not mixed of both
        "c2": {"email": "bob@example.com"},
    }


def test_only_wanted_customers_are_known():
    rows = [OLD, OTHER, {"customer": None, "email": "x@example.com"}, unreadable("0.gz line 4")]
    assert set(known(rows, CONTACTS_QUERY, {"c2", "c3"})) == {"c2"}
    assert known(rows, CONTACTS_QUERY, set()) == {}


def test_a_null_or_empty_column_is_left_out():
    rows = [{**OTHER, "name": None, "country": ""}]
    assert known(rows, CONTACTS_QUERY, {"c2"}) == {"c2": {"email": "bob@example.com"}}
