"""SageMaker Runtime's InvokeEndpoint in, scores of models fitted on a folder's training tables out: JSON lines both ways."""

import re
from dataclasses import dataclass
from pathlib import Path

import orjson

from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request
from sandbox.model import LogisticModel, load_or_fit

INVOCATION = re.compile(r"/endpoints/([A-Za-z0-9-]{1,63})/invocations$")
MEDIA_TYPE = "application/jsonlines"
LARGEST_BODY = 6 * 1024 * 1024  # bytes, of a real-time endpoint


@dataclass
class SageMakerFaults(Faults):
    """`nan_share`: every how-many-eth score is no number (0.5: every second). The others count the coming calls."""

    model_error: int = 0
    not_ready: int = 0
    short_answer: int = 0  # one score too few
    garbage: int = 0  # 200, but no JSON
    nan_share: float = 0.0


class SageMakerServer(AwsServer):
    """`load(folder)` deploys one endpoint a file of `folder/training`; `deploy` any model.

    boto3's `sagemaker-runtime` client reaches it by `endpoint`. `cache` keeps fitted models, so that a second load fits none.
    """

    faults: SageMakerFaults

    def __init__(self, cache: Path | None = None) -> None:
        super().__init__(SageMakerFaults())
        self.models: dict[str, LogisticModel] = {}
        self.rows_scored = 0
        self._cache = cache

    def load(self, folder: Path) -> tuple[str, ...]:
        """Fit and deploy what is in `folder/training`, replacing endpoints of the same name; returns their names."""
        files = sorted((folder / "training").glob("*.parquet"))
        for file in files:
            self.deploy(file.stem, load_or_fit(file, self._cache))
        return tuple(file.stem for file in files)

    def deploy(self, endpoint: str, model: LogisticModel) -> None:
        self.models[endpoint] = model

    def answer(self, request: Request) -> Reply:
        match = INVOCATION.match(request.path)
        if request.method != "POST" or not match:
            raise AwsError(404, "UnknownOperationException", f"no such operation: {request.method} {request.path}")
        if (name := match[1]) not in self.models:
            raise AwsError(400, "ValidationError", f"Endpoint {name} of account 000000000000 not found.")
        if len(request.body) > LARGEST_BODY:
            raise AwsError(413, "ValidationError", f"payload of {len(request.body)} bytes is over {LARGEST_BODY}")
        if self.faults.take("not_ready"):
            raise AwsError(429, "ModelNotReadyException", "The model is not ready yet.")
        if self.faults.take("model_error"):
            raise _model_error(500, "worker died")
        return Reply(self._scores(self.models[name], request), MEDIA_TYPE)

    def _scores(self, model: LogisticModel, request: Request) -> bytes:
        if request.headers.get("content-type", "").split(";")[0] != MEDIA_TYPE:
            raise _model_error(415, f"this container reads {MEDIA_TYPE}")
        try:
            rows = [orjson.loads(line) for line in request.body.splitlines() if line.strip()]
            scores = model.predict(rows).tolist()
        except (ValueError, AttributeError) as error:
            raise _model_error(400, str(error)) from error
        with self._lock:
            self.rows_scored += len(rows)
        if self.faults.take("garbage"):
            return b"<html>out of memory</html>"
        if self.faults.take("short_answer"):
            scores = scores[:-1]
        return b"".join(b'{"score": %s}\n' % text for text in self._texts(scores))

    def _texts(self, scores: list[float]) -> list[bytes]:
        texts = [b"%.9f" % score for score in scores]
        if self.faults.nan_share > 0:
            for position in range(int(len(texts) * self.faults.nan_share)):
                texts[int(position / self.faults.nan_share)] = b"NaN"  # as Python's json writes it
        return texts


def _model_error(status: int, message: str) -> AwsError:
    text = f"Received client error ({status}) from primary with message {message!r}."
    details = {"OriginalStatusCode": status, "OriginalMessage": message, "LogStreamArn": ""}
    return AwsError(424, "ModelError", text, details)
