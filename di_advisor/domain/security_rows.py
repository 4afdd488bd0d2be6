"""A security master and decisions of people from the rows of tables.

Problem: a list of securities has one row for each ticker that a security ever had, so its facts repeat.
Decision: rows of one id say the same facts or leave them blank; identifiers with a wrong check digit are
errors here, because this is the list that everything else is matched against. Decisions need an author
and a day that is not after the day of reading; until a person has filled them in, a file of suggestions
cannot be read as decisions. Limits: dates are days on which a ticker was valid, both included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from di_advisor.domain.cells import Notation, is_blank, text_of
from di_advisor.domain.check_digits import require_sound
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.rows import Column, Findings, Row
from di_advisor.domain.security_facts import IdentityOverride, Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.errors import InputError

__all__ = ["OVERRIDE_COLUMNS", "SECURITY_LIST_COLUMNS", "master_from_rows", "overrides_from_rows"]

SECURITY_LIST_COLUMNS: Final = (
    Column("security_id", "Permanent id of the share class.", required=True),
    Column("ticker", "A ticker it has or had; one row for each.", required=True),
    Column("ticker_first", "First day of that ticker; blank where it is open."),
    Column("ticker_last", "Last day of that ticker; blank where it is open."),
    Column("issuer_id", "Permanent id of the company, shared by its share classes; the security's where left out."),
    Column("issuer_name", "Name of the company."),
    Column("former_names", "Names it had, or others write, separated by semicolons."),
    Column("name", "Name of the share class, where it has one of its own."),
    Column("cik", "SEC's number of the company."),
    Column("lei", "Legal entity identifier of the company."),
    Column("isin", "ISIN of the share class."),
    Column("cusip", "CUSIP of the share class (licensed: not to be handed on)."),
    Column("sedol", "SEDOL of the share class."),
    Column("figi", "Share-class FIGI."),
)
"""Columns of a list of securities."""

OVERRIDE_COLUMNS: Final = (
    Column("scheme", "Kind of identifier: isin, cusip, sedol, figi, cik, lei, ticker or name.", required=True),
    Column("value", "The identifier as the source writes it.", required=True),
    Column("security_id", "What it means; blank where it is none of our securities.", required=True),
    Column("author", "Who decided.", required=True),
    Column("decided", "Day of the decision.", required=True),
    Column("first", "First day on which it holds; blank where it is open."),
    Column("last", "Last day on which it holds; blank where it is open."),
    Column("note", "Why."),
)
"""Columns of a file of decisions."""

_OF_ISSUER: Final = ("issuer_name", "former_names", "cik", "lei")
_OF_SECURITY: Final = ("issuer_id", "name", "isin", "cusip", "sedol", "figi")
_CHECKED: Final = ("cik", "lei", "isin", "cusip", "sedol", "figi")


def master_from_rows(
    rows: Iterable[Row],
    notation: Notation,
    findings: Findings,
    *,
    overrides: Iterable[IdentityOverride] = (),
) -> SecurityMaster:
    """Security master of a list, columns as in `SECURITY_LIST_COLUMNS`.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong, or contradicts another row.
    InputError
        If an exact identifier stands for two things, or decisions contradict each other.
    """
    issuers: dict[str, dict[str, str]] = {}
    securities: dict[str, dict[str, str]] = {}
    spans: list[TickerSpan] = []
    for row in rows:
        before = len(findings.errors)
        told = _texts(row, findings)
        if not told["security_id"]:
            findings.wrong(row.label, "security_id", "it is empty.", "Give each share class a permanent id.")
            continue
        told["issuer_id"] = told["issuer_id"] or securities.get(told["security_id"], {}).get("issuer_id", "")
        told["issuer_id"] = told["issuer_id"] or told["security_id"]
        _merge(securities.setdefault(told["security_id"], {}), told, _OF_SECURITY, row, findings)
        _merge(issuers.setdefault(told["issuer_id"], {}), told, _OF_ISSUER, row, findings)
        first, last = (_day(row, column, notation, findings) for column in ("ticker_first", "ticker_last"))
        if len(findings.errors) == before:
            with findings.at(row, "ticker"):
                spans.append(TickerSpan(told["ticker"], told["security_id"], first, last))
    findings.raise_any()
    return SecurityMaster(
        [
            Issuer(key, f.get("issuer_name", ""), f.get("cik", ""), f.get("lei", ""), _parts(f.get("former_names", "")))
            for key, f in issuers.items()
        ],
        [ListedSecurity(key, **facts) for key, facts in securities.items()],
        spans,
        overrides,
    )


def overrides_from_rows(
    rows: Iterable[Row], notation: Notation, findings: Findings, *, as_of: date
) -> tuple[IdentityOverride, ...]:
    """Decisions of people, columns as in `OVERRIDE_COLUMNS`.

    Parameters
    ----------
    rows : iterable of Row
        The table.
    notation : Notation
        How dates are written.
    findings : Findings
        Knows the table's name.
    as_of : date
        Day of reading: nobody has decided after it.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong: no author, no day, a day to come, an unknown scheme, a
        wrong check digit.
    """
    found: list[IdentityOverride] = []
    for row in rows:
        before = len(findings.errors)
        with findings.at(row, "scheme"):
            _scheme(row)
        with findings.at(row, "value"):
            if len(findings.errors) == before:
                require_sound(Identifier(_scheme(row), text_of(row["value"])))
        if is_blank(row["author"]):
            findings.wrong(row.label, "author", "it is empty.", "A suggestion becomes a decision when a person signs.")
        decided, first, last = (_day(row, column, notation, findings) for column in ("decided", "first", "last"))
        if is_blank(row["decided"]):
            findings.wrong(row.label, "decided", "it is empty.", "Give the day of the decision.")
        elif decided is not None and decided > as_of:
            findings.wrong(row.label, "decided", f"{decided} is after {as_of}.", "Correct the date.")
        if decided is None or len(findings.errors) > before:
            continue
        with findings.at(row, "first"):
            identifier = Identifier(_scheme(row), text_of(row["value"]))
            security_id, author, note = (text_of(row[c]).strip() for c in ("security_id", "author", "note"))
            found.append(IdentityOverride(identifier, security_id, author, decided, first, last, note))
    findings.raise_any()
    return tuple(found)


def _scheme(row: Row) -> IdentifierScheme:
    written = text_of(row["scheme"]).strip().casefold()
    if written not in {s.value for s in IdentifierScheme} - {IdentifierScheme.SECURITY_ID.value}:
        known = ", ".join(s.value for s in IdentifierScheme if s is not IdentifierScheme.SECURITY_ID)
        raise InputError(f"{written!r} is not a kind of identifier.", hint=f"Use one of: {known}.")
    return IdentifierScheme(written)


def _texts(row: Row, findings: Findings) -> dict[str, str]:
    """Cells as texts; exact identifiers in their usual writing, and checked."""
    told: dict[str, str] = {}
    for column in (c.name for c in SECURITY_LIST_COLUMNS):
        told[column] = ""
        with findings.at(row, column):
            written = text_of(row[column]).strip()
            if written and column in _CHECKED:
                written = require_sound(Identifier(IdentifierScheme(column), written)).value
            told[column] = written
    return told


def _merge(
    facts: dict[str, str], told: Mapping[str, str], columns: Iterable[str], row: Row, findings: Findings
) -> None:
    for column in columns:
        known = facts.get(column, "")
        if told[column] and known and told[column] != known:
            findings.wrong(
                row.label,
                column,
                f"it is {told[column]!r}, and {known!r} in an earlier row of the same id.",
                "Rows of one id say the same, or leave it blank.",
            )
        facts[column] = known or told[column]


def _day(row: Row, column: str, notation: Notation, findings: Findings) -> date | None:
    day = None
    with findings.at(row, column):
        if not is_blank(row[column]):
            day = notation.day(row[column])
    return day


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
