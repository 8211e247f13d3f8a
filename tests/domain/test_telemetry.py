"""Scripts of what fetches mails' links and images: people count as people, machines as machines, and raw counts keep them all."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from domain.solicitation.telemetry import Effects, Seen, effects, instant, surroundings

DELIVERED = datetime(2026, 11, 20, 15, 0, 0, 400_000, tzinfo=UTC)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
CUBOT = "Mozilla/5.0 (Linux; Android 14; CUBOT X90) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile"
APPLE = "Mozilla/5.0"
BARRACUDA = "BarracudaCentral/1.0 (Barracuda Sentinel (EE))"


class Story:
    """A delivery whose events are noted as the tables keep them, one after the other."""

    def __init__(self, **delivery):
        self.delivery = {"status": "SENT", **delivery}
        self.events = {}
        self.campaign = {}

    def note(self, *seen):
        for each in seen:
            self.noted(each)
        return self

    def noted(self, seen: Seen) -> Effects:
        first, last = surroundings(seen)
        near = [event for key, event in sorted(self.events.items()) if first <= key <= last]
        change = effects(self.delivery, near, seen)
        for event in (change.seen, *change.corrected):
            self.events[event.sort_key] = event
        self.delivery |= change.settled
        self.delivery["timeline"] = {**self.delivery.get("timeline", {}), **change.first}
        for target, moved in ((self.delivery, change.added), (self.campaign, change.counted)):
            for name, by in moved.items():
                target[name] = target.get(name, 0) + by
        return change

    @property
    def counts(self):
        """Raw and human opens, raw and human clicks."""
        return tuple(self.delivery.get(name, 0) for name in ("rawOpens", "humanOpens", "rawClicks", "humanClicks"))

    def whys(self, kind):
        return [event.why for _, event in sorted(self.events.items()) if event.kind == kind]


def delivered(at=DELIVERED):
    return Seen("delivered", at, False, None, "message-1")


def request(kind, after, agent=DESKTOP, method="GET", **headers):
    """A request so many seconds after delivery."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {} if agent is None else {"user-agent": agent}
    request.count += 1
    return Seen.of_request(kind, DELIVERED + timedelta(seconds=after), f"request-{request.count}", method, headers)


request.count = 0


def safe_links(start):
    """A gateway that opens everything in a browser that looks like any other, one link after the other."""
    return [
        request("opened", start),
        request("clicked", start + 0.9),
        request("trapped", start + 2.1),
        request("unsubscribe_viewed", start + 3.4),
    ]


def barracuda(start):
    return [
        request("clicked", start, BARRACUDA, method="HEAD"),
        request("clicked", start + 0.2, BARRACUDA),
        request("unsubscribe_viewed", start + 0.4, BARRACUDA),
    ]


def apple_privacy(start):
    return [request("opened", start, APPLE)]


def quick_scanner(start):
    """It skips what is hidden, but follows all it can see at once."""
    return [request("clicked", start), request("unsubscribe_viewed", start + 0.6)]


SCANNERS = {"safe_links": safe_links, "barracuda": barracuda, "apple_privacy": apple_privacy, "quick": quick_scanner}


@pytest.mark.parametrize("start", [0.5, 45, 86_400], ids=["at once", "soon", "next day"])
@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=SCANNERS)
def test_what_a_scanner_fetches_is_in_the_raw_counts_alone(scanner, start):
    swept = scanner(start)
    story = Story().note(delivered(), *swept)
    opens, clicks = (sum(seen.kind == kind for seen in swept) for kind in ("opened", "clicked"))
    assert story.counts == (opens, 0, clicks, 0)
    assert story.campaign.get("opens", 0) == opens
    assert story.campaign.get("clicks", 0) == clicks
    assert all(
        story.campaign.get(name, 0) == 0 for name in ("opensHuman", "openedHuman", "clicksHuman", "clickedHuman")
    )
    assert all(story.whys("opened") + story.whys("clicked"))


