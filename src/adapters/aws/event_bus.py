"""The event bus: what others may want to know, told at least once under the same run id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.aws.faults import aws_calls
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True)
class EventBus:
    """Events of source `ovation.solicitation`."""

    events: "EventBridgeClient"
    name: str

    def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self.name,
            "Source": "ovation.solicitation",
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        with aws_calls(f"publish {detail_type}"):
            answer = self.events.put_events(Entries=[entry])  # type: ignore[list-item]
        if answer["FailedEntryCount"]:
            raise Unavailable(f"publish {detail_type}: {answer['Entries'][0].get('ErrorCode')}")
