"""`ovation sms lint`: what a text costs and why, and what must be mended before it goes out."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.sms_lint import app
from domain.notifications.locales import KNOWN

ROOT = Path(__file__).parents[2]
PRESALE = (
    "It's almost time! Tickets for Taylor Swift Verified Fan Presale in Los Angeles will be going on sale at 10:00 AM PST."
    " Get your tickets with Ticketmaster: bit.ly/3xYZ"
)


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "templates/reminder", tmp_path / "templates/reminder")
    shutil.copytree(ROOT / "notifications", tmp_path / "notifications")
    return tmp_path


def lint(project, *words):
    run = CliRunner().invoke(app, ["lint", "--folder", str(project), *words], env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
    return run


def linted(project, *words):
    run = lint(project, "--json", *words)
    return run.exit_code, json.loads(run.stdout)


def change(project, locale, **texts):
    file = project / f"templates/reminder/{locale}.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | texts))


def test_our_own_texts_need_no_mending():
    code, said = linted(ROOT)
    assert (code, said["problems"]) == (0, [])
    assert {text["locale"] for text in said["texts"]} == {*KNOWN}
    assert all(text["parts"] <= said["budget"] for text in said["texts"])


def test_a_budget_of_one_part_is_kept_too():
    code, said = linted(ROOT, "--budget", "1")
    assert (code, {text["parts"] for text in said["texts"]}) == (0, {1})


def test_the_seeds_presale_is_counted_and_priced(project):
    (project / "notifications/messages.yaml").write_text(
        "budgetParts: 2\nbrands: {TM_: Ticketmaster}\npricePerPart: {US: {amount: 0.0075, currency: USD}}\n"
    )
    _, said = linted(project, "--locale", "en-us")
    [text] = [text for text in said["texts"] if text["case"] == "presale"]
    assert text == {
        "locale": "en-us",
        "case": "presale",
        "sms": PRESALE,
        "encoding": "GSM-7",
        "units": 165,
        "parts": 2,
        "left": 141,
        "dropped": [],
        "outside": [],
        "currency": "USD",
        "price": "0.0150",
        "priceOfAll": "750.0000",
    }


def test_characters_that_were_replaced_are_named():
    _, said = linted(ROOT, "--locale", "fr-ca")
    named = {text["case"]: text["outside"] for text in said["texts"]}
    assert "U+2019 RIGHT SINGLE QUOTATION MARK" in named["special characters"]
    assert "U+1F3B8 GUITAR" in named["special characters"]
    assert "U+5B87 CJK UNIFIED IDEOGRAPH-5B87" in named["another script"]
    assert named["presale"] == []


def test_one_typographic_apostrophe_of_ours_must_be_mended(project):
    change(
        project,
        "en-us",
        sms=json.loads((project / "templates/reminder/en-us.json").read_bytes())["sms"].replace("'", "’"),
    )
    code, said = linted(project)
    assert (code, said["problems"]) == (1, ["en-us.json: sms: not in GSM-7: U+2019 RIGHT SINGLE QUOTATION MARK"])
    assert linted(project, "--locale", "fr-ca")[0] == 0


def test_an_accent_that_french_phones_do_not_have_must_be_mended(project):
    change(project, "fr-ca", soon="bientôt")
    run = lint(project)
    assert run.exit_code == 1
    assert "fr-ca.json: soon: not in GSM-7: U+00F4 LATIN SMALL LETTER O WITH CIRCUMFLEX" in run.stderr


def test_a_brand_is_one_of_our_words(project):
    file = project / "notifications/messages.yaml"
    file.write_text(file.read_text().replace("TM_: Ticketmaster", "TM_: Ticketmaster™"))
    code, said = linted(project)
    assert (code, said["problems"]) == (1, ["messages.yaml: brands: TM_: not in GSM-7: U+2122 TRADE MARK SIGN"])


def test_a_text_that_cannot_keep_to_its_budget_must_be_mended(project):
    change(
        project,
        "en-ca",
        sms="It is time " * 30 + "{artist}{sale}{city}{when}{brand} {link}",
        smsShort="It is time " * 30 + "{artist} {when} {link}",
    )
    code, said = linted(project)
    assert code == 1
    assert "en-ca.json: sms: public takes 3 parts, and may take 2" in said["problems"]


def test_data_of_the_templates_is_looked_at_first(project):
    change(project, "fr-ca", greeting="Bonjour")
    (project / "templates/reminder/en-ca.json").unlink()
    code, said = linted(project)
    assert (code, said["texts"]) == (1, [])
    assert said["problems"] == ["en-ca.json: is missing", "fr-ca.json: greeting is none of the texts of a reminder"]


def test_the_table_can_be_read_on_80_columns(project):
    run = lint(project, "--locale", "en-us")
    assert run.exit_code == 0
    assert max(map(len, run.stdout.splitlines())) <= 80
    [presale] = [line for line in run.stdout.splitlines() if "en-us presale" in line]
    assert presale.replace("│", "").split() == [
        "en-us",
        "presale",
        "GSM-7",
        "2",
        "141",
        "USD",
        "0.0200",
        "USD",
        "1,000",
    ]
    assert "U+2019 RIGHT SINGLE QUOTATION MARK" in run.stdout
    assert "no room for: sale" in run.stdout


def test_a_country_without_a_price_has_none(project):
    (project / "notifications/messages.yaml").write_text(
        "budgetParts: 2\nbrands: {TM_: Ticketmaster}\npricePerPart: {}\n"
    )
    assert linted(project)[1]["texts"][0]["price"] is None
    assert "USD" not in lint(project).stdout


@pytest.mark.parametrize("words", [["--locale", "de-de"]])
def test_a_locale_that_nobody_is_written_in_is_bad_input(words):
    run = lint(ROOT, *words)
    assert (run.exit_code, run.stdout) == (2, "")
    assert "no fan is written to in 'de-de'; there are: en-us, en-ca, fr-ca" in run.stderr


@pytest.mark.parametrize(
    ("document", "said"),
    [(None, "is missing"), ("budgetParts: 0", "budgetParts"), ("- a", "must be a mapping"), ("a: [", "")],
)
def test_rules_that_cannot_be_read_are_bad_input(project, document, said):
    file = project / "notifications/messages.yaml"
    file.unlink() if document is None else file.write_text(document)
    run = lint(project)
    assert (run.exit_code, said in run.stderr) == (2, True)
