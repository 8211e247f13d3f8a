"""An UNLOAD statement in either grammar in, what to write where out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import sqlglot
from sqlglot.errors import SqlglotError

from sandbox.warehouse.dialects import EngineError


@dataclass(frozen=True, slots=True)
class Unload:
    """`location` is an S3 address that file names are added to; `manifest`: leave Redshift's verbose one."""

    select: str
    location: str
    format: str = "text"
    gzip: bool = False
    partition_by: tuple[str, ...] = ()
    manifest: bool = False
    overwrite: bool = False


def parse_unload(sql: str, dialect: str) -> Unload | None:
    """None: it is no UNLOAD. EngineError: it is one, and wrong."""
    text = sql.strip().removesuffix(";")
    if text[:6].upper() != "UNLOAD":
        return None
    rest = text[6:]
    try:
        tokens = sqlglot.tokenize(rest, read=dialect)
    except SqlglotError as error:
        raise EngineError(f"syntax error: {error}") from error
    end = _closing(tokens)
    select = tokens[1].text if dialect == "redshift" else rest[tokens[0].end + 1 : tokens[end].start]
    if dialect == "redshift" and (end != 2 or tokens[1].token_type.name != "STRING"):
        raise EngineError("syntax error: UNLOAD takes one quoted query")
    words = [(token.token_type.name, token.text) for token in tokens[end + 1 :]]
    if len(words) < 2 or words[0][1].upper() != "TO" or words[1][0] != "STRING":
        raise EngineError("syntax error: UNLOAD needs TO 's3://...'")
    read = _athena if dialect == "athena" else _redshift
    return read(Unload(select, words[1][1]), iter(words[2:]))


Words = Iterator[tuple[str, str]]


def _closing(tokens: list[sqlglot.Token]) -> int:
    """Where the bracket that opens the statement is closed."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(token.token_type.name, 0)
        if depth == 0:
            return index
    raise EngineError("syntax error: UNLOAD (...) is not closed")


def _athena(unload: Unload, words: Words) -> Unload:
    """`WITH (format = '…', compression = '…', partitioned_by = ARRAY['…'])`"""
    options: dict[str, list[str]] = {}
    name = ""
    for kind, text in words:
        if kind == "STRING":
            options.setdefault(name, []).append(text)
        elif kind not in ("WITH", "L_PAREN", "R_PAREN", "EQ", "COMMA", "ARRAY", "L_BRACKET", "R_BRACKET"):
            name = text.lower()
    unknown = set(options) - {"format", "compression", "partitioned_by"}
    if unknown or "format" not in options:
        raise EngineError(f"INVALID_PROPERTY: {', '.join(sorted(unknown)) or 'format is required'}")
    return replace(
        unload,
        format=options["format"][0].lower(),
        gzip=options.get("compression", ["gzip"])[0].lower() == "gzip",
        partition_by=tuple(options.get("partitioned_by", ())),
    )


def _redshift(unload: Unload, words: Words) -> Unload:
    """Options in any order, after the authorisation."""
    for kind, text in words:
        word = text.upper()
        if word == "IAM_ROLE":
            next(words, None)
        elif word == "FORMAT":
            following = next(words, ("", ""))
            unload = replace(
                unload, format=(next(words, ("", "")) if following[0] == "ALIAS" else following)[1].lower()
            )
        elif word in ("JSON", "PARQUET"):
            unload = replace(unload, format=word.lower())
        elif word == "PARTITION BY":
            unload = replace(unload, partition_by=tuple(_listed(words)))
        elif word == "MANIFEST":
            unload = replace(unload, manifest=True)
        elif word == "GZIP":
            unload = replace(unload, gzip=True)
        elif word == "ALLOWOVERWRITE":
            unload = replace(unload, overwrite=True)
        elif word != "VERBOSE" or not unload.manifest:
            raise EngineError(f'syntax error at or near "{text}" ({kind})')
    return unload


def _listed(words: Words) -> Iterator[str]:
    for kind, text in chain(words):
        if kind == "R_PAREN":
            return
        if kind not in ("L_PAREN", "COMMA"):
            yield text
