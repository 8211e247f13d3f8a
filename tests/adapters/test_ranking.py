"""The best candidates of a channel are those of a full sort, however they are sharded, paged and written around."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from candidates_table import make_candidates_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from programs_in_small import AT
from serving_world import ACCESS, BOTH, MUSIC, keep, stored, tables

from adapters.aws.candidates import CandidateTable
from adapters.aws.quick_bodies import quicken
from adapters.aws.ranking import Ranking, first_page, position
from adapters.aws.session import QUICK
from domain.errors import Unavailable
from domain.solicitation.listing import Position

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCORES = st.lists(st.sampled_from([0.0, 0.3, 0.5, 0.500001, 0.7, 1.0]), max_size=18)
NAMES = (f"program-{number}" for number in count())


@pytest.fixture
def dynamodb():
    with mock_aws():
        yield tables()


@pytest.fixture
def other_dynamodb(ministack):
    """A DynamoDB that shares no code with moto."""
    client = quicken(boto3.client("dynamodb", endpoint_url=ministack.endpoint, config=QUICK, **ACCESS))
    make_candidates_table(client, "Ranked")
    yield client
    client.delete_table(TableName="Ranked")


@pytest.fixture(params=["one shard after another", "all shards at once"])
def ranking(dynamodb, request):
    if request.param.startswith("one"):
        yield Ranking(dynamodb, "Candidates")
        return
    with ThreadPoolExecutor(4) as pool:
        yield Ranking(dynamodb, "Candidates", pool)


def many(scores, program):
    """One customer and subject a score; ties all over."""
    return [stored(f"c{n % 7}", f"p{n}", score, program) for n, score in enumerate(scores)]


def best(candidates, channel="email", least=0.0):
    """The oracle: a full sort of the index items."""
    items = [item for one in candidates for item in one.index if item["channel"] == channel and item["score"] >= least]
    return sorted(items, key=lambda item: (item["GSI1SK"], item["PK"]), reverse=True)


@FEW
@given(
    scores=SCORES, shards=st.integers(1, 10), least=st.sampled_from([0.0, 0.3, 0.500001, 1.0]), top=st.integers(1, 20)
)
def test_the_top_n_are_those_of_a_full_sort(dynamodb, ranking, scores, shards, least, top):
    program = replace(MUSIC, id=next(NAMES), serving_shards=shards)
    candidates = many(scores, program)
    keep(dynamodb, *candidates)
    found = ranking.top(program, "email", min_score=least, now=AT, expected=top)
    assert list(islice(found, top)) == best(candidates, least=least)[:top]


@FEW
@given(scores=SCORES, shards=st.integers(1, 10), page=st.integers(1, 20))
def test_pages_of_any_size_put_together_are_the_full_sort(dynamodb, scores, shards, page):
    program = replace(MUSIC, id=next(NAMES), serving_shards=shards)
    candidates = many(scores, program)
    keep(dynamodb, *candidates)
    assert paged(Ranking(dynamodb, "Candidates"), program, page) == best(candidates)


@FEW
@given(
    scores=SCORES,
    page=st.integers(1, 10),
    leaving=st.sets(st.integers(0, 17)),
    coming=st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=10),
)
def test_pages_are_exact_while_others_come_and_go(dynamodb, scores, page, leaving, coming):
    """Who is there all along is told once and in order, even where the one a page ended with has left."""
    program = replace(MUSIC, id=next(NAMES))
    candidates = many(scores, program)
    keep(dynamodb, *candidates)
    staying = [one for n, one in enumerate(candidates) if n not in leaving]
    going = iter([one for n, one in enumerate(candidates) if n in leaving])
    newcomers = iter([stored(f"new-{n}", "p", score, program) for n, score in enumerate(coming)])

    def between_pages():
        for leaver in islice(going, 3):
            for item in leaver.index:
                dynamodb.delete_item(TableName="Candidates", Key={k: {"S": item[k]} for k in ("PK", "SK")})
        keep(dynamodb, *islice(newcomers, 2))

    told = [(item["PK"], item["SK"]) for item in paged(Ranking(dynamodb, "Candidates"), program, page, between_pages)]
    assert len(told) == len(set(told))
    throughout = [(item["PK"], item["SK"]) for item in best(staying)]
    assert [key for key in told if key in set(throughout)] == throughout


def paged(ranking, program, size, between=lambda: None):
    found, after = [], None
    while True:
        page = list(islice(ranking.top(program, "email", min_score=0, now=AT, after=after, expected=size), size))
        found += page
        if len(page) < size:
            return found
        after = Position(page[-1]["GSI1SK"], page[-1]["PK"])
        between()


def test_another_dynamodb_ranks_and_pages_the_same(other_dynamodb):
    candidates = many([n % 6 / 5 for n in range(60)], MUSIC)
    CandidateTable(other_dynamodb, "Ranked").create(candidates)
    ranking = Ranking(other_dynamodb, "Ranked")
    assert paged(ranking, MUSIC, 7) == best(candidates)
    assert list(ranking.top(MUSIC, "email", min_score=0.4, now=AT)) == best(candidates, least=0.4)
    [item] = islice(ranking.top(MUSIC, "email", min_score=0, now=AT, attributes=("customerId",)), 1)
    assert set(item) == {"GSI1SK", "PK", "expiresAt", "customerId"}


def test_each_channel_and_program_has_its_own(dynamodb, ranking):
    other = replace(MUSIC, id="small-music-2")
    candidates = [*many([0.7] * 5, MUSIC), *many([0.8] * 5, other), *many([0.9] * 5, BOTH)]
    keep(dynamodb, *candidates)
    for program in (MUSIC, other, BOTH):
        mine = [one for one in candidates if one.base["programId"] == program.id]
        for channel in ("email", "voice-assistant"):
            found = list(ranking.top(program, channel, min_score=0, now=AT))
            assert found == best(mine, channel)
            assert len(found) == 5


def test_who_has_expired_is_left_out_to_the_second(dynamodb, ranking):
    keep(dynamodb, stored(score=0.9), stored("c2"))
    end = AT + timedelta(days=30)
    assert len(list(ranking.top(BOTH, "email", min_score=0, now=end - timedelta(seconds=1)))) == 2
    assert list(ranking.top(BOTH, "email", min_score=0, now=end)) == []


def test_only_the_attributes_asked_for_are_read(dynamodb, ranking):
    keep(dynamodb, stored())
    [item] = ranking.top(BOTH, "email", min_score=0, now=AT, attributes=("customerId", "genre"))
    assert set(item) == {"GSI1SK", "PK", "expiresAt", "customerId"}


def test_a_least_score_between_two_keys_counts_from_the_upper_one(dynamodb, ranking):
    keep(dynamodb, stored("c1", score=0.7), stored("c2", score=0.700001))
    assert [it["PK"] for it in ranking.top(BOTH, "email", min_score=0.7, now=AT)] == ["CUSTOMER#c2", "CUSTOMER#c1"]
    assert [it["PK"] for it in ranking.top(BOTH, "email", min_score=0.7000001, now=AT)] == ["CUSTOMER#c2"]


def test_a_table_out_of_reach_is_unavailable(dynamodb, ranking):
    def fail(**_):
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    dynamodb.meta.events.register_first("before-send.dynamodb.Query", fail)
    with pytest.raises(Unavailable, match="read Candidates"):
        list(ranking.top(MUSIC, "email", min_score=0, now=AT))


def test_a_first_page_is_the_shards_share_and_some_more_but_never_more_than_is_wanted():
    assert [first_page(10, 4), first_page(100, 4), first_page(1001, 10), first_page(5, 10), first_page(7, 1)] == [
        6,
        36,
        122,
        4,
        7,
    ]


def test_few_pages_are_read_for_few_candidates(dynamodb, ranking):
    keep(dynamodb, *many([n / 200 for n in range(200)], BOTH))
    seen = []
    dynamodb.meta.events.register_first("before-send.dynamodb.Query", lambda request, **_: seen.append(request))
    assert len(list(islice(ranking.top(BOTH, "email", min_score=0, now=AT, expected=100), 100))) == 100
    assert len(seen) <= 5  # one a shard; with these ids one more at most


def test_a_position_orders_as_the_index_does():
    item = stored().index[0]
    typed = {"GSI1SK": {"S": item["GSI1SK"]}, "PK": {"S": item["PK"]}}
    assert position(typed) == Position(item["GSI1SK"], "CUSTOMER#c1")
