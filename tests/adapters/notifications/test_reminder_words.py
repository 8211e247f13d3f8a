"""What translators must mend before a reminder goes out, and how zones are called."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.files.reminder_words import problems
from adapters.files.zone_times import formatted, short_name, zone_of

TEMPLATES = Path(__file__).parents[3] / "templates"


@pytest.fixture
def templates(tmp_path):
    shutil.copytree(TEMPLATES / "reminder", tmp_path / "reminder")
    return tmp_path


def change(templates, locale="fr-ca", **texts):
    file = templates / "reminder" / f"{locale}.json"
    words = json.loads(file.read_bytes()) | texts
    file.write_text(json.dumps({key: text for key, text in words.items() if text is not None}))
    return [*problems(templates)]


def test_nothing_is_missing_in_any_locale():
    assert [*problems(TEMPLATES)] == []


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"button": None}, "button is missing"),
        ({"button": "  "}, "button is missing"),
        ({"button": 7}, "button is missing"),
        ({"buton": "Billets"}, "buton is none of the texts of a reminder"),
        ({"soon": "{bientot}"}, "soon must name nothing, each once, and names {bientot}"),
        ({"smsSale": "({vente})"}, "smsSale must name {sale}, each once, and names {vente}"),
        ({"smsCity": "à {city} {city}"}, "smsCity must name {city}, each once, and names {city}, {city}"),
        ({"at": "à {{time}}"}, "at must name {time}, each once, and names {time}"),
        ({"at": "à time"}, "at must name {time}, each once, and names nothing"),
        (
            {"smsShort": "{artist} {when}"},
            "smsShort must name {artist}, {when}, {link}, each once, and names {artist}, {when}",
        ),
    ],
)
def test_a_text_that_is_missing_or_speaks_of_something_else_is_told(templates, texts, said):
    assert change(templates, **texts) == [f"fr-ca.json: {said}"]


def test_a_locale_that_is_missing_or_that_nobody_reads_is_told(templates):
    (templates / "reminder/fr-ca.json").rename(templates / "reminder/fr-fr.json")
    assert [*problems(templates)] == ["fr-ca.json: is missing", "fr-fr.json: no fan is written to in fr-fr"]


@pytest.mark.parametrize("document", ["{", "[]", '"text"'])
def test_a_file_that_is_no_object_is_told(templates, document):
    (templates / "reminder/en-ca.json").write_text(document)
    [said] = problems(templates)
    assert said.startswith("en-ca.json: is no object of texts: ")


def test_the_first_zone_that_there_is():
    assert zone_of(None, "", "Mars", "America/Toronto", "UTC").key == "America/Toronto"
    assert zone_of(None, "Mars") is None


@pytest.mark.parametrize(
    ("zone", "locale", "name"),
    [
        ("America/Los_Angeles", "en-us", "PST"),
        ("America/St_Johns", "en-us", "NST"),
        ("Europe/Berlin", "en-us", "CET"),
        ("Asia/Tokyo", "fr-ca", "JST"),
        ("America/Sao_Paulo", "fr-ca", "UTC-3"),
        ("Asia/Kolkata", "en-us", "IST"),
        ("Pacific/Marquesas", "en-us", "UTC-9:30"),
        ("UTC", "en-us", "UTC"),
    ],
)
def test_every_zone_has_a_name_that_is_right(zone, locale, name):
    assert short_name(datetime(2026, 12, 4, 18, tzinfo=UTC).astimezone(zone_of(zone)), locale) == name


def test_times_are_written_in_blanks_that_phones_have():
    at = datetime(2026, 12, 4, 18, tzinfo=UTC)
    assert [formatted(at, pattern, "en-us") for pattern in ("h:mm\u202fa", "h:mm\u00a0a")] == ["6:00 PM", "6:00 PM"]
