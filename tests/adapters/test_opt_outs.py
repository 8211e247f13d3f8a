"""Opting out is remembered, takes candidates away at once, and is undone."""

from datetime import timedelta

import pytest
from candidates_table import whole
from moto import mock_aws
from programs_in_small import AT
from serving_world import BOTH, MUSIC, keep, stored, tables

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.batch_items import put
from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.opt_outs import OptOuts
from adapters.aws.score_cache import ScoreCache
from domain.errors import Unavailable
from domain.solicitation.serving import NO_OPT_OUT, OptOut

PROGRAMS = (BOTH.id, MUSIC.id)


@pytest.fixture
def dynamodb():
    with mock_aws():
        yield tables()


@pytest.fixture
def opt_outs(dynamodb):
    return OptOuts(dynamodb, "Customers", "Candidates")


def customer_item(dynamodb, sk, pk="CUSTOMER#c1"):
    return decode_item(
        dynamodb.get_item(TableName="Customers", Key=encode_item({"PK": pk, "SK": sk}), ConsistentRead=True)["Item"]
    )


def ask(dynamodb, candidate, channel="email"):
    """What `send` does to a candidate it asks."""
    base = {**candidate.base, "status": "ASKED", "version": 2}
    put(dynamodb, "Candidates", [base])
    dynamodb.delete_item(
        TableName="Candidates", Key=encode_item({"PK": base["PK"], "SK": f"{base['SK']}#CHANNEL#{channel}"})
    )


def test_an_opt_out_of_one_program_leaves_the_others_candidates(dynamodb, opt_outs):
    keep(dynamodb, stored(), stored(subject="p2"), stored(program=MUSIC), stored("c2"))
    assert opt_outs.opt_out("c1", BOTH.id, AT) == 2
    left = {(pk, sk.split("#")[1]) for pk, sk in whole(dynamodb, "Candidates")}
    assert left == {("CUSTOMER#c1", MUSIC.id), ("CUSTOMER#c2", BOTH.id)}
    assert customer_item(dynamodb, f"PROGRAM#{BOTH.id}")["optedOutAt"] == "2026-11-20T02:00:00Z"


def test_a_program_whose_name_begins_alike_is_another(dynamodb, opt_outs):
    keep(dynamodb, stored(program=MUSIC))
    assert opt_outs.opt_out("c1", "small-mus", AT) == 0
    assert len(whole(dynamodb, "Candidates")) == 3


def test_an_opt_out_of_everything_takes_all_candidates_and_their_index_items(dynamodb, opt_outs):
    keep(dynamodb, stored(), stored(program=MUSIC))
    assert opt_outs.opt_out("c1", None, AT) == 2
    assert whole(dynamodb, "Candidates") == {}
    assert customer_item(dynamodb, "PROFILE")["optedOut"] is True


def test_a_second_opt_out_keeps_the_first_instant_and_finishes_what_the_first_left(dynamodb, opt_outs):
    opt_outs.opt_out("c1", None, AT)
    keep(dynamodb, stored())  # as if the first had been cut off here
    assert opt_outs.opt_out("c1", None, AT + timedelta(days=1)) == 1
    assert customer_item(dynamodb, "PROFILE")["optedOutAt"] == "2026-11-20T02:00:00Z"


def test_what_else_is_known_of_a_customer_stays(dynamodb, opt_outs):
    put(dynamodb, "Customers", [{"PK": "CUSTOMER#c1", "SK": f"PROGRAM#{BOTH.id}", "asked": {"p1"}}])
    opt_outs.opt_out("c1", BOTH.id, AT)
    assert customer_item(dynamodb, f"PROGRAM#{BOTH.id}")["asked"] == {"p1"}


def test_a_candidate_asked_before_stays_but_is_served_on_no_channel(dynamodb, opt_outs):
    candidate = stored()
    keep(dynamodb, candidate)
    ask(dynamodb, candidate)
    assert opt_outs.opt_out("c1", BOTH.id, AT) == 0
    [(key, base)] = whole(dynamodb, "Candidates").items()
    assert (key, base["status"]) == (candidate.key, "ASKED")


def test_index_items_whose_candidate_was_not_written_yet_go_too(dynamodb, opt_outs):
    put(dynamodb, "Candidates", stored().index)
    opt_outs.opt_out("c1", BOTH.id, AT)
    assert whole(dynamodb, "Candidates") == {}


