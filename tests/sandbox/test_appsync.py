"""The reminders' GraphQL API, as AppSync serves it: the real schema, the real resolver in a real Node, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from appsync_world import FIELDS, INVOKE, api, appsync_world

from sandbox.appsync import FunctionFailed
from sandbox.appsync.schema import schema_of

EVENT = {
    "id": "ovs-1",
    "name": "Beyoncé \u2028 live",
    "startDateTime": "2026-12-24T20:00:00.000Z",
    "isSuppressed": False,
    "url": "https://tickets.example/ovs-1",
    "sales": [
        {
            "id": "ovs-1-public",
            "name": "Public",
            "saleTypes": ["PUBLIC"],
            "startDateTime": "2026-12-04T18:00:00.000Z",
            "isSuppressed": False,
        }
    ],
}
DETAILS = '{ eventDetails(eventId: "ovs-1") { id name startDateTime shortUrl sales { id saleTypes } } }'
REMIND = 'mutation { remindMe(input: {eventId: "ovs-1", saleId: "s", phoneNumber: "+1"}) { status errorCode } }'


@pytest.fixture(scope="module")
def running():
    with appsync_world() as world:
        yield world


@pytest.fixture
def world(running):
    running.asked.clear()
    running.functions.clear()
    running.functions["eventDetails"] = lambda payload: {"data": EVENT}
    return running


def test_an_event_is_answered_in_the_fields_that_were_asked_for(world):
    assert world.ask(DETAILS) == {
        "data": {
            "eventDetails": {
                **{name: EVENT[name] for name in ("id", "name", "startDateTime")},
                "shortUrl": None,
                "sales": [{"id": "ovs-1-public", "saleTypes": ["PUBLIC"]}],
            }
        }
    }


def test_the_function_is_told_who_asks_when_and_in_which_market(world):
    world.post(DETAILS, tm_market_id="TM_CA", cookie="secret=1")
    [asked] = world.asked
    assert asked == {
        "field": "eventDetails",
        "now": "2026-12-04T17:30:00.000Z",
        "arguments": {"eventId": "ovs-1"},
        "identity": {"sub": "fan-1", "issuer": "https://accounts.example.com", "claims": asked["identity"]["claims"]},
        "request": {"headers": {"tm-market-id": "TM_CA"}},
        "info": {"fieldName": "eventDetails", "parentTypeName": "Query"},
    }
    assert asked["identity"]["claims"]["sub"] == "fan-1"


def test_a_request_may_bring_its_own_virtual_time(world):
    world.post(DETAILS, x_sandbox_time="2026-12-04T18:00:00.250+00:00")
    assert world.asked[0]["now"] == "2026-12-04T18:00:00.250Z"


def test_nobody_is_who_an_argument_or_a_header_says(world):
    world.functions["remindMe"] = lambda payload: {"data": {"status": "SAVED", "eventId": "e", "saleId": "s"}}
    told = {"x_amzn_oidc_identity": "fan-2", "identity": "fan-2"}
    world.post(REMIND, **told)
    assert world.asked[0]["identity"]["sub"] == "fan-1"
    faked = REMIND.replace('phoneNumber: "+1"', 'fanId: "fan-2"')
    [error] = world.ask(faked)["errors"]
    assert "fanId" in error["message"]
    assert len(world.asked) == 1


def test_an_error_of_the_function_is_a_typed_error_at_its_field_with_its_data(world):
    failed = {"status": "FAILED", "eventId": "ovs-1", "saleId": "s", "errorCode": 404}
    world.functions["remindMe"] = lambda payload: {
        "data": failed,
        "errorType": "Not Found",
        "errorMessage": "there is no such sale",
    }
    assert world.ask(REMIND) == {
        "data": {"remindMe": None},
        "errors": [
            {
                "path": ["remindMe"],
                "data": failed,
                "errorType": "Not Found",
                "errorInfo": None,
                "locations": [{"line": 1, "column": 12, "sourceName": None}],
                "message": "there is no such sale",
            }
        ],
    }


def test_one_field_that_fails_leaves_the_others(world):
    def details(payload):
        missing = {"data": None, "errorType": "Not Found", "errorMessage": "no such event"}
        return {"data": EVENT} if payload["arguments"]["eventId"] == "ovs-1" else missing

    world.functions["eventDetails"] = details
    answer = world.ask('{ a: eventDetails(eventId: "ovs-1") { id } b: eventDetails(eventId: "ovs-2") { id } }')
    assert answer["data"] == {"a": {"id": "ovs-1"}, "b": None}
    assert [(it["path"], it["errorType"]) for it in answer["errors"]] == [(["b"], "Not Found")]


@pytest.mark.parametrize("told", [None, FunctionFailed("KeyError: 'fan-1' +14165550100")])
def test_a_function_that_crashed_or_said_nothing_tells_nobody_outside_why(world, told):
    def crash(payload):
        if told:
            raise told

    world.functions["eventDetails"] = crash
    answer = world.ask(DETAILS)
    assert answer["data"] == {"eventDetails": None}
    [error] = answer["errors"]
    assert (error["errorType"], error["message"]) == ("Internal Server Error", "Internal Server Error")
    assert "KeyError" not in str(answer)


def test_nothing_found_and_no_error_is_null(world):
    world.functions["eventDetails"] = lambda payload: {"data": None}
    assert world.ask(DETAILS) == {"data": {"eventDetails": None}}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("startDateTime", "2026-12-24", "DateTime"),
        ("startDateTime", "2026-12-24T20:00:00", "DateTime"),
        ("startDateTime", 1_800_000_000, "DateTime"),
        ("shortUrl", "bit.ly/3xYZ", "URL"),
    ],
)
def test_a_value_that_is_none_of_its_scalar_is_an_error_at_its_place(world, field, value, kind):
    world.functions["eventDetails"] = lambda payload: {"data": {**EVENT, field: value}}
    answer = world.ask(DETAILS)
    assert answer["data"]["eventDetails"][field] is None
    [error] = answer["errors"]
    assert error["path"] == ["eventDetails", field]
    assert f"valid {kind} Object" in error["message"]


def test_every_field_of_the_roots_is_asked_of_a_function():
    schema = schema_of(api().schema)
    assert {name: tuple(schema.type_map[name].fields) for name in ("Query", "Mutation")} == FIELDS


def test_code_that_fails_is_an_error_of_its_own(world):
    broken = INVOKE.replace("const field = ctx.info.fieldName", "const field = ctx.nothing.fieldName")
    with appsync_world(api(broken)) as other:
        [error] = other.ask(DETAILS)["errors"]
    assert (error["errorType"], error["message"]) == ("Code", "Runtime Error")


def test_errors_that_code_tells_beside_its_value_come_beside_it():
    beside = INVOKE.replace("return data ?? null;", "util.appendError('stale', 'Stale');\n  return data;")
    with appsync_world(api(beside)) as other:
        other.functions["eventDetails"] = lambda payload: {"data": EVENT}
        answer = other.ask('{ eventDetails(eventId: "ovs-1") { id } }')
    assert answer["data"] == {"eventDetails": {"id": "ovs-1"}}
    assert [(it["path"], it["errorType"], it["message"]) for it in answer["errors"]] == [
        (["eventDetails"], "Stale", "stale")
    ]


def test_many_ask_at_once(world):
    world.functions["eventDetails"] = lambda payload: {"data": {**EVENT, "id": payload["arguments"]["eventId"]}}
    ids = [f"ovs-{number}" for number in range(60)]
    token = world.token()
    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(
            lambda id: world.post(f'{{ eventDetails(eventId: "{id}") {{ id }} }}', token=token).json(), ids
        )
    assert [it["data"]["eventDetails"]["id"] for it in asked] == ids
