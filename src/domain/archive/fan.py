"""A fan's id and what is archived in, whether it tells of that fan out: exactly where it can be parsed, cautiously where not."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from domain.archive.avro_bytes import string
from domain.errors import Rejected

OWNER = "fanId"  # the attribute, and the column, that says whose an item is
KEY = "fan:"  # what the partition key of a fan's items begins with
LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}  # JSON's; any other stands for itself
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}")
GARBAGE = 2  # more characters that are none: these bytes are no text, and say what they say by chance


@dataclass(frozen=True, slots=True)
class Fan:
    """Rejected: the id is empty, or no text."""

    id: str

    def __post_init__(self) -> None:
        try:
            encoded = self.id.encode()
        except (UnicodeEncodeError, AttributeError) as error:
            raise Rejected("a fan's id is a text") from error
        if not encoded:
            raise Rejected("a fan's id is not empty")

    @property
    def digest(self) -> str:
        """What receipts and logs name the fan by: an id in them would itself have to be erased."""
        return sha256(self.id.encode()).hexdigest()

    @property
    def packed(self) -> bytes:
        """The id as it stands in a row's bytes, its length in front: `f1` is not in `f10`."""
        return string(self.id)

    def owns(self, row: Any) -> bool:
        return isinstance(row, dict) and row.get(OWNER) == self.id

    def told_of_in(self, record: Any) -> bool:
        """Of parsed JSON, such as a change record with typed keys and images: the fan's attribute or key is anywhere in it."""
        waiting = [record]
        while waiting:  # no recursion: a record may be nested deeper than Python likes
            value = waiting.pop()
            match value:
                case dict():
                    if OWNER in value and self._is(value[OWNER]):
                        return True
                    waiting.extend(value.values())
                case list():
                    waiting.extend(value)
                case str() if value == KEY + self.id or ((OWNER in value or KEY in value) and self.named_in(value)):
                    return True
        return False

    def named_in(self, text: str) -> bool:
        """Of a text that cannot be parsed: the id stands in it on its own, in whatever JSON or base64 has made of it."""
        alone = re.compile(rf"(?<![\w-]){re.escape(self.id)}(?![\w-])")
        return any(alone.search(said) for said in _readings(text))

    def shown_in(self, text: str) -> bool:
        """Of a query's results: as `named_in`, also within `e1_s1_f1`, as references have it, and as CSV quotes it."""
        spellings = "|".join(re.escape(it) for it in {self.id, self.id.replace('"', '""')})
        return re.search(rf"(?<![^\W_])(?<!-)(?:{spellings})(?![^\W_]|-)", text) is not None

    def _is(self, attribute: Any) -> bool:
        """Whatever the type it came under: `{"S": "f1"}`, `{"N": "7"}`, `{"B": …}`, a list with it, or plain."""
        meant = {self.id, base64.b64encode(self.id.encode()).decode()}
        waiting = [attribute]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict | list):
                waiting.extend(value.values() if isinstance(value, dict) else value)
            elif str(value) in meant:
                return True
        return False


def told_of(fan: Fan, text: str) -> bool:
    """Of a change record's text as the stream had it."""
    try:
        return fan.told_of_in(json.loads(text))
    except (ValueError, RecursionError):
        return fan.named_in(text)


def _readings(text: str) -> Iterator[str]:
    """The text, and what it says once and twice unescaped, and what is base64 in it."""
    yield text
    if "\\" in text:
        once = _unescaped(text)
        yield once
        yield _unescaped(once)
    for run in BASE64.findall(text):
        for start in range(4):  # a character may be missing at its beginning
            letters = run[start:]
            whole = letters[: len(letters) // 4 * 4]
            said = binascii.a2b_base64(whole).decode(errors="replace")
            if said.count("\ufffd") <= GARBAGE:
                yield said


def _unescaped(text: str) -> str:
    plain = ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else LETTERS.get(found[2], found[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )  # pairs of surrogates become one character
