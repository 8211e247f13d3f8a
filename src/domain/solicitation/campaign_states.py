"""The states of a campaign, and which may follow which."""

from collections.abc import Mapping
from typing import Literal

State = Literal["PLANNED", "SCHEDULED", "SENDING", "STOPPED", "DONE"]

# What a campaign may be in before each state. STOPPED is an operator's word, and nothing takes it back.
BEFORE: Mapping[State, tuple[State, ...]] = {
    "PLANNED": (),
    "SCHEDULED": ("PLANNED", "SCHEDULED"),
    "SENDING": ("PLANNED", "SCHEDULED", "SENDING", "DONE"),  # a chunk put off till tomorrow may come after DONE
    "STOPPED": ("PLANNED", "SCHEDULED", "SENDING", "STOPPED"),
    "DONE": ("SCHEDULED", "SENDING", "DONE"),
}
