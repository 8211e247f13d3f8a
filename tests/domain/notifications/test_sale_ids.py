from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_events import AT, RULES, sale, vendor_event

from domain.notifications.normalise import normalise

HOUR = timedelta(hours=1)
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


def at(hours):
    return (NOON + hours * HOUR).isoformat()


def presales(*named, known=(), when=AT):
    """(name, hours after noon) of each in, its id by the same out; where two are the same, in a list."""
    found = normalise(vendor_event(*(sale(name, at(hours)) for name, hours in named)), when, RULES, known)
    return [it for it in found.sales if not it.public]


def ids(sales):
    return {(it.name, (it.starts - NOON) / HOUR): it.id for it in sales}


def test_an_id_is_short_safe_and_does_not_change_with_the_way_a_name_is_written():
    [one] = presales(("Live Nation® Pre-Sale", 1))
    assert one.id.isalnum()
    assert one.id.isascii()
    assert len(one.id) == 19
    assert [it.id for it in presales(("LIVE NATION PRESALE", 1))] == [one.id]


def test_ids_are_the_same_tomorrow():  # they are in keys of rows: a change here orphans every wish
    found = normalise(vendor_event(sale("VIP", at(1)), sale("VIP", at(2))), AT, RULES)
    assert [it.id for it in found.sales] == ["pubskujjsty54jpm42f", "presqpbyjuk6dkomzgv", "pre6wyrxokpu7bqkmsl"]


def test_sales_of_different_events_never_share_an_id():
    documents = [vendor_event(sale("VIP"), id=id) for id in ("e1", "e2")]
    found = [{it.id for it in normalise(it, AT, RULES).sales} for it in documents]
    assert found[0].isdisjoint(found[1])


def test_the_public_sale_keeps_its_id_whatever_happens_to_its_name_and_start():
    moved = vendor_event(sales={"public": sale("On Sale", "2027-01-01T00:00:00Z")})
    first, second = (normalise(it, AT, RULES).sales[0] for it in (vendor_event(), moved))
    assert first.id == second.id
    assert first.starts != second.starts


def test_presales_of_one_name_have_each_their_id_even_at_one_start():
    found = presales(("VIP", 1), ("VIP", 1), ("VIP", 2), ("AMEX", 1))
    assert len({it.id for it in found}) == 4


def test_the_order_in_which_presales_are_listed_does_not_matter():
    named = [("VIP", 1), ("VIP", 2), ("AMEX", 1), ("Presale", 3)]
    assert len({tuple(sorted(ids(presales(*order)).items())) for order in permutations(named)}) == 1


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        # one moves: earlier, later, past another of its name
        ([("VIP", 1), ("VIP", 3)], [("VIP", 0), ("VIP", 3)], {1: 0, 3: 3}),
        ([("VIP", 1), ("VIP", 3)], [("VIP", 2), ("VIP", 3)], {1: 2, 3: 3}),
        ([("VIP", 1), ("VIP", 3)], [("VIP", 3), ("VIP", 5)], {1: 5, 3: 3}),
        ([("VIP", 1), ("VIP", 3)], [("VIP", -9), ("VIP", 1)], {3: -9, 1: 1}),
        # all move together
        ([("VIP", 1), ("VIP", 3)], [("VIP", 2), ("VIP", 4)], {1: 2, 3: 4}),
        ([("VIP", 1), ("VIP", 3)], [("VIP", 25), ("VIP", 27)], {1: 25, 3: 27}),
        # one goes, one comes
        ([("VIP", 1), ("VIP", 3)], [("VIP", 3)], {3: 3}),
        ([("VIP", 3)], [("VIP", 1), ("VIP", 3)], {3: 3}),
        ([("VIP", 1), ("VIP", 3)], [("VIP", 4)], {3: 4}),
    ],
)
def test_a_presale_that_moved_keeps_its_id(before, after, same):
    known = presales(*before)
    now = ids(presales(*after, known=known))
    assert {old: new for (_, old), id in ids(known).items() for (_, new), its in now.items() if its == id} == same


