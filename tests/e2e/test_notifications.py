"""Reminders, end to end: a sale at 10:00 with its 2,000 fans, late wishes, moved sales, the way out, and the commands."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from adapters.aws.attribute_values import decode_item, encode_item
from cli.deployment import Deployment
from cli.notifications import tallied
from cli.reminded import SALE, Reminded, is_ours, reminded
from domain.notifications.keys import Key, demand_row, notification_row
from domain.notifications.statuses import FINAL
from sandbox.clock import ScheduleClock
from sandbox.runtime import Sandbox
from sandbox.sample.events import event_document
from sandbox.sample.reminders import Crowd
from tests.ovation_command import ovation

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

FANS = 2_000
PATIENCE = 240.0  # seconds, on a loaded machine
DAY = datetime(2027, 1, 15, tzinfo=UTC)
REMIND = "mutation remind($input: RemindMeInput!) { remindMe(input: $input) { status errorCode } }"
FORGET = "mutation forget($input: ForgetMeInput!) { forgetMe(input: $input) { status } }"
MINE = "query { myReminders { items { eventId saleId contactMethods } } }"
DETAILS = (
    "query details($id: ID!) { eventDetails(eventId: $id) { name isSuppressed sales { id saleTypes startDateTime } } }"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(state_dir=tmp_path_factory.mktemp("reminders")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def deployment(running: Sandbox) -> Deployment:
    return Deployment.of(running.client, "ovation-sandbox-notifications", "notifications")


@pytest.fixture(scope="module")
def found(running: Sandbox) -> Reminded:
    """The sale at 10:00 and all that follows from it."""
    return reminded(running, FANS)


def row(deployment: Deployment, key: Key) -> dict[str, Any] | None:
    asked = {
        "TableName": deployment.names["demand_table"],
        "Key": encode_item(key.attributes()),
        "ConsistentRead": True,
    }
    item = deployment.client("dynamodb").get_item(**asked).get("Item")
    return decode_item(item) if item else None


def graphql(running: Sandbox, fan: str, query: str, **variables: Any) -> Any:
    answer = requests.post(
        running.address.endpoints["graphql"],
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {running.vendors.issuer.token(fan)}"},
        timeout=60,
    )
    return answer.json()


def clock_of(running: Sandbox, deployment: Deployment) -> ScheduleClock:
    """The schedules of reminders alone."""
    return ScheduleClock(running.client, running, partial(is_ours, frozenset(deployment.functions.values())))


def ended(running: Sandbox, deployment: Deployment, key: Key) -> dict[str, Any]:
    """The notification, when it has come to an end."""
    give_up = monotonic() + PATIENCE
    while True:
        running.settle()
        found = row(deployment, key)
        if found and found["status"]["id"] in FINAL:
            return found
        assert monotonic() < give_up, found
        sleep(0.5)


def on_sale(running: Sandbox, event: str, starts: datetime) -> str:
    """An event that somebody has looked at; the id of its public sale."""
    running.vendors.discovery.add(event_document(event, artist="Paper Boats", onsale=starts))
    details = graphql(running, "fan-curious", DETAILS, id=event)["data"]["eventDetails"]
    return str(details["sales"][0]["id"])


def remind(running: Sandbox, fan: str, event: str, sale: str, **how: Any) -> Any:
    told = {"eventId": event, "saleId": sale, "contactMethods": ["email"], "email": f"{fan}@example.com", **how}
    answer = graphql(running, fan, REMIND, input=told)
    assert "errors" not in answer, answer
    return answer["data"]["remindMe"]


def test_a_sale_at_ten_ends_with_every_reminder_delivered_failed_with_a_reason_or_expired_and_each_sent_once(
    found: Reminded,
) -> None:
    assert found.as_wanted, found
    assert found.tally.total == sum(found.wanted.values()) > FANS
    assert found.tally.statuses["DELIVERED"] > 0.95 * found.tally.total
    assert all(reason != "unknown" for _, reason in found.tally.reasons)
    assert found.suppressed == ["registration"]


def test_no_two_texts_or_mails_were_taken_for_one_reminder(found: Reminded) -> None:
    assert max(found.texts) == max(found.mails) == 1


def test_the_service_was_never_asked_for_more_parts_than_its_rate(running: Sandbox, found: Reminded) -> None:
    assert 0 < running.vendors.sms.peak() <= 100


def test_all_three_locales_were_told_in_their_own_words(running: Sandbox, found: Reminded) -> None:
    texts = {it.text for it in running.vendors.sms.accepted if found.event in it.metadata["sk"]}
    assert len(texts) == 3
    assert any(text.startswith("It's almost time! Tickets for Lantern Parade in Los Angeles") for text in texts)
    assert any("Les billets" in text for text in texts)
    assert {it.parts for it in running.vendors.sms.accepted} <= {1, 2}


def test_a_wish_knows_when_it_was_first_sent_and_first_delivered(deployment: Deployment, found: Reminded) -> None:
    crowd = list(Crowd(FANS, found.event, found.sale, SALE).demand())
    both = next(it for it in crowd if len(it.methods) == 2)
    wish = row(deployment, both.key)
    assert wish is not None
    sent = [row(deployment, notification_row(both.fan, both.event, both.sale, way)) for way in both.methods]
    # Whoever learns of it first writes the date, the sender or a status that outran it; the notification keeps the earlier of the two.
    first, last = min(it["date"]["triggered"] for it in sent if it), max(it["date"]["updated"] for it in sent if it)
    assert first <= wish["date"]["triggered"] <= last
    assert wish["date"]["notified"] == min(it["date"]["delivered"] for it in sent if it and "delivered" in it["date"])


def test_the_commands_tell_of_windows_suppressed_sales_and_one_fans_story(running: Sandbox, found: Reminded) -> None:
    def told(*words: str, code: int = 0) -> Any:
        done = ovation(*words, "--json", state=running.folder)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    at = "2026-12-04T17:30:00Z"
    [plan] = told("notifications", "plan", "--at", at)
    assert (plan["saleId"], plan["recipients"], plan["feasible"]) == (found.sale, dict(found.wanted), True)
    [late] = told("notifications", "plan", "--at", "2026-12-04T17:58:45Z", code=1)
    assert (late["feasible"], late["secondsLeft"]) == (False, 15)
    [kept] = told("notifications", "suppressed", "--at", "2026-11-25T17:30:00Z")
    assert (kept["name"], kept["reason"]) == ("Fan Registration", "registration")
    status = told("notifications", "status", found.event, found.sale)
    assert status == found.tally.document()
    fan = f"fan-{found.sale}-00002"
    story = told("why", fan, found.sale, "--at", at)
    assert [it["what"] for it in story["timeline"]][-1] == "sale begins"
    assert {"asked to be reminded", "window opens", "sms created", "sms triggered", "email delivered"} <= {
        it["what"] for it in story["timeline"]
    }
    assert len(story["verdicts"]) == 2
    assert ovation("why", "nobody", "nothing", state=running.folder).returncode == 2


def test_a_sale_can_be_rehearsed_on_a_running_sandbox(running: Sandbox) -> None:
    done = ovation(
        *("notifications", "rehearse", "--fans", "12", "--at", "2026-12-11T18:00:00Z", "--json"), state=running.folder
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["notifications"], told["twice"]) == (16, 0)


def test_who_asks_when_the_window_is_open_is_told_too_and_once(running: Sandbox, deployment: Deployment) -> None:
    starts = DAY + timedelta(hours=18)
    running.begin(starts - timedelta(minutes=40))
    sale = on_sale(running, "ovr-late", starts)
    clock_of(running, deployment).run_until(starts - timedelta(minutes=20))
    running.settle()
    assert remind(running, "fan-late", "ovr-late", sale)["status"] == "SAVED"
    sent = ended(running, deployment, notification_row("fan-late", "ovr-late", sale, "email"))
    assert sent["status"]["id"] == "DELIVERED"
    assert remind(running, "fan-late", "ovr-late", sale)["status"] == "SAVED"
    running.settle()
    mails = [it for it in running.stand_ins.ses.mails() if it.to == ("fan-late@example.com",)]
    assert len(mails) == 1
    assert "Paper Boats" in mails[0].subject + mails[0].text


def test_a_sale_that_moves_before_its_window_is_told_of_at_its_new_time_alone(
    running: Sandbox, deployment: Deployment
) -> None:
    starts, later = DAY + timedelta(days=1, hours=18), DAY + timedelta(days=1, hours=18, minutes=30)
    running.begin(starts - timedelta(minutes=55))
    sale = on_sale(running, "ovr-moved", starts)
    remind(running, "fan-moved", "ovr-moved", sale)
    running.vendors.discovery.move("ovr-moved", later)
    clock, key = clock_of(running, deployment), notification_row("fan-moved", "ovr-moved", sale, "email")
    clock.run_until(later - timedelta(minutes=31), lambda fired: running.settle())
    assert row(deployment, key) is None
    clock.run_until(later - timedelta(minutes=29), lambda fired: running.settle())
    assert ended(running, deployment, key)["saleStartDateTime"] == "2027-01-16T18:30:00.000Z"


def test_a_wish_taken_back_leads_to_nothing_and_fans_see_their_own_alone(
    running: Sandbox, deployment: Deployment
) -> None:
    starts = DAY + timedelta(days=2, hours=18)
    running.begin(starts - timedelta(minutes=35))
    sale = on_sale(running, "ovr-back", starts)
    for fan in ("fan-stays", "fan-goes"):
        remind(running, fan, "ovr-back", sale)
    told = {"eventId": "ovr-back", "saleId": sale}
    assert graphql(running, "fan-goes", FORGET, input=told)["data"]["forgetMe"]["status"] == "DELETED"
    assert graphql(running, "fan-goes", MINE)["data"]["myReminders"]["items"] == []
    assert graphql(running, "fan-stays", MINE)["data"]["myReminders"]["items"] == [
        {**told, "contactMethods": ["email"]}
    ]
    clock_of(running, deployment).run_until(starts - timedelta(minutes=29), lambda fired: running.settle())
    ended(running, deployment, notification_row("fan-stays", "ovr-back", sale, "email"))
    assert row(deployment, demand_row("fan-goes", "ovr-back", sale)) is None
    assert row(deployment, notification_row("fan-goes", "ovr-back", sale, "email")) is None
    assert not [it for it in running.stand_ins.ses.mails() if it.to == ("fan-goes@example.com",)]


def test_the_way_out_of_a_mail_ends_reminders_to_that_address(running: Sandbox, deployment: Deployment) -> None:
    first, second = DAY + timedelta(days=3, hours=18), DAY + timedelta(days=3, hours=18, minutes=30)
    running.begin(first - timedelta(minutes=35))
    sales = {event: on_sale(running, event, at) for event, at in {"ovr-one": first, "ovr-two": second}.items()}
    for event, sale in sales.items():
        remind(running, "fan-out", event, sale)
    clock = clock_of(running, deployment)
    clock.run_until(first - timedelta(minutes=29), lambda fired: running.settle())
    ended(running, deployment, notification_row("fan-out", "ovr-one", sales["ovr-one"], "email"))
    [mail] = [it for it in running.stand_ins.ses.mails() if it.to == ("fan-out@example.com",)]
    [way_out] = re.findall(r"<(http[^>]+)>", mail.headers["List-Unsubscribe"])
    assert requests.get(way_out, timeout=60).status_code == 200  # a look changes nothing
    assert requests.post(way_out, data={"List-Unsubscribe": "One-Click"}, timeout=60).ok
    clock.run_until(second - timedelta(minutes=29), lambda fired: running.settle())
    kept = ended(running, deployment, notification_row("fan-out", "ovr-two", sales["ovr-two"], "email"))
    assert (kept["status"]["id"], kept["errors"][-1]["reason"]) == ("FAILED", "opted_out")


def test_a_bitly_that_does_not_answer_keeps_nobody_waiting_and_our_own_link_leads_to_the_event(
    running: Sandbox, deployment: Deployment
) -> None:
    starts = DAY + timedelta(days=4, hours=18)
    running.begin(starts - timedelta(minutes=35))
    running.vendors.bitly.faults.failing = 10
    try:
        sale = on_sale(running, "ovr-link", starts)
        remind(running, "fan-link", "ovr-link", sale)
        clock_of(running, deployment).run_until(starts - timedelta(minutes=29), lambda fired: running.settle())
        sent = ended(running, deployment, notification_row("fan-link", "ovr-link", sale, "email"))
    finally:
        running.vendors.bitly.faults.failing = 0
    link = sent["templateVariables"]["url"]
    assert link == f"{running.address.endpoints['follow_link']}/e/ovr-link"
    followed = requests.get(link, allow_redirects=False, timeout=60)
    assert (followed.status_code, followed.headers["location"]) == (302, "https://tickets.example.com/event/ovr-link")


def test_event_details_are_asked_of_the_vendor_once_an_event(
    running: Sandbox, deployment: Deployment, record_property: Callable[[str, object], None]
) -> None:
    """The mission: 150 ms from the cache, 500 ms from the vendor, at p95. Recorded, since machines differ; asserted are the calls."""
    running.begin(DAY + timedelta(days=5))
    events = [f"ovr-fast-{number}" for number in range(12)]
    for event in events:
        running.vendors.discovery.add(event_document(event, artist="Fast", onsale=DAY + timedelta(days=60)))
    asked = len(running.vendors.discovery.asked)
    misses = [looked(running, event) for event in events]
    assert len(running.vendors.discovery.asked) - asked == len(events)
    hits = [looked(running, event) for event in events * 3]
    assert len(running.vendors.discovery.asked) - asked == len(events)
    record_property("eventDetails p95 ms, from the vendor", round(p95(misses)))
    record_property("eventDetails p95 ms, from the cache", round(p95(hits)))


def looked(running: Sandbox, event: str) -> float:
    began = monotonic()
    assert graphql(running, "fan-curious", DETAILS, id=event)["data"]["eventDetails"]["name"] == "Fast Live"
    return (monotonic() - began) * 1000


def p95(times: list[float]) -> float:
    return sorted(times)[-(-95 * len(times) // 100) - 1]


def test_what_became_of_a_sale_can_be_told_again(deployment: Deployment, found: Reminded) -> None:
    assert tallied(deployment, found.event, found.sale).document() == found.tally.document()
