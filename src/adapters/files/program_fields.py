"""What all parts of a program file have in common: camelCase keys, no unknown ones, no silent conversions, and its field types."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from adapters.files.nearest import nearest
from domain.errors import Rejected
from domain.solicitation.cron import check_cron

Item = TypeVar("Item")
Json = dict[str, Any]


class Part(BaseModel):
    """A part of the file. Strict: `"3"` is no number, and a key nobody reads is an error, not a comment."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"is no IANA time zone{nearest(name, available_timezones())}") from error
    return name


def _local_or_zone(name: str) -> str:
    return name if name == "local" else _zone(name)


def _cron(text: str) -> str:
    try:
        return check_cron(text)
    except Rejected as reason:
        raise ValueError(str(reason)) from reason


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("should be one line of text, not empty")
    return text


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word out of a list."""

    words: tuple[str, ...]

    def _check(self, word: str) -> str:
        if word not in self.words:
            raise ValueError(f"is unknown{nearest(word, self.words)}")
        return word

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {**handler(core), "enum": sorted(self.words)}


@dataclass(frozen=True, slots=True)
class Shaped:
    """A text that the pattern matches; `words` say what it should look like."""

    pattern: str
    words: str

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"should be {self.words}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {**handler(core), "pattern": self.pattern}


def unique(*keys: str) -> Callable[[list[Item]], list[Item]]:
    """A check of a list: no two items share the value of one of these fields; without fields, no two items are equal."""

    def check(items: list[Item]) -> list[Item]:
        for key in keys or (None,):
            counts = Counter(getattr(item, key) if key else item for item in items)
            if twice := [str(value) for value, count in counts.items() if count > 1]:
                name = f"{to_camel(key)} " if key else ""
                raise ValueError(f"{name}{', '.join(twice)} is there more than once")
        return items

    return check


Text = Annotated[str, AfterValidator(_one_line)]
Id = Annotated[str, Shaped(r"^[a-z0-9]+(-[a-z0-9]+)*$", "lower-case words joined by hyphens"), Field(max_length=48)]
Zone = Annotated[str, AfterValidator(_zone)]
LocalOrZone = Annotated[str, AfterValidator(_local_or_zone)]
Cron = Annotated[str, AfterValidator(_cron)]
ClockTime = Annotated[str, Shaped(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day, 00:00 to 23:59")]
Locale = Annotated[
    str, Shaped(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", "a BCP 47 tag as en, en-GB or zh-Hant-TW")
]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Texts = Annotated[list[Text], AfterValidator(unique())]
