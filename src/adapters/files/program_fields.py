"""What all parts of a program file have in common: camelCase keys, no unknown ones, no silent conversions, and its field types."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from adapters.files.nearest import nearest
from domain.errors import Rejected
from domain.solicitation.cron import check_cron

Item = TypeVar("Item")


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


def one_of(known: Iterable[str]) -> Callable[[str], str]:
    """A check of a word: it is one of these."""
    words = tuple(known)

    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"is unknown{nearest(word, words)}")
        return word

    return check


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
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
Zone = Annotated[str, AfterValidator(_zone)]
LocalOrZone = Annotated[str, AfterValidator(_local_or_zone)]
Cron = Annotated[str, AfterValidator(_cron)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Texts = Annotated[list[Text], AfterValidator(unique())]
Json = dict[str, Any]
