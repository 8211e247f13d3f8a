"""The folder `notifications` of the asset in, the rules that events are judged by out: read once by a process."""

from functools import cache
from pathlib import Path

from adapters.files import rule_files
from domain.notifications.rules import Rules, Suppression
from domain.notifications.sale_types import SaleTypes

_ASSET = Path(__file__).parents[3]


def folder() -> Path:
    """Where the compiled files are in a function; in a checkout, where they are written."""
    deployed = _ASSET / rule_files.FOLDER
    return deployed if deployed.is_dir() else _ASSET.parent / rule_files.FOLDER


@cache
def rules() -> Rules:
    """Rejected: the key of a file, and what is wrong with it."""
    return Rules(
        SaleTypes.of(rule_files.read(folder(), "sale-types")),
        Suppression.of(rule_files.read(folder(), "suppression")),
    )
