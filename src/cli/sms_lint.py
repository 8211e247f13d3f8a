"""`ovation sms lint`: what each text of a reminder costs as SMS, which characters make it dear, and what must be mended."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from adapters.files.reminder_samples import samples
from adapters.files.reminder_texts import ReminderTexts
from adapters.files.reminder_words import ON_PHONES, problems, read_words
from adapters.files.rule_files import read
from cli.console import BAD_INPUT, FAILED, AsJson, err, give_up, out, print_json
from domain.errors import OvationError, Rejected
from domain.notifications.linting import RECIPIENTS, Linted, broken, dear_words, linted
from domain.notifications.locales import KNOWN
from domain.notifications.messages import MOST_PARTS, MessageRules
from domain.notifications.rendering import names_of
from domain.notifications.sms_parts import named

app = typer.Typer(name="sms", help="The texts of reminders: their parts and their price.", no_args_is_help=True)
Only = Annotated[str | None, typer.Option("--locale", help="Only this one, such as fr-ca.")]
Budget = Annotated[
    int | None, typer.Option("--budget", min=1, max=MOST_PARTS, help="Parts an SMS may take, instead of budgetParts.")
]
Project = Annotated[Path, typer.Option("--folder", help="The project, with its templates and notifications.")]
MARKETS = {"en-us": "TM_US"}  # whose brand the samples name; all other locales are Canada's


@app.callback()
def sms() -> None:
    """The texts of reminders: their parts and their price."""


@app.command()
def lint(
    locale: Only = None,
    budget: Budget = None,
    folder: Project = Path(),
    as_json: AsJson = False,
) -> None:
    """Count parts, room and price of the texts in templates/reminder, with plain samples and with the worst names.

    Prices are those of notifications/messages.yaml. Exit code 1: a text must be mended. Exit code 2: nothing to look at.
    """
    try:
        rules = MessageRules.of(read(folder.absolute() / "notifications", "messages"))
        locales = _wanted(locale)
    except OvationError as reason:
        give_up(reason, BAD_INPUT)
    budget = budget or rules.budget
    wrong = [*problems(folder / "templates")]
    texts = [] if wrong else [it for each in locales for it in _linted(folder / "templates", each, budget, rules)]
    wrong += broken(texts, budget)
    if not wrong:
        wrong += _dear(folder / "templates", locales, rules)
    print_json(_document(texts, wrong, budget)) if as_json else _show(texts, wrong, budget)
    raise typer.Exit(FAILED if wrong else 0)


def _wanted(locale: str | None) -> tuple[str, ...]:
    if locale is not None and locale.lower() not in KNOWN:
        raise Rejected(f"no fan is written to in {locale!r}; there are: {', '.join(KNOWN)}")
    return (locale.lower(),) if locale else KNOWN


def _linted(templates: Path, locale: str, budget: int, rules: MessageRules) -> list[Linted]:
    texts, found = ReminderTexts(templates, budget, rules.brands), []
    for it in samples(locale):
        made = texts.render(it.event, it.sale, locale, MARKETS.get(locale, "TM_CA"), it.link)
        names = "".join(name or "" for name in names_of(it.event, it.sale))
        found.append(linted(locale, it.case, made, names, rules.price(locale)))
    return found


def _dear(templates: Path, locales: tuple[str, ...], rules: MessageRules) -> list[str]:
    found = [*dear_words("messages.yaml: brands", rules.brands)]
    for locale in locales:
        words = read_words(templates, locale)
        found += dear_words(f"{locale}.json", {key: words[key] for key in ON_PHONES})
    return found


def _document(texts: list[Linted], wrong: list[str], budget: int) -> dict[str, Any]:
    return {"budget": budget, "recipients": RECIPIENTS, "texts": [_of_one(it) for it in texts], "problems": wrong}


def _of_one(it: Linted) -> dict[str, Any]:
    return {
        "locale": it.locale,
        "case": it.case,
        "sms": it.sms,
        "encoding": it.measure.encoding,
        "units": it.measure.units,
        "parts": it.measure.parts,
        "left": it.measure.left,
        "dropped": list(it.dropped),
        "outside": [named(character) for character in it.outside],
        "currency": it.price.currency if it.price else None,
        "price": _plainly(it.one),
        "priceOfAll": _plainly(it.all),
    }


def _show(texts: list[Linted], wrong: list[str], budget: int) -> None:
    if texts:
        out.print(_table(texts, budget))
        for character in sorted({character for it in texts for character in it.outside}):
            out.print(named(character), style="dim", markup=False, highlight=False)
    for line in wrong:
        err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


def _table(texts: list[Linted], budget: int) -> Table:
    table = Table("text", title=f"SMS of at most {budget} part{'s' * (budget > 1)}", title_justify="left")
    table.add_column("encoding", no_wrap=True)
    for name in ("parts", "left", "for 1", f"for {RECIPIENTS:,}"):
        table.add_column(name, justify="right", no_wrap=True)
    for it in texts:
        cell = Text(f"{it.locale} {it.case}", overflow="fold").append("".join(f"\n{note}" for note in it.notes), "dim")
        prices = (_with_currency(it, it.one, "{:.4f}"), _with_currency(it, it.all, "{:,.0f}"))
        table.add_row(cell, it.measure.encoding, str(it.measure.parts), str(it.measure.left), *prices)
    table.caption = "left: how many more characters fit before another part is due"
    return table


def _with_currency(it: Linted, amount: Decimal | None, form: str) -> str:
    return "-" if amount is None or it.price is None else f"{it.price.currency} {form.format(amount)}"


def _plainly(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
