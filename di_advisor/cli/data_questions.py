"""Questions to sources of data, as options of a command and as a file.

Problem: a universe of 500 names does not fit a command line, and a bundle should say what it answers.
Decision: a question is a source, subjects, days and options; one stands in the options of a command, many
in a TOML file with a table ``[[question]]`` each, which a bundle carries with it. Limits: no keys, ever.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from di_advisor.domain.cells import iso_day
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, why_unreadable

__all__ = [
    "Question",
    "add_question",
    "asked",
    "context_of",
    "questions_from_toml",
    "questions_toml",
    "text_of_file",
]

Question = tuple[str, SourceQuery]
"""A source's name, and what is asked of it."""

_FIELDS: Final = ("source", "subjects", "start", "end", "as_of", "options")


def add_question(command: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """Add the options of one question to a command."""
    group = command.add_argument_group("the question")
    group.add_argument(
        "--subject",
        action="append",
        default=[],
        metavar="SCHEME:VALUE",
        help="whom it is about, repeatable: ticker:AAPL, cik:320193, isin:US0378331005, name:Acme; a bare word is a "
        "ticker",
    )
    group.add_argument("--subjects", type=Path, metavar="FILE", help="the same from a file, one a line")
    group.add_argument("--start", type=day, metavar="DATE", help="first day")
    group.add_argument("--end", type=day, metavar="DATE", help="last day")
    group.add_argument("--as-of", type=day, metavar="DATE", help="day of a sheet")
    group.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="the source's own options, repeatable"
    )


def asked(arguments: argparse.Namespace) -> SourceQuery:
    """Query of the options of a command.

    Raises
    ------
    InputError
        If a subject or an option cannot be read.
    """
    written = list(arguments.subject)
    if arguments.subjects is not None:
        lines = (line.partition("#")[0].strip() for line in text_of_file(arguments.subjects).splitlines())
        written += [line for line in lines if line]
    return SourceQuery(
        _subjects(written), arguments.start, arguments.end, arguments.as_of, context_of(arguments.option)
    )


def context_of(options: Iterable[str]) -> dict[str, str]:
    """Options written as NAME=VALUE.

    Raises
    ------
    InputError
        If one is written otherwise, or stands there twice.
    """
    found: dict[str, str] = {}
    for written in options:
        name, sign, value = written.partition("=")
        if not sign or not name.strip():
            raise InputError(f"The option {written!r} has no value.", hint="Write NAME=VALUE, such as what=tickers.")
        if name.strip() in found:
            raise InputError(f"The option {name.strip()!r} is given twice.", hint="Keep one.")
        found[name.strip()] = value.strip()
    return found


def questions_from_toml(text: str, where: str) -> tuple[Question, ...]:
    """Questions of a file.

    Parameters
    ----------
    text : str
        TOML with a table ``[[question]]`` each: ``source``, and where they are needed ``subjects`` (a list),
        ``start``, ``end``, ``as_of`` (days), ``options`` (a table).
    where : str
        Name of the file, for errors.

    Raises
    ------
    InputError
        If it is no TOML, has no question, or a question has an unknown key or a value of another kind.
    """
    try:
        rows = tomllib.loads(text).get("question", [])
    except tomllib.TOMLDecodeError as e:
        raise InputError(f"{where} is no TOML: {e}.", hint="Days and texts: start = 2024-01-02, source = 'x'.") from e
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{where} has no question.", hint="Write [[question]] and below it source = '...'.")
    return tuple(_question(row, f"{where}, question {n}") for n, row in enumerate(rows, start=1))


def questions_toml(questions: Iterable[Question]) -> str:
    """Questions as a file that `questions_from_toml` reads."""
    return "\n".join(_toml(name, query) for name, query in questions)


def text_of_file(path: Path) -> str:
    """Text of a file in UTF-8.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as e:
        raise InputError(f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the path.") from e
    except UnicodeDecodeError as e:
        raise InputError(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from e


def _subjects(written: Sequence[str]) -> tuple[Identifier, ...]:
    return tuple(dict.fromkeys(map(_subject, written)))


def _subject(written: str) -> Identifier:
    scheme, sign, value = written.partition(":")
    if not sign:
        return Identifier(IdentifierScheme.TICKER, written)
    try:
        known = IdentifierScheme(scheme.strip().lower())
    except ValueError:
        names = ", ".join(each.value for each in IdentifierScheme)
        raise InputError(f"There is no kind of identifier {scheme!r} ({written!r}).", hint=f"It is {names}.") from None
    return Identifier(known, value)


def _question(row: Mapping[str, Any], where: str) -> Question:
    unknown = sorted(set(row) - set(_FIELDS))
    if unknown:
        raise InputError(f"{where}: {', '.join(unknown)} is not known.", hint=f"It has {', '.join(_FIELDS)}.")
    source, subjects, options = row.get("source"), row.get("subjects", []), row.get("options", {})
    if not isinstance(source, str) or not source:
        raise InputError(f"{where}: source is missing.", hint="`di-advisor data check` lists the sources.")
    if not isinstance(subjects, list) or not all(isinstance(each, str) for each in subjects):
        raise InputError(f"{where}: subjects is no list of texts.", hint='Write subjects = ["ticker:AAPL"].')
    if not isinstance(options, dict) or not all(isinstance(each, str) for each in options.values()):
        raise InputError(f"{where}: options is no table of texts.", hint='Write options = {what = "tickers"}.')
    days = {name: _day(row.get(name), f"{where}: {name}") for name in ("start", "end", "as_of")}
    return source, SourceQuery(_subjects(subjects), options=options, **days)


def _day(value: object, where: str) -> date | None:
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    if isinstance(value, str):
        return iso_day(value)
    raise InputError(f"{where} is not a day: {value}.", hint="Days are YYYY-MM-DD.")


def _toml(name: str, query: SourceQuery) -> str:
    lines = ["[[question]]", f"source = {_quoted(name)}"]
    if query.subjects:
        lines.append(f"subjects = [{', '.join(_quoted(str(each)) for each in query.subjects)}]")
    days = {"start": query.start, "end": query.end, "as_of": query.as_of}
    lines += [f"{field} = {day.isoformat()}" for field, day in days.items() if day is not None]
    if query.options:
        pairs = ", ".join(f"{_quoted(k)} = {_quoted(v)}" for k, v in query.options.items())
        lines.append(f"options = {{{pairs}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text of TOML: as in JSON, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
