"""The owner's other services in this process: Slack, Campaign Service and Entry Service; where functions find them, and by which tokens."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from infra.services import Services
from sandbox.campaign_service import CampaignServer
from sandbox.entry_service import EntryServer
from sandbox.sample.campaigns import campaign
from sandbox.slack import SlackServer
from sandbox.synth import ROOT

if TYPE_CHECKING:
    from sandbox.deploy import Deployed

SECRET = "Services"  # noqa: S105 - the construct that holds the tokens


def introduce(stacks: Sequence["Deployed"], secrets: Any, tokens: Mapping[str, str]) -> None:
    """Put the tokens that the services know where the functions look for them."""
    for stack in stacks:
        for id, secret in stack.resources("AWS::SecretsManager::Secret"):
            if id.startswith(SECRET):
                secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(tokens))


@dataclass(frozen=True)
class Neighbours:
    """Their faults can be set, and their calls counted, in the process that started them."""

    slack: SlackServer
    campaigns: CampaignServer
    entries: EntryServer
    addresses: Mapping[str, str]

    @classmethod
    def start(cls) -> Self:
        """On free ports. Functions are told the addresses in cdk.json; `addressed` knows what stands for them here."""
        told = Services.of(json.loads((ROOT / "cdk.json").read_text())["context"])
        slack = SlackServer(channels=(told.slack_channel,)).start()
        campaigns, entries = CampaignServer().start(), EntryServer().start()
        campaigns.add(*campaign())
        return cls(
            slack,
            campaigns,
            entries,
            {
                told.slack_url: f"{slack.endpoint}/api/",
                told.campaign_service_url: campaigns.endpoint,
                told.entry_service_url: entries.endpoint,
            },
        )

    def addressed(self, setting: str) -> str:
        """A function's setting; where it is the address of one of them, where that one is served here."""
        return self.addresses.get(setting, setting)

    def endpoints(self) -> dict[str, str]:
        return {
            "slack": self.slack.endpoint,
            "campaigns": self.campaigns.endpoint,
            "entries": self.entries.endpoint,
        }

    def tokens(self) -> dict[str, str]:
        """Those that they know."""
        return {
            "slackToken": self.slack.token,
            "campaignToken": self.campaigns.token,
            "entryToken": self.entries.token,
        }

    def stop(self) -> None:
        for server in (self.slack, self.campaigns, self.entries):
            server.stop()
