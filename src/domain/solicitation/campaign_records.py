"""Campaigns in, the documents they are kept as out: the day's plan, a record a campaign, and deliveries settled without a mail."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.solicitation.campaign_names import Namer
from domain.solicitation.campaigns import Campaign, Slot, email_channel
from domain.solicitation.delivery import HOLDOUT, Recipient, Status
from domain.solicitation.program import Channel, Program
from domain.solicitation.run import Run
from domain.solicitation.stored import iso

KEPT = timedelta(days=400)  # so that a year can be compared with the one before
Row = dict[str, Any]


def records(campaigns: Iterable[Campaign], run: Run, program: Program, now: datetime) -> list[Row]:
    """A campaign's item in the Deliveries table, for each; a program that sends no mails has none."""
    channel = email_channel(program)
    return [_record(campaign, run, channel, now) for campaign in campaigns] if channel else []


def plan_document(records: Sequence[Row], left_out: Counter[str], run: Run, folder: str, now: datetime) -> Row:
    """The plan as it is kept: the campaigns that have recipients, and how many were left out for which reason."""
    return {
        "program": run.program,
        "programHash": run.program_hash,
        "date": run.date.isoformat(),
        "createdAt": iso(now),
        "folder": folder,
        "campaigns": [{**record, "lists": f"{folder}/{record['id']}"} for record in records if record["slots"]],
        "counts": dict(sum((Counter(record["counts"]) for record in records), Counter())),
        "leftOut": dict(sorted(left_out.items())),
    }


def _record(campaign: Campaign, run: Run, channel: Channel, now: datetime) -> Row:
    return {
        "id": campaign.id,
        "program": run.program,
        "programHash": run.program_hash,
        "date": run.date.isoformat(),
        "marketplace": campaign.marketplace.id,
        **({"genre": campaign.genre} if campaign.genre else {}),
        "channel": channel.id,
        "templateId": channel.config["templateId"],
        "locale": campaign.marketplace.locale,
        "sender": campaign.marketplace.sender,
        "sendTime": channel.config["sendTime"],
        "lateZones": channel.config.get("lateZones", "next-day"),
        "state": "PLANNED",
        "shadow": bool(channel.config.get("shadowMode")),
        "counts": {
            "selected": campaign.recipients + campaign.held_out,
            "holdout": campaign.held_out,
            "recipients": campaign.recipients,
        },
        "slots": [_slot(slot) for slot in campaign.slots],
        "createdAt": iso(now),
        "expiresAt": int((now + KEPT).timestamp()),
    }


def _slot(slot: Slot) -> Row:
    """`at` names the slot for good; `schedule` and `firesAt` come with its schedule, `releasedAt` with its release."""
    return {
        "at": iso(slot.at),
        "recipients": len(slot.recipients),
        "chunks": slot.chunks,
        "zones": sorted({recipient.zone for recipient in slot.recipients}),
    }


def held_out_rows(
    records: Iterable[Row], held_out: Iterable[Recipient], campaign_of: Namer, now: datetime
) -> Iterator[Row]:
    """The deliveries of those held out."""
    known = {record["id"]: record for record in records}
    for recipient in held_out:
        yield settled(recipient, known[campaign_of(recipient.marketplace, recipient.genre)], "HOLDOUT", HOLDOUT, now)


def settled(recipient: Recipient, record: Mapping[str, Any], status: Status, reason: str, now: datetime) -> Row:
    """The delivery of a selected recipient of a campaign who gets no mail."""
    return {
        "id": recipient.delivery,
        "campaign": record["id"],
        "program": record["program"],
        "customer": recipient.customer,
        "subject": recipient.subject,
        "subjectName": recipient.subject_name,
        "subjectType": recipient.subject_type,
        **({"genre": recipient.genre} if recipient.genre else {}),
        "marketplace": recipient.marketplace,
        "channel": record["channel"],
        "locale": record["locale"],
        "zone": recipient.zone,
        "sendAt": iso(recipient.send_at),
        "score": recipient.score,
        "status": status,
        "reason": reason,
        "attempts": 0,
        "timeline": {},
        "expiresAt": int((now + KEPT).timestamp()),
    }
