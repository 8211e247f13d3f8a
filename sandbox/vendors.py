"""Whom reminders speak to, in this process: the Discovery API, Bitly, the SMS service with its stream of statuses, and a fan's issuer."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from infra.services import Reminders
from sandbox.appsync import AppSyncServer, calls_of, deployed_apis
from sandbox.bitly import BitlyServer
from sandbox.discovery import DiscoveryServer
from sandbox.issuer import Issuer
from sandbox.ministack import Ministack
from sandbox.sms_service import SmsServer
from sandbox.synth import ROOT
from sandbox.text_statuses import to_stream
from sandbox.timeline import Clock, TickingClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.deploy import Deployed

STREAM = "smsStatusStream"  # the construct that takes the statuses


@dataclass(frozen=True)
class Vendors:
    """Their faults can be set, and their calls counted, in the process that started them. The GraphQL API is AppSync's place."""

    discovery: DiscoveryServer
    bitly: BitlyServer
    sms: SmsServer
    issuer: Issuer
    addresses: Mapping[str, str]
    clock: Clock
    graphql: list[AppSyncServer] = field(default_factory=list)
    _running: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def start(cls, clock: Clock) -> Self:
        """On free ports. Functions are told the addresses in cdk.json; `addressed` knows what stands for them here."""
        told = Reminders.of(json.loads((ROOT / "cdk.json").read_text())["context"])
        ticking = TickingClock(clock)
        with ExitStack() as starting:
            discovery = starting.enter_context(DiscoveryServer())
            bitly = starting.enter_context(BitlyServer())
            sms = starting.enter_context(SmsServer(clock=lambda: ticking.now().timestamp()))
            issuer = starting.enter_context(Issuer(told.issuer, clock=lambda: clock.now().timestamp()))
            addresses = {
                told.discovery_url: discovery.endpoint,
                told.bitly_url: bitly.endpoint,
                told.sms_service_url: sms.endpoint,
            }
            return cls(discovery, bitly, sms, issuer, addresses, clock, _running=starting.pop_all())

    def serve(self, stacks: "Sequence[Deployed]", aws: Ministack) -> None:
        """The deployed GraphQL APIs, and statuses onto the deployed stream."""
        for api in deployed_apis(aws.client("appsync")):
            server = AppSyncServer(api, calls_of(aws), self.clock, self.issuer.endpoint)
            self.graphql.append(self._running.enter_context(server))
        for stack in stacks:
            for id, stream in stack.resources("AWS::Kinesis::Stream"):
                if id.startswith(STREAM):
                    self.sms.statuses.tell = to_stream(aws.client("kinesis"), stream)

    def addressed(self, setting: str) -> str:
        """A function's setting; where it is the address of one of them, where that one is served here."""
        return self.addresses.get(setting, setting)

    def tokens(self) -> dict[str, Any]:
        """Those that they know."""
        return {"discoveryKey": self.discovery.key, "bitlyToken": self.bitly.token, "smsToken": self.sms.token}

    def endpoints(self) -> dict[str, str]:
        found = {
            "discovery": self.discovery.endpoint,
            "bitly": self.bitly.endpoint,
            "sms": self.sms.endpoint,
            "issuer": self.issuer.endpoint,
        }
        return {**found, "graphql": self.graphql[-1].url} if self.graphql else found

    def stop(self) -> None:
        self._running.close()
