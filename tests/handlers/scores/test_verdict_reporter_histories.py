"""Any history of files, counts, deaths and faults ends with every load settled, and Slack knowing the counts, each result once."""

import re
from contextlib import nullcontext
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verdict_world import NAME, verdict_world

FILES = st.tuples(st.just("file"), st.integers(0, 4))
COUNTED = st.tuples(st.just("counted"), st.integers(0, 2), st.integers(1, 4))
ASKED = st.tuples(st.just("asked"))
DIES = st.tuples(st.sampled_from(["dying_before", "dying_after"]), st.integers(1, 8))
FAULTS = st.sampled_from([None, None, "throttled", "failing", "failing_late"])
WAITED = st.sampled_from([1, 31, 95])  # seconds
DELIVERED = st.tuples(st.just("delivered"), WAITED, st.none() | DIES, FAULTS)
STEPS = st.lists(st.one_of(FILES, COUNTED, COUNTED, ASKED, DELIVERED, DELIVERED), min_size=3, max_size=10)


@pytest.fixture(scope="module")
def world():
    with verdict_world() as made:
        yield made


class History:
    """One campaign; every record that is counted is a verified fan."""

    def __init__(self, world, number):
        self.world, self.campaign = world, f"campaign-{number}"
        self.files, self.waiting, self.total = [], [], 0
        self.good = {0}  # totals at which every file was counted to its end: nothing else may ever be told
        world.seconds, world.slack.faults = 100.0, type(world.slack.faults)()
        world.slack.messages.clear()
        world.another_process()
        world.campaigns.add({"id": self.campaign, "name": NAME})

    def file(self, records):
        load = self.world.load(records, 0, campaign=self.campaign, ended=self.world.seconds)
        self.files.append([load, records, 0])
        self.waiting.append(self.world.message(load, records, campaign=self.campaign))
        self.count(len(self.files) - 1, 0)

    def counted(self, file, records):
        if self.files:
            self.count(file % len(self.files), records)

    def count(self, file, records):
        load, out, before = self.files[file]
        more = min(records, out - before)
        self.files[file][2] += more
        self.total += more
        self.world.counts(self.total, 0, campaign=self.campaign, moved=self.world.seconds)
        self.world.counted(load, before + more, campaign=self.campaign)
        if all(out == counted for _, out, counted in self.files):
            self.good.add(self.total)

    def asked(self):
        self.waiting.append(self.world.message(None, self.total, campaign=self.campaign, sent=self.world.seconds))

    def delivered(self, seconds, dies, fault):
        self.world.seconds += seconds
        if fault:
            setattr(self.world.slack.faults, fault, 1)
        with getattr(self.world.aws.calls, dies[0])(dies[1]) if dies else nullcontext():
            failed = {it["itemIdentifier"] for it in self.world.report(*self.waiting)["batchItemFailures"]}
            self.waiting = [it for it in self.waiting if it["messageId"] in failed]

    def ends(self):
        for file, (_, out, _) in enumerate(self.files):
            self.count(file, out)
        self.world.seconds += 10
        self.world.slack.faults = type(self.world.slack.faults)()
        self.asked()
        self.world.until_done(*self.waiting, rounds=8)


NUMBERS = iter(range(1_000_000))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=st.integers(1, 4), second=st.integers(0, 4), steps=STEPS)
def test_slack_hears_every_result_once_and_nothing_that_is_none(world, first, second, steps):
    history = History(world, next(NUMBERS))
    for name, *about in [("file", first), ("file", second), *steps]:
        getattr(history, name)(*about)
    history.ends()

    told = [int(re.search(r": (\d+) verified", it["text"])[1]) for it in world.slack.posted()]
    keys = [it["metadata"]["event_payload"]["verdict"] for it in world.slack.posted()]
    assert len(set(keys)) == len(keys)
    assert all(one != other for one, other in pairwise(told)), told
    assert set(told) <= history.good
    assert told[-1] == history.total == world.heard(history.campaign)["verified"]
    for load, *_ in history.files:
        assert world.settled_as(load, history.campaign) in ("complete", "unchanged")
