"""GetAndCacheEventDetails: what is served from the table, what the vendor is asked for, and what its answers change."""

from datetime import timedelta

import pytest
from cached_events import DAY, EVENT, HOUR, MINUTE, NOW, ONSALE, PRESALE, cached_events

from domain.errors import Rejected, Unavailable
from domain.notifications.freshness import HARD, NEGATIVE, SOFT
from domain.notifications.keys import event_row
from handlers.notifications.events.details import NotFound


@pytest.fixture(scope="module")
def tables():
    with cached_events() as cache:
        yield cache


@pytest.fixture
def cache(tables):
    tables.anew().add()
    return tables


def test_an_event_is_asked_for_once_and_then_served_from_its_rows(cache):
    found = cache.details.get(EVENT, now=NOW)
    assert [sale.name for sale in found.sales] == [PRESALE, "Public Onsale"]
    assert (found.event.artist, found.stale) == ("Beyoncé", False)
    cache.calls()
    assert cache.details.get(EVENT, now=NOW + SOFT - MINUTE) == found
    assert cache.calls() == ["dynamodb.GetItem", "dynamodb.Query"]
    assert cache.asked == 1


def test_an_answer_that_says_the_same_writes_no_row_of_the_demand_table(cache):
    cache.details.get(EVENT, now=NOW)
    rows = cache.world.rows()
    assert cache.details.get(EVENT, now=NOW + 2 * HOUR).event.updated == NOW
    assert cache.world.rows() == rows
    assert cache.state()["checkedAt"] == "2026-12-04T11:30:00.000Z"


@pytest.mark.parametrize(("age", "calls"), [(SOFT - MINUTE, 1), (SOFT, 2), (HARD, 2)])
def test_the_vendor_is_asked_again_when_what_is_kept_is_old(cache, age, calls):
    cache.details.get(EVENT, now=NOW)
    cache.details.get(EVENT, now=NOW + age)
    assert cache.asked == calls


@pytest.mark.parametrize(("age", "calls"), [(15 * MINUTE, 1), (15 * MINUTE + timedelta(seconds=1), 2)])
def test_who_wants_it_fresher_is_served_nothing_older(cache, age, calls):
    cache.details.get(EVENT, now=NOW)
    cache.details.get(EVENT, now=NOW + age, fresher_than=15 * MINUTE)
    assert cache.asked == calls


def test_while_another_one_asks_what_is_a_little_old_is_served_at_once(cache):
    cache.details.get(EVENT, now=NOW)
    standing = cache.details.flights.read(EVENT)
    assert cache.details.flights.claim(EVENT, standing, NOW)
    assert not cache.details.get(EVENT, now=NOW + 2 * HOUR).stale
    assert cache.asked == 1
    assert cache.details.get(EVENT, now=NOW + HARD).stale  # it waited, and got no answer


def test_a_sale_that_moved_is_moved_under_its_id_and_its_place_in_the_index(cache):
    [presale, _] = cache.details.get(EVENT, now=NOW).sales
    cache.vendor.move(EVENT, ONSALE - HOUR, PRESALE)
    [moved, _] = cache.details.get(EVENT, now=NOW + 2 * HOUR).sales
    assert (moved.id, moved.starts) == (presale.id, ONSALE - HOUR)
    assert cache.sale(presale.id)["saleStartDate"] == "2026-12-06"
    assert cache.event()["date"] == {"firstSeen": "2026-12-04T09:30:00.000Z", "updated": "2026-12-04T09:30:00.000Z"}


def test_what_others_wrote_into_the_rows_stays(cache):
    [presale, _] = cache.details.get(EVENT, now=NOW).sales
    cache.world.put(
        {**cache.event(), "shortUrl": "https://bit.ly/x", "promoterOfOurs": "p"}, cache.sale(presale.id) | {"a": 1}
    )
    cache.vendor.documents[EVENT]["name"] = "Another name"
    found = cache.details.get(EVENT, now=NOW + 2 * HOUR)
    assert (found.event.name, found.event.short_url) == ("Another name", "https://bit.ly/x")
    assert (cache.event()["name"], cache.event()["shortUrl"]) == ("Another name", "https://bit.ly/x")
    assert cache.event()["promoterOfOurs"] == "p"
    assert cache.event()["date"] == {"firstSeen": "2026-12-04T09:30:00.000Z", "updated": "2026-12-04T11:30:00.000Z"}
    assert cache.sale(presale.id)["a"] == 1


def test_a_sale_that_the_vendor_has_no_more_is_withdrawn_and_comes_back_under_its_id(cache):
    [presale, _] = cache.details.get(EVENT, now=NOW).sales
    presales = cache.vendor.documents[EVENT]["sales"].pop("presales")
    [withdrawn, public] = cache.details.get(EVENT, now=NOW + 2 * HOUR).sales
    assert (withdrawn.id, withdrawn.suppressed, public.suppressed) == (presale.id, "withdrawn", None)
    assert not cache.event()["isSuppressed"]
    cache.vendor.documents[EVENT]["sales"]["presales"] = presales
    [back, _] = cache.details.get(EVENT, now=NOW + 4 * HOUR).sales
    assert back == presale


