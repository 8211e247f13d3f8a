"""The part of a program file that says how people are asked: marketplaces, channels, and the jobs around them."""

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from adapters.files.nearest import nearest
from adapters.files.program_fields import (
    ClockTime,
    Cron,
    Id,
    Json,
    Locale,
    LocalOrZone,
    OneOf,
    Part,
    Shaped,
    Text,
    Texts,
    Zone,
)

# What a marketplace written as a bare id means: time zone and locale. Others must be spelt out.
KNOWN_MARKETPLACES: dict[str, tuple[str, str]] = {
    "US": ("America/New_York", "en-US"),
    "UK": ("Europe/London", "en-GB"),
    "DE": ("Europe/Berlin", "de"),
    "FR": ("Europe/Paris", "fr"),
    "JP": ("Asia/Tokyo", "ja"),
    "IN": ("Asia/Kolkata", "en"),
}
ADDRESS = r"[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+"
Mailbox = Annotated[str, Shaped(rf"^([^<>@\r\n]*<{ADDRESS}>|{ADDRESS})$", "an address or Name <address>")]


class Marketplace(Part):
    id: Annotated[str, Shaped(r"^[A-Za-z0-9_-]{1,32}$", "at most 32 letters, digits, hyphens and underscores")]
    """As the warehouse writes it."""
    time_zone: Zone
    """Where a customer has no zone of their own."""
    locale: Locale
    """Where a customer has no locale of their own."""
    sender: Mailbox | None = None
    """`Name <address>` or an address; `<programId>@example.com` when left out, which SES will not send from."""

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in KNOWN_MARKETPLACES:
                hint = nearest(value, KNOWN_MARKETPLACES)
                raise ValueError(f"has no known time zone and locale: write {{id, timeZone, locale, sender}}{hint}")
            value = {"id": value}
        if isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"] in KNOWN_MARKETPLACES:
            zone, locale = KNOWN_MARKETPLACES[value["id"]]
            return {"timeZone": zone, "locale": locale, **value}
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        spelt_out = handler.resolve_ref_schema(handler(core))
        short = {"enum": sorted(KNOWN_MARKETPLACES), "type": "string"}
        relaxed = {**spelt_out, "required": ["id"]}
        return {"anyOf": [short, relaxed], "title": "Marketplace"}


class EmailConfig(Part):
    template_id: Text
    """Template of the mail."""
    send_time: ClockTime = "10:00"
    """When it should arrive, in `timezone`."""
    timezone: LocalOrZone = "local"
    """`local` is the customer's own zone, else the marketplace's; or one IANA zone for all."""
    late_zones: Annotated[str, OneOf(("next-day", "skip"))] = "next-day"
    """What becomes of zones where `sendTime` is past when the campaign is planned."""


class VoiceConfig(Part):
    prompt: Text
    """What is asked; `{trackName}` stands for the subject's name."""
    responses: Texts = Field(default_factory=lambda: ["yes", "no"])
    """The answers understood."""


class _Channel(Part):
    channel_id: Id
    """Name of the channel; candidates are indexed under it."""
    enabled: bool = True
    """A disabled channel has no candidates."""
    shadow_mode: bool = False
    """Do all but send: what would have been sent is recorded."""


class EmailChannel(_Channel):
    type: Literal["email"]
    config: EmailConfig


class VoiceChannel(_Channel):
    type: Literal["voice"]
    config: VoiceConfig


Channel = Annotated[EmailChannel | VoiceChannel, Field(discriminator="type")]


class Schedules(Part):
    """Jobs that start by the clock, UTC; one left out does not run."""

    playlists: Cron | None = None
    report: Cron | None = "cron(59 23 * * ? *)"
    cleanup: Cron | None = "cron(0 1 ? * SUN *)"
    retrain: Cron | None = "cron(0 3 ? * SUN *)"


class EarliestStarts(Part):
    """Steps that follow the batch in the same run, and the time of day, UTC, before which they wait."""

    export: ClockTime = "03:00"
    campaign: ClockTime = "03:30"