def test_a_candidate_asked_while_it_is_withdrawn_is_not_deleted(dynamodb, opt_outs):
    candidate = stored()
    keep(dynamodb, candidate)
    asked = []

    def overtake(**_):
        if not asked:
            asked.append(ask(dynamodb, candidate))

    dynamodb.meta.events.register_first("before-call.dynamodb.TransactWriteItems", overtake)
    assert opt_outs.opt_out("c1", BOTH.id, AT) == 0
    [base] = whole(dynamodb, "Candidates").values()
    assert base["status"] == "ASKED"


def test_a_candidate_that_keeps_changing_is_said_to_be_unavailable(dynamodb, opt_outs):
    versions = iter(range(2, 100))
    keep(dynamodb, stored())

    def overtake(**_):
        put(dynamodb, "Candidates", [{**stored().base, "version": next(versions)}])

    dynamodb.meta.events.register_first("before-call.dynamodb.TransactWriteItems", overtake)
    with pytest.raises(Unavailable, match="kept changing"):
        opt_outs.opt_out("c1", BOTH.id, AT)


def test_standing_tells_each_customer_apart(opt_outs):
    opt_outs.opt_out("c1", None, AT)
    opt_outs.opt_out("c2", MUSIC.id, AT)
    opt_outs.opt_out("a#b%", BOTH.id, AT)
    assert opt_outs.standing(["c1", "c2", "c3", "a#b%"], PROGRAMS) == {
        "c1": OptOut(everything=True),
        "c2": OptOut(programs=frozenset({MUSIC.id})),
        "c3": NO_OPT_OUT,
        "a#b%": OptOut(programs=frozenset({BOTH.id})),
    }


def test_opting_back_in_to_one_program_leaves_the_other_out(opt_outs):
    for program in PROGRAMS:
        opt_outs.opt_out("c1", program, AT)
    opt_outs.opt_in("c1", BOTH.id)
    assert opt_outs.standing(["c1"], PROGRAMS)["c1"] == OptOut(programs=frozenset({MUSIC.id}))


def test_opting_back_in_to_one_program_does_not_undo_an_opt_out_of_everything(opt_outs):
    opt_outs.opt_out("c1", None, AT)
    opt_outs.opt_in("c1", BOTH.id)
    assert opt_outs.standing(["c1"], PROGRAMS)["c1"].covers(BOTH.id)


def test_opting_back_in_to_everything_undoes_every_opt_out(opt_outs):
    for program in (None, *PROGRAMS, "a-program-of-old"):
        opt_outs.opt_out("c1", program, AT)
    opt_outs.opt_in("c1", None)
    assert opt_outs.standing(["c1"], (*PROGRAMS, "a-program-of-old"))["c1"] == NO_OPT_OUT


def test_opting_in_leaves_no_trace_of_a_customer_never_heard_of(dynamodb, opt_outs):
    opt_outs.opt_in("c1", BOTH.id)
    opt_outs.opt_in("c1", None)
    assert whole(dynamodb, "Customers") == {}


def test_deleting_a_customer_takes_all_candidates_whatever_their_state_and_nobody_elses(dynamodb):
    keep(dynamodb, stored(), stored(subject="p2"), stored(program=MUSIC), stored("c10"), stored("c1#"))
    ask(dynamodb, stored(subject="p2"))
    assert CustomerCandidates(dynamodb, "Candidates").delete("c1") == 3
    assert {pk for pk, _ in whole(dynamodb, "Candidates")} == {"CUSTOMER#c10", "CUSTOMER#c1%23"}


def test_forgotten_scores_are_those_of_the_pairs_in_every_version(dynamodb):
    pairs = ("CUSTOMER#c1#SUBJECT#p1", "CUSTOMER#c1#SUBJECT#p10", "CUSTOMER#c10#SUBJECT#p1")
    put(dynamodb, "ScoreCache", [{"PK": pk, "SK": f"MODEL#m#{n}"} for pk in pairs for n in (1, 2)])
    assert ScoreCache(dynamodb, "ScoreCache").forget([("c1", "p1"), ("c1", "p2")]) == 2
    assert {pk for pk, _ in whole(dynamodb, "ScoreCache")} == set(pairs[1:])
