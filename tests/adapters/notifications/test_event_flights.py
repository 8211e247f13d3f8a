"""The right to ask about an event: one at a time, by number, and given back by nobody but its holder."""

from datetime import UTC, datetime

import pytest
from memory_dynamodb import MemoryDynamoDB
from memory_items import Table

from adapters.aws.event_flights import LENGTH, EventFlights, Landing, Standing

NOW = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)


class Wall:
    seconds = NOW.timestamp()

    def __call__(self):
        return self.seconds


class Repeating(MemoryDynamoDB):
    """Each update is sent again, as botocore does where the answer to the first was lost."""

    def update_item(self, **asked):
        super().update_item(**asked)
        return super().update_item(**asked)


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def flights(wall):
    return EventFlights(MemoryDynamoDB({"State": Table()}), "State", clock=wall)


def test_one_has_the_right_until_its_lease_runs_out(flights, wall):
    first = flights.claim("E", Standing(), NOW)
    standing = flights.read("E")
    assert (standing.flight, flights.claim("E", standing, NOW)) == (first.number, None)
    wall.seconds += LENGTH.total_seconds()
    assert flights.claim("E", standing, NOW).number == first.number + 1


def test_of_those_who_saw_the_same_one_gets_it(flights):
    assert [flights.claim("E", Standing(), NOW) is not None for _ in range(3)] == [True, False, False]


def test_who_saw_what_has_been_answered_since_does_not_get_it(flights):
    before = flights.read("E")
    flights.land(flights.claim("E", before, NOW), NOW, [])
    assert flights.claim("E", before, NOW) is None
    assert flights.read("E").checked == NOW


def test_a_claim_whose_answer_was_lost_is_ones_own(wall):
    flights = EventFlights(Repeating({"State": Table()}), "State", clock=wall)
    assert flights.claim("E", Standing(), NOW)


@pytest.mark.parametrize("end", ["missed", "failed"])
def test_what_came_of_it_is_remembered_until_there_is_an_answer(flights, end):
    getattr(flights, end)(flights.claim("E", Standing(), NOW), NOW)
    standing = flights.read("E")
    assert getattr(standing, {"missed": "missing", "failed": "failed"}[end]) == NOW
    assert standing.leased == 0
    assert flights.land(flights.claim("E", standing, NOW), NOW, []) is Landing.DONE
    assert flights.read("E") == Standing(checked=NOW, flight=2)


def test_who_was_overtaken_ends_nothing(flights, wall):
    slow = flights.claim("E", Standing(), NOW)
    wall.seconds += LENGTH.total_seconds()
    flights.claim("E", flights.read("E"), NOW)
    standing = flights.read("E")
    for end in (flights.missed, flights.failed):
        end(slow, NOW)
    flights.give_back(slow)
    assert flights.land(slow, NOW, []) is Landing.OVERTAKEN
    assert flights.read("E") == standing


def test_many_are_read_at_once(flights):
    flights.land(flights.claim("E1", Standing(), NOW), NOW, [])
    assert flights.read_all(["E1", "E2", "E1"]) == {"E1": Standing(checked=NOW, flight=1)}
