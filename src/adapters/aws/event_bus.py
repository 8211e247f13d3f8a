"""The event bus: what others may want to know, told at least once under the same run id."""

import json
from collections.abc import Mapping, Sequence
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

    def publish_all(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str | None]:
        """Tell up to ten events (detail type, detail) in one call; for each None, or why the bus did not take it.

        Unavailable: none of them was told, or we do not know that any was.
        """
        entries: Any = [
            {
                "EventBusName": self.name,
                "Source": "ovation.solicitation",
                "DetailType": detail_type,
                # As short as JSON gets: ten entries together may have 256 KB.
                "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
            }
            for detail_type, detail in events
        ]
        with aws_calls(f"publish {len(entries)} events"):
            answer = self.events.put_events(Entries=entries)
        return [entry.get("ErrorCode") for entry in answer["Entries"]]
