"""What an object is made of in, its `{timestamp}-{uuid}` out: the same for the same, whoever tries again."""

from hashlib import sha1

SPACE = b"ovation.archive\x00"


def object_name(at: str, *parts: str) -> str:
    """`at` is ISO 8601 in UTC: its second leads the name, `2026-11-20-12-00-00-…`."""
    stamp = at[:19].replace("T", "-").replace(":", "-")
    return f"{stamp}-{derived_uuid(*parts)}"


def derived_uuid(*parts: str) -> str:
    """A UUID of version 5 (RFC 9562) over the parts."""
    digest = bytearray(sha1(SPACE + "\x00".join(parts).encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
