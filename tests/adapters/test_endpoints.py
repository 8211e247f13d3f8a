"""A model endpoint over real HTTP: what is asked again, what is refused, and when asking stops."""

import json

import orjson
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from stand_ins import PROPENSITY, reach

from adapters.aws.batch_items import Backoff
from adapters.aws.endpoints import Endpoint, Endpoints, Garbled, read_answers, runtime
from adapters.aws.fuse import Fuse
from domain.errors import Rejected, Unavailable
from domain.solicitation.breaker import ERRORS_IN_A_ROW, OPEN_SECONDS
from domain.solicitation.program import Model
from sandbox.sagemaker import SageMakerFaults, SageMakerServer

ROWS = [{"engagement_score": 1.0, "price": 10.0}, {"engagement_score": 0.0, "price": 0.0}]
LINES = [orjson.dumps(row) + b"\n" for row in ROWS]
SCORES = [pytest.approx(0.952574, abs=1e-6), 0.5]


@pytest.fixture(scope="module")
def running():
    with SageMakerServer() as server:
        quick = Config(read_timeout=0.2, retries={"total_max_attempts": 1}, parameter_validation=False)
        yield server, reach("sagemaker-runtime", server.endpoint, quick)


@pytest.fixture
def server(running):
    server, _ = running
    server.faults = SageMakerFaults()
    server.models = {"propensity": PROPENSITY}
    server.calls.clear()
    return server


@pytest.fixture
def waits():
    return []


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def endpoint(running, waits, now):
    _, client = running
    backoff = Backoff(base=1.0, most=4.0, chance=lambda: 0.5, sleep=waits.append)
    return Endpoint("propensity", client, backoff, Fuse(lambda: now[0]))


def calls(server):
    return sum(server.calls.values())


def test_answers_come_one_a_row_in_order(endpoint, server):
    assert endpoint.answers(LINES, attempts=1) == SCORES
    assert calls(server) == 1


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "not_ready", "model_error", "hang"])
def test_a_call_that_fails_is_made_again_after_a_wait(endpoint, server, waits, fault):
    setattr(server.faults, fault, 2)
    assert endpoint.answers(LINES, attempts=3) == SCORES
    assert calls(server) == 3
    assert waits == [1.0, 2.0]  # half of 2 and 4: full jitter


@pytest.mark.parametrize("fault", ["throttle", "unavailable", "not_ready", "model_error", "hang"])
def test_an_endpoint_that_goes_on_failing_is_unavailable_after_the_last_try(endpoint, server, waits, fault):
    setattr(server.faults, fault, 99)
    with pytest.raises(Unavailable, match="invoke propensity"):
        endpoint.answers(LINES, attempts=2)
    assert calls(server) == 2
    assert len(waits) == 1


def test_an_endpoint_whose_machine_is_gone_is_unavailable():
    with SageMakerServer() as gone:
        client = reach("sagemaker-runtime", gone.endpoint)
    with pytest.raises(Unavailable, match="invoke propensity"):
        Endpoint("propensity", client).answers(LINES, attempts=1)


def test_an_endpoint_that_does_not_exist_is_a_mistake_in_the_program(endpoint, server):
    server.models.clear()
    with pytest.raises(ClientError, match="Endpoint propensity of account 000000000000 not found"):
        endpoint.answers(LINES, attempts=3)
    assert calls(server) == 1


def test_rows_the_model_refuses_are_rejected_at_once_without_naming_their_content(endpoint, server):
    with pytest.raises(Rejected, match="refuses the rows \\(400\\)") as refusal:
        endpoint.answers([b'{"engagement_score": "secret", "price": 1}\n'], attempts=3)
    assert "secret" not in str(refusal.value)
    assert calls(server) == 1


def test_an_answer_of_another_length_is_garbled_and_not_asked_for_again(endpoint, server):
    server.faults.short_answer = 1
    with pytest.raises(Garbled, match="propensity answered 1 lines to 2 rows"):
        endpoint.answers(LINES, attempts=3)
    assert calls(server) == 1


def test_repeated_failures_open_the_breaker_and_calls_stop(endpoint, server):
    server.faults.unavailable = 99
    with pytest.raises(Unavailable, match="circuit breaker is open"):
        endpoint.answers(LINES, attempts=10)
    assert calls(server) == ERRORS_IN_A_ROW
    with pytest.raises(Unavailable, match="circuit breaker is open"):
        endpoint.answers(LINES, attempts=10)
    assert calls(server) == ERRORS_IN_A_ROW


def test_a_probe_that_is_answered_lets_calls_through_again(endpoint, server, now):
    server.faults.unavailable = ERRORS_IN_A_ROW
    with pytest.raises(Unavailable):
        endpoint.answers(LINES, attempts=ERRORS_IN_A_ROW)
    now[0] += OPEN_SECONDS
    assert endpoint.answers(LINES, attempts=1) == SCORES
    assert endpoint.answers(LINES, attempts=1) == SCORES


def test_refused_and_garbled_rows_do_not_open_the_breaker(endpoint, server):
    server.faults.short_answer = 10
    for _ in range(10):
        with pytest.raises(Garbled):
            endpoint.answers(LINES, attempts=1)
    for _ in range(10):
        with pytest.raises(Rejected):
            endpoint.answers([b'{"engagement_score": "x", "price": 1}\n'], attempts=1)
    assert endpoint.answers(LINES, attempts=1) == SCORES


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        (b'{"score": 0.5}\n{"score": 1}\n', [0.5, 1]),
        (b'{"score": 0.5}\r\n{"score": 1}', [0.5, 1]),
        (b'{"score": 0.5}\n{"score": null}', [0.5, None]),
        (b'{"score": 0.5}\n{"other": 1}', [0.5, None]),
        (b'{"score": 0.5}\n0.7', [0.5, None]),
        (b'{"score": 0.5}\n<html>', [0.5, None]),
        (b'{"score": 0.5}\n{"score": 0.1},{"score": 0.2}', [0.5, None]),
        (b'{"score": 0.5}\n\xff', [0.5, None]),
    ],
)
def test_a_line_that_is_no_score_costs_only_its_own_row(body, answers):
    assert read_answers("propensity", body, 2) == answers


def test_the_nan_that_python_writes_is_read_as_such():
    answers = read_answers("propensity", json.dumps({"score": float("nan")}).encode() + b'\n{"score": 0.5}\n', 2)
    assert answers[0] != answers[0]
    assert answers[1] == 0.5


@pytest.mark.parametrize("body", [b"", b"\n", b'{"score": 0.5}', b'{"score": 0.5}\n\n{"score": 1}'])
def test_an_answer_of_another_number_of_lines_is_garbled(body):
    with pytest.raises(Garbled):
        read_answers("propensity", body, 2)


def test_a_process_keeps_one_endpoint_a_name_and_timeout_with_its_breaker():
    endpoints = Endpoints(connect=lambda timeout: None)
    model = Model("m", "sagemaker://propensity", "1", (), 1.0)
    endpoint = endpoints.of(model, 30)
    assert endpoint.name == "propensity"
    assert endpoints.of(Model("other", "propensity", "2", (), 1.0), 30) is endpoint
    assert endpoints.of(model, 60) is not endpoint


def test_a_client_gives_up_after_the_programs_timeout_and_tries_once(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = runtime(7).meta.config
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (7, 1)
