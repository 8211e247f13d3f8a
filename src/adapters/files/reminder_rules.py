"""The project's folder `notifications` in, its four files as functions read them out, once each is as it must be."""

from collections.abc import Mapping
from pathlib import Path

from adapters.files.rule_files import Reader, compiled
from domain.notifications.classifying import SendingRules
from domain.notifications.messages import MessageRules
from domain.notifications.rules import READERS

ALL: Mapping[str, Reader] = {**READERS, "messages": MessageRules.of, "sending": SendingRules.of}


def reminder_rules(folder: Path) -> dict[str, bytes]:
    """By path in the asset. Rejected: file, key, and what is wrong with it."""
    return compiled(folder, ALL)
