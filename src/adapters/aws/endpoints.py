"""SageMaker endpoints: feature rows in, one answer a row out, through timeouts, retries and a circuit breaker."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls, code
from adapters.aws.fuse import Fuse, Open
from adapters.aws.session import client
from domain.errors import Rejected, Unavailable
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
    backoff: Backoff = PATIENT
    fuse: Fuse = field(default_factory=Fuse)

    def answers(self, lines: Sequence[bytes], attempts: int) -> list[Any]:
        """The model's `score` for each line (which ends in its line break), in order, unchecked; None for no score at all.

        Unavailable: no answer after `attempts` calls, or the breaker is open. Rejected: the model refuses these rows.
        Garbled, a kind of Rejected: it answered another number of lines.
        """
        body = b"".join(lines)
        for failures in range(1, attempts + 1):
            try:
                return read_answers(self.name, self._invoke(body), len(lines))
            except Open:
                raise
            except Unavailable:
                if failures == attempts:
                    raise
            self.backoff.wait(failures)
        raise ValueError(f"attempts must be at least 1, not {attempts}")

    def _invoke(self, body: bytes) -> bytes:
        doing = f"invoke {self.name}"
        with self.fuse.call(doing), aws_calls(doing), _model_errors(doing):
            answer = self.runtime.invoke_endpoint(
                EndpointName=self.name, Body=body, ContentType=JSON_LINES, Accept=JSON_LINES
            )
            return answer["Body"].read()


@dataclass
class Endpoints:
    """The endpoints of a process: each keeps its connections and its breaker from one bucket to the next."""

    connect: Callable[[int], "SageMakerRuntimeClient"] = runtime
    known: dict[tuple[str, int], Endpoint] = field(default_factory=dict)

    def of(self, model: Model, timeout_seconds: int) -> Endpoint:
        """The endpoint a model answers at: `sagemaker://name`, or the bare name. Not for threads: boto3 makes clients in one."""
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
def _model_errors(doing: str) -> Iterator[None]:
    """Tell rows the container refuses (4xx: Rejected) from a container that failed or timed out (Unavailable)."""
    try:
        yield
    except ClientError as error:
        if code(error) != "ModelError":
            raise
        status = int(error.response.get("OriginalStatusCode") or 0)  # type: ignore[call-overload]
        if 400 <= status < 500:
            raise Rejected(f"{doing}: the model refuses the rows ({status})") from error
        raise Unavailable(f"{doing}: the model failed ({status})") from error
