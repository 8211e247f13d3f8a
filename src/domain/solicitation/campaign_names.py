"""Where and about what somebody is asked in, the id of their campaign out."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from hashlib import sha256

from domain.solicitation.program import Program

Namer = Callable[[str, str | None], str]


def namer(program: Program, day: date) -> Namer:
    """The id of a program's campaign of one day, by marketplace and genre; genres count where the program's context has them."""
    by_genre = "genre" in program.context

    @cache
    def name(marketplace: str, genre: str | None) -> str:
        place = f"{program.id}.{day.isoformat()}.{marketplace}"
        return f"{place}.{slug(genre)}" if by_genre and genre else place

    return name


def slug(genre: str) -> str:
    """Letters, digits and hyphens; with four hex digits of a hash when that is not just the genre in lower case."""
    plain = genre.lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return short if short == plain else f"{short}-{sha256(plain.encode()).hexdigest()[:4]}".lstrip("-")
