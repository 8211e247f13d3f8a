"""Numbers in, the text of one row of a scrubbed file of registrants out; all of it is made up."""

from dataclasses import dataclass

MARKETS = (
    "New York",
    "Los Angeles",
    "Chicago",
    "Washington, DC",
    "San Juan",
    "Zürich",
    "Paris",
    "London",
    "Berlin",
    "Tokyo",
)
FIRST = ("Ana", "Ben", "Chloé", "Dev", "Eun-ji", "Fatima", "Goran", "Hana", "Ines", "Joe")
LAST = ("Silva", "O'Neil", "García", "Nguyen", "Smith", "Kowalski", "Müller", "Okafor", "Rossi")
LOCALES = ("en-US", "en-GB", "es-ES", "fr-FR", "de-DE", "ja-JP")
PHONES, BANDS = ("mobile", "landline", ""), ("low", "low", "medium", "high")
NOTES = ("", "clean", "clean|repeat buyer", "velocity", "shared device|velocity", "reviewed; kept")
COLUMNS = (
    "globalUserId", "id", "campaign_id", "memberId", "email", "phone", "phoneType", "phoneConfirmedDate", "firstName",
    "lastName", "locale", "hbase", "score", "localFanscore", "accountFanscore", "bandScore", "isVerified", "nudetect.score",
    "nudetect.scoreBand", "review_notes", "source", "deviceType", "city", "postalCode", "country", "pipeline", "createdAt",
)  # fmt: skip
HEADER = ",".join(COLUMNS) + "\n"
THRESHOLD = 0.6  # of the campaign: who scores more is verified
WRONG = (
    "unranked", "missing_global_user_id", "missing_score", "bad_score", "missing_is_verified", "bad_is_verified",
    "other_campaign", "bad_localFanscore", "bad_score_band", "wrong_cells",
)  # fmt: skip
BROKEN = {
    "unranked": {"id": "registration-7"},
    "missing_global_user_id": {"globalUserId": ""},
    "missing_score": {"score": ""},
    "bad_score": {"score": "1.7"},
    "missing_is_verified": {"isVerified": ""},
    "bad_is_verified": {"isVerified": "maybe"},
    "other_campaign": {"campaign_id": "another-campaign"},
    "bad_localFanscore": {"localFanscore": "n/a"},
    "bad_score_band": {"nudetect.scoreBand": "severe"},
}  # what makes a row wrong for each of these reasons, and for no other; cells are missing for the last


@dataclass(frozen=True, slots=True)
class Row:
    """`wrong`: the reason why the row is to be refused. `luck`: from 0 to below 1."""

    fan: int
    rank: int
    wrong: str | None
    verified: bool
    luck: float


def text(row: Row, campaign: str, seed: int) -> str:
    """With its line end."""
    cells = {**_person(row.fan, seed), **_scores(row), "campaign_id": campaign}
    cells["id"] = cells["globalUserId"] + (f"{row.rank:03}" if row.rank else "")
    cells.update(BROKEN.get(row.wrong or "", {}))
    told = [f'"{cell}"' if "," in cell else cell for cell in (cells[column] for column in COLUMNS)]
    return ",".join(told[:-7] if row.wrong == "wrong_cells" else told) + "\n"


def fan_id(fan: int, seed: int) -> str:
    return f"fan-{seed % 10_000:04}-{fan:09}"


def _person(fan: int, seed: int) -> dict[str, str]:
    return {
        "globalUserId": fan_id(fan, seed),
        "memberId": f"m-{fan:08}" if fan % 9 else "",
        "email": f"fan{fan}@example.com",
        "phone": f"202-555-01{fan % 100:02}" if fan % 7 else "",
        "phoneType": PHONES[fan % 3],
        "phoneConfirmedDate": f"2026-01-{fan % 28 + 1:02}T10:00:00Z" if fan % 3 else "",
        "firstName": FIRST[fan % len(FIRST)],
        "lastName": LAST[fan % len(LAST)],
        "locale": LOCALES[fan % len(LOCALES)],
        "source": "web" if fan % 2 else "app",
        "deviceType": "phone",
        "city": "Springfield",
        "postalCode": f"{fan % 100_000:05}",
        "country": "US",
        "pipeline": "v12",
        "createdAt": f"2026-01-{fan % 28 + 1:02}",
    }


def _scores(row: Row) -> dict[str, str]:
    score = THRESHOLD + row.luck * (1 - THRESHOLD) if row.verified else row.luck * THRESHOLD
    return {
        "hbase": MARKETS[(row.fan + row.rank) % len(MARKETS)],
        "score": f"{min(score, 0.999999):.6f}",
        "localFanscore": f"{row.luck * 100:.3f}",
        "accountFanscore": f"{row.luck * 0.8:.4f}" if row.fan % 5 else "",
        "bandScore": f"{row.luck * 0.9:.4f}" if row.fan % 4 == 0 else "",
        "isVerified": "true" if row.verified else "false",
        "nudetect.score": f"{1 - row.luck:.4f}" if row.fan % 3 else "",
        "nudetect.scoreBand": BANDS[row.fan % len(BANDS)] if row.fan % 3 else "",
        "review_notes": NOTES[row.fan % len(NOTES)],
    }
