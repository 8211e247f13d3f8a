import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.highest_scores import highest_scores
from domain.scores.fanlist import Entry

SRC = str(Path(__file__).parents[3] / "src")
FEW = st.sampled_from(["a", "A", "b@example.com", "b", "ä", "", "'; DROP TABLE highest"])
SCORES = st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1.0]), st.floats(allow_nan=False, allow_infinity=False))


def entry(identifier, score, **known):
    return Entry(identifier, score, {"memberId": identifier, **known})


def best(*entries, size=10, first=0):
    with highest_scores() as highest:
        highest.add(entries)
        highest.rank()
        return list(highest.parts(size, first))


@given(st.lists(st.tuples(FEW, SCORES), max_size=30), st.integers(1, 5), st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_a_dictionary_would_find_the_same(rows, size, first):
    entries = [entry(identifier, score, email=f"{place}@example.com") for place, (identifier, score) in enumerate(rows)]
    oracle = {}
    for place, it in enumerate(entries):
        if it.identifier not in oracle or it.score > oracle[it.identifier][1].score:
            oracle[it.identifier] = (place, it)
    ordered = [it for _, it in sorted(oracle.values(), key=lambda found: (-found[1].score, found[0]))]
    parts = [(part, ordered[part * size :][:size]) for part in range(len(ordered)) if ordered[part * size :]]
    assert best(*entries, size=size, first=first) == parts[first:]


def test_a_fan_who_comes_again_ten_thousand_rows_on_is_one_fan_with_the_higher_score():
    crowd = [entry(f"m{number}", 0.5) for number in range(10_000)]
    with highest_scores() as highest:
        highest.add([entry("early", 0.2), entry("late", 0.9), *crowd, entry("early", 0.8), entry("late", 0.1)])
        highest.rank()
        assert (highest.taken, highest.fans) == (10_004, 10_002)
        found = {it.identifier: it.score for _, part in highest.parts(5000) for it in part}
    assert (len(found), found["early"], found["late"]) == (10_002, 0.8, 0.9)


def test_of_equal_scores_the_first_stays_with_all_that_it_knows():
    assert best(entry("a", 0.5, email="1@example.com"), entry("a", 0.5, email="2@example.com")) == [
        (0, [entry("a", 0.5, email="1@example.com")])
    ]


def test_what_is_added_later_stands_behind():
    with highest_scores() as highest:
        highest.add([entry("a", 0.5)])
        highest.add([entry("b", 0.5), entry("a", 0.5)])
        highest.rank()
        assert [it.identifier for _, part in highest.parts(1) for it in part] == ["a", "b"]


def test_each_file_has_its_own():
    assert best(entry("a", 0.5)) == [(0, [entry("a", 0.5)])]
    assert best() == []


CHILD = """
import resource
from adapters.files.highest_scores import highest_scores
from domain.scores.fanlist import Entry

def peak(fans):
    with highest_scores() as highest:
        highest.add(Entry(f"fan.{fan * 7919 % fans}@example.com", fan / fans, {"email": f"fan.{fan}"}) for fan in range(fans))
        highest.rank()
        assert sum(len(part) for _, part in highest.parts(5000)) == fans
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB

print(peak(40_000), peak(160_000))
"""


def test_memory_does_not_grow_with_the_list():
    run = subprocess.run(
        [sys.executable, "-c", CHILD], check=True, capture_output=True, text=True, env={"PYTHONPATH": SRC}
    )
    small, large = map(int, run.stdout.split())
    assert large - small < 12 * 1024  # a dictionary takes 60 MB more
