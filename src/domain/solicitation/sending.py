"""What is known of a recipient in; why no mail goes out, what its delivery still needs, and what SES's words mean for it out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.solicitation.delivery import (
    ANSWERED,
    ASKED,
    CAPPED,
    GONE,
    NO_ADDRESS,
    OPTED_OUT,
    SUPPRESSED,
    Recipient,
)
from domain.solicitation.filters import History, room
from domain.solicitation.program import Program
from domain.solicitation.stored import OPEN

# The three durations, each longer than the one before: a lease cannot end while its holder still works, and a message comes back
# only when the lease has ended, so that what it finds is free or in doubt, never in somebody's hands.
SENDER = timedelta(seconds=120)  # the function's timeout
LEASE = timedelta(seconds=180)
VISIBILITY = timedelta(seconds=720)  # the queue's; AWS asks for six times the function's timeout

WORK = timedelta(seconds=80)  # of the function's time, after which no new call is begun
CHECK_AGAIN = timedelta(minutes=15)  # SQS delays no message longer
REPORT_AFTER = timedelta(hours=1)  # an unknown outcome that no event has settled by then is reported

Row = Mapping[str, Any]
Course = Literal["decide", "resume", "leave", "wait", "doubt", "watch"]
Fate = Literal["sent", "again", "smaller", "spent", "held", "refused", "unknown"]

# Of an earlier campaign: that one wrote no mail, so this one may. The holdout stays out of every campaign.
REVISITED = frozenset({"SKIPPED", "SHADOW"})

# BulkEmailEntryResult.Status, and what the mailer makes of an error of the whole call. What is refused says something of the mail;
# what is held says something of the account, and no recipient must be lost by it. Words SES may yet invent are unknown outcomes.
FATES: Mapping[str, Fate] = {
    "SUCCESS": "sent",
    "ACCOUNT_THROTTLED": "again",
    "TRANSIENT_FAILURE": "again",
    "CALL_INVALID": "smaller",
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": "spent",
    "MESSAGE_REJECTED": "refused",
    "INVALID_PARAMETER": "refused",
    "FAILED": "refused",
    "ACCOUNT_SUSPENDED": "held",
    "ACCOUNT_SENDING_PAUSED": "held",
    "CALL_REJECTED": "held",
    "CONFIGURATION_SET_NOT_FOUND": "held",
    "CONFIGURATION_SET_SENDING_PAUSED": "held",
    "INVALID_SENDING_POOL_NAME": "held",
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": "held",
    "TEMPLATE_NOT_FOUND": "held",
}
LOCAL = re.compile(r"[!#-'*+\-./-9=?A-Z^-~]+")  # printable ASCII without what would need quotes: SES takes no SMTPUTF8


@dataclass(frozen=True, slots=True)
class Facts:
    """One recipient as the tables know it now. `cap` is the item CAP#group, `candidate` the base item; both may be missing."""

    history: History
    address: str | None = None
    name: str | None = None
    suppressed: bool = False
    cap: Row | None = None
    candidate: Row | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """SES's word on what may be sent: `rate` mails a second, `left` more in these 24 hours (None: no limit)."""

    enabled: bool
    rate: float
    left: int | None


def refusal(recipient: Recipient, facts: Facts, now: datetime) -> str | None:
    """Why no mail may go out to somebody, asked or reserved for before or not; the first reason that holds."""
    candidate = facts.candidate
    if facts.history.opted_out:
        return OPTED_OUT
    if facts.address is None:
        return NO_ADDRESS
    if facts.suppressed:
        return SUPPRESSED
    if recipient.subject in facts.history.answered or (candidate and candidate["status"] == "CONSUMED"):
        return ANSWERED
    return GONE if candidate is None or candidate["expiresAt"] <= now.timestamp() else None


def skip_reason(recipient: Recipient, facts: Facts, program: Program, now: datetime) -> str | None:
    """Why a recipient is not asked, or None: reserve it."""
    if reason := refusal(recipient, facts, now):
        return reason
    assert facts.candidate is not None
    if recipient.subject in facts.history.asked or facts.candidate["status"] != OPEN:
        return ASKED
    caps = caps_of(program)
    return CAPPED if caps and room(facts.history.asks, now, caps) < 1 else None


def caps_of(program: Program) -> Mapping[str, Any] | None:
    """The parameters of the program's frequency cap, if it has one."""
    return next((step.parameters for step in program.filters if step.id == "frequency-cap"), None)


def course(row: Row | None, campaign: str, now: datetime) -> Course:
    """What a delivery as it stands needs of a worker on `campaign`.

    decide: nobody has taken it up. resume: its worker gave it back, or died before the call. doubt: its worker died at the call.
    wait: a worker holds it. watch: its outcome is unknown, and not reported yet. leave: it is settled, or another campaign's.
    """
    if row is None:
        return "decide"
    if row["campaign"] != campaign:
        return "decide" if row["status"] in REVISITED else "leave"
    if row["status"] == "UNKNOWN":
        return "leave" if "reportedAt" in row else "watch"
    if row["status"] not in ("RESERVED", "SENDING"):
        return "leave"
    if row["leaseUntil"] > milliseconds(now):
        return "wait"
    return "resume" if row["status"] == "RESERVED" else "doubt"


def fate(status: str) -> Fate:
    return FATES.get(status, "unknown")


def overdue(row: Row, now: datetime) -> bool:
    """Whether an unknown outcome has waited for its event long enough."""
    return now >= datetime.fromisoformat(row["unknownSince"]) + REPORT_AFTER


def deliverable(address: str | None) -> str | None:
    """The address as SES takes it: ASCII, a foreign domain in its ASCII form; None for what is none."""
    local, at, domain = (address or "").strip().rpartition("@")
    try:
        host = domain.encode("idna").decode()
    except UnicodeError:
        return None
    fits = at and LOCAL.fullmatch(local) and re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", host)
    return f"{local}@{host}" if fits else None


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds, as leases are kept."""
    return round(at.timestamp() * 1000)