@pytest.mark.parametrize("agent", [DESKTOP, PHONE, GMAIL, CUBOT], ids=["desktop", "phone", "gmail's proxy", "cubot"])
def test_a_person_who_opens_and_clicks_is_counted_raw_and_human(agent):
    story = Story().note(delivered(), request("opened", 30, agent), request("clicked", 34))
    assert story.counts == (1, 1, 1, 1)
    assert story.campaign == {
        **dict.fromkeys(("delivered", "opened", "openedHuman", "opens", "opensHuman"), 1),
        **dict.fromkeys(("clicked", "clickedHuman", "clicks", "clicksHuman"), 1),
    }


def test_a_person_behind_a_scanner_is_still_a_person():
    story = Story().note(delivered(), *safe_links(1), request("opened", 3600), request("clicked", 3605))
    assert story.counts == (2, 1, 2, 1)
    assert (story.campaign["opened"], story.campaign["openedHuman"]) == (1, 1)


@pytest.mark.parametrize(
    ("after", "human"), [(-30, 0), (0, 0), (1.999, 0), (2, 1), (2.5, 1)], ids=lambda value: str(value)
)
@pytest.mark.parametrize("kind", ["opened", "clicked"])
def test_nobody_reads_within_two_seconds_of_delivery(kind, after, human):
    story = Story().note(delivered(), request(kind, after))
    assert story.counts in ((1, human, 0, 0), (0, 0, 1, human))
    assert story.whys(kind) == [None if human else "too_soon"]


def test_a_delivery_event_that_comes_late_corrects_what_came_before_it():
    early = request("opened", -60)  # by a gateway that looked before it took the mail
    story = Story().note(early, request("opened", 1), request("clicked", 1.5), request("clicked", 60))
    assert story.counts == (2, 2, 2, 2)
    story.note(delivered())
    assert story.counts == (2, 0, 2, 1)
    assert (story.campaign["openedHuman"], story.campaign["clickedHuman"]) == (0, 1)


def test_without_a_delivery_event_the_sending_is_the_earliest_it_can_have_been():
    story = Story(sentAt="2026-11-20T15:00:00Z").note(request("opened", 1), request("opened", 10))
    assert story.counts == (2, 1, 0, 0)


@pytest.mark.parametrize(("apart", "human"), [(-10.1, 1), (-10, 0), (-3, 0), (3, 0), (10, 0), (10.1, 1)])
def test_the_hidden_link_tells_on_what_was_fetched_within_ten_seconds_before_or_after(apart, human):
    story = Story().note(delivered(), request("opened", 100 + apart), request("clicked", 100 + apart))
    story.note(request("trapped", 100))
    if apart > 0:
        story = Story().note(delivered(), request("trapped", 100))
        story.note(request("opened", 100 + apart), request("clicked", 100 + apart))
    assert story.counts == (1, human, 1, human)


def test_a_correction_takes_back_only_the_deliveries_own_share():
    story = Story().note(delivered(), request("clicked", 50), request("clicked", 100), request("clicked", 103))
    change = story.noted(request("trapped", 102))
    assert {seen.why for seen in change.corrected} == {"hidden_link"}
    assert change.counted == {"clicksHuman": -2}  # it still has one person's click
    assert story.counts == (0, 0, 3, 1)


def test_two_clicks_on_one_link_within_a_second_are_an_impatient_person():
    story = Story().note(delivered(), request("clicked", 30), request("clicked", 30.3))
    assert story.counts == (0, 0, 2, 2)
    assert (story.campaign["clicked"], story.campaign["clicks"]) == (1, 2)


