"""The columns of a scored file in, Python source out: `row(cells)`, which checks a row by the rules and writes its JSON at once.

It asks no more of a cell than whether a rule is broken; which one `domain.scores.row_rules` says.
"""

from collections.abc import Iterator, Mapping, Sequence

from domain.scores.row_rules import BAND, CAMPAIGN, HUGE, MARKET, NOTES, NUMBERS, TEXTS, TINY

RAISE = "raise ValueError"
RECORD = (*TEXTS, "score", "localFanscore", "accountFanscore", "bandScore", "isVerified", "tags", "rank", "origin")
NUDETECT = "nudetect.score"


def row_source(names: Sequence[str]) -> str:
    """`row` takes trimmed cells; it returns the fan, the rank, the record's members from the fan's id to `origin`, and the event."""
    cells = {name: f"cell_{place}" for place, name in enumerate(names)}
    every = ", ".join(f"cell_{place}" for place in range(len(names)))
    fan, id = cells["globalUserId"], cells["id"]
    members = "".join(f"{{{_variable(name)}}}" for name in RECORD)
    body = [
        f"{every}, = cells",
        f"rank = 0 if {id} == {fan} else rank_of({id}, {fan})",
        f"if not {fan} or rank is None: {RAISE}",
        *_score(cells["score"], cells["isVerified"]),
        *_campaign(cells),
        *(line for name in NUMBERS if name != NUDETECT for line in _number(cells.get(name), name)),
        *(_text(cells.get(name), name) for name in TEXTS),
        f"tags_ = tags({cells[NOTES]})" if NOTES in cells else "tags_ = ''",
        'rank_ = f\',"rank":"{rank}"\'',
        *_origin(cells),
        f"market = f'\"market\":\"{{{cells[MARKET]}}}\",' if {cells[MARKET]} else ''"
        if MARKET in cells
        else "market = ''",
        'event = f\'{{{market}"score":{score!r},"isVerified":{verified}}}\'',
        f"return {fan}, rank, f'{{{fan}}}\"{members}', event",
    ]
    return "\n".join(["def row(cells):", *(f"    {line}" for line in body), ""])


def _score(score: str, verified: str) -> Iterator[str]:
    yield f"score = float({score}) + 0.0"  # for -0 is 0
    yield f"if not ({TINY} <= score <= 1 or score == 0) or '_' in {score}: {RAISE}"  # float() takes 1_0
    yield f"verified = TRUTHS.get({verified}) or TRUTHS[{verified}.lower()]"
    yield "score_ = f',\"score\":{score!r}'"
    yield "isVerified_ = f',\"isVerified\":{verified}'"


def _campaign(cells: Mapping[str, str]) -> Iterator[str]:
    if cell := cells.get(CAMPAIGN):
        yield f"if {cell} and {cell} != CAMPAIGN: {RAISE}"


def _number(cell: str | None, name: str) -> Iterator[str]:
    variable = _variable(name)
    yield f"{variable} = ''"
    if cell:
        yield f"if {cell}:"
        yield f"    number = float({cell}) + 0.0"
        yield f"    if not ({TINY} <= abs(number) < {HUGE} or number == 0) or '_' in {cell}: {RAISE}"
        yield f"    {variable} = f',\"{name.rpartition('.')[2]}\":{{number!r}}'"


def _text(cell: str | None, name: str) -> str:
    return f"{_variable(name)} = f',\"{name}\":\"{{{cell}}}\"' if {cell} else ''" if cell else f"{_variable(name)} = ''"


def _origin(cells: Mapping[str, str]) -> Iterator[str]:
    """Its members begin with a comma each, of which the first is left out."""
    yield from _number(cells.get(NUDETECT), NUDETECT)
    if cell := cells.get(BAND):
        yield f"band = f',\"scoreBand\":\"{{BANDS.get({cell}) or BANDS[{cell}.lower()]}}\"' if {cell} else ''"
    else:
        yield "band = ''"
    yield f"found = {_variable(NUDETECT)} + band"
    yield "origin_ = f',\"origin\":{{\"nudetect\":{{{found[1:]}}}}}' if found else ''"


def _variable(name: str) -> str:
    return f"{name.replace('.', '_')}_"
