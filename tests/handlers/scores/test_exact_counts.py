"""Counts are exact (D-1): over histories of everything that deliveries, crashes, reshards and repairs can do, they equal a recount."""

import logging
from collections import Counter
from random import Random

import pytest
from counting_histories import History, unheard
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

HISTORIES, STEPS, LONG = 1000, 12, 300
HAPPENED: Counter[str] = Counter()
SEEDS = st.integers(0, 2**16)


@pytest.fixture(autouse=True)
def _without_the_audit():
    loggers = [logging.getLogger(name) for name in ("process_saved_scores", "reconcile_counts")]
    levels = [it.level for it in loggers]
    for it in loggers:
        it.setLevel(logging.CRITICAL + 1)
    yield
    for it, level in zip(loggers, levels, strict=True):
        it.setLevel(level)


class Counting(RuleBasedStateMachine):
    """Each step is a burst of what its name says; what happens in it follows from its seed."""

    def __init__(self):
        super().__init__()
        self.history = History()

    @rule(seed=SEEDS)
    def rows_are_written(self, seed):
        chance = Random(seed)
        for _ in range(chance.randint(1, 6)):
            self.history.write(chance)

    @rule(seed=SEEDS)
    def batches_are_delivered(self, seed):
        with unheard():
            chance = Random(seed)
            for _ in range(chance.randint(1, 4)):
                self.history.deliver(chance)

    @rule(seed=SEEDS)
    def rows_are_written_and_counted_at_once(self, seed):
        with unheard():
            self.history.burst(Random(seed))

    @rule(seed=SEEDS)
    def an_old_batch_comes_again(self, seed):
        with unheard():
            self.history.repeat(Random(seed))

    @rule(seed=SEEDS)
    def a_batch_is_given_up_when_it_fails(self, seed):
        with unheard():
            self.history.give_up(Random(seed))

    @rule(seed=SEEDS)
    def shards_split(self, seed):
        self.history.split(Random(seed))

    @rule(seed=SEEDS)
    def counts_are_reconciled(self, seed):
        with unheard():
            self.history.write(Random(seed))
            self.history.reconcile(Random(seed))

    def teardown(self):
        with unheard():
            self.history.settle()
        self.history.check()
        answers = [it for told in self.history.told for it in told["campaigns"]]
        happened = {name: sum(it[name] for it in answers) for name in ("repaired", "busy")}
        HAPPENED.update(histories=1, parked=len(self.history.parked), **happened)


class TestCountsAreExact(Counting.TestCase):
    @classmethod
    def tearDownClass(cls):
        """What is shown is only worth something if there was enough of what makes it hard.

        How much there is depends on the modules that are loaded: hypothesis takes numbers from what it finds in them.
        """
        assert HAPPENED["histories"] >= HISTORIES
        assert min(HAPPENED[name] for name in ("parked", "repaired", "busy")) >= 5

    settings = settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("first", range(0, LONG, 100))
def test_counts_are_exact_after_long_histories(first):
    for seed in range(first, first + 100):
        history, chance = History(), Random(seed)
        often = [history.write] * 9 + [history.deliver] * 6 + [history.burst] * 3
        seldom = [history.repeat, history.reconcile, history.give_up]
        with unheard():
            for _ in range(chance.randint(10, 60)):
                chance.choice(often + seldom)(chance)
            history.split(chance)
            history.burst(chance)
            history.settle()
        history.check()
