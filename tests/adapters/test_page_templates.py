"""The pages' texts are complete in every language, and names in them stay names."""

import json
import shutil
from pathlib import Path

import pytest

from adapters.files.page_templates import PageTemplates, check
from domain.solicitation.pages import Page, expired_page

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "templates/pages", tmp_path / "pages")
    return tmp_path


def change(folder, locale, **texts):
    path = folder / "pages" / f"{locale}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **texts}))


def test_our_own_texts_have_no_fault():
    assert check(ROOT / "templates") == []
    assert PageTemplates(ROOT / "templates").locales == {"en", "en-US", "en-GB", "de", "fr", "ja"}


def test_translators_are_told_what_to_mend(folder):
    change(folder, "ja", extra="x", photosHint="写真", undo="{who} 再開")
    (folder / "pages/de.json").write_text(
        json.dumps({**json.loads((folder / "pages/de.json").read_text())} | {"up": ""})
    )
    texts = json.loads((folder / "pages/fr.json").read_text())
    del texts["given"]
    (folder / "pages/fr.json").write_text(json.dumps(texts))
    assert check(folder) == [
        "de.json: up is empty",
        "fr.json: given is missing",
        "ja.json: extra is none of the texts of a page",
        "ja.json: photosHint must name most",
        "ja.json: undo must name nothing",
    ]


def test_a_country_says_what_its_language_says_unless_it_says_otherwise(folder):
    change(folder, "en", expiredTitle="Too late")
    change(folder, "en-GB", expiredLead="Sorry about that")
    page = PageTemplates(folder).render(expired_page("en-GB"))
    assert "Too late" in page
    assert "Sorry about that" in page


def test_a_name_is_set_apart_and_never_markup(folder):
    shows = {"program": "<b>ياسمين</b>", "path": "/u/x"}
    page = PageTemplates(folder).render(Page("unsubscribe", "en", shows=shows))
    assert "<bdi>&lt;b&gt;ياسمين&lt;/b&gt;</bdi> will not email you again." in page


def test_braces_in_a_name_are_no_slot(folder):
    shows = {"program": "{customer}", "path": "/u/x"}
    assert "<bdi>{customer}</bdi> will not" in PageTemplates(folder).render(Page("unsubscribe", "en", shows=shows))


def test_the_policy_allows_the_one_style_there_is(folder):
    templates = PageTemplates(folder)
    before = templates.policy(expired_page("en"), "https://photos.example")
    (folder / "pages/page.css").write_text("p { color: red }")
    assert PageTemplates(folder).policy(expired_page("en"), "https://photos.example") != before
    assert "photos.example" not in before
