"""What the functions of one stack work with, under one name each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.solicitation.program import Program
from infra.analytics import Analytics
from infra.mail import Mail
from infra.one_time import OneTimeSchedules
from infra.queue import Outbox
from infra.stores import Stores
from infra.training import Training
from infra.web_api import WebApi

EVENT_BUS = "default"


@dataclass(frozen=True)
class Parts:
    programs: Sequence[Program]
    stores: Stores
    outbox: Outbox
    one_time: OneTimeSchedules
    mail: Mail
    serving: WebApi
    pages: WebApi
    analytics: Analytics
    training: Training

    def enabled(self) -> list[Program]:
        return [program for program in self.programs if program.enabled]

    def apis(self) -> Mapping[str, WebApi]:
        return {"Serving": self.serving, "Pages": self.pages}
