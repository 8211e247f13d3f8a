"""What a warehouse column may be mapped to, and the kind of value each of these targets takes."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["text", "flag", "number", "instant"]

# How each travels: see `_wire` in adapters.aws.unload_sql.
TARGETS: Mapping[str, Kind] = {
    "customer": "text",
    "subject": "text",
    "eventDate": "instant",
    "marketplace": "text",
    "subjectName": "text",
    "genre": "text",
    "artist": "text",
    "relationship": "flag",
    "purchaseVerified": "flag",
    "botScore": "number",
    "subjectEligible": "flag",
    "engagement": "number",
    "orderValue": "number",
    "playCount": "number",
    "completionRate": "number",
}
REQUIRED_TARGETS = ("customer", "subject", "eventDate", "marketplace")
CONTACT_TARGETS: Mapping[str, Kind] = {
    "customer": "text",
    "email": "text",
    "name": "text",
    "timeZone": "text",
    "locale": "text",
    "country": "text",
}
