"""The mails that remind of a sale: readable by eye, ear and machine, and no name in them can do more than be read."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.reminder_mails import Poster, ReminderMails, poster_of
from domain.notifications.locales import KNOWN

TEMPLATES = Path(__file__).parents[3] / "templates"
MAILS = ReminderMails(TEMPLATES)
OUT = "https://links.example.com/u/token"
PRESALE = {
    "artistName": "Taylor Swift",
    "saleName": "Verified Fan Presale",
    "saleTime": "10:00 AM",
    "saleZone": "PST",
    "eventDay": "FRI",
    "eventDate": "MAR 12",
    "eventTime": "8:00 PM",
    "url": "https://bit.ly/3xYZ",
    "venueName": "SoFi Stadium",
    "venueCity": "Los Angeles",
    "venueStateCode": "CA",
    "brand": "Ticketmaster",
    "imageUrl": "https://img.example.com/e1.jpg?a=1&b=2",
    "imageWidth": "1024",
    "imageHeight": "576",
}
PUBLIC = {name: value for name, value in PRESALE.items() if name != "saleName"}


def mail(locale="en-us", **changed):
    variables = {name: value for name, value in {**PRESALE, **changed}.items() if value is not None}
    return MAILS.render(locale, variables, OUT)


class Read(HTMLParser):
    """What a strict reader of HTML finds: elements with their attributes, the texts people see, and what was left open."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.seen, self.title = [], [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        hidden = "display:none" in (dict(attributes).get("style") or "") or any(each[1] for each in self.open)
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
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


@pytest.mark.parametrize(
    ("locale", "variables", "line"),
    [
        ("en-us", PRESALE, "Taylor Swift: Verified Fan Presale starts at 10:00 AM PST"),
        ("en-us", PUBLIC, "Tickets for Taylor Swift go on sale at 10:00 AM PST"),
        ("en-ca", PUBLIC, "Tickets for Taylor Swift go on sale at 10:00 AM PST"),
        ("fr-ca", PRESALE, "Taylor Swift\N{NO-BREAK SPACE}: Verified Fan Presale, mise en vente à 10:00 AM PST"),
        ("fr-ca", PUBLIC, "Billets pour Taylor Swift\N{NO-BREAK SPACE}: mise en vente à 10:00 AM PST"),
        ("en-us", {"brand": "Ticketmaster"}, "Tickets for your event go on sale soon"),
        ("fr-ca", {}, "Billets pour votre événement\N{NO-BREAK SPACE}: mise en vente sous peu"),
    ],
)
def test_a_presale_is_named_and_a_public_sale_is_not(locale, variables, line):
    assert MAILS.render(locale, variables, OUT).subject == line


@pytest.mark.parametrize("locale", KNOWN)
def test_a_mail_is_well_formed_and_says_its_language(locale):
    made = mail(locale)
    read = Read(made.html)
    assert made.html.startswith("<!doctype html>")
    assert read.open == []
    assert [element["lang"] for element in read.all("html")] == [f"{locale[:2]}-{locale[3:].upper()}"]
    assert read.title == made.subject
    assert read.text.startswith(f"Ticketmaster {' '.join(made.subject.split())} ")
    assert not re.search(r"\{|\}\}|None", made.text)
    assert "prefers-color-scheme: dark" in made.html


@pytest.mark.parametrize("locale", KNOWN)
def test_both_parts_tell_the_sale_its_time_the_event_and_the_venue(locale):
    made = mail(locale)
    told = ("Verified Fan Presale", "10:00 AM PST", "FRI · MAR 12 · 8:00 PM", "SoFi Stadium, Los Angeles, CA")
    for text in (Read(made.html).text, made.text):
        assert [fact for fact in told if fact not in text] == []
    assert "Ticketmaster" in made.text


def test_what_a_row_of_the_list_is_about_is_a_header_of_its_row():
    read = Read(mail().html)
    assert [header["scope"] for header in read.all("th")] == ["row"] * 4
    assert [table.get("role") for table in read.all("table")].count("presentation") == len(read.all("table")) - 1


def test_the_text_part_reads_as_a_letter():
    assert mail().text == (
        "Taylor Swift: Verified Fan Presale starts at 10:00 AM PST\n\n"
        "You asked us to remind you, and it's almost time. Sign in a few minutes early so that you are ready when the sale opens."
        "\n\nSale: Verified Fan Presale\nOn sale: 10:00 AM PST\nEvent: FRI · MAR 12 · 8:00 PM\n"
        "Venue: SoFi Stadium, Los Angeles, CA\n\nGet your tickets\nhttps://bit.ly/3xYZ\n\n--\n"
        "Ticketmaster sent you this email because you asked to be reminded of this sale.\n"
        f"Stop these reminders\n{OUT}"
    )


