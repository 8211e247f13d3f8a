"""A notification's row becomes the text that its service is asked to send."""

from datetime import UTC, datetime

from domain.notifications.keys import Key
from domain.notifications.sms import Text

ROW = {
    "PK": "fan:f1",
    "SK": "notification#e1-s1#sms",
    "phoneNumber": "+12135550199",
    "messageBody": "soon",
    "messageId": "m1",
    "groupId": "g1",
    "saleStartDateTime": "2026-12-04T18:00:00.000Z",
}


def test_a_text_is_what_its_row_says():
    text = Text.of(ROW, "app")
    assert (text.to, text.body, text.message_id, text.group_id) == ("+12135550199", "soon", "m1", "g1")
    assert text.key == Key("fan:f1", "notification#e1-s1#sms")
    assert text.expires_at == datetime(2026, 12, 4, 18, tzinfo=UTC)


def test_a_row_without_a_group_goes_by_its_own_key():
    assert Text.of({**ROW, "groupId": None}, "app").group_id == "notification#e1-s1#sms"
