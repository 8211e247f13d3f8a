"""The rules of sending as the project has them."""

from pathlib import Path

from adapters.files.rule_files import read
from domain.notifications.classifying import SendingRules

DOCUMENT = read(Path(__file__).parents[1] / "notifications", "sending")
RULES = SendingRules.of(DOCUMENT)
