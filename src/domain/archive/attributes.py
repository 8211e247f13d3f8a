"""Typed attributes in, the plain texts that the archive's own rules ask for out."""

from collections.abc import Mapping
from typing import Any

Attributes = Mapping[str, Any]
NOTHING: Attributes = {}
NULL = {"NULL": True}


def text(attributes: Attributes, name: str) -> str | None:
    """None: it is absent, or is no string (the encoder says so where that is wrong)."""
    attribute = attributes.get(name)
    if type(attribute) is dict:
        found = attribute.get("S")
        if type(found) is str:
            return found
    return None


def inner(attributes: Attributes, name: str) -> Attributes:
    """The attributes of a map; none where it is absent, or is no map."""
    attribute = attributes.get(name)
    if type(attribute) is dict:
        found = attribute.get("M")
        if type(found) is dict:
            return found
    return NOTHING
