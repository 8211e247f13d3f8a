"""Functions write what the project's files say."""

from adapters.files.reminder_words import problems
from adapters.files.rule_files import read
from handlers.notifications.rules import folder
from handlers.notifications.rules.words import texts


def test_the_budget_and_the_brands_are_those_of_the_file():
    file = read(folder(), "messages")
    assert (texts().budget, dict(texts().brands)) == (file["budgetParts"], file["brands"])
    assert [*problems(texts().folder)] == []