def test_a_person_who_clicks_and_unsubscribes_a_little_later_is_one():
    story = Story().note(delivered(), request("clicked", 30), request("unsubscribe_viewed", 31.1))
    assert story.counts == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("why", "sign"),
    [
        ("head_request", {"method": "HEAD"}),
        ("no_user_agent", {"agent": None}),
        ("no_user_agent", {"agent": "  "}),
        ("apple_privacy_fetch", {"agent": APPLE}),
        ("fetched_ahead", {"sec_purpose": "prefetch;prerender"}),
        ("fetched_ahead", {"purpose": "Prefetch"}),
        ("fetched_ahead", {"x_purpose": "preview"}),
        ("fetched_ahead", {"x_moz": "prefetch"}),
        ("known_fetcher", {"agent": BARRACUDA}),
        ("known_fetcher", {"agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}),
        ("known_fetcher", {"agent": "python-requests/2.34"}),
        ("known_fetcher", {"agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/142.0.0.0 Safari/537.36"}),
        ("known_fetcher", {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}),
        (None, {"sec_purpose": ""}),
        (None, {"sec_fetch_dest": "image"}),
    ],
)
def test_each_sign_of_a_machine_in_a_request_has_its_reason(why, sign):
    seen = request("opened", 3600, **sign)
    assert (seen.machine, seen.why) == (why is not None, why)
    assert Story().note(delivered(), seen).counts == (1, int(why is None), 0, 0)


def test_the_counts_do_not_depend_on_the_order_in_which_events_come():
    # Seven events of one delivery: a sweep, a person, and what SES tells; 2,000 of the orders they can come in.
    events = [delivered(), *safe_links(1.5), request("opened", 30), request("clicked", 40)]
    orders = list(permutations(events))
    outcomes = set()
    for order in random.Random(3).sample(orders, 2000):
        story = Story().note(*order)
        moved = {name: by for name, by in story.campaign.items() if by}
        outcomes.add((story.counts, tuple(sorted(moved.items())), tuple(sorted(story.delivery["timeline"].items()))))
    assert len(outcomes) == 1
    [(counts, moved, timeline)] = outcomes
    assert counts == (2, 1, 2, 1)
    assert dict(timeline) == {
        "delivered": "2026-11-20T15:00:00Z",
        "opened": "2026-11-20T15:00:01Z",
        "clicked": "2026-11-20T15:00:02Z",
    }


@pytest.mark.parametrize("status", ["SENDING", "UNKNOWN"])
@pytest.mark.parametrize("kind", ["sent", "delivered", "delayed", "bounced", "soft_bounced", "complained"])
def test_what_ses_tells_of_a_mail_settles_that_it_was_sent(status, kind):
    accepted = DELIVERED - timedelta(seconds=1)
    story = Story(status=status).note(Seen(kind, DELIVERED, False, None, "message-1", accepted))
    assert story.delivery["status"] == "SENT"
    assert (story.delivery["sentAt"], story.delivery["messageId"]) == ("2026-11-20T14:59:59Z", "message-1")
    assert story.campaign["sent"] == 1
    assert story.campaign.get("unknown", 0) == (-1 if status == "UNKNOWN" else 0)


@pytest.mark.parametrize("status", ["RESERVED", "SENT", "FAILED", "SKIPPED", "HOLDOUT", "SHADOW"])
def test_a_settled_delivery_stays_as_it_is(status):
    story = Story(status=status).note(Seen("sent", DELIVERED, False, None, "message-1"), delivered())
    assert story.delivery["status"] == status
    assert story.campaign == {"delivered": 1}


@pytest.mark.parametrize(
    ("status", "counted"),
    [("SENDING", {"failed": 1}), ("UNKNOWN", {"failed": 1, "unknown": -1}), ("SENT", {"failed": 1, "sent": -1})],
)
def test_a_mail_that_ses_took_and_then_refused_has_failed(status, counted):
    story = Story(status=status).note(Seen("rejected", DELIVERED, False, None, "message-1"))
    assert (story.delivery["status"], story.delivery["reason"]) == ("FAILED", "refused_by_ses")
    assert story.campaign == counted


def test_a_soft_bounce_is_on_the_timeline_and_in_no_count():
    story = Story().note(Seen("soft_bounced", DELIVERED, False, None, "message-1"))
    assert story.delivery["timeline"] == {"softBounced": "2026-11-20T15:00:00Z"}
    assert story.campaign == {}


def test_the_timeline_keeps_the_first_instant_of_each_kind():
    story = Story().note(*(request("clicked", after) for after in (50, 30, 70)))
    assert story.delivery["timeline"] == {"clicked": "2026-11-20T15:00:30Z"}


def test_instants_are_to_the_millisecond_and_sort_as_text():
    instants = [DELIVERED + timedelta(milliseconds=by) for by in (0, 1, 599, 600, 1000)]
    texts = [instant(at) for at in instants]
    assert texts == sorted(texts)
    assert texts[0] == "2026-11-20T15:00:00.400Z"
    assert [datetime.fromisoformat(text) for text in texts] == instants
