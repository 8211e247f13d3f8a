"""Whatever the vendor sends: it is normalised, or it is Rejected."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_events import AT, RULES, VENUE, image, sale, vendor_event

from domain.errors import Rejected
from domain.notifications.events import Event, Sale
from domain.notifications.normalise import explained, normalise
from domain.notifications.siblings import siblings

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=8),
    st.sampled_from(
        [
            *("0001-01-01T00:00:00+14:00", "1900-01-01T06:00:00Z", "2026-12-03T18:00:00Z", "9999-12-31T23:59:59-14:00"),
            *("http://[::1", "https://a.example.com:99999/", "\ud800", "K8vZ917EXAMPLE", "Registration"),
        ]
    ),
)
JSON = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHOLE = vendor_event(sale("VIP"), sale("VIP", endDateTime="2026-12-03T20:00:00Z"), images=[image(640, 360)])


def places(document, path=()):
    """Of every value in a document."""
    yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in inner:
        yield from places(value, (*path, name))


def changed(document, path, value):
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = changed(document[path[0]], path[1:], value)
    return copy


def holds(document):
    """What is true of whatever is normalised."""
    try:
        found = normalise(document, AT, RULES)
    except Rejected:
        return
    row = found.event.row(found.sales)
    assert Event.of(row) == found.event
    assert tuple(Sale.of(it.row()) for it in found.sales) == found.sales
    json.dumps(
        [row, *(it.row() for it in found.sales), explained(found)], ensure_ascii=False
    ).encode()  # fit to be stored
    assert len({it.id for it in found.sales}) == len(found.sales)
    assert all(it.reason for it in found.dropped)
    assert set(siblings(found.sales)) == {it.id for it in found.sales if it.suppressed is None}


@pytest.mark.parametrize("path", list(places(WHOLE)), ids=lambda path: ".".join(map(str, path)) or "all of it")
@pytest.mark.parametrize("value", [None, "", "\ud800", 7, -1.5, True, [], {}, [[]], [{}], {"a": []}], ids=repr)
def test_any_value_may_be_of_another_kind(path, value):
    holds(changed(WHOLE, path, value))


@given(JSON)
def test_any_document_is_normalised_or_rejected(document):
    holds(document)


@given(st.lists(st.tuples(st.sampled_from(sorted(places(WHOLE), key=str)), JSON), min_size=1, max_size=4))
def test_any_values_of_an_event_may_be_anything(changes):
    document = WHOLE
    for path, value in changes:
        try:
            document = changed(document, path, value)
        except (TypeError, KeyError, IndexError, AttributeError):  # the place has gone with another change
            continue
    holds(document)


def test_a_name_of_a_megabyte_is_cut_and_its_event_fits_a_row():
    long = "Ünïcödé " * 130_000
    document = vendor_event(
        *(sale(long, f"2026-12-03T18:{minute:02d}:00Z", url=long) for minute in range(60)),
        *(name for name in [long]),
        name=long,
        url="https://tickets.example.com/" + long.replace(" ", ""),
        _embedded={
            "venues": [{**VENUE, "name": long, "city": {"name": long}}],
            "attractions": [{"id": f"K{n}", "name": long} for n in range(300)],
        },
    )
    found = normalise(document, AT, RULES)
    assert len(found.event.name) == len(found.sales[1].name) == 200
    assert found.event.url == ""
    assert len(json.dumps(found.event.row(found.sales))) < 200_000  # an item of DynamoDB has 400 KB
    holds(document)
