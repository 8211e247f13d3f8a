"""A bucket's warehouse rows, and what the tables, the feature store and the model know of them; all of it follows from the ids.

Of each twenty customers two fail trust, four eligibility, six the frequency cap, and eight are stored: the seed's funnel.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any

from adapters.files.programs import load_program
from domain.solicitation.program import Program

MARKETPLACES = ("US", "UK", "DE", "FR", "JP")
UNTRUSTED, INELIGIBLE, ANSWERED, ASKED, OPTED_OUT, CAPPED, NEARLY_CAPPED = (0, 1), 2, 3, 4, 5, range(6, 12), 15
ONCE = "2026-11-10T09:00:00Z"
ROOT = Path(__file__).parents[1]


@cache
def program() -> Program:
    return load_program(ROOT / "programs/product-reviews.yaml")


def rows(bucket: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` rows as UNLOAD writes them. Every fourth customer has two; one in 50 comes twice, one in 100 is no row of ours."""
    for number in range(count):
        row = _row(bucket, number)
        if number % 50 == 49:
            row = {**_row(bucket, number - 1), "eventdate": "2026-11-18T06:00:00Z"}
        if number % 100 == 98:
            row["eventdate"] = "yesterday"
        yield row


def _row(bucket: int, number: int) -> dict[str, Any]:
    customer = bucket * 10_000_000 + number // 5 * 4 + min(number % 5, 3)
    kind = customer % 20
    product = (number * 7919 + bucket) % 5_000
    return {
        "customer": f"customer-{customer:010}",
        "subject": f"product-{product:06}",
        "eventdate": f"2026-11-19T{number % 24:02}:{number % 60:02}:00Z",
        "marketplace": MARKETPLACES[customer % 5],
        "subjectname": f"A thing of many uses, number {product}, in blue",
        "relationship": "1",
        "purchaseverified": "0" if kind == UNTRUSTED[0] else "1",
        "botscore": "0.91" if kind == UNTRUSTED[1] else "0.02",
        "subjecteligible": "0" if kind == INELIGIBLE else "1",
        "ordervalue": f"{5 + product % 200}.90",
    }


def subjects(bucket: int, count: int) -> dict[str, set[str]]:
    """What each customer bought: an answer or an ask is about one of these."""
    bought: dict[str, set[str]] = {}
    for row in rows(bucket, count):
        bought.setdefault(row["customer"], set()).add(row["subject"])
    return bought


def customer_item(key: dict[str, str], bought: dict[str, set[str]]) -> dict[str, Any] | None:
    """What Customers holds under a key, plainly."""
    customer, part = key["PK"].removeprefix("CUSTOMER#"), key["SK"].split("#")[0]
    kind = int(customer[-10:]) % 20
    if part == "PROFILE" and kind == OPTED_OUT:
        return {**key, "optedOut": True, "locale": "en-US"}
    if part == "PROGRAM" and kind in (ANSWERED, ASKED):
        return {**key, "answered" if kind == ANSWERED else "asked": dict.fromkeys(sorted(bought[customer]), ONCE)}
    if part == "CAP" and kind in CAPPED:
        return {**key, "asks": [ONCE, "2026-11-02T09:00:00Z", "2026-10-28T09:00:00Z"]}
    if part == "CAP" and kind == NEARLY_CAPPED:
        return {**key, "asks": [ONCE, "2026-11-02T09:00:00Z", "2026-09-01T09:00:00Z"]}
    return None


def features(id: str) -> dict[str, str]:
    """The online features of a customer or a product, as text, as the feature store hands them out."""
    number = int(md5(id.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    one, two, three = number % 997 / 997, number % 91, number % 89 / 89
    if id.startswith("customer"):
        return {"engagement_score": f"{one:.4f}", "review_history": str(two), "trust_score": f"{three:.4f}"}
    return {
        "category": ("garden", "kitchen", "books")[number % 3],
        "price": f"{two}.90",
        "rating_count": str(number % 500),
    }


def answer(row: dict[str, Any]) -> float:
    """The model: any function will do, so long as both sides ask the same one."""
    return round(0.55 * row["engagement_score"] + 0.35 * row["trust_score"] + row["rating_count"] / 5_000, 6)
