"""cdk.json's `services` in, the addresses of the owner's other services out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Services:
    """`slack_channel` is told where a campaign names none; `entry_path` has `{campaignId}` in it."""

    campaign_service_url: str
    entry_service_url: str
    entry_path: str
    slack_url: str
    slack_channel: str

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> Self:
        """KeyError names what cdk.json, or `-c`, does not tell."""
        told = context["services"]
        return cls(
            campaign_service_url=told["campaignService"],
            entry_service_url=told["entryService"],
            entry_path=told["entryPath"],
            slack_url=told["slack"],
            slack_channel=told["slackChannel"],
        )
