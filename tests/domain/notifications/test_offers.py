from datetime import UTC, datetime
from itertools import permutations

import pytest
from vendor_events import RULES, sale, vendor_event

from domain.notifications.offers import MOST_PRESALES, Dropped, Offer, offers

THIRD, FOURTH = datetime(2026, 12, 3, 18, tzinfo=UTC), datetime(2026, 12, 4, 18, tzinfo=UTC)
OPENS = Offer("Public Onsale", ("PUBLIC",), FOURTH)


def told(*presales, **public):
    document = vendor_event(*presales)
    return offers({**document, "sales": {**document["sales"], **public}}, RULES.sale_types)


def test_the_public_sale_comes_first_then_presales_by_their_start():
    early, late = sale("Presale", "2026-12-01T18:00:00Z"), sale("VIP", "2026-12-03T18:00:00Z")
    for order in permutations([early, late]):
        kept, dropped = told(*order)
        assert [(it.name, it.public) for it in kept] == [("Public Onsale", True), ("Presale", False), ("VIP", False)]
        assert dropped == []


@pytest.mark.parametrize(
    ("public", "dropped"),
    [
        (sale(starts="1900-01-01T06:00:00Z"), Dropped("Public Onsale", "no_start")),
        (sale(starts="1900-01-01T06:00:00Z", startTBD=False), Dropped("Public Onsale", "no_start")),
        (sale(starts=None), Dropped("Public Onsale", "no_start")),
        (sale(starts="2026-12-04T18:00:00Z", startTBD=True), Dropped("Public Onsale", "no_start")),
        (sale(starts="2026-12-04T18:00:00Z", startTBA=True), Dropped("Public Onsale", "no_start")),
        (sale(starts="9999-12-31T00:00:00Z"), Dropped("Public Onsale", "no_start")),
        (sale(starts="2026-12-04"), Dropped("Public Onsale", "no_start")),
        (sale("Onsale", starts=5), Dropped("Onsale", "no_start")),
        ("soon", Dropped("Public Onsale", "malformed")),
        (None, None),
    ],
)
def test_a_public_sale_without_a_start_is_none_and_presales_stand_without_it(public, dropped):
    kept, left = told(sale("VIP", "2026-12-05T18:00:00Z"), public=public)
    assert [it.name for it in kept] == ["VIP"]
    assert left == [dropped] * (dropped is not None)


@pytest.mark.parametrize(
    ("starts", "is_kept"),
    [("2026-12-04T17:59:59Z", True), ("2026-12-04T18:00:00Z", False), ("2026-12-04T12:00:00-08:00", False)],
)
def test_what_starts_with_the_public_sale_or_after_it_is_no_presale(starts, is_kept):
    kept, dropped = told(sale("Official Platinum Onsale", starts))
    assert (len(kept) == 2) is is_kept
    assert [it.reason for it in dropped] == ["after_public"] * (not is_kept)
    assert all(it.starts and it.name == "Official Platinum Onsale" for it in dropped)


def test_all_that_is_no_presale_has_a_reason():
    kept, dropped = told(sale("Secret", None), "VIP", None, sale("Soon", startTBD=True), sale(None))
    assert kept == [OPENS, Offer("Presale", ("GENERAL",), THIRD)]
    assert dropped == [
        Dropped("Secret", "no_start"),
        Dropped("Presale", "malformed"),
        Dropped("Presale", "malformed"),
        Dropped("Soon", "no_start"),
    ]


@pytest.mark.parametrize(
    ("presales", "dropped"),
    [("VIP", [Dropped("Presale", "malformed")]), ({}, [Dropped("Presale", "malformed")]), (None, []), ([], [])],
)
def test_presales_that_are_no_list_are_told_as_one(presales, dropped):
    assert told(presales=presales) == ([OPENS], dropped)


@pytest.mark.parametrize("sales", [None, "none", [], {}])
def test_an_event_may_have_no_sales(sales):
    assert offers(vendor_event(sales=sales), RULES.sale_types) == ([], [])


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        ("2026-12-03T22:00:00Z", datetime(2026, 12, 3, 22, tzinfo=UTC)),
        ("2026-12-03T18:00:00Z", None),
        ("1900-01-01T00:00:00Z", None),
        ("late", None),
        (None, None),
    ],
)
def test_an_end_that_is_not_after_the_start_is_none(ends, kept):
    [_, presale], _ = told(sale("VIP", endDateTime=ends))
    assert presale.ends == kept


def test_of_too_many_presales_the_first_are_kept_and_the_rest_have_their_reason():
    starts = [f"2026-11-{1 + n // 20:02d}T18:{n % 20:02d}:00Z" for n in range(MOST_PRESALES + 3)]
    kept, dropped = told(*(sale(f"Presale {it}", it) for it in reversed(starts)))
    assert [it.starts for it in kept[1:]] == [datetime.fromisoformat(it) for it in starts[:MOST_PRESALES]]
    assert [it.reason for it in dropped] == ["too_many"] * 3
