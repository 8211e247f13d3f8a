"""The mails that go out: what they say in each locale, and that no name in them can do more than be read."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.mail_templates import MailTemplates, check
from domain.errors import Rejected
from domain.solicitation.mail import MailContent, MailLinks

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates"
TEMPLATES = MailTemplates(FOLDER)
LOCALES = ("de", "en", "en-GB", "en-US", "fr", "ja")
REVIEW, MUSIC = "review-request-v3", "track-feedback-v2"
EACH = [(template_id, locale) for template_id in (REVIEW, MUSIC) for locale in LOCALES]
LINKS = MailLinks(*(f"https://reviews.example.com/{route}/token-{route}" for route in "cohu"))


def content(subject="Copper Kettle", name="Ana Silva", program="Product Reviews"):
    return MailContent(subject, name, program, "US", LINKS)


def render(*, template_id=REVIEW, locale="en-US", **names):
    return TEMPLATES.render(template_id, locale, content(**names))


class Read(HTMLParser):
    """What a strict reader of HTML finds: elements with their attributes, the texts people see, and what was left open."""

    VOID = ("meta", "img")

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.seen, self.title = [], [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        hidden = "display:none" in (dict(attributes).get("style") or "") or any(each[1] for each in self.open)
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if "title" in tags:
            self.title += data
        elif "body" in tags and not any(hidden for _, hidden in self.open):
            self.seen.append(data)

    def all(self, tag):
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def text(self):
        return " ".join("".join(self.seen).split())


def test_the_templates_are_those_that_the_programs_name():
    programs = [yaml.safe_load(path.read_text()) for path in (ROOT / "programs").glob("*.yaml")]
    named = {channel["config"].get("templateId") for program in programs for channel in program["channels"]}
    assert named - {None} <= TEMPLATES.ids() == {REVIEW, MUSIC}
    spoken = {place["locale"] for program in programs for place in program["marketplaces"]}
    assert all(spoken <= TEMPLATES.locales(template_id) == {*LOCALES} for template_id in TEMPLATES.ids())


def test_nothing_is_missing_in_any_locale():
    assert check(FOLDER) == []


@pytest.mark.parametrize(
    ("template_id", "line", "button"),
    [
        (REVIEW, "How was your Copper Kettle?", "Write a Review"),
        (MUSIC, "What did you think of Copper Kettle?", "Share Your Thoughts"),
    ],
)
@pytest.mark.parametrize("locale", ["en-US", "en-GB", "en", "en-IN", "pt-BR"])
def test_in_english_it_asks_and_offers_in_the_words_of_the_seed(template_id, line, button, locale):
    mail = render(template_id=template_id, locale=locale)
    assert mail.subject == line
    assert f">{button}</a>" in mail.html
    assert f"\n{button}\n{LINKS.answer}\n" in mail.text


@pytest.mark.parametrize(
    ("template_id", "locale", "line", "button"),
    [
        (REVIEW, "de", "Wie gefällt Ihnen Copper Kettle?", "Bewertung schreiben"),
        (REVIEW, "fr", "Copper Kettle\N{NO-BREAK SPACE}: qu’en pensez-vous\N{NO-BREAK SPACE}?", "Écrire un avis"),
        (REVIEW, "ja", "「Copper Kettle」はいかがでしたか？", "レビューを書く"),
        (MUSIC, "de", "Wie hat Ihnen „Copper Kettle“ gefallen?", "Meinung teilen"),
        (MUSIC, "fr", "Copper Kettle\N{NO-BREAK SPACE}: qu’en avez-vous pensé\N{NO-BREAK SPACE}?", "Donner mon avis"),
        (MUSIC, "ja", "「Copper Kettle」はいかがでしたか？", "感想を送る"),
    ],
)
def test_each_language_has_its_own_words(template_id, locale, line, button):
    mail = render(template_id=template_id, locale=locale)
    assert mail.subject == line
    assert f">{button}</a>" in mail.html
    assert button in mail.text


@pytest.mark.parametrize(("template_id", "locale"), EACH)
def test_a_mail_is_well_formed_and_says_its_language(template_id, locale):
    mail = render(template_id=template_id, locale=locale)
    read = Read(mail.html)
    assert read.open == []
    assert [element["lang"] for element in read.all("html")] == [locale]
    assert read.title == mail.subject
    assert "[[" not in mail.html + mail.text
    assert "[#" not in mail.html + mail.text


@pytest.mark.parametrize(("template_id", "locale"), EACH)
def test_both_parts_say_the_same(template_id, locale):
    mail = render(template_id=template_id, locale=locale)
    spoken = " ".join(line for line in mail.text.split("\n") if not line.startswith(("https:", "--")))
    assert Read(mail.html).text == " ".join(f"Product Reviews {_headline_first(spoken, mail.subject)}".split())


def _headline_first(text, line):
    """The HTML part's headline stands before the greeting."""
    greeting, _, rest = text.partition(line)
    return f"{line} {greeting} {rest}"


