"""A program's query as its owner wrote it in, the same query bound to one day out: no clock, no chance, one SELECT."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, TokenError

from domain.errors import Rejected
from domain.solicitation.program import Engine, Query, day_before

# Whatever makes a repeated run see other rows than the first: the warehouse's clock, and chance.
UNREPEATABLE = (
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentTimestampLTZ,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Rand,
    exp.Randn,
    exp.Uuid,
)
UNREPEATABLE_NAMES = frozenset(
    {
        "CLOCK_TIMESTAMP",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "GETDATE",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NOW",
        "RAND",
        "RANDOM",
        "SHUFFLE",
        "STATEMENT_TIMESTAMP",
        "SYSDATE",
        "TIMEOFDAY",
        "TRANSACTION_TIMESTAMP",
        "UNIX_TIMESTAMP",
        "UUID",
    }
)
CLOCK_TEXTS = frozenset({"now", "today", "tomorrow", "yesterday"})  # what Redshift casts to a date by its own clock


@dataclass(frozen=True, slots=True)
class Bound:
    """The query's text for one day, and the literals of the `?` left in it, in order (Athena binds them; for Redshift none is left)."""

    sql: str
    parameters: tuple[str, ...]


def bind(query: Query, engine: Engine, day: date) -> Bound:
    """Put D-1 for `?` and YESTERDAY, and D for CURRENT_DATE; every other character stays as the owner wrote it.

    Rejected: not one SELECT, it asks the clock or chance, it has a parameter of another kind, or a mapped column is missing.
    """
    tree = parse(query, engine)
    _refuse_unrepeatable(query, engine, tree)
    _refuse_missing_columns(query, tree)
    _refuse_other_parameters(query, tree)
    tokens = sqlglot.tokenize(query.sql, read=engine)
    marks = [token for token in tokens if token.token_type is TokenType.PLACEHOLDER]
    the_day, day_before_it = _literal(day), _literal(day_before(day))
    edits = [*_current_dates(tokens, the_day), *_yesterdays(tree, day_before_it), *_cut(tokens)]
    if engine == "redshift":  # its UNLOAD takes no parameters
        edits += [(mark.start, mark.end, day_before_it) for mark in marks]
        marks = []
    return Bound(_edited(query.sql, edits), tuple(day_before_it for _ in marks))


def parse(query: Query, engine: Engine) -> exp.Query:
    """The query's tree. Rejected: it does not parse, or is anything but one query; the text names query, line and column."""
    try:
        trees = [tree for tree in sqlglot.parse(query.sql, dialect=engine) if tree is not None]
    except ParseError as error:
        where = error.errors[0]
        what = f"{where['description'].split(' but got <')[0]} near {where['highlight']!r}"
        raise Rejected(f"query {query.name}, line {where['line']}, column {where['col']}: {what}") from error
    except TokenError as error:
        raise Rejected(f"query {query.name}: {error}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query) or trees[0].find(exp.Into, exp.Command, exp.DML):
        raise Rejected(f"query {query.name}: it must be one SELECT and nothing else")
    return trees[0]


def _refuse_unrepeatable(query: Query, engine: Engine, tree: exp.Query) -> None:
    if name := next(_unrepeatable(query, engine, tree), None):
        advice = "the run's dates are `?` or YESTERDAY (the day before) and CURRENT_DATE"
        raise Rejected(f"query {query.name}: {name} would give another result when the run is repeated; {advice}")


def _unrepeatable(query: Query, engine: Engine, tree: exp.Query) -> Iterator[str]:
    for node in tree.find_all(exp.Func, exp.Column, exp.Cast):
        named = isinstance(node, exp.Anonymous) and node.name.upper() in UNREPEATABLE_NAMES
        bare = _is_bare(node) and node.name.upper() == "SYSDATE"
        if named or bare or isinstance(node, UNREPEATABLE):
            yield _as_written(query, engine) or node.sql(engine)
        if isinstance(node, exp.Cast) and node.this.is_string and node.this.name.strip().lower() in CLOCK_TEXTS:
            yield node.sql(engine)


def _as_written(query: Query, engine: Engine) -> str | None:
    """The name the owner used; the tree has only its normal form (NOW() is CURRENT_TIMESTAMP there)."""
    words = (token.text.upper() for token in sqlglot.tokenize(query.sql, read=engine))
    return next((word for word in words if word in UNREPEATABLE_NAMES), None)


def _refuse_missing_columns(query: Query, tree: exp.Query) -> None:
    """Columns that the select list names are checked here; behind a `*` only the warehouse knows."""
    named = {name.lower() for name in tree.named_selects}
    missing = [source for source, _ in query.mapping if source.lower() not in named]
    if missing and not tree.is_star:
        raise Rejected(
            f"query {query.name}: the field mapping reads {', '.join(missing)}, which the query does not select"
        )


def _refuse_other_parameters(query: Query, tree: exp.Query) -> None:
    for node in tree.find_all(exp.Placeholder, exp.Parameter):
        if isinstance(node, exp.Parameter) or node.this:
            raise Rejected(
                f"query {query.name}: there is no parameter {node.name!r}; `?` stands for the day before the run"
            )


Edit = tuple[int, int, str]  # first and last character to replace, and by what


def _current_dates(tokens: list[Token], literal: str) -> Iterator[Edit]:
    """CURRENT_DATE, with or without its empty brackets, but not a column or alias of that name."""
    for index, token in enumerate(tokens):
        before = tokens[index - 1].token_type if index else None
        if token.token_type is TokenType.CURRENT_DATE and before not in (TokenType.DOT, TokenType.ALIAS):
            after = [following.token_type for following in tokens[index + 1 : index + 3]]
            brackets = after == [TokenType.L_PAREN, TokenType.R_PAREN]
            yield token.start, tokens[index + 2].end if brackets else token.end, literal


def _yesterdays(tree: exp.Query, literal: str) -> Iterator[Edit]:
    for column in tree.find_all(exp.Column):
        if _is_bare(column) and column.name.upper() == "YESTERDAY":
            yield column.this.meta["start"], column.this.meta["end"], literal


def _cut(tokens: list[Token]) -> Iterator[Edit]:
    """The semicolons at its end: the query goes into brackets."""
    return ((token.start, token.end, "") for token in tokens if token.token_type is TokenType.SEMICOLON)


def _edited(text: str, edits: list[Edit]) -> str:
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end + 1 :]
    return text.strip()


def _is_bare(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and not node.table and not node.this.args.get("quoted")


def _literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
