"""People before the pages: in a real browser, on a small phone, without JavaScript, by keyboard alone, with photos."""

import re
from datetime import timedelta

import pytest
from pages_world import EXPIRES, NOON, REVIEWS, TRACKS
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def address(pages, delivery, purpose="answer"):
    route = {"answer": "r", "click": "c", "unsubscribe": "u"}[purpose]
    return f"{pages.url}/{route}/{pages.world.token(delivery, purpose)}"


def kept(world, customer):
    return next((answer for answer in world.responses() if answer["customer"] == customer), None)


def test_a_review_is_written_on_a_small_phone_from_the_mails_button_to_the_thanks(pages, page, shots):
    delivery = pages.world.asked(customer="phone")
    page.goto(address(pages, delivery, "click"))
    expect(page.get_by_role("heading", level=1)).to_have_text("How was your Paper Lanterns & Co?")
    page.locator("label", has_text="4 stars: very good").click()
    page.get_by_label("Your review").fill("Warm light.\nAnd quiet.")
    page.screenshot(path=shots / "review-phone.png", full_page=True)
    page.get_by_role("button", name="Submit Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    expect(page.get_by_role("img", name="4 stars: very good")).to_be_visible()
    page.screenshot(path=shots / "thanks-phone.png", full_page=True)
    assert (kept(pages.world, "phone")["stars"], kept(pages.world, "phone")["text"]) == (4, "Warm light.\nAnd quiet.")


def test_feedback_is_given_on_a_small_phone(pages, page, shots):
    page.goto(address(pages, pages.world.asked(TRACKS, "listener")))
    for label in ("Thumbs up", "Jazz", "R&B"):
        page.locator("label", has_text=label).click()
    page.get_by_label("Your comment").fill("Again!")
    page.screenshot(path=shots / "feedback-phone.png", full_page=True)
    page.get_by_role("button", name="Share Your Thoughts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    page.screenshot(path=shots / "thanks-feedback-phone.png", full_page=True)
    said = kept(pages.world, "listener")
    assert (said["thumb"], said["tags"], said["text"]) == ("up", ["jazz", "r-and-b"], "Again!")


def test_going_back_and_sending_another_answer_shows_the_first(pages, page, shots):
    page.goto(address(pages, pages.world.asked(customer="twice")))
    page.get_by_role("radio", name="5 stars").check(force=True)
    page.get_by_role("button", name="Submit Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have already answered")
    expect(page.get_by_role("img", name="5 stars: excellent")).to_be_visible()
    page.screenshot(path=shots / "answered-phone.png", full_page=True)
    assert kept(pages.world, "twice")["stars"] == 5


def test_a_second_tab_that_sends_later_is_shown_the_first_answer(pages, context):
    delivery = pages.world.asked(customer="tabs")
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(address(pages, delivery))
    for page, stars in ((first, "2 stars"), (second, "5 stars")):
        page.get_by_role("radio", name=stars).check(force=True)
        page.get_by_role("button", name="Submit Review").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("You have already answered")
    expect(second.get_by_role("img", name="2 stars: fair")).to_be_visible()


def test_a_review_without_stars_says_what_is_missing_where_it_is_missing_and_keeps_the_text(pages, page, shots):
    page.goto(address(pages, pages.world.asked(customer="hasty")))
    page.get_by_label("Your review").fill("Words first")
    page.get_by_role("button", name="Submit Review").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("alert")).to_contain_text("Please choose 1 to 5 stars.")
    expect(page.get_by_role("radiogroup")).to_contain_text("Please choose 1 to 5 stars.")
    expect(page.get_by_role("radio", name="1 star")).to_be_focused()
    expect(page.get_by_label("Your review")).to_have_value("Words first")
    page.screenshot(path=shots / "error-phone.png", full_page=True)
    page.get_by_role("radio", name="3 stars").check(force=True)
    page.get_by_role("button", name="Submit Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    assert kept(pages.world, "hasty")["text"] == "Words first"


def test_a_review_can_be_written_with_the_keyboard_alone(pages, browser):
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(address(pages, pages.world.asked(customer="keys")))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="1 star")).to_be_checked()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="4 stars")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    for _ in range(12):  # past the photos
        page.keyboard.press("Tab")
        if page.locator("button:focus", has_text="Submit Review").count():
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    assert (kept(pages.world, "keys")["stars"], kept(pages.world, "keys")["text"]) == (4, "By keyboard")
    context.close()


