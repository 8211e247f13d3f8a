"""What services say, and what it means: words before numbers, and doubt where a call may have been heard."""

from copy import deepcopy

import pytest
from sending_rules import DOCUMENT, RULES

from domain.errors import Rejected
from domain.notifications.classifying import Fate, SendingRules, mail_fate
from domain.notifications.sms import Accepted, Refusal


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        *((Refusal(code, "no"), "again") for code in (408, 409, 425, 429, 500, 502, 503, 504, 507, 520, 524, 529)),
        *((Refusal(code, "no"), "refused") for code in (400, 410, 422, 499, 501)),
        *((Refusal(code, "no"), "held") for code in (301, 401, 402, 403, 404)),
        (Refusal(400, "Invalid phone number"), "refused"),
        (Refusal(500, "INVALID  Phone\nNumber"), "refused"),
        (Refusal(400, "Temporarily unavailable, try again"), "again"),
        (Refusal(400, "Recipient has opted out"), "opted_out"),
        (Refusal(403, "DESTINATION_PHONE_NUMBER_OPTED_OUT"), "opted_out"),
        (Refusal(429, "the recipient is blocked"), "refused"),
        (Refusal(0, "not reached"), "again"),
    ],
)
def test_words_say_more_than_numbers(refusal, kind):
    for honours_keys in (True, False):
        fate = RULES.judge(refusal, honours_keys=honours_keys)
        assert (fate.kind, fate.ambiguous) == (kind, False)


def test_a_word_that_a_row_does_not_keep_counts():
    assert RULES.judge(Refusal(400, "x" * 250 + " opted out"), honours_keys=True).kind == "opted_out"


def test_what_may_have_been_heard_is_tried_again_under_its_key_alone():
    doubt = Refusal(0, "no answer", ambiguous=True)
    assert RULES.judge(doubt, honours_keys=True) == Fate("again", 0, "no answer", ambiguous=True)
    assert RULES.judge(doubt, honours_keys=False) == Fate("unknown", 0, "no answer", ambiguous=True)


def test_what_is_accepted_keeps_the_providers_name():
    assert RULES.judge(Accepted("p"), honours_keys=True) == Fate("taken", provider_id="p")


def test_patience_is_handed_on():
    assert RULES.judge(Refusal(429, "slow down", 12.0), honours_keys=True).retry_after == 12.0


@pytest.mark.parametrize(
    ("fate", "error"),
    [
        (Fate("again", 500, "busy"), {"statusCode": 500, "reason": "busy"}),
        (Fate("again", 0, "no answer"), {"reason": "no answer"}),
        (Fate("refused", 400), {"statusCode": 400, "reason": "refused"}),
        (
            Fate("refused", 400, "Invalid phone number: +1 213-555-0199"),
            {"statusCode": 400, "reason": "Invalid phone number: [redacted]"},
        ),
        (Fate("refused", 400, "Invalid phone number"), {"statusCode": 400, "reason": "Invalid phone number"}),
        (Fate("again", 500, "x" * 300), {"statusCode": 500, "reason": "x" * 200}),
    ],
)
def test_what_is_kept_of_a_refusal_has_a_reason_always(fate, error):
    assert fate.error == error


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SUCCESS", "taken"),
        ("ACCOUNT_THROTTLED", "again"),
        ("TRANSIENT_FAILURE", "again"),
        ("CALL_INVALID", "apart"),
        ("ACCOUNT_DAILY_QUOTA_EXCEEDED", "held"),
        ("ACCOUNT_SENDING_PAUSED", "held"),
        ("MESSAGE_REJECTED", "refused"),
        ("INVALID_PARAMETER", "refused"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
def test_the_words_of_ses_lead_to_the_same_ends(word, kind):
    fate = mail_fate(word, "id")
    assert fate.kind == kind
    assert (fate.reason, fate.provider_id) == (("", "id") if kind == "taken" else (word, None))
    assert fate.ambiguous is (kind == "unknown")


WRONG = [
    (("attempts",), 0, "attempts"),
    (("attempts",), True, "attempts"),
    (("heldSeconds",), "60", "heldSeconds"),
    (("backoffSeconds",), 4, "backoffSeconds"),
    (("backoffSeconds", "base"), 0, "backoffSeconds"),
    (("backoffSeconds", "base"), "4", "backoffSeconds.base"),
    (("backoffSeconds", "most"), 1, "backoffSeconds"),
    (("retryable", "statusCodes"), [99], "retryable.statusCodes"),
    (("retryable", "statusCodes"), ["500"], "retryable.statusCodes"),
    (("held", "statusCodes"), 403, "held"),
    (("final", "reasons"), [""], "final.reasons"),
    (("final", "reasons"), [1], "final.reasons"),
    (("optOut",), ["opted out"], "optOut"),
    (("unknown",), 1, "unknown"),
]


@pytest.mark.parametrize(("place", "value", "told"), WRONG)
def test_a_table_that_is_wrong_is_rejected_with_its_key(place, value, told):
    document = deepcopy(DOCUMENT)
    *outer, last = place
    part = document
    for name in outer:
        part = part[name]
    part[last] = value
    with pytest.raises(Rejected, match=told):
        SendingRules.of(document)


def test_a_key_that_is_missing_is_named():
    with pytest.raises(Rejected, match="optOut"):
        SendingRules.of({name: it for name, it in DOCUMENT.items() if name != "optOut"})
