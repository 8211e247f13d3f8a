import pytest

from domain.solicitation.discretion import sayable


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("INVALID_CAST_ARGUMENT: Cannot cast 'ann@example.com' to INT", "INVALID_CAST_ARGUMENT: Cannot cast '…' to INT"),
        ('invalid input syntax for type numeric: "Ann Smith"', 'invalid input syntax for type numeric: "…"'),
        ("line 1:8: Cannot cast 'Pat O'Brien' to DATE", "line 1:8: Cannot cast '…' to DATE"),
        ("Cannot cast 'Pat\nLee' to DATE", "Cannot cast '…' to DATE"),
        ("Cannot cast 'Pat Lee and then the message was cu", "Cannot cast '…"),
        ("\"Ann\" is no number, nor is 'Bob'", "\"…\" is no number, nor is '…'"),
        ("bad row: ann@example.com, 7", "bad row: … 7"),
        ("Value cannot be cast to timestamp: Ann Smith", "Value cannot be cast to timestamp: …"),
        ("error: Invalid digit\n  context: Ann Smith\n  query: 7", "error: Invalid digit\n  context: …\n  query: 7"),
        ("TABLE_NOT_FOUND: line 3:8", "TABLE_NOT_FOUND: line 3:8"),
    ],
)  # fmt: skip
def test_the_contacts_query_s_message_keeps_its_code_and_place_but_no_value(message, said):
    assert sayable("contacts", message) == said


def test_other_queries_keep_the_engine_s_own_words():
    message = "Column 'colour' cannot be resolved"
    assert sayable("lake", message) == message
