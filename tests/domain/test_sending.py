"""Why a recipient is skipped, what a delivery still needs, and what SES's words mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from programs_in_small import REVIEWS

from domain.solicitation.delivery import Recipient
from domain.solicitation.filters import History
from domain.solicitation.program import FilterStep
from domain.solicitation.sending import (
    FATES,
    LEASE,
    SENDER,
    VISIBILITY,
    WORK,
    Facts,
    course,
    deliverable,
    fate,
    milliseconds,
    overdue,
    refusal,
    skip_reason,
)

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ONE = Recipient("d1", "c1", "p1", "Kettle", "product", "US", 0.9, "America/New_York", NOW, 2_000_000_000)
OPEN = {"status": "OPEN", "version": 1, "expiresAt": 2_000_000_000}
GOOD = Facts(History(), "c1@example.org", candidate=OPEN)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"history": History(opted_out=True)}, "opted_out_late"),
        ({"history": History(opted_out=True), "candidate": None, "address": None}, "opted_out_late"),  # the first one
        ({"address": None}, "no_address"),
        ({"address": None, "candidate": None}, "no_address"),
        ({"suppressed": True}, "suppressed"),
        ({"history": History(answered=frozenset({"p1"}))}, "already_answered"),
        ({"history": History(answered=frozenset({"p2"}))}, None),
        ({"candidate": {**OPEN, "status": "CONSUMED"}}, "already_answered"),
        ({"candidate": None}, "candidate_gone"),
        ({"candidate": {**OPEN, "expiresAt": NOW.timestamp()}}, "candidate_gone"),
        ({"candidate": {**OPEN, "expiresAt": NOW.timestamp() + 1}}, None),
        ({"history": History(asked=frozenset({"p1"}))}, "already_asked"),
        ({"candidate": {**OPEN, "status": "ASKED"}}, "already_asked"),
        ({"history": History(asks=(NOW - timedelta(days=1),) * 3)}, "frequency_cap"),
        ({"history": History(asks=(NOW - timedelta(days=1),) * 2)}, None),
        ({"history": History(asks=(NOW - timedelta(days=30),) * 3)}, None),
    ],
)
def test_a_recipient_is_skipped_for_the_first_reason_that_holds(change, reason):
    assert skip_reason(ONE, replace(GOOD, **change), REVIEWS, NOW) == reason


def test_a_reservation_is_not_refused_for_what_it_itself_has_done():
    ours = Facts(
        History(asked=frozenset({"p1"}), asks=(NOW,) * 3), "c1@example.org", candidate={**OPEN, "status": "ASKED"}
    )
    assert refusal(ONE, ours, NOW) is None
    assert refusal(ONE, replace(ours, suppressed=True), NOW) == "suppressed"


def test_a_program_without_a_cap_asks_as_often_as_there_is_to_ask():
    uncapped = replace(REVIEWS, filters=(FilterStep("trust", {"maxBotScore": 0.5}),))
    assert skip_reason(ONE, replace(GOOD, history=History(asks=(NOW,) * 99)), uncapped, NOW) is None


ROW = {"campaign": "k", "leaseUntil": milliseconds(NOW)}


@pytest.mark.parametrize(
    ("row", "needed"),
    [
        (None, "decide"),
        ({"status": "RESERVED"}, "resume"),
        ({"status": "RESERVED", "leaseUntil": milliseconds(NOW) + 1}, "wait"),
        ({"status": "SENDING"}, "doubt"),
        ({"status": "SENDING", "leaseUntil": milliseconds(NOW) + 1}, "wait"),
        ({"status": "UNKNOWN"}, "watch"),
        ({"status": "UNKNOWN", "reportedAt": "2026-11-20T14:00:00Z"}, "leave"),
        *(({"status": status}, "leave") for status in ("SENT", "SKIPPED", "FAILED", "HOLDOUT", "SHADOW")),
        *(({"status": status, "campaign": "before"}, "decide") for status in ("SKIPPED", "SHADOW")),
        *(({"status": status, "campaign": "before"}, "leave") for status in ("RESERVED", "SENDING", "UNKNOWN", "SENT")),
        *(({"status": status, "campaign": "before"}, "leave") for status in ("FAILED", "HOLDOUT")),
    ],
)
def test_a_delivery_as_it_stands_says_what_it_needs(row, needed):
    assert course(row and ROW | row, "k", NOW) == needed


@pytest.mark.parametrize(("minutes", "late"), [(59, False), (60, True)])
def test_an_unknown_outcome_is_reported_after_an_hour(minutes, late):
    assert overdue({"unknownSince": "2026-11-20T15:00:00Z"}, NOW + timedelta(minutes=minutes)) is late


def test_every_word_of_ses_has_a_meaning_and_a_new_one_is_an_unknown_outcome():
    shape = boto3.client("sesv2", "eu-west-1").meta.service_model.shape_for("BulkEmailStatus")
    assert set(shape.enum) <= set(FATES)
    assert fate("SOMETHING_NEW") == "unknown"


def test_what_says_something_of_the_account_loses_no_recipient():
    of_the_mail = {"SUCCESS", "MESSAGE_REJECTED", "INVALID_PARAMETER", "FAILED"}
    assert {word for word in FATES if fate(word) in ("sent", "refused")} == of_the_mail


def test_a_lease_outlives_its_worker_and_a_message_comes_back_after_the_lease():
    assert WORK < SENDER < LEASE < VISIBILITY


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("ann@example.org", "ann@example.org"),
        (" o'hara+x@mail.example.org ", "o'hara+x@mail.example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        *((address, None) for address in (None, "", "ann", "ann@", "@example.org", "ann@example", "ä@example.org")),
        *((address, None) for address in ("a b@example.org", "a@b@example.org", "a,b@example.org", "a@exa mple.org")),
        *((address, None) for address in ("a\n@example.org", "a@.org", "a@" + "x" * 70 + ".org", "<a@example.org>")),
    ],
)
def test_an_address_is_taken_as_ses_takes_it_or_not_at_all(address, taken):
    assert deliverable(address) == taken
