"""boto3's own client talks to the SageMaker stand-in as it does to AWS."""

import json
import threading

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from sandbox.model import LogisticModel
from sandbox.sagemaker import SageMakerServer

MODEL = LogisticModel(0.0, {"trust": 1.0}, {})
ROWS = [{"trust": number / 10} for number in range(10)]


@pytest.fixture
def server():
    with SageMakerServer() as running:
        running.deploy("review-propensity-v2", MODEL)
        yield running


def runtime(server: SageMakerServer, **config):
    settings = {"retries": {"total_max_attempts": 1}, **config}
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=server.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**settings),
    )


def ask(client, rows=ROWS, endpoint="review-propensity-v2", **change):
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    request = {"EndpointName": endpoint, "ContentType": "application/jsonlines", "Body": lines, **change}
    return client.invoke_endpoint(**request)


def scores(answer) -> list[float]:
    return [json.loads(line)["score"] for line in answer["Body"].read().splitlines()]


def test_a_score_a_row_comes_back_in_the_rows_order(server):
    answer = ask(runtime(server))
    assert answer["ContentType"] == "application/jsonlines"
    assert scores(answer) == pytest.approx(MODEL.predict(ROWS).tolist(), abs=1e-9)
    assert server.rows_scored == len(ROWS)
    assert server.calls["/endpoints/review-propensity-v2/invocations"] == 1


def test_a_folders_training_tables_become_endpoints(server, tmp_path):
    (tmp_path / "training").mkdir()
    trust = np.linspace(0, 1, 200)
    pq.write_table(
        pa.table({"trust": trust, "label": (trust > 0.5).astype(int)}), tmp_path / "training" / "fresh.parquet"
    )
    assert server.load(tmp_path) == ("fresh",)
    low, high = scores(ask(runtime(server), [{"trust": 0.0}, {"trust": 1.0}], "fresh"))
    assert low < 0.1 < 0.9 < high


def refusal(call) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("fault", "name", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("unavailable", "ServiceUnavailable", 503),
        ("not_ready", "ModelNotReadyException", 429),
        ("model_error", "ModelError", 424),
    ],
)
def test_a_fault_fails_as_many_calls_as_it_says_in_awss_own_words(server, fault, name, status):
    setattr(server.faults, fault, 2)
    client = runtime(server)
    for _ in range(2):
        error = refusal(lambda: ask(client))
        assert error.response["Error"]["Code"] == name
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(scores(ask(client))) == len(ROWS)


def test_a_failed_model_is_an_exception_of_the_clients(server):
    server.faults.model_error = 1
    client = runtime(server)
    with pytest.raises(client.exceptions.ModelError) as caught:
        ask(client)
    assert caught.value.response["OriginalStatusCode"] == 500


def test_an_unknown_endpoint_is_a_validation_error(server):
    error = refusal(lambda: ask(runtime(server), endpoint="nobody"))
    assert error.response["Error"]["Code"] == "ValidationError"
    assert "nobody" in error.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("change", "original"),
    [
        ({"ContentType": "text/csv"}, 415),
        ({"Body": b'{"trust": 0.5}\n{"trust": null}\n'}, 400),
        ({"Body": b'{"trust": 0.5}\nnot json\n'}, 400),
        ({"Body": b"[0.5]\n"}, 400),
    ],
)
def test_what_the_model_cannot_read_is_the_containers_client_error(server, change, original):
    error = refusal(lambda: ask(runtime(server), **change))
    assert error.response["Error"]["Code"] == "ModelError"
    assert error.response["OriginalStatusCode"] == original


def test_more_than_six_megabytes_are_refused(server):
    error = refusal(lambda: ask(runtime(server), Body=b" " * (6 * 1024 * 1024 + 1)))
    assert error.response["Error"]["Code"] == "ValidationError"


def test_a_share_of_the_scores_is_no_number(server):
    server.faults.nan_share = 0.3
    given = scores(ask(runtime(server)))
    assert len(given) == len(ROWS)
    assert sum(score != score for score in given) == 3


def test_an_answer_may_be_one_short(server):
    server.faults.short_answer = 1
    client = runtime(server)
    assert len(scores(ask(client))) == len(ROWS) - 1
    assert len(scores(ask(client))) == len(ROWS)


def test_an_answer_may_be_no_json(server):
    server.faults.garbage = 1
    with pytest.raises(json.JSONDecodeError):
        scores(ask(runtime(server)))


def test_a_call_that_is_never_answered_times_out_and_the_next_one_works(server):
    server.faults.hang = 1
    with pytest.raises(ReadTimeoutError):
        ask(runtime(server, read_timeout=0.2))
    assert len(scores(ask(runtime(server)))) == len(ROWS)


def test_many_may_ask_at_once(server):
    client, answers = runtime(server), []
    threads = [threading.Thread(target=lambda: answers.append(scores(ask(client)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * 8
    assert server.rows_scored == 8 * len(ROWS)


def test_a_stopped_server_lets_its_port_and_hanging_calls_go():
    server = SageMakerServer().start()
    server.deploy("m", MODEL)
    server.faults.hang = 1
    failures = []

    def wait() -> None:
        try:
            ask(client, endpoint="m")
        except ConnectionClosedError as error:
            failures.append(error)

    client = runtime(server)
    caller = threading.Thread(target=wait)
    caller.start()
    while server.faults.hang:
        threading.Event().wait(0.01)
    server.stop()
    server.stop()
    caller.join(10)
    assert not caller.is_alive()
    assert len(failures) == 1
    with pytest.raises(EndpointConnectionError):
        ask(client, endpoint="m")
