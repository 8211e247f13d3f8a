"""An address in, the key it is suppressed under out: the list holds no address, only what one can be looked up by."""

from hashlib import sha256


def address_key(email: str) -> dict[str, str]:
    """The key in the Customers table; letter case and blanks around make no other address."""
    return {"PK": f"ADDRESS#{sha256(email.strip().lower().encode()).hexdigest()}", "SK": "SUPPRESSED"}
