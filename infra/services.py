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


@dataclass(frozen=True)
class Reminders:
    """cdk.json's `reminders`: whom events are asked of and messages are sent by. `sms_provider`: `service`, or `aws`, which sends from
    `sms_origination` (a phone number, pool or sender id); `links_url`: your own domain in front of the links' API, or nothing;
    `issuer`: whose tokens fans come with, made for the application `client_id` (a pattern); `fan_claim` names the fan in them.
    """

    discovery_url: str
    discovery_rate: float
    discovery_daily: int
    bitly_url: str
    sms_service_url: str
    sms_provider: str
    sms_origination: str
    sms_parts_per_second: float
    mail_sender: str
    links_url: str
    issuer: str
    client_id: str
    fan_claim: str

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> Self:
        """KeyError names what cdk.json, or `-c`, does not tell. ValueError: a provider that there is not."""
        told = context["reminders"]
        if told["smsProvider"] not in ("service", "aws"):
            raise ValueError(f"reminders.smsProvider is {told['smsProvider']!r}: it must be service or aws")
        return cls(
            discovery_url=told["discovery"],
            discovery_rate=told["discoveryPerSecond"],
            discovery_daily=told["discoveryPerDay"],
            bitly_url=told["bitly"],
            sms_service_url=told["smsService"],
            sms_provider=told["smsProvider"],
            sms_origination=told["smsOrigination"],
            sms_parts_per_second=told["smsPartsPerSecond"],
            mail_sender=told["mailSender"],
            links_url=told["links"],
            issuer=told["issuer"],
            client_id=told["clientId"],
            fan_claim=told["fanClaim"],
        )
