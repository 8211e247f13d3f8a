"""The key of a fan's row in, what a log may say of it out."""

from hashlib import sha256

from domain.scores.keys import EMAIL


def shown(pk: str) -> str:
    """Ids as they are, of an e-mail only a digest: enough to find the lines of one row, and no address."""
    if pk.startswith(EMAIL):
        return f"{EMAIL}{sha256(pk.encode()).hexdigest()[:12]}"
    return pk