def test_the_poster_is_shown_with_a_text_for_who_does_not_see_it():
    [poster] = Read(mail().html).all("img")
    assert (poster["src"], poster["alt"]) == (PRESALE["imageUrl"], "Poster: Taylor Swift")
    assert (poster["width"], poster["height"]) == ("480", "270")
    assert Read(mail("fr-ca").html).all("img")[0]["alt"] == "Affiche\N{NO-BREAK SPACE}: Taylor Swift"


@pytest.mark.parametrize(
    ("change", "poster"),
    [
        ({"imageWidth": "300", "imageHeight": "200"}, Poster(PRESALE["imageUrl"], 300, 200)),
        ({"imageWidth": "9000", "imageHeight": "2"}, Poster(PRESALE["imageUrl"], 480, 1)),
        ({"imageUrl": "http://img.example.com/e1.jpg"}, None),
        ({"imageUrl": "javascript:alert(1)"}, None),
        ({"imageUrl": ""}, None),
        ({"imageWidth": "0"}, None),
        ({"imageHeight": "tall"}, None),
        ({"imageHeight": ""}, None),
    ],
)
def test_a_poster_is_fetched_over_https_and_has_a_size(change, poster):
    assert poster_of({**PRESALE, **change}) == poster
    assert len(Read(mail(**change).html).all("img")) == (poster is not None)


@pytest.mark.parametrize("locale", KNOWN)
def test_a_mail_has_one_button_one_way_out_and_follows_nobody(locale):
    made = mail(locale)
    read = Read(made.html)
    assert [link["href"] for link in read.all("a")] == [PRESALE["url"], OUT]
    assert not [tag for tag, _ in read.elements if tag in ("script", "link", "iframe", "form", "object", "base")]
    assert not re.search(r"url\(|@import| on\w+=", made.html)
    assert re.findall(r"https?://[^\s\"<]+", made.text) == [PRESALE["url"], OUT]


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "data:text/html,x", "//example.com"])
def test_what_is_no_address_is_no_button(url):
    made = mail(url=url)
    assert [link["href"] for link in Read(made.html).all("a")] == [OUT]
    assert "Get your tickets" not in made.text + made.html


def test_an_event_of_which_little_is_known_is_told_as_far_as_it_is():
    made = MAILS.render("en-us", {"url": "https://bit.ly/3xYZ", "brand": "Ticketmaster"}, OUT)
    assert Read(made.html).all("th") == []
    assert "\n\n\n\n" not in made.text
    assert "Venue: Stadium\n" in MAILS.render("en-us", {"venueName": "Stadium"}, OUT).text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=x>', "{{ 7*7 }}{% if %}", "{artist}", "a&b"]
)
def test_a_name_is_only_ever_read(name):
    made = mail(artistName=name, saleName=name, venueName=name, brand=name)
    read = Read(made.html)
    assert read.open == []
    assert read.text.count(" ".join(name.split())) >= 4
    assert [len(read.all("script")), len(read.all("img"))] == [0, 1]
    assert read.all("img")[0]["alt"] == f"Poster: {name}"
    assert name in made.subject


def test_what_a_row_has_in_another_type_is_read_as_a_text():
    made = MAILS.render("en-us", {**PRESALE, "imageWidth": 1024, "imageHeight": 576, "artistName": 311}, OUT)
    assert made.subject.startswith("311: ")
    assert len(Read(made.html).all("img")) == 1


def test_a_text_of_ours_may_hold_what_html_would_take_for_its_own(tmp_path):
    shutil.copytree(TEMPLATES / "reminder", tmp_path / "reminder")
    file = tmp_path / "reminder/en-us.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"body": "Sign in & <b>wait</b>."}))
    made = ReminderMails(tmp_path).render("en-us", PRESALE, OUT)
    assert "Sign in & <b>wait</b>." in Read(made.html).text
    assert "Sign in & <b>wait</b>." in made.text


def test_a_name_from_right_to_left_is_kept_to_itself():
    made = mail(artistName="להקה")
    assert made.subject.startswith("\u2068להקה\u2069: Verified")
    assert "<bdi>להקה</bdi>" in made.html


def test_a_subject_is_short_enough_to_be_read():
    assert len(mail(artistName="A" * 200, saleName="S" * 200).subject) < 160


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([*PRESALE]), st.text(max_size=60)))
def test_any_variables_make_a_mail_that_is_well_formed(variables):
    made = MAILS.render("fr-ca", variables, OUT)
    read = Read(made.html)
    assert read.open == []
    assert not {*made.subject} & {"\r", "\n", "\u2028", "\u202e"}
    assert [link["href"] for link in read.all("a")][-1] == OUT
