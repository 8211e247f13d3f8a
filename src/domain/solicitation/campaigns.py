"""Chosen recipients in, the day's campaigns out: who is asked at which instant, and the lists in chunks of fifty."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.solicitation.campaign_names import Namer
from domain.solicitation.delivery import Recipient
from domain.solicitation.program import Channel, Marketplace, Program
from domain.solicitation.stored import iso

CHUNK = 50  # recipients a message of the outbox points to, as many as one SES bulk call takes
Row = dict[str, Any]
NamedRows = tuple[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Slot:
    """The recipients of a campaign whose local sending time is one and the same instant, by rank."""

    at: datetime
    recipients: tuple[Recipient, ...]

    @property
    def chunks(self) -> int:
        return -(-len(self.recipients) // CHUNK)


@dataclass(frozen=True, slots=True)
class Campaign:
    """What one marketplace (of music: and genre) is sent. A campaign without slots has nobody but its holdout."""

    id: str
    marketplace: Marketplace
    genre: str | None
    slots: tuple[Slot, ...]
    held_out: int

    @property
    def recipients(self) -> int:
        return sum(len(slot.recipients) for slot in self.slots)


def email_channel(program: Program) -> Channel | None:
    """The channel mails go out on: the first enabled one of that kind."""
    return next((channel for channel in program.channels if channel.kind == "email"), None)


def planned(
    chosen: Iterable[Recipient], held_out: Iterable[Recipient], program: Program, campaign_of: Namer
) -> tuple[Campaign, ...]:
    """The campaigns of these recipients, by id; those of nobody but a holdout among them."""
    members: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in chosen:
        members[campaign_of(recipient.marketplace, recipient.genre)].append(recipient)
    apart: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in held_out:
        apart[campaign_of(recipient.marketplace, recipient.genre)].append(recipient)
    return tuple(_campaign(id, members.get(id, []), apart.get(id, []), program) for id in sorted({*members, *apart}))


def _campaign(id: str, chosen: Sequence[Recipient], apart: Sequence[Recipient], program: Program) -> Campaign:
    everyone = (*chosen, *apart)
    slots: dict[datetime, list[Recipient]] = defaultdict(list)
    for recipient in chosen:
        slots[recipient.send_at].append(recipient)
    genres = {recipient.genre for recipient in everyone if recipient.genre} if "genre" in program.context else set()
    return Campaign(
        id=id,
        marketplace=next(place for place in program.marketplaces if place.id == everyone[0].marketplace),
        genre=min(genres, default=None),  # they differ by case alone
        slots=tuple(Slot(at, tuple(slots[at])) for at in sorted(slots)),
        held_out=len(apart),
    )


def recipient_lists(campaigns: Iterable[Campaign]) -> Iterator[NamedRows]:
    """The rows of each chunk, under its name within the plan's folder."""
    for campaign in campaigns:
        for slot in campaign.slots:
            for number in range(slot.chunks):
                some = slot.recipients[number * CHUNK : (number + 1) * CHUNK]
                yield f"{campaign.id}/{chunk_name(iso(slot.at), number)}", [one.to_row() for one in some]


def chunk_keys(record: Mapping[str, Any], slot: Mapping[str, Any]) -> list[str]:
    """The keys of a slot's chunks in the work bucket."""
    return [f"{record['lists']}/{chunk_name(slot['at'], number)}" for number in range(slot["chunks"])]


def chunk_name(slot: str, number: int) -> str:
    return f"{slot.replace('-', '').replace(':', '')}/chunk-{number:04d}.jsonl.gz"
