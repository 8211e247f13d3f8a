"""Ids in, table keys out; a `#` inside an id cannot be taken for our separator."""


def escaped(id: str) -> str:
    """Percent-encode `%` and `#`; reversible, and the same id always gives the same key."""
    return id.replace("%", "%25").replace("#", "%23")


def customer_key(customer: str) -> str:
    return f"CUSTOMER#{escaped(customer)}"


def unescaped(part: str) -> str:
    """The id that `escaped` made this part of a key of."""
    return part.replace("%23", "#").replace("%25", "%")
