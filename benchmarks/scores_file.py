"""A number of rows in, the lines of a scrubbed file of registrants out: 27 columns, some 250 bytes a row.

Of 1,000 rows five are wrong and five unranked; one fan in ten has a second row, one in a hundred a third, in another market.
"""

from collections.abc import Iterator

from domain.scores.row_rules import BAND, CAMPAIGN, MARKET, NOTES

COLUMNS = (
    "globalUserId", "id", CAMPAIGN, "memberId", "email", "phone", "phoneType", "phoneConfirmedDate", "firstName", "lastName",
    "locale", MARKET, "score", "localFanscore", "accountFanscore", "bandScore", "isVerified", "nudetect.score", BAND, NOTES,
    "source", "deviceType", "city", "postalCode", "country", "pipeline", "createdAt",
)  # fmt: skip
CAMPAIGN_ID = "campaign-123"
MARKETS = ("New York", "Los Angeles", "Chicago", "Boston", "San Juan", "Paris", '"Washington, DC"', "Zürich")
NAMES = ("Ana", "Ben", "Dev", "Eva", "Hana", "Ines", "Joe", "Chloé")
TAGS = ("", "clean", "clean|repeat buyer", "velocity; shared device")
WRONG = {"score": "high", "isVerified": "maybe", "globalUserId": "", "localFanscore": "n/a", BAND: "severe"}
PERIOD = 1_000  # rows


def lines(rows: int) -> Iterator[bytes]:
    """The header, and so many rows."""
    yield (",".join(COLUMNS) + "\n").encode()
    for number in range(rows):
        yield (",".join(_row(number).values()) + "\n").encode()


def _row(number: int) -> dict[str, str]:
    fan, rank = number, 0
    if number % 10 == 9:
        fan, rank = number - 1, 1
    elif number % 100 == 97:
        fan, rank = number - 9, 2
    row = _cells(fan, rank)
    place = number % PERIOD
    if place % 200 == 13:
        row.update([[*WRONG.items()][place // 200]])
    if place % 200 == 14:
        row["id"] = "registration-7"
    return row


def _cells(fan: int, rank: int) -> dict[str, str]:
    scattered = (fan * 48_271 + rank * 7_919) % 1_000_003 / 1_000_003
    values = (
        f"fan-{fan:012}", f"fan-{fan:012}{rank:03}" if rank else f"fan-{fan:012}", CAMPAIGN_ID, f"m-{fan:08}",
        f"fan{fan}@example.com", f"202-555-01{fan % 100:02}", "mobile" if fan % 3 else "", "2026-01-15T10:00:00Z",
        NAMES[fan % len(NAMES) if fan % 20 == 7 else fan % 7], "Silva", "en-US", _market(fan, rank),
        f"{scattered:.6f}", f"{scattered * 100:.3f}", f"{scattered * 0.8:.4f}", f"{scattered * 0.9:.4f}" if fan % 4 else "",
        "true" if scattered >= 0.4 else "false", f"{1 - scattered:.4f}", "low" if fan % 5 else "medium", TAGS[fan % 4],
        "web", "phone", "Springfield", f"{fan % 100_000:05}", "US", "v12", "2026-01-15",
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _market(fan: int, rank: int) -> str:
    """One in fifty is quoted, or not ASCII."""
    return MARKETS[6 + fan % 2] if fan % 50 == 3 else MARKETS[(fan + rank) % 6]