@pytest.mark.parametrize(("template_id", "locale"), EACH)
def test_a_mail_leads_only_to_our_pages_and_fetches_only_the_pixel(template_id, locale):
    mail = render(template_id=template_id, locale=locale)
    read = Read(mail.html)
    assert [link["href"] for link in read.all("a")] == [LINKS.answer, LINKS.trap, LINKS.unsubscribe]
    assert [(image["src"], image["alt"]) for image in read.all("img")] == [(LINKS.pixel, "")]
    assert not [tag for tag, _ in read.elements if tag in ("script", "link", "iframe", "form", "object", "base")]
    assert not re.search(r"url\(|@import", mail.html)
    assert re.findall(r"https?://[^\s\"<]+", mail.text) == [LINKS.answer, LINKS.unsubscribe]


def test_only_scanners_find_the_trap():
    [trap] = [link for link in Read(render().html).all("a") if link["href"] == LINKS.trap]
    assert (trap["aria-hidden"], trap["tabindex"]) == ("true", "-1")
    assert trap["style"].startswith("display:none")


@pytest.mark.parametrize("name", [None, "", "\r\n", "\u200b"])
@pytest.mark.parametrize(("template_id", "locale"), EACH)
def test_without_a_name_the_greeting_does_without(template_id, locale, name):
    mail = render(template_id=template_id, locale=locale, name=name)
    texts = json.loads((FOLDER / "mail" / template_id / f"{locale}.json").read_text())
    assert mail.text.startswith(texts["greetingUnnamed"] + "\n")
    assert texts["greetingUnnamed"] in Read(mail.html).text


@pytest.mark.parametrize(("template_id", "locale"), EACH)
def test_a_subject_without_a_name_is_asked_for_as_what_it_is(template_id, locale):
    mail = render(template_id=template_id, locale=locale, subject=None)
    texts = json.loads((FOLDER / "mail" / template_id / f"{locale}.json").read_text())
    assert mail.subject == texts["askUnnamed"]
    assert " ".join(texts["askUnnamed"].split()) in Read(mail.html).text
    assert texts["askUnnamed"] in mail.text.split("\n")


@pytest.mark.parametrize(
    "hostile",
    [
        "{{subject}}",
        "{{ links.unsubscribe }}",
        "{subject}{name}{program}",
        "{% raw %}{# #}{%",
        "[[ text.body ]] [# #] [%",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style><!-- <![endif]-->",
        "&lt;b&gt; &amp; &#x27;",
        "%s %(subject)s ${subject} \\1 \\g<0>",
    ],
)
@pytest.mark.parametrize(("template_id", "locale"), [(REVIEW, "en-US"), (MUSIC, "fr")])
def test_a_hostile_name_arrives_as_it_was_typed_and_does_nothing(hostile, template_id, locale):
    mail = render(template_id=template_id, locale=locale, subject=hostile, name=hostile, program=hostile)
    plain = render(template_id=template_id, locale=locale)
    assert hostile in mail.subject
    assert mail.text.count(hostile) == 3
    read = Read(mail.html)
    assert " ".join(hostile.split()) in read.title
    assert read.text.count(" ".join(hostile.split())) == 4
    assert read.elements == Read(plain.html).elements


@given(*[st.text(st.characters(exclude_categories=[]), max_size=300)] * 3)
def test_whatever_the_names_are_the_mail_keeps_its_lines_and_elements(subject, name, program):
    mail = render(subject=subject, name=name, program=program)
    assert len(mail.subject.splitlines()) == 1
    assert len(mail.text.split("\n")) == len(render().text.split("\n"))
    assert elements(mail) == elements(render())
    (mail.subject + mail.html + mail.text).encode()


