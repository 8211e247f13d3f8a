"""The campaign that samples are for, as Campaign Service has it."""

from typing import Any

from sandbox.sample.registrant_rows import MARKETS

CAMPAIGN, NAME = "campaign-123", "Lantern Parade Presale"


def campaign(id: str = CAMPAIGN, **more: Any) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """With the markets of the sample, spelt as another service would."""
    markets = [{"id": f"{number:024d}", "name": name.upper()} for number, name in enumerate(MARKETS)]
    return {"id": id, "name": NAME, "type": "registration", **more}, markets
