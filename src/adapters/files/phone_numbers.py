"""A phone number as somebody has typed it in, its international form out."""

import phonenumbers
from phonenumbers import PhoneNumberType as Type

from domain.errors import Rejected

# Whoever asks for texts to these asks for somebody else's money, or reaches nobody.
NOT_FOR_TEXTS = frozenset({Type.PREMIUM_RATE, Type.SHARED_COST, Type.TOLL_FREE, Type.PAGER, Type.UAN, Type.VOICEMAIL})


def e164(number: str, region: str) -> str:
    """`+12125550123`. `region` (ISO 3166) is where it is written without a country. Rejected: none to write to; the text has none of it."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        raise Rejected("no phone number") from None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise Rejected("no number that can be texted")
    if phonenumbers.number_type(parsed) in NOT_FOR_TEXTS:
        raise Rejected("no number that reminders are sent to")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