def test_line_ends_in_a_name_start_no_header():
    assert (
        render(subject="Kettle\r\nBcc: everyone@example.com").subject
        == "How was your Kettle Bcc: everyone@example.com?"
    )


def test_a_long_name_is_shortened_in_the_subject_line_more_than_below():
    mail = render(subject="Kettle " * 20)
    assert mail.subject == f"How was your {'Kettle ' * 8}Ket…?"
    assert f"How was your {'Kettle ' * 19}Kettle?" in Read(mail.html).text
    assert f"\nHow was your {'Kettle ' * 19}Kettle?\n" in mail.text


def test_a_name_of_a_megabyte_makes_no_long_mail():
    mail = render(subject="x" * 1_000_000, name="é" * 1_000_000)
    assert len(mail.subject) < 80
    assert len(mail.html) < 8_000


def test_a_name_that_runs_from_right_to_left_does_not_turn_our_question_mark_around():
    mail = render(subject="كتاب 2", name="ياسمين")
    assert mail.subject == "How was your \u2068كتاب 2\u2069?"
    assert "Hi \u2068ياسمين\u2069,\n" in mail.text
    assert "How was your <bdi>كتاب 2</bdi>?</h1>" in mail.html
    assert "Hi <bdi>ياسمين</bdi>,</p>" in mail.html


def test_a_template_that_is_not_there_is_rejected_and_those_there_are_named():
    for missing in ("review-request", "", "..", "layout.html"):
        with pytest.raises(Rejected, match=f"{REVIEW}, {MUSIC}"):
            render(template_id=missing)


def test_texts_are_read_once_a_process(tmp_path):
    folder = copied(tmp_path)
    templates = MailTemplates(folder)
    before = templates.render(REVIEW, "de", content())
    changed(folder, REVIEW, "de", button="Anders")
    assert MailTemplates(folder).render(REVIEW, "de", content()) == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"button": None}, "button is missing"),
        ({"button": " "}, "button is missing"),
        ({"button": 7}, "button is missing"),
        ({"boton": "x"}, "boton is none of the texts of a mail"),
        ({"ask": "Wie war es?"}, "ask must name {subject}, and names nothing"),
        ({"ask": "Wie war {sujet}?"}, "ask must name {subject}, and names {sujet}"),
        ({"ask": "Wie war {{subject}}?"}, "ask must name {subject}, and names {{subject}}"),
        ({"ask": "Wie war {subject?"}, "ask must name {subject}, and names {subject?"),
        ({"ask": "{subject}, {subject}"}, "ask must name {subject}, and names {subject}, {subject}"),
        ({"body": "Liebe {name}"}, "body must name nothing in braces, and names {name}"),
        ({"body": "{% raw %}"}, "body must name nothing in braces, and names {% raw %}"),
    ],
)
def test_a_text_that_a_translator_must_mend_is_found(tmp_path, change, problem):
    folder = copied(tmp_path)
    changed(folder, REVIEW, "de", **change)
    assert check(folder) == [f"{REVIEW}/de.json: {problem}"]


def test_a_file_that_is_no_texts_is_found(tmp_path):
    folder = copied(tmp_path)
    (folder / "mail" / MUSIC / "fr.json").write_text("{")
    (folder / "mail" / MUSIC / "ja.json").write_text("[]")
    (folder / "mail" / MUSIC / "en.json").unlink()
    missing, broken, other = check(folder)
    assert missing == f"{MUSIC}/en.json: is missing"
    assert broken.startswith(f"{MUSIC}/fr.json: is no object of texts: Expecting property name")
    assert other == f"{MUSIC}/ja.json: is no object of texts: []"


def elements(mail):
    """All but those that set a name apart."""
    return [each for each in Read(mail.html).elements if each[0] != "bdi"]


def copied(tmp_path):
    shutil.copytree(FOLDER / "mail", tmp_path / "mail")
    return tmp_path


def changed(folder, template_id, locale, **texts):
    path = folder / "mail" / template_id / f"{locale}.json"
    document = json.loads(path.read_text()) | texts
    path.write_text(json.dumps({key: text for key, text in document.items() if text is not None}))