def test_feedback_can_be_given_with_the_keyboard_alone(pages, browser):
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(address(pages, pages.world.asked(TRACKS, "keys2")))
    for key in ("Tab", "Space", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("Not for me")
    for key in ("Tab", "Space", "Tab", "Tab", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    said = kept(pages.world, "keys2")
    assert (said["thumb"], said["text"], said["tags"]) == ("down", "Not for me", ["classical", "electronic"])
    context.close()


def test_a_photo_is_uploaded_while_the_text_stays_and_goes_with_the_answer(pages, page, picture, shots):
    delivery = pages.world.asked(customer="photos")
    page.goto(address(pages, delivery))
    page.get_by_role("radio", name="5 stars").check(force=True)
    page.get_by_label("Your review").fill("See the picture")
    frame = page.frame_locator("iframe[name=photos]")
    for number in (1, 2):
        frame.get_by_label("Choose a Photo").set_input_files(picture)
        frame.get_by_role("button", name="Upload Photo").click()
        shown = frame.get_by_role("img", name=f"Photo {number}")
        expect(shown).to_be_visible()
        expect(shown).to_have_js_property("naturalWidth", 320)  # it is not only there: it is the picture
    expect(page.get_by_label("Your review")).to_have_value("See the picture")
    page.screenshot(path=shots / "photos-phone.png", full_page=True)
    page.get_by_role("button", name="Submit Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    expect(frame.get_by_role("img", name="Photo 2")).to_be_visible()
    said = kept(pages.world, "photos")
    assert [key.rpartition("/")[2][:2] for key in said["photos"]] == ["1-", "2-"]
    assert said["text"] == "See the picture"


def test_photos_can_be_added_after_the_answer(pages, page, picture):
    delivery = pages.world.asked(customer="later")
    page.goto(address(pages, delivery))
    page.get_by_role("radio", name="5 stars").check(force=True)
    page.get_by_role("button", name="Submit Review").click()
    frame = page.frame_locator("iframe[name=photos]")
    frame.get_by_label("Choose a Photo").set_input_files(picture)
    frame.get_by_role("button", name="Upload Photo").click()
    expect(frame.get_by_role("img", name="Photo 1")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_by_the_bucket_and_nothing_typed_is_lost(pages, page, tmp_path):
    delivery = pages.world.asked(customer="large")
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8\xff" + bytes(5 * 1024 * 1024))
    page.goto(address(pages, delivery))
    page.get_by_label("Your review").fill("Still here")
    frame = page.frame_locator("iframe[name=photos]")
    frame.get_by_label("Choose a Photo").set_input_files(tmp_path / "large.jpg")
    frame.get_by_role("button", name="Upload Photo").click()
    expect(frame.get_by_text("EntityTooLarge").first).to_be_attached()
    expect(page.get_by_label("Your review")).to_have_value("Still here")
    page.get_by_role("link", name="Show the photos again").click()
    expect(frame.get_by_label("Choose a Photo")).to_be_visible()
    assert pages.world.s3.list_objects_v2(Bucket=pages.world.bucket, Prefix=f"photos/{delivery}/")["KeyCount"] == 0


def test_an_upload_that_calls_itself_something_else_is_refused_by_the_bucket(pages, page, picture):
    delivery = pages.world.asked(customer="liar")
    page.goto(f"{address(pages, delivery)}/photos")
    for field, lie in (("Content-Type", "text/html"), ("key", f"photos/{delivery}/9-mine")):
        page.reload()
        page.locator(f"input[name='{field}']").evaluate(f"field => {{ field.value = '{lie}' }}")
        page.get_by_label("Choose a Photo").set_input_files(picture)
        page.get_by_role("button", name="Upload Photo").click()
        expect(page.get_by_text("AccessDenied").first).to_be_attached()
        page.go_back()
    assert pages.world.s3.list_objects_v2(Bucket=pages.world.bucket, Prefix=f"photos/{delivery}/")["KeyCount"] == 0


def test_an_expired_link_says_so_in_the_language_of_its_mail(pages, page, shots):
    delivery = pages.world.asked(customer="late", locale="de")
    pages.at = EXPIRES + timedelta(days=1)
    page.goto(address(pages, delivery))
    expect(page.get_by_role("heading", level=1)).to_have_text("Dieser Link ist abgelaufen")
    page.screenshot(path=shots / "expired-phone.png", full_page=True)


def test_a_link_cut_in_half_says_so(pages, page, shots):
    page.goto(address(pages, pages.world.asked(customer="cut"))[:-20])
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    page.screenshot(path=shots / "forged-phone.png", full_page=True)


def test_leaving_and_coming_back_take_one_press_each(pages, page, shots):
    delivery = pages.world.asked(customer="leaver")

    def opted_out():
        return (
            pages.world.items("customers").get(("CUSTOMER#leaver", "PROGRAM#small-reviews"), {}).get("optedOut", False)
        )

    page.goto(address(pages, delivery, "unsubscribe"))
    page.screenshot(path=shots / "unsubscribe-phone.png", full_page=True)
    assert not opted_out()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    page.screenshot(path=shots / "unsubscribed-phone.png", full_page=True)
    assert opted_out()
    page.get_by_role("button", name="Subscribe Again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed again")
    assert not opted_out()


def test_a_page_asks_nothing_of_anybody_else_and_breaks_none_of_its_own_rules(pages, browser, picture):
    context = browser.new_context()
    page = context.new_page()
    asked, complaints = set(), []
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    page.on("console", lambda message: complaints.append(message))
    page.goto(address(pages, pages.world.asked(customer="watched")))
    frame = page.frame_locator("iframe[name=photos]")
    frame.get_by_label("Choose a Photo").set_input_files(picture)
    frame.get_by_role("button", name="Upload Photo").click()
    expect(frame.get_by_role("img", name="Photo 1")).to_be_visible()
    page.get_by_role("radio", name="5 stars").check(force=True)
    page.get_by_role("button", name="Submit Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    photos = pages.world.s3.meta.endpoint_url.split("/")[2]
    assert asked == {pages.url.split("/")[2], photos}
    # A browser looks for an icon by itself.
    assert [each.text for each in complaints if not each.location["url"].endswith("/favicon.ico")] == []
    context.close()


def test_a_strange_site_cannot_put_the_form_into_a_frame(pages, browser):
    context = browser.new_context()
    page = context.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.set_content(f'<iframe src="{address(pages, pages.world.asked(customer="framed"))}"></iframe>')
    page.wait_for_timeout(300)
    assert any("frame-ancestors" in text for text in refused)
    context.close()


@pytest.mark.parametrize("locale", ["en-US", "de", "fr", "ja"])
@pytest.mark.parametrize("program", [REVIEWS, TRACKS], ids=lambda program: program.id)
def test_no_page_needs_sideways_scrolling_on_the_smallest_phone(pages, page, shots, locale, program):
    name = "Donaudampfschifffahrtsgesellschaftskapitänsmützenhalterung"
    delivery = pages.world.asked(program, f"narrow-{locale}", locale=locale, subjectName=name)
    pages.at = NOON
    path = address(pages, delivery)
    for visit in (path, f"{path}/photos", address(pages, delivery, "unsubscribe")):
        page.goto(visit)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator("html").get_attribute("lang") == locale
    page.goto(path)
    page.screenshot(path=shots / f"{program.id}-{locale}-phone.png", full_page=True)
