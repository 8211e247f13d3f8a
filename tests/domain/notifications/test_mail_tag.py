"""A notification's key travels in a mail's tag and comes back as it was, or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.notifications.keys import Key, notification_row
from domain.notifications.mail_tag import LONGEST, SHAPE, key_of, mail_tag

IDS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\n"), min_size=1, max_size=20)


@given(IDS, IDS, IDS)
def test_a_key_comes_back_as_it_was_and_its_tag_is_one(fan, event, sale):
    key = notification_row(fan, event, sale, "email")
    try:
        tag = mail_tag(key)
    except Rejected:
        assert len(f"{key.pk}\n{key.sk}".encode()) > 192
        return
    assert SHAPE.fullmatch(tag)
    assert key_of(tag) == key


def test_a_key_may_be_as_long_as_a_tag_holds():
    assert len(mail_tag(Key("p" * 95, "s" * 96))) == LONGEST
    with pytest.raises(Rejected, match="too long"):
        mail_tag(Key("p" * 96, "s" * 96))


@pytest.mark.parametrize("tag", ["", "%", "a" * 257, "YQ", "YQpi\n", "Cg", "YQo", "CmI", "YQpiCmM", "____", "A"])
def test_what_is_no_tag_of_ours_is_rejected(tag):
    with pytest.raises(Rejected):
        key_of(tag)
