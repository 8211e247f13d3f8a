"""A notification's key in, the value of a mail's tag that comes back with each of its events out, and back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from domain.errors import Rejected
from domain.notifications.keys import Key

TAG = "reminder"  # the tag's name
LONGEST = 256  # characters of a tag's value, which may be A-Z a-z 0-9 _ - (AWS: MessageTag)
SHAPE = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")


def mail_tag(key: Key) -> str:
    """Rejected: the ids in the key are too long for a tag (192 bytes are not)."""
    told = urlsafe_b64encode(f"{key.pk}\n{key.sk}".encode()).rstrip(b"=").decode()
    if len(told) > LONGEST:
        raise Rejected("the ids of the notification are too long for the tag of a mail")
    return told


def key_of(tag: str) -> Key:
    """Rejected: no tag of ours."""
    if not SHAPE.fullmatch(tag):
        raise Rejected("the tag is none of a reminder")
    try:
        told = urlsafe_b64decode(tag + "=" * (-len(tag) % 4)).decode()
    except ValueError:
        raise Rejected("the tag is none of a reminder") from None
    pk, newline, sk = told.partition("\n")
    if not (pk and newline and sk) or "\n" in sk:
        raise Rejected("the tag is none of a reminder")
    return Key(pk, sk)
