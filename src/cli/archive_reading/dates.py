"""A query in, the dates whose files it can need out: the others are not fetched."""

from collections.abc import Callable, Iterator

from sqlglot import exp

from domain.archive.places import PARTITION

Holds = Callable[[str], bool]
COMPARED: dict[type[exp.Expr], Callable[[str, str], bool]] = {
    exp.EQ: lambda day, limit: day == limit,
    exp.GT: lambda day, limit: day > limit,
    exp.GTE: lambda day, limit: day >= limit,
    exp.LT: lambda day, limit: day < limit,
    exp.LTE: lambda day, limit: day <= limit,
}


def needed(query: exp.Expr) -> Holds:
    """All dates, but of one plain SELECT from one table the ones that its WHERE leaves. A latest state may hang on any date."""
    tables = list(query.find_all(exp.Table))
    plain = len(tables) == 1 and len(list(query.find_all(exp.Select))) == 1
    where = query.args.get("where")
    if not plain or not where or tables[0].name.lower().endswith("_current"):
        return lambda day: True
    conditions = [holds for part in _anded(where.this) for holds in _condition(part)]
    return lambda day: all(holds(day) for holds in conditions)


def _anded(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And):
        yield from _anded(condition.left)
        yield from _anded(condition.right)
    elif isinstance(condition, exp.Paren):
        yield from _anded(condition.this)
    else:
        yield condition


def _condition(part: exp.Expr) -> Iterator[Holds]:
    """Nothing for what does not compare the date with a text."""
    if type(part) in COMPARED and _is_date(part.this) and _is_text(part.expression):
        compare, limit = COMPARED[type(part)], part.expression.name
        yield lambda day: compare(day, limit)
    elif isinstance(part, exp.Between) and _is_date(part.this):
        low, high = part.args["low"], part.args["high"]
        if _is_text(low) and _is_text(high) and not part.args.get("symmetric"):
            yield lambda day: low.name <= day <= high.name
    elif isinstance(part, exp.In) and _is_date(part.this) and all(map(_is_text, part.expressions)) and part.expressions:
        days = {each.name for each in part.expressions}
        yield lambda day: day in days


def _is_date(side: exp.Expr) -> bool:
    return isinstance(side, exp.Column) and side.name.lower() == PARTITION


def _is_text(side: exp.Expr) -> bool:
    return isinstance(side, exp.Literal) and side.is_string
