"""The serving API as its callers meet it: every call is an HTTP API event, every table is in moto."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.exceptions import EndpointConnectionError
from candidates_table import whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from programs_in_small import AT
from serving_world import BOTH, MUSIC, TABLES, call, keep, stored, tables

from adapters.aws.answers import Answers
from adapters.aws.batch_items import Backoff, delete, put
from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.opt_outs import OptOuts
from adapters.aws.ranking import Ranking
from adapters.aws.score_cache import ScoreCache
from adapters.aws.served import Served
from adapters.http.serving_api import app
from adapters.http.serving_contract import document
from domain.solicitation.last_good import LastGood
from handlers.solicitation.serve import serve

ROOT = Path(__file__).parents[2]
AT_ONCE = Backoff(tries=3, sleep=lambda seconds: None)
EMAIL = f"/programs/{BOTH.id}/channels/email/candidates"


class World:
    """Serving with its tables, one execution environment."""

    def __init__(self, dynamodb, pool):
        self.dynamodb, self.pool = dynamodb, pool
        self.environment = self.start()
        self.back = []

    def start(self):
        candidates = CustomerCandidates(self.dynamodb, "Candidates", AT_ONCE)
        return {
            "served": Served(
                {program.id: program for program in (BOTH, MUSIC)},
                Ranking(self.dynamodb, "Candidates", self.pool),
                candidates,
                OptOuts(self.dynamodb, "Customers", "Candidates", AT_ONCE),
                self.pool,
            ),
            "scores": ScoreCache(self.dynamodb, "ScoreCache"),
            "answers": Answers(
                self.dynamodb, "Candidates", "Customers", "Deliveries", "Responses", "Subjects", AT_ONCE
            ),
            "last_good": LastGood(),
        }

    def raw(self, event):
        return serve(event, None, **self.environment)

    def call(self, *args, **query):
        answer = self.raw(call(*args, **query))
        return answer["statusCode"], json.loads(answer["body"])

    def ok(self, *args, **query):
        status, answer = self.call(*args, **query)
        assert status in (200, 201), answer
        return answer

    def refused(self, *args, **query):
        """Status and the one reason of a refusal."""
        status, answer = self.call(*args, **query)
        [error] = answer["errors"]
        assert set(error) == {"what", "where", "mend"}
        return status, error["where"], f"{error['what']}; {error['mend']}"

    def cut(self):
        """Take the tables out of reach, until what is returned is called, or the test ends."""

        def fail(**_):
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

        self.dynamodb.meta.events.register_first("before-send.dynamodb", fail)
        self.back.append(lambda: self.dynamodb.meta.events.unregister("before-send.dynamodb", fail))
        return self.back[-1]


@pytest.fixture(scope="module")
def dynamodb():
    with mock_aws():
        yield tables()


@pytest.fixture
def world(dynamodb):
    with ThreadPoolExecutor(4) as pool:
        world = World(dynamodb, pool)
        yield world
    for back in world.back:
        back()
    for name in TABLES:
        delete(dynamodb, name, [dict(zip(("PK", "SK"), key, strict=True)) for key in whole(dynamodb, name)])


def subjects(answer):
    return [candidate["subject"] for candidate in answer["candidates"]]


def test_a_channel_page_tells_the_best_candidates_first(world):
    keep(world.dynamodb, *(stored(f"c{n}", f"p{n}", n / 10) for n in range(10)))
    answer = world.ok("GET", EMAIL, minScore=0.5, limit=3)
    assert answer == {
        "program": BOTH.id,
        "channel": "email",
        "candidates": [
            {
                "customer": f"c{n}",
                "subject": f"p{n}",
                "subjectName": "Kettle",
                "marketplace": "US",
                "eventDate": "2026-11-19T00:00:00Z",
                "score": n / 10,
                "expiresAt": "2026-12-20T02:00:00Z",
            }
            for n in (9, 8, 7)
        ],
        "cursor": None,
        "degraded": False,
        "asOf": "2026-11-20T02:00:00Z",
    }
    assert subjects(world.ok("GET", EMAIL, minScore=0.5)) == ["p9", "p8", "p7", "p6", "p5"]


def test_pages_led_by_cursors_end_where_the_limit_does(world, monkeypatch):
    monkeypatch.setattr("adapters.aws.served.PAGE", 4)
    keep(world.dynamodb, *(stored(f"c{n}", f"p{n}", 0.7) for n in range(12)))
    whole_list = subjects(world.ok("GET", EMAIL, limit=4))
    found, cursors, cursor = [], [], {}
    while True:
        page = world.ok("GET", EMAIL, limit=10, **cursor)
        found.append(subjects(page))
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
        cursors.append(page["cursor"])
    assert [len(page) for page in found] == [4, 4, 2]
    assert found[0] == whole_list
    assert len({subject for page in found for subject in page}) == 10
    assert world.refused("GET", EMAIL, limit=11, cursor=cursors[0])[:2] == (400, "query.cursor")
    assert world.refused("GET", EMAIL, limit=10, cursor=cursors[0][:-1] + "A")[0] == 400
    voice = f"/programs/{BOTH.id}/channels/voice-assistant/candidates"
    assert world.refused("GET", voice, limit=10, cursor=cursors[0])[0] == 400


def test_a_page_that_would_be_too_large_is_cut_and_the_cursor_leads_on(world, monkeypatch):
    monkeypatch.setattr("adapters.aws.served.MOST_BYTES", 400)
    keep(world.dynamodb, *(stored(f"c{n}", f"p{n}", n / 10) for n in range(9)))
    first = world.ok("GET", EMAIL, limit=8)
    assert subjects(first) == ["p8", "p7"]
    assert subjects(world.ok("GET", EMAIL, limit=8, cursor=first["cursor"]))[0] == "p6"


@pytest.mark.parametrize("encoded", [True, False], ids=["as sent", "as the gateway decodes it"])
@pytest.mark.parametrize("customer", ["a#b", "100%", "%41", "a b", "ü!'()*;:@&=+$,[]{}|^\\\"<>`~", "#", "%23"])
def test_a_customer_is_found_by_any_id(world, customer, encoded):
    keep(world.dynamodb, stored(customer, "p#1%"), stored("other"))
    path = f"/customers/{quote(customer, safe='') if encoded else customer.replace('%', '%25')}/candidates"
    answer = world.ok("GET", path)
    assert (answer["customer"], subjects(answer)) == (customer, ["p#1%"])
    assert answer["candidates"][0]["channels"] == ["email", "voice-assistant"]


def test_one_customers_call_never_shows_anothers(world):
    keep(
        world.dynamodb, *(stored(f"c{n}", f"p{n}") for n in (1, 10, 11)), stored("c1#", "p-hash"), stored("c1%23", "p")
    )
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == ["p1"]
    assert subjects(world.ok("GET", "/customers/c2/candidates")) == []


def test_a_call_for_many_tells_each_customer_its_own_and_forgets_none(world):
    keep(world.dynamodb, *(stored(f"c{n}", f"p{n}-{m}", m / 10) for n in range(5) for m in range(3)))
    ids = [f"c{n}" for n in (3, 1, 99, 1)]
    answer = world.ok("POST", "/customers/candidates", {"customers": ids, "limit": 2})
    assert {customer: [one["subject"] for one in own] for customer, own in answer["customers"].items()} == {
        "c3": ["p3-2", "p3-1"],
        "c1": ["p1-2", "p1-1"],
        "c99": [],
    }


def test_a_hundred_customers_are_answered_and_one_more_is_not(world):
    ids = [f"c{n}" for n in range(101)]
    keep(world.dynamodb, *(stored(customer) for customer in ids[:40]))
    found = world.ok("POST", "/customers/candidates", {"customers": ids[:100]})["customers"]
    assert list(found) == ids[:100]
    assert all(one["customer"] == customer for customer, own in found.items() for one in own)
    assert sum(map(len, found.values())) == 40
    assert world.refused("POST", "/customers/candidates", {"customers": ids})[:2] == (400, "body.customers")


def test_an_answer_for_many_that_would_be_too_large_says_what_to_do(world, monkeypatch):
    monkeypatch.setattr("handlers.solicitation.serve.MOST_BYTES", 300)
    keep(world.dynamodb, *(stored(f"c{n}") for n in range(3)))
    status, _, text = world.refused("POST", "/customers/candidates", {"customers": ["c0", "c1", "c2"]})
    assert (status, "fewer customers" in text) == (413, True)


def test_a_customers_candidates_can_be_had_by_program_and_channel(world):
    keep(world.dynamodb, stored(subject="p1", score=0.5), stored(subject="t1", score=0.9, program=MUSIC))
    path = "/customers/c1/candidates"
    assert subjects(world.ok("GET", path)) == ["t1", "p1"]
    assert subjects(world.ok("GET", path, program=BOTH.id)) == ["p1"]
    assert subjects(world.ok("GET", path, channel="voice-assistant", limit=1)) == ["t1"]


def test_what_has_expired_is_served_nowhere(world):
    keep(world.dynamodb, stored())
    late = AT + timedelta(days=30)
    assert subjects(world.ok("GET", EMAIL, at=late)) == []
    assert subjects(world.ok("GET", "/customers/c1/candidates", at=late)) == []


def test_who_was_asked_by_mail_is_listed_for_voice_only(world):
    candidate = stored()
    keep(world.dynamodb, candidate)
    put(world.dynamodb, "Candidates", [{**candidate.base, "status": "ASKED", "version": 2}])
    [mail, _] = candidate.index
    delete(world.dynamodb, "Candidates", [{"PK": mail["PK"], "SK": mail["SK"]}])
    assert subjects(world.ok("GET", EMAIL)) == []
    assert subjects(world.ok("GET", EMAIL.replace("email", "voice-assistant"))) == ["p1"]
    assert world.ok("GET", "/customers/c1/candidates")["candidates"][0]["channels"] == ["voice-assistant"]


def test_an_opt_out_is_honoured_everywhere_at_once_and_undone(world):
    keep(world.dynamodb, stored("c1"), stored("c1", "t1", program=MUSIC), stored("c2"))
    path = "/customers/c1/opt-out"
    assert world.ok("PUT", path, program=BOTH.id) == {
        "customer": "c1",
        "everything": False,
        "programs": [BOTH.id],
        "withdrawn": 1,
    }
    assert [one["customer"] for one in world.ok("GET", EMAIL)["candidates"]] == ["c2"]
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == ["t1"]
    keep(world.dynamodb, stored("c1"))  # a batch that had read the history before
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == ["t1"]
    assert world.ok("PUT", path)["everything"] is True
    keep(world.dynamodb, stored("c1", "t2", program=MUSIC))
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == []
    assert world.ok("POST", "/customers/candidates", {"customers": ["c1"]})["customers"] == {"c1": []}
    assert world.ok("DELETE", path, program=BOTH.id)["everything"] is True
    assert world.ok("DELETE", path) == {"customer": "c1", "everything": False, "programs": [], "withdrawn": 0}
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == ["t2"]


def test_a_deleted_customer_leaves_no_candidate_and_no_kept_score(world):
    keep(world.dynamodb, stored("c1"), stored("c1", "p2"), stored("c2"))
    pairs = [("c1", "p1"), ("c1", "p2"), ("c2", "p1")]
    put(world.dynamodb, "ScoreCache", [{"PK": f"CUSTOMER#{c}#SUBJECT#{s}", "SK": "MODEL#m#1"} for c, s in pairs])
    assert world.ok("DELETE", "/customers/c1") == {"customer": "c1", "candidates": 2, "scores": 2}
    assert {pk for pk, _ in whole(world.dynamodb, "Candidates")} == {"CUSTOMER#c2"}
    assert {pk for pk, _ in whole(world.dynamodb, "ScoreCache")} == {"CUSTOMER#c2#SUBJECT#p1"}
    assert world.ok("DELETE", "/customers/c1") == {"customer": "c1", "candidates": 0, "scores": 0}


SAID = f"/customers/c1/programs/{MUSIC.id}/subjects/t%231/answer"


def test_a_yes_by_voice_consumes_the_candidate_on_every_channel(world):
    keep(world.dynamodb, stored("c1", "t#1", program=MUSIC))
    assert world.ok("POST", SAID, {"channel": "voice-assistant", "answer": "yes"}) == {
        "first": True,
        "channel": "voice-assistant",
        "submittedAt": "2026-11-20T02:00:00Z",
        "thumb": "up",
        "stars": None,
    }
    [base] = whole(world.dynamodb, "Candidates").values()
    assert base["status"] == "CONSUMED"
    for channel in ("email", "voice-assistant"):
        assert subjects(world.ok("GET", f"/programs/{MUSIC.id}/channels/{channel}/candidates")) == []
    assert subjects(world.ok("GET", "/customers/c1/candidates")) == []


def test_a_second_answer_is_told_the_first(world):
    keep(world.dynamodb, stored("c1", "t#1", program=MUSIC))
    world.ok("POST", SAID, {"channel": "voice-assistant", "answer": "no"})
    again = world.ok("POST", SAID, {"channel": "voice-assistant", "answer": "yes"}, at=AT + timedelta(hours=1))
    assert (again["first"], again["thumb"], again["submittedAt"]) == (False, "down", "2026-11-20T02:00:00Z")


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        (SAID, {"channel": "voice-assistant", "answer": "yes"}, 404, "path"),  # nobody asked
        (SAID, {"channel": "email", "answer": "yes"}, 404, "body.channel"),
        (SAID, {"channel": "voice-assistant", "answer": "maybe"}, 400, "body.answer"),
        (SAID, {"channel": "voice-assistant", "answer": True}, 400, "body.answer"),
        (SAID, {"channel": "voice-assistant", "answer": "yes", "comment": "!"}, 400, "body.comment"),
        (SAID.replace(MUSIC.id, "other"), {"channel": "voice-assistant", "answer": "yes"}, 404, "program"),
        ("/customers/candidates", {"customers": []}, 400, "body.customers"),
        ("/customers/candidates", {"customers": "c1"}, 400, "body.customers"),
        ("/customers/candidates", {"customers": [""]}, 400, "body.customers.0"),
        ("/customers/candidates", {"customers": ["x" * 401]}, 400, "body.customers.0"),
        ("/customers/candidates", {"customers": ["c1"], "limit": "5"}, 400, "body.limit"),
        ("/customers/candidates", {"customers": ["c1"], "program": "nope"}, 404, "program"),
        ("/customers/candidates", [1], 400, "body"),
    ],
)
def test_a_wrong_body_is_refused_where_it_is_wrong(world, path, body, status, where):
    assert world.refused("POST", path, body)[:2] == (status, where)


@pytest.mark.parametrize(
    ("path", "query", "status", "where", "says"),
    [
        (EMAIL, {"minScore": "high"}, 400, "query.minScore", "number"),
        (EMAIL, {"minScore": "1.01"}, 400, "query.minScore", "less than or equal to 1"),
        (EMAIL, {"minScore": "nan"}, 400, "query.minScore", "1"),
        (EMAIL, {"minScore": "0,5"}, 400, "query.minScore", "number"),
        (EMAIL, {"limit": "0"}, 400, "query.limit", "greater"),
        (EMAIL, {"limit": "100001"}, 400, "query.limit", "100000"),
        (EMAIL, {"cursor": ""}, 400, "query.cursor", "begin anew"),
        (EMAIL, {"minscore": "0.5"}, 400, "query.minscore", "nearest: minScore"),
        (EMAIL.replace("email", "sms"), {}, 404, "channel", "email, voice-assistant"),
        (EMAIL.replace(BOTH.id, "small"), {}, 404, "program", "small-music, small-reviews"),
        ("/customers/c1/candidates", {"limit": 101}, 400, "query.limit", "100"),
        ("/customers/c1/candidates", {"channel": "sms"}, 404, "channel", "email, voice-assistant"),
        ("/customers/c1/candidates", {"program": ""}, 404, "program", "small-music, small-reviews"),
        (f"/customers/{'x' * 401}/candidates", {}, 400, "path.customer", "400 bytes"),
        (f"/customers/{'%23' * 134}/candidates", {}, 400, "path.customer", "count three"),
        ("/customers", {}, 404, "path", "no such route"),
        ("/customers/a/b/candidates", {}, 404, "path", "no such route"),
    ],
)
def test_a_wrong_call_is_refused_where_it_is_wrong(world, path, query, status, where, says):
    found = world.refused("GET", path, **query)
    assert found[:2] == (status, where)
    assert says in found[2]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_opts_out_of_a_program_that_is_not_there(world, method):
    assert world.refused(method, "/customers/c1/opt-out", program="nope")[:2] == (404, "program")
    assert whole(world.dynamodb, "Customers") == {}


@pytest.mark.parametrize("body", ["", "{", "null", "\ud800", '"\\ud800"', "[" * 5_000, '{"customers": [1e999]}', "ü"])
@pytest.mark.parametrize("base64", [False, True])
def test_a_body_that_is_no_json_of_ours_is_refused(world, body, base64):
    event = {**call("POST", "/customers/candidates"), "body": body, "isBase64Encoded": base64}
    assert world.raw(event)["statusCode"] == 400


def test_a_body_may_travel_as_base64_under_any_content_type(world):
    event = call("POST", "/customers/candidates")
    event |= {
        "body": "eyJjdXN0b21lcnMiOiBbImMxIl19",
        "isBase64Encoded": True,
        "headers": {"content-type": "text/plain"},
    }
    assert json.loads(world.raw(event)["body"])["customers"] == {"c1": []}


def test_while_the_table_is_away_the_last_good_answer_is_told_and_marked(world, caplog):
    keep(world.dynamodb, stored("c1"), stored("c2", score=0.5))
    calls = [
        ("GET", EMAIL),
        ("GET", "/customers/c1/candidates"),
        ("POST", "/customers/candidates", {"customers": ["c1", "c3"]}),
    ]
    good = [world.ok(*one) for one in calls]
    back = world.cut()
    later = AT + timedelta(minutes=5)
    for one, fresh in zip(calls, good, strict=True):
        assert world.ok(*one, at=later) == {**fresh, "degraded": True}
    assert "out of reach" in caplog.text
    back()
    assert world.ok("GET", EMAIL, at=later)["degraded"] is False


@pytest.mark.parametrize(
    ("path", "query", "minutes"),
    [
        (EMAIL, {"limit": 5}, 5.1),  # too old
        (EMAIL, {"limit": 6}, 0),  # another question
        (EMAIL, {"limit": 5, "minScore": 0.0}, 0),
        ("/customers/c2/candidates", {}, 0),
    ],
)
def test_without_a_good_answer_of_late_the_caller_is_told_to_try_again(world, path, query, minutes):
    world.ok("GET", EMAIL, limit=5)
    world.ok("GET", "/customers/c1/candidates")
    world.cut()
    answer = world.raw(call("GET", path, at=AT + timedelta(minutes=minutes), **query))
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")
    assert json.loads(answer["body"])["errors"][0]["mend"] == "repeat the call"


def test_a_write_is_never_answered_from_memory(world):
    keep(world.dynamodb, stored("c1", "t#1", program=MUSIC))
    said = {"channel": "voice-assistant", "answer": "yes"}
    world.cut()
    for one in (("PUT", "/customers/c1/opt-out"), ("DELETE", "/customers/c1"), ("POST", SAID, said)):
        assert world.call(*one)[0] == 503


def test_another_execution_environment_has_its_own_memory(world):
    keep(world.dynamodb, stored())
    world.ok("GET", EMAIL)
    world.environment = world.start()
    world.cut()
    assert world.call("GET", EMAIL)[0] == 503


def test_a_stale_answer_does_not_tell_what_has_expired_meanwhile(world):
    keep(world.dynamodb, stored())
    before = AT + timedelta(days=30, seconds=-10)
    assert len(subjects(world.ok("GET", EMAIL, at=before))) == 1
    world.cut()
    stale = world.ok("GET", EMAIL, at=before + timedelta(seconds=10))
    assert (stale["degraded"], subjects(stale)) == (True, [])


@pytest.mark.parametrize(
    "change",
    [
        ("PUT", "/customers/c%231/opt-out"),
        ("DELETE", "/customers/c%231"),
        (
            "POST",
            f"/customers/c%231/programs/{BOTH.id}/subjects/p1/answer",
            {"channel": "voice-assistant", "answer": "no"},
        ),
    ],
)
def test_a_stale_answer_does_not_tell_of_a_customer_who_has_left(world, change):
    keep(world.dynamodb, stored("c#1"), stored("c2"))
    world.ok("GET", EMAIL)
    world.ok("GET", "/customers/c2/candidates")
    world.ok(*change)
    world.cut()
    assert world.call("GET", EMAIL)[0] == 503
    assert world.ok("GET", "/customers/c2/candidates")["degraded"] is True


def test_each_call_is_measured_by_route_and_never_by_customer(world, capsys):
    def measured(*args, **query):
        capsys.readouterr()
        world.call(*args, **query)
        [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Ovation/Solicitation"
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Route"]]
        assert line["ServeMilliseconds"][0] > 0
        return [line[name][0] for name in ("ServeDegraded", "ServeRefused", "ServeFailed")], line["Route"]

    assert measured("GET", "/customers/c1/candidates") == ([0, 0, 0], "$default")
    assert measured("GET", "/customers/c1/candidates", limit=0) == ([0, 1, 0], "$default")
    world.cut()
    assert measured("GET", "/customers/c1/candidates") == ([1, 0, 0], "$default")
    assert measured("GET", "/customers/c2/candidates") == ([0, 0, 1], "$default")


def test_a_call_that_crashes_counts_as_failed(world, capsys):
    world.environment["served"] = None
    capsys.readouterr()
    with pytest.raises(AttributeError):
        world.call("GET", EMAIL)
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert line["ServeFailed"] == [1]


TEXTS = st.text(max_size=30) | st.sampled_from(["#", ":key", "a = :b OR 1 = 1", "%00", "..", "{}", "$default", "\x00"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(
        [
            "/programs/{}/channels/{}/candidates",
            "/programs/small-reviews/channels/{}/candidates",
            "/customers/{}/candidates",
            "/customers/{}",
            "/customers/{}/opt-out",
            "/customers/{}/programs/small-music/subjects/{}/answer",
            "/customers/candidates",
            "{}",
        ]
    ),
    parts=st.tuples(TEXTS, TEXTS),
    query=st.dictionaries(
        st.sampled_from(["minScore", "limit", "cursor", "program", "channel"]) | TEXTS, TEXTS, max_size=3
    ),
    body=st.none()
    | TEXTS
    | st.recursive(st.none() | st.booleans() | st.floats() | TEXTS, st.lists, max_leaves=5).map(json.dumps)
    | st.fixed_dictionaries({"customers": st.lists(TEXTS, max_size=3)}, optional={"limit": st.integers()}).map(
        json.dumps
    )
    | st.fixed_dictionaries({"channel": st.just("voice-assistant"), "answer": st.sampled_from(["yes", 1])}).map(
        json.dumps
    ),
    base64=st.booleans(),
)
def test_no_input_whatever_is_our_fault(world, method, path, parts, query, body, base64):
    event = call(method, path.format(*parts), **query) | {"body": body, "isBase64Encoded": base64}
    answer = world.raw(event)
    assert answer["statusCode"] < 500
    told = json.loads(answer["body"])
    assert answer["statusCode"] < 400 or all(
        error["what"] and error["where"] and error["mend"] for error in told["errors"]
    )


def test_the_true_event_is_answered(world):
    event = json.loads((ROOT / "events/solicitation/serve.json").read_text())
    answer = world.raw(event)
    assert (answer["statusCode"], "product-reviews" in answer["body"]) == (404, True)


def test_the_open_api_document_is_the_routers_own():
    kept = (ROOT / "schemas/openapi/serving.json").read_text()
    again = (
        "write adapters.http.serving_contract.document(adapters.http.serving_api.app) to schemas/openapi/serving.json"
    )
    assert kept == document(app), again


def test_an_answer_is_what_the_open_api_document_says(world):
    keep(world.dynamodb, stored())
    schemas = json.loads((ROOT / "schemas/openapi/serving.json").read_text())["components"]["schemas"]
    page = world.ok("GET", EMAIL)
    assert set(page) == set(schemas["ChannelPage"]["properties"])
    assert set(page["candidates"][0]) | {"genre"} == set(schemas["Candidate"]["properties"])
    own = world.ok("GET", "/customers/c1/candidates")
    assert set(own) == set(schemas["CustomerAnswer"]["properties"])
    assert set(own["candidates"][0]) | {"genre"} == set(schemas["OwnCandidate"]["properties"])
