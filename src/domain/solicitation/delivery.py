"""What one request for feedback by mail is: its id, the states it goes through, and the row of a recipient list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

# RESERVED: the cap, the candidate and the delivery are ours, nothing was called. SENDING: the call is about to be, or was, made.
# SENT: SES accepted it. UNKNOWN: it may have been accepted; an event settles it. FAILED: SES refused it for good.
Status = Literal["RESERVED", "SENDING", "SENT", "SKIPPED", "FAILED", "UNKNOWN", "HOLDOUT", "SHADOW"]
FINAL = frozenset({"SENT", "SKIPPED", "FAILED", "HOLDOUT", "SHADOW"})

# Why a selected candidate got no mail: exactly one of these. Those above the line are known when the campaign is planned.
HOLDOUT, OVER_LIMIT, OVER_SUBJECT_LIMIT, TOO_LATE = "holdout", "over_limit", "over_subject_limit", "too_late"
NO_ADDRESS, SUPPRESSED, OPTED_OUT, CAPPED = "no_address", "suppressed", "opted_out_late", "frequency_cap"
ANSWERED, GONE, ASKED = "already_answered", "candidate_gone", "already_asked"
REFUSED = "refused_by_ses"
FORGOTTEN = "[forgotten]"  # the customer of a delivery or answer whose person was erased: many people, so nobody's


def delivery_id(program: str, customer: str, subject: str) -> str:
    """One id a person and item for all time: 32 hex digits that tell nobody who they stand for."""
    return sha256(json.dumps([program, customer, subject]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One row of a recipient list. Contact data is not in it: that is read when the mail is sent.

    `send_at` is the UTC instant of 10:00 in `zone` (IANA); `expires_at` the candidate's, in epoch seconds.
    """

    delivery: str
    customer: str
    subject: str
    subject_name: str | None
    subject_type: str
    marketplace: str
    score: float
    zone: str
    send_at: datetime
    expires_at: int
    genre: str | None = None

    def to_row(self) -> dict[str, Any]:
        return {
            "delivery": self.delivery,
            "customer": self.customer,
            "subject": self.subject,
            "subjectName": self.subject_name,
            "subjectType": self.subject_type,
            "marketplace": self.marketplace,
            "score": self.score,
            "zone": self.zone,
            "sendAt": self.send_at.isoformat(),
            "expiresAt": self.expires_at,
            "genre": self.genre,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Recipient":
        return cls(
            delivery=row["delivery"],
            customer=row["customer"],
            subject=row["subject"],
            subject_name=row["subjectName"],
            subject_type=row["subjectType"],
            marketplace=row["marketplace"],
            score=row["score"],
            zone=row["zone"],
            send_at=datetime.fromisoformat(row["sendAt"]),
            expires_at=row["expiresAt"],
            genre=row.get("genre"),
        )


def delivery_key(id: str) -> dict[str, str]:
    return {"PK": f"DELIVERY#{id}", "SK": "DELIVERY"}


def campaign_key(id: str) -> dict[str, str]:
    return {"PK": f"CAMPAIGN#{id}", "SK": "CAMPAIGN"}
