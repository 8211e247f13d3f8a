"""An item's `type` in, the kind of row it is archived as out, and what each kind is known by."""

from collections.abc import Mapping

KINDS = ("demand", "notification", "event", "sale")

# Types that are another kind's rows; their own name stays in the column `type`.
ALIASES: Mapping[str, str] = {"notification:asu": "notification", "test-notification": "notification"}

# The columns that say which item a row is about: what `<kind>_current` has one row for.
# (`reference.id` leaves the way of contact out of a notification's, as the mission has it.)
KEYS: Mapping[str, tuple[str, ...]] = {
    "demand": ("eventId", "saleId", "fanId"),
    "notification": ("eventId", "saleId", "fanId", "contactMethod"),
    "event": ("id",),
    "sale": ("eventId", "id"),
}

PERSONAL = ("phoneNumber", "email", "messageBody")  # what a removed record keeps no value of
REDACTED = "[redacted]"
OWN_ROWS = "meta:"  # what the sort keys of our own bookkeeping begin with; such rows are not archived


def kind_of(type: str) -> str | None:
    """None: nothing that is archived."""
    return type if type in KINDS else ALIASES.get(type)
