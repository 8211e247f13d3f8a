"""Compaction, erasure and new files in any order, dying at any call: no row of others is ever missing, none of the fan's stays."""

import random

import pytest
from rewrite_world import demand, rewrite_world

from adapters.files.avro_blocks import blocks
from handlers.archive import erase

FAN, DAYS = "f1", ("2026-11-19", "2026-11-20")


@pytest.fixture(scope="module")
def world():
    with pytest.MonkeyPatch.context() as patch, rewrite_world() as world:
        patch.setattr(erase, "AT_ONCE", 1)  # moto is not safe across threads
        patch.setattr(erase, "PART_KEYS", 2)
        yield world


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_whatever_order(world, seed):
    dice, expected, numbers = random.Random(seed), {day: set() for day in DAYS}, iter(range(10_000))
    world.anew()

    def arrive():
        day = dice.choice(DAYS)
        rows = [demand(next(numbers), dice.choice((FAN, "f10", "bob"))) for _ in range(3)]
        expected[day] |= {row["change"]["eventId"] for row in rows if row["fanId"] != FAN}
        world.file(rows + rows[: dice.randrange(3)], f"2026-11-20-12-00-00-{next(numbers):05d}", day=day)

    def compacted():
        world.compact(holder=f"compact {next(numbers)}", scheduledTime=f"2026-11-{dice.randrange(20, 30)}T01:30:00Z")

    def erased():
        number = next(numbers)
        world.erase(FAN, holder=f"erase {number}", at=f"2026-11-22T01:00:00.{number:06d}Z")

    for _ in range(14):
        happens = dice.choice((arrive, arrive, compacted, erased))
        if happens is not arrive and dice.random() < 0.6:
            with world.crashing_at(dice.randrange(1, 25)):
                happens()
            world.clock += 600
        else:
            happens()
        for day in DAYS:
            there = {row["change"]["eventId"] for row in world.rows(day=day) if row["fanId"] != FAN}
            assert there == expected[day]
    erased()
    compacted()
    assert not [key for key, body in world.versions().items() if key[0].endswith("avro") and named(body)]
    for day in DAYS:
        assert world.events(day=day) == sorted(expected[day])


def named(body):
    return any(b"\x04f1" in block.rows for block in blocks(body))
