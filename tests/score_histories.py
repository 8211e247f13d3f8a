"""Histories of loads that reach one fan's row, for hypothesis; and an oracle of what the row then is."""

from dataclasses import replace

from hypothesis import strategies as st

from domain.scores.keys import FAN, fan_row
from domain.scores.scored import Scored

KEY = fan_row(FAN, "g1", "c1")
WHO = {"campaignId": "c1", "globalUserId": "g1"}
SAID = st.fixed_dictionaries(
    {"score": st.sampled_from([0, 0.25, 0.5]), "isVerified": st.booleans()},
    optional={
        "registrationScore": st.sampled_from([0.1, 0.2]),
        "tags": st.sampled_from([["a"], ["a", "b"]]),
        "memberId": st.just("m"),
    },
)
EVENTS = st.dictionaries(st.sampled_from("012"), st.sampled_from([{"score": 0}, {"score": 1}]), min_size=1, max_size=2)
RECORD = st.builds(
    lambda content, events, nudetect: Scored(
        KEY, {**WHO, **content}, "", "", 0, min(map(int, events)), nudetect, events
    ),
    SAID,
    EVENTS,
    st.sampled_from([None, {"score": 0.1}, {"score": 0.2, "scoreBand": "low"}]),
)


@st.composite
def histories(draw):
    """Loads by age, each with its records in order; and what reaches the row: batches, each with what it had read before."""
    loads = []
    for age in range(draw(st.integers(1, 3))):
        records = draw(st.lists(RECORD, min_size=1, max_size=4))
        named = {"load": f"{age}" * 12, "version": f"v{age}"}
        loads.append([replace(record, part=part, **named) for part, record in enumerate(records)])
    left = [[*load] for load in loads]
    deliveries, done = [], [0] * len(loads)
    while any(left):
        age = draw(st.sampled_from([age for age, records in enumerate(left) if records]))
        again = draw(st.integers(0, done[age]))  # so many of those before come once more
        upto = draw(st.integers(1, len(left[age])))
        deliveries.append(loads[age][done[age] - again : done[age] + upto])
        done[age], left[age] = done[age] + upto, left[age][upto:]
        stale = draw(st.integers(0, done[age]))  # a batch that was given up may come long after
        deliveries.append(loads[age][stale : draw(st.integers(stale, done[age]))])
    return loads, draw(batches(deliveries)), draw(st.randoms(use_true_random=False))


@st.composite
def batches(draw, deliveries):
    """Some of them joined into one batch."""
    joined = [deliveries[0]]
    for delivery in deliveries[1:]:
        if draw(st.booleans()):
            joined[-1] = joined[-1] + delivery
        else:
            joined.append(delivery)
    return joined


def as_the_newest_say(loads):
    """An oracle that has all of it before it: the newest load's lowest rank, each rank's newest event, of equals the last."""
    top = min(reversed(loads[-1]), key=lambda record: record.rank)
    events = {rank: (record.version, it) for load in loads for record in load for rank, it in record.events.items()}
    older = {rank: version for rank, (version, _) in events.items() if version < top.version}
    member = {"memberId": "m"} if any("memberId" in record.content for load in loads for record in load) else {}
    return {
        **member,
        **top.content,
        "events": {rank: it for rank, (_, it) in events.items()},
        "rank": top.rank,
        "loadVersion": top.version,
        **({"olderEvents": older} if older else {}),
    }, top.nudetect
