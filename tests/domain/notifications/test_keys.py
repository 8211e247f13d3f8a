from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.notifications import keys


def test_the_rows_of_the_demand_table_have_the_keys_of_the_seed():
    assert keys.demand_row("f1", "e1", "s1") == ("fan:f1", "demand#e1-s1")
    assert keys.notification_row("f1", "e1", "s1", "sms") == ("fan:f1", "notification#e1-s1#sms")
    assert keys.event_row("e1") == ("event:e1", "event#e1")
    assert keys.sale_row("e1", "s1") == ("event:e1", "sale#s1")
    assert keys.event_row("e1").attributes() == {"PK": "event:e1", "SK": "event#e1"}


def test_each_way_of_contact_has_a_notification_of_its_own():
    assert len({keys.notification_row("f", "e", "s", method) for method in keys.METHODS}) == 2


def test_a_fan_stays_in_one_shard_and_fans_are_evenly_dealt():
    dealt = Counter(keys.shard_of(f"fan-{number}") for number in range(10_000))
    assert sorted(dealt) == list(range(keys.SHARDS))
    assert max(dealt.values()) < 1.15 * min(dealt.values())
    assert keys.sale_demand_of("fan-7", "e", "s") == keys.sale_demand("e", "s", keys.shard_of("fan-7"))
    assert keys.sale_demand("e", "s", 3) == "e-s#3"
    assert keys.unsettled_shard(3) == "unsettled#3"


def test_a_message_is_called_the_same_at_each_try_and_otherwise_when_its_sale_has_moved():
    key = keys.notification_row("f", "e", "s", "sms")
    first = keys.message_id(key, "2026-12-04T18:00:00.000Z")
    assert first == keys.message_id(key, "2026-12-04T18:00:00.000Z")
    assert len(first) == 32
    assert set(first) <= set("0123456789abcdef")
    others = {
        keys.message_id(key, "2026-12-04T19:00:00.000Z"),
        keys.message_id(keys.notification_row("f", "e", "s", "email"), "2026-12-04T18:00:00.000Z"),
    }
    assert first not in others


def test_the_state_table_is_about_no_fan_by_name():
    assert keys.scheduler_mark() == ("SCHEDULER", "MARK")
    assert keys.event_state("e1") == ("EVENT#e1", "CACHE")
    assert keys.wanted_event("e1") == (f"WANTED#{keys.shard_of('e1')}", "e1")
    assert keys.vendor_quota("discovery", "2026-12-04") == ("QUOTA#discovery", "2026-12-04")


def test_an_opt_out_is_found_however_its_address_is_written_and_does_not_show_it():
    kept = keys.opt_out("email", "fan@example.com")
    assert kept == keys.opt_out("email", " Fan@Example.com ")
    assert kept.pk.startswith("OPTOUT#")
    assert kept.sk == "email"
    assert "example" not in kept.pk
    assert kept != keys.opt_out("sms", "fan@example.com")


@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_keys_are_made_of_any_text_even_half_a_character(text):
    keys.opt_out("sms", text)
    keys.message_id(keys.notification_row(text, text, text, "sms"), text)
    assert keys.shard_of(text) in range(keys.SHARDS)
