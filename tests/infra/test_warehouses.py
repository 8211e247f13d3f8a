"""Which warehouses the extract function is given rights to."""

from dataclasses import replace

from programs_in_small import REVIEWS

from infra.warehouses import connectors_of


def test_two_programs_may_call_different_warehouses_by_one_id_and_lose_neither():
    [connector] = REVIEWS.connectors
    elsewhere = replace(connector, workgroup="other")
    other = replace(REVIEWS, id="other", connectors=(elsewhere,))
    assert set(connectors_of([REVIEWS, other])) == {connector, elsewhere}
    assert connectors_of([REVIEWS, other]) == connectors_of([other, REVIEWS])


def test_a_warehouse_that_two_programs_share_counts_once():
    assert connectors_of([REVIEWS, replace(REVIEWS, id="other")]) == list(REVIEWS.connectors)
