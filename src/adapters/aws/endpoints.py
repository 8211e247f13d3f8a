"""SageMaker endpoints: feature rows in, one answer a row out, through timeouts, retries and a circuit breaker."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from adapters.aws.session import client
from domain.errors import Rejected, Unavailable
from domain.solicitation.breaker import Breaker
from domain.solicitation.program import Model

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

JSON_LINES = "application/jsonlines"
SCHEME = "sagemaker://"


class Garbled(Rejected):
    """An answer that cannot be matched with the rows it is for."""


def runtime(timeout_seconds: int) -> "SageMakerRuntimeClient":
    """A client that gives up on an answer after `timeout_seconds`; it tries once, the tries are counted by Endpoint."""
    return client(  # type: ignore[no-any-return]
        "sagemaker-runtime",
        Config(
            connect_timeout=2,
            read_timeout=timeout_seconds,
            parameter_validation=False,
            max_pool_connections=50,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )


@dataclass
class Endpoint:
    """One model endpoint as this process sees it. Asking again is safe: a model only answers."""

    name: str
    runtime: "SageMakerRuntimeClient"
    clock: Callable[[], float] = time.monotonic
    backoff: Backoff = PATIENT
    breaker: Breaker = field(default_factory=Breaker)
    lock: Lock = field(default_factory=Lock)

    def answers(self, lines: Sequence[bytes], attempts: int) -> list[Any]:
        """The model's `score` for each line (which ends in its line break), in order, unchecked; None for no score at all.

        Unavailable: no answer after `attempts` calls, or the breaker is open. Rejected: the model refuses these rows.
        Garbled, a kind of Rejected: it answered another number of lines.
        """
        body = b"".join(lines)
        for failures in range(1, attempts + 1):
            self._admit()
            try:
                return read_answers(self.name, self._invoke(body), len(lines))
            except Unavailable:
                if failures == attempts:
                    raise
            self.backoff.wait(failures)
        raise ValueError(f"attempts must be at least 1, not {attempts}")

    def _admit(self) -> None:
        with self.lock:
            admitted = self.breaker.admit(self.clock())
            if admitted is None:
                raise Unavailable(f"invoke {self.name}: circuit breaker is open")
            self.breaker = admitted

    def _invoke(self, body: bytes) -> bytes:
        try:
            with aws_calls(f"invoke {self.name}"), _model_errors(self.name):
                answer = self.runtime.invoke_endpoint(
                    EndpointName=self.name, Body=body, ContentType=JSON_LINES, Accept=JSON_LINES
                )
                text = answer["Body"].read()
        except Unavailable:
            self._note(failed=True)
            raise
        except Rejected:  # the endpoint is well, these rows are not
            self._note(failed=False)
            raise
        self._note(failed=False)
        return text

    def _note(self, *, failed: bool) -> None:
        with self.lock:
            self.breaker = self.breaker.failed(self.clock()) if failed else self.breaker.answered()


@dataclass
class Endpoints:
    """The endpoints of a process: each keeps its connections and its breaker from one bucket to the next."""

    connect: Callable[[int], "SageMakerRuntimeClient"] = runtime
    known: dict[tuple[str, int], Endpoint] = field(default_factory=dict)

    def of(self, model: Model, timeout_seconds: int) -> Endpoint:
        """The endpoint a model answers at: `sagemaker://name`, or the bare name."""
        key = (model.endpoint.removeprefix(SCHEME), timeout_seconds)
        if key not in self.known:
            self.known[key] = Endpoint(key[0], self.connect(timeout_seconds))
        return self.known[key]


def read_answers(endpoint: str, body: bytes, expected: int) -> list[Any]:
    """The `score` of each line of an answer, None for a line without one. Garbled: not the expected number of lines."""
    lines = body.strip().split(b"\n") if body.strip() else []
    if len(lines) != expected:
        raise Garbled(f"{endpoint} answered {len(lines)} lines to {expected} rows")
    try:
        answers = orjson.loads(b"[" + b",".join(lines) + b"]")
    except json.JSONDecodeError:
        answers = []
    if len(answers) != expected:  # some line is no JSON, or more than one value
        answers = [_read_line(line) for line in lines]
    return [answer.get("score") if isinstance(answer, dict) else None for answer in answers]


def _read_line(line: bytes) -> Any:
    try:
        return json.loads(line)  # takes the NaN that Python models write, and that is no JSON
    except ValueError:
        return None


@contextmanager
def _model_errors(endpoint: str) -> Iterator[None]:
    """Tell rows the container refuses (4xx: Rejected) from a container that failed or timed out (Unavailable)."""
    try:
        yield
    except ClientError as error:
        if code(error) != "ModelError":
            raise
        status = int(error.response.get("OriginalStatusCode") or 0)  # type: ignore[call-overload]
        if 400 <= status < 500:
            raise Rejected(f"invoke {endpoint}: the model refuses the rows ({status})") from error
        raise Unavailable(f"invoke {endpoint}: the model failed ({status})") from error
