"""The texts and the file `messages` of the asset in, the words of reminders out: read once by a process, kept by sale."""

from functools import cache

from adapters.files import rule_files
from adapters.files.reminder_texts import ReminderTexts
from domain.notifications.messages import MessageRules
from handlers.notifications.rules import folder


@cache
def texts() -> ReminderTexts:
    """By the file's budget and brands. Rejected: a key of it, and what is wrong with it."""
    said = MessageRules.of(rule_files.read(folder(), "messages"))
    return ReminderTexts(folder().parent / "templates", said.budget, said.brands)