def test_a_presale_that_comes_beside_one_of_its_name_never_takes_its_id():
    known = presales(("VIP", 3))
    both = ids(presales(("VIP", 1), ("VIP", 3), known=known))
    assert both["VIP", 3] == known[0].id != both["VIP", 1]


def test_a_presale_under_a_new_name_keeps_its_id_where_no_other_can_be_meant():
    known = presales(("Artist Presale", 1), ("AMEX", 2))
    renamed = ids(presales(("The Lanterns Artist Presale", 1), ("AMEX", 2), known=known))
    assert renamed["The Lanterns Artist Presale", 1] == ids(known)["Artist Presale", 1]
    for others in ([("Artist Presale A", 1), ("Artist Presale B", 1)], [("VIP", 1)], [("Artists first", 2)]):
        assert not set(ids(known).values()) & {it.id for it in presales(*others, known=known)}


def test_of_two_that_are_gone_neither_is_renamed():
    known = presales(("Artist A", 1), ("Artist B", 1))
    assert presales(("Artist C", 1), known=known)[0].id not in {it.id for it in known}


def test_a_withdrawn_sale_gives_way_to_one_that_is_there():
    gone, there = presales(("VIP", 1), ("VIP", 3))
    known = [replace(gone, suppressed="withdrawn"), there]
    assert [it.id for it in presales(("VIP", 2), known=known)] == [there.id]
    assert [it.id for it in presales(("VIP", 1), known=known)] == [gone.id]  # its very start


def test_a_withdrawn_sale_is_taken_up_again_unless_it_had_already_begun():
    [gone] = (replace(it, suppressed="withdrawn") for it in presales(("VIP", 1)))
    again = [presales(("VIP", 30), known=[gone], when=NOON + hours * HOUR)[0].id for hours in (0, 1, 2)]
    assert again[0] == gone.id
    assert gone.id not in again[1:]
    assert presales(("VIP First", 1), known=[gone])[0].id != gone.id  # and under no new name


def test_a_presale_never_takes_the_id_of_the_public_sale():
    known = normalise(vendor_event(), AT, RULES).sales
    found = normalise(vendor_event(sale("Public Onsale", at(1))), AT, RULES, known).sales
    assert [it.id == known[0].id for it in found] == [True, False]


NAMES = st.sampled_from(["VIP", "V.I.P.", "Presale", "AMEX Presale", "Artist", "", "🎸", "®"])
NAMED = st.lists(st.tuples(NAMES, st.integers(0, 5)), max_size=6)


@given(NAMED, st.randoms(use_true_random=False))
def test_ids_are_distinct_and_stable_under_any_order(named, random):
    found = presales(*named)
    assert len({it.id for it in found}) == len(named)
    shuffled = random.sample(named, len(named))
    assert presales(*shuffled) == found
    assert presales(*shuffled, known=found) == found


@given(NAMED.filter(bool), st.data())
def test_when_one_presale_moves_it_and_all_others_keep_their_ids(named, data):
    known = presales(*named)
    place = data.draw(st.integers(0, len(named) - 1))
    hours = data.draw(st.integers(6, 20))  # where no other is: which of two that meet is which, nobody can tell
    moved = presales(*named[:place], (named[place][0], hours), *named[place + 1 :], known=known)
    assert {it.id for it in moved} == {it.id for it in known}
    stayed = {it.id: it for it in known}
    assert sum(stayed[it.id] != it for it in moved) == 1


@given(NAMED, NAMED)
def test_whatever_the_vendor_changes_ids_stay_distinct_and_another_look_changes_nothing(before, after):
    known = presales(*before)
    now = presales(*after, known=known)
    assert len({it.id for it in now}) == len(after)
    assert presales(*after, known=now) == now
