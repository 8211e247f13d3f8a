"""A thousand callers who miss an event at once, and the one call that answers them all (promise C-9)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock

from cached_events import EVENT, NOW, cached_events

from sandbox.discovery import DiscoveryServer


class Patient(DiscoveryServer):
    """Answers when a number of callers wait."""

    def __init__(self, callers):
        super().__init__()
        self.callers, self.all_wait, self.landed = callers, Event(), Event()
        self.turn = Lock()

    def answer(self, request):
        assert self.all_wait.wait(120)
        return super().answer(request)

    def wait(self, seconds):
        with self.turn:
            self.callers -= 1
        if self.callers == 0:
            self.all_wait.set()
        assert self.landed.wait(120)


def test_a_thousand_misses_at_once_make_one_call():
    vendor = Patient(999)
    with cached_events(vendor=vendor) as cache:
        cache.add()
        worker = cache.in_memory(patience=600.0, sleep=vendor.wait)
        discovery = replace(worker.vendor.discovery, timeout=(5, 120), whole=120)
        worker = replace(worker, vendor=replace(worker.vendor, discovery=discovery))

        def ask(number):
            found = worker.get(EVENT, now=NOW)
            vendor.landed.set()
            return found

        with ThreadPoolExecutor(1000) as pool:
            found = list(pool.map(ask, range(1000)))
        assert cache.asked == 1
        assert len({it.event for it in found}) == 1
        assert len(worker.rows.read(EVENT).sales) == 2
