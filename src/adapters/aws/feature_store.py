"""SageMaker Feature Store, online: record ids in, the features a model takes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from botocore.config import Config

from adapters.aws.batch_items import PATIENT, Backoff
from adapters.aws.faults import aws_calls
from adapters.aws.fuse import Fuse, Open
from adapters.aws.session import client
from domain.errors import Rejected, Unavailable
from domain.solicitation.program import FeatureGroup
from domain.solicitation.scoring import Feature, Record, feature

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_featurestore_runtime import SageMakerFeatureStoreRuntimeClient

MOST_IDS = 100  # a call takes no more (BatchGetRecord)
HOPELESS = frozenset({"AccessForbidden", "ResourceNotFound"})
# One try a call: the tries are counted here, together with those for unprocessed ids. Connections for as many threads.
ONE_TRY = Config(
    connect_timeout=2,
    read_timeout=5,
    parameter_validation=False,
    max_pool_connections=50,
    retries={"mode": "standard", "total_max_attempts": 1},
)


def online() -> "SageMakerFeatureStoreRuntimeClient":
    """The store's client, its answers read quickly."""
    return quick(client("sagemaker-featurestore-runtime", ONE_TRY))


def quick(runtime: "SageMakerFeatureStoreRuntimeClient") -> "SageMakerFeatureStoreRuntimeClient":
    """Let orjson read a client's answers: botocore's own walk through them is a fifth of what scoring costs."""
    runtime.meta.events.register("before-parse.sagemaker-featurestore-runtime.BatchGetRecord", _read)
    return runtime


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records by id, without the ids that have none; `unread`: ids the store gave no answer for."""

    records: dict[str, Record]
    unread: frozenset[str]


@dataclass(frozen=True)
class FeatureStore:
    """The online store. Reading is safe to repeat, so whatever is not answered is asked for again, with full jitter."""

    runtime: "SageMakerFeatureStoreRuntimeClient"
    backoff: Backoff = PATIENT
    fuse: Fuse = field(default_factory=Fuse)

    def records(self, group: FeatureGroup, ids: Sequence[str], attempts: int) -> Fetched:
        """The records of at most 100 ids. What is unanswered after `attempts` calls, or with the breaker open, is `unread`.

        Rejected: the group does not exist, or we may not read it: program or role are wrong, so no score may stand in.
        """
        records: dict[str, Record] = {}
        pending = list(ids)
        for failures in range(attempts):
            if failures:
                self.backoff.wait(failures)
            try:
                answer = self._batch_get(group, pending)
            except Open:
                break
            except Unavailable:
                continue
            records.update(
                (found["RecordIdentifierValueAsString"], record(found["Record"])) for found in answer["Records"]
            )
            pending = _unprocessed(answer) + _failed(group, answer)
            if not pending:
                break
        return Fetched(records, frozenset(pending))

    def _batch_get(self, group: FeatureGroup, ids: list[str]) -> dict[str, Any]:
        wanted = {
            "FeatureGroupName": group.name,
            "RecordIdentifiersValueAsString": ids,
            "FeatureNames": list(group.features),
        }
        doing = f"read feature group {group.name}"
        with self.fuse.call(doing), aws_calls(doing):
            answer: Any = self.runtime.batch_get_record(Identifiers=[wanted])  # type: ignore[list-item]
        return answer  # type: ignore[no-any-return]


def record(values: list[dict[str, Any]]) -> dict[str, Feature]:
    """One stored record as features by name, without those that hold nothing; a collection becomes one comma-joined text."""
    read = ((value["FeatureName"], feature(_text(value))) for value in values)
    return {name: value for name, value in read if value is not None}


def _text(value: dict[str, Any]) -> str | None:
    if "ValueAsString" in value:
        return value["ValueAsString"]  # type: ignore[no-any-return]
    return ",".join(value.get("ValueAsStringList") or ())


def _unprocessed(answer: dict[str, Any]) -> list[str]:
    return [id for left in answer["UnprocessedIdentifiers"] for id in left["RecordIdentifiersValueAsString"]]


def _failed(group: FeatureGroup, answer: dict[str, Any]) -> list[str]:
    """Ids whose own read failed: asked for again, like unprocessed ones, unless the group is not there or not ours."""
    for error in answer["Errors"]:
        if error["ErrorCode"] in HOPELESS:
            raise Rejected(f"feature group {group.name}: {error['ErrorMessage']}")
    return [error["RecordIdentifierValueAsString"] for error in answer["Errors"]]


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] == 200:  # errors stay botocore's
        customized_response_dict.update(orjson.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