def test_an_event_that_is_gone_at_the_vendor_is_kept_as_cancelled_until_it_is_back(cache):
    before = cache.details.get(EVENT, now=NOW)
    document = cache.vendor.documents.pop(EVENT)
    found = cache.details.get(EVENT, now=NOW + 2 * HOUR)
    assert (found.event.suppressed, found.event.status) == ("cancelled", "cancelled")
    assert {sale.suppressed for sale in found.sales} == {"cancelled"}
    assert cache.event()["isSuppressed"]
    cache.details.get(EVENT, now=NOW + 2 * HOUR + MINUTE)
    assert cache.asked == 2
    cache.vendor.add(document)
    assert cache.details.get(EVENT, now=NOW + 4 * HOUR).sales == before.sales


def test_a_sale_that_has_begun_is_neither_withdrawn_nor_cancelled(cache):
    cache.details.get(EVENT, now=NOW)
    del cache.vendor.documents[EVENT]["sales"]["presales"]
    late = ONSALE - MINUTE  # the presale has begun
    assert [sale.suppressed for sale in cache.details.get(EVENT, now=late).sales] == [None, None]
    cache.vendor.remove(EVENT)
    assert [sale.suppressed for sale in cache.details.get(EVENT, now=late + 2 * MINUTE, fresher_than=MINUTE).sales] == [
        None,
        None,
    ]


def test_an_event_that_nobody_has_is_not_asked_about_again_for_a_while(cache):
    for age in (0 * MINUTE, NEGATIVE - MINUTE):
        with pytest.raises(NotFound):
            cache.details.get("nobodyHasIt", now=NOW + age)
    assert cache.asked == 1
    cache.add("nobodyHasIt")
    assert cache.details.get("nobodyHasIt", now=NOW + NEGATIVE).sales
    assert "missingAt" not in cache.state("nobodyHasIt")


@pytest.mark.parametrize("id", ["", "../../secret", "a#b", ":pk", "x" * 65, "ä", "a b", "a\n", None, 7, {"S": "x"}])
def test_what_is_no_id_is_asked_of_nobody(cache, id):
    with pytest.raises(Rejected):
        cache.details.get(id, now=NOW)
    assert (cache.calls(), cache.asked) == ([], 0)


def test_an_event_is_kept_under_the_id_that_was_asked_for(cache):
    cache.vendor.documents["old-id"] = cache.vendor.documents[EVENT]
    assert cache.details.get("old-id", now=NOW).event.id == "old-id"
    assert cache.world.row(event_row("old-id"))


def test_rows_that_cannot_be_read_are_asked_for_anew(cache):
    broken = {
        "PK": f"event:{EVENT}",
        "type": "event",
        "id": EVENT,
        "date": {"updated": "soon", "firstSeen": "yesterday"},
    }
    sale = {"PK": f"event:{EVENT}", "SK": "sale#theirs", "id": "theirs", "eventId": EVENT, "saleStartDateTime": "noon"}
    cache.world.put({**broken, "SK": f"event#{EVENT}", "eventDate": {"start": {"dateTime": "noon"}}}, sale)
    found = cache.details.get(EVENT, now=NOW)
    assert (found.event.name, len(found.sales)) == ("Beyoncé Live", 2)
    assert cache.event()["date"]["updated"] == "2026-12-04T09:30:00.000Z"


def test_rows_that_another_system_wrote_lately_are_served_as_they_are(cache):
    theirs = {
        "PK": "event:theirs",
        "SK": "event#theirs",
        "id": "theirs",
        "name": "Theirs",
        "date": {"updated": "2026-12-04T09:00:00Z"},
    }
    cache.world.put(theirs)
    assert cache.details.get("theirs", now=NOW).event.name == "Theirs"
    assert cache.asked == 0


def test_rows_from_the_far_future_are_not_believed(cache):
    cache.details.get(EVENT, now=NOW)
    cache.world.put({**cache.event(), "name": "Old", "date": {"updated": "2099-01-01T00:00:00Z"}})
    for age in (2 * HOUR, 2 * HOUR + MINUTE):
        assert cache.details.get(EVENT, now=NOW + age).event.name == "Beyoncé Live"
    assert cache.asked == 2


def test_more_sales_than_one_transaction_holds_are_all_kept(cache):
    cache.add("many", presales={f"Presale of city number {n}": ONSALE - DAY + n * MINUTE for n in range(130)})
    found = cache.details.get("many", now=NOW)
    assert len(found.sales) > 99
    assert len(cache.world.rows("sale")) == len(found.sales)
    assert cache.details.get("many", now=NOW + MINUTE).sales == found.sales


def test_without_an_answer_ever_there_is_none(cache):
    cache.vendor.faults.failing = 9
    with pytest.raises(Unavailable, match="nothing is kept"):
        cache.details.get(EVENT, now=NOW)
