"""Fidelity's positions (CSV): holdings with average costs. These are not lots, and nobody gets lots out of them.

Problem: the export that everybody finds first has no purchase dates, so neither the term of a gain nor a
wash sale can be known from it. Decision: each position becomes one holding of known basis and unknown date
(`LotState.TERM_UNKNOWN`), named as such, which is not sold; `opening_lots` refuses; the caveat goes into the
report. ``SPAXX**`` and its like are cash, pending activity is reported and not counted, options are refused
because they can wash losses of their stock. The footer's download date is the statement's day; without it
the file may be cut off. Limits: shape as published, not tried on an account; kinds of accounts are taken
from Fidelity's own names for them, and that is said.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Final

from di_advisor.domain.amounts import Exact
from di_advisor.domain.broker_statements import BrokerStatement, LeftOut
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.portfolio import AccountKind, CashItem
from di_advisor.domain.rows import Column, Row, require_columns, some_of
from di_advisor.errors import InputError, InputWarning
from di_data.brokers.broker_files import BrokerFiles, security_id_of
from di_data.brokers.lot_table import BrokerFindings, amount_or_none, basis_total, portfolio_of_rows
from di_data.delimited import read_records, read_text

__all__ = ["FidelityPositions"]

_NAMES: Final = (
    *("Account Number", "Account Name", "Symbol", "Description", "Quantity", "Last Price", "Last Price Change"),
    *("Current Value", "Today's Gain/Loss Dollar", "Today's Gain/Loss Percent", "Total Gain/Loss Dollar"),
    *("Total Gain/Loss Percent", "Percent Of Account", "Cost Basis Total", "Average Cost Basis", "Type"),
)
_NEEDED: Final = {"Account Number", "Symbol", "Quantity", "Current Value", "Cost Basis Total", "Average Cost Basis"}
_COLUMNS: Final = tuple(Column(name, name, required=name in _NEEDED) for name in _NAMES)
_OWN: Final = {
    "security_id": "Symbol",
    "shares": "Quantity",
    "basis_total_usd": "Cost Basis Total",
    "account_id": "Account Number",
    "account_kind": "Account Name",
}
_DOWNLOADED: Final = re.compile(r"Date downloaded (?P<day>[A-Za-z]{3}-\d{1,2}-\d{4}|\d{1,2}/\d{1,2}/\d{4})\b")
_CASH: Final = re.compile(r"\w+\*{2}")
_KINDS: Final = (
    (re.compile(r"\broth\b", re.IGNORECASE), AccountKind.ROTH),
    (re.compile(r"\bira\b", re.IGNORECASE), AccountKind.IRA),
    (re.compile(r"\b(?:hsa|health savings)\b", re.IGNORECASE), AccountKind.HSA),
    (re.compile(r"\b40[13]\s?\(?[kb]\)?|\b457\b", re.IGNORECASE), AccountKind.RETIREMENT_PLAN),
)


@dataclass(frozen=True, slots=True)
class FidelityPositions(BrokerFiles):
    """Reads positions: one holding of unknown term for each, never lots."""

    caveat: ClassVar[str] = (
        "The holdings come from a file of positions (Fidelity) without purchase dates. They are not lots: nothing of "
        "them is sold, and tax results, wash sales among them, are unreliable."
    )

    def statement(self, path: Path, *, as_of: date) -> BrokerStatement:
        """Positions on the day of the download; errors and warnings as for `BrokerFiles`.

        Raises
        ------
        InputError
            If the footer with the day, or a column, is missing.
        RowsError
            Naming every row and column that is wrong, options among them.

        Warns
        -----
        InputWarning
            That these are no lots; kinds of accounts that were taken from their names; pending activity.
        """
        del as_of  # the footer says it
        text = read_text(path, encoding=self.encoding, max_bytes=self.max_bytes)
        table, day = _split(text, path.name)
        header, records = read_records(table, path.name, max_rows=self.max_rows)
        require_columns([c for c in header if c], _COLUMNS, path.name)
        findings = BrokerFindings(path.name, own=_OWN)
        rows: list[Row] = []
        cash: dict[str, list[CashItem]] = {}
        left_out: list[LeftOut] = []
        kinds: dict[str, tuple[str, AccountKind]] = {}
        for line, cells in records:
            row = Row(f"line {line}", dict(zip(header, cells, strict=True)))
            account, symbol = _text(row, "Account Number"), _text(row, "Symbol")
            kinds.setdefault(account, (_text(row, "Account Name"), _kind(_text(row, "Account Name"))))
            if symbol.casefold() == "pending activity":
                left_out.append(LeftOut(row.label, f"pending activity, {_text(row, 'Current Value')}", "not settled"))
            elif _CASH.fullmatch(symbol):
                with findings.at(row, "Current Value"):
                    cash.setdefault(account, []).append(CashItem(_needed(row, "Current Value"), day))
            else:
                rows += self._position(row, kinds[account][1], findings, day)
        portfolio = portfolio_of_rows(rows, findings, as_of=day, cash=cash)
        _warn(path.name, rows, kinds)
        return BrokerStatement(portfolio, day, path.name, left_out=tuple(left_out), has_lots=False)

    def _position(self, row: Row, kind: AccountKind, findings: BrokerFindings, day: date) -> Iterator[Row]:
        symbol = _text(row, "Symbol")
        if symbol.startswith("-"):
            findings.wrong(
                row.label,
                "Symbol",
                f"{symbol} is an option.",
                "Options are not modelled and can wash losses of their stock; take the account out, or close them.",
            )
            return
        cells: dict[str, object] = {"account_id": _text(row, "Account Number"), "account_kind": kind.value}
        with findings.at(row, "security_id"):
            cells["security_id"] = security_id_of(self.master, [Identifier(IdentifierScheme.TICKER, symbol)], day)
        shares: Exact | None = None
        with findings.at(row, "shares"):
            shares = amount_or_none(row["Quantity"])
            cells["shares"] = "" if shares is None else str(shares)
        with findings.at(row, "basis_total_usd"):
            total, average = amount_or_none(row["Cost Basis Total"]), amount_or_none(row["Average Cost Basis"])
            if shares is not None and shares > 0:
                basis = basis_total(shares, total_usd=total, per_share_usd=average)
                cells["basis_total_usd"] = "" if basis is None else str(basis)
        held = _text(row, "Type").casefold()
        cells["lot_id"] = f"{symbol} position of unknown dates{f' ({held})' if held not in {'', 'cash'} else ''}"
        cells["acquired"] = "VARIOUS"
        yield Row(row.label, cells)


def _split(text: str, source: str) -> tuple[str, date]:
    """The table, and the day of the footer; a blank line stands between them."""
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip(" ,\r\n")), len(lines))
    found = _DOWNLOADED.search("".join(lines[end:]))
    if found is None:
        raise InputError(
            f"{source}: there is no line 'Date downloaded ...' after the positions.",
            hint="The file may be cut off, or is no export of positions; download it again.",
            source=source,
        )
    form = "%m/%d/%Y" if "/" in found["day"] else "%b-%d-%Y"
    try:
        day = datetime.strptime(found["day"], form).date()  # noqa: DTZ007  # a date, not an instant
    except ValueError:
        raise InputError(
            f"{source}: {found['day']!r} is not a day of the calendar.", hint="Download it again.", source=source
        ) from None
    return "".join(_even(lines[start:end], blank=start)), day


def _even(lines: list[str], *, blank: int) -> Iterator[str]:
    """Lines of the table, the comma that ends some rows but not the header taken away; numbers of lines kept."""
    yield "\n" * blank
    ends = bool(lines) and lines[0].rstrip().endswith(",")
    for line in lines:
        bare = line.rstrip("\r\n")
        yield f"{bare[:-1] if not ends and bare.endswith(',') and bare.count(',') > lines[0].count(',') else bare}\n"


def _text(row: Row, column: str) -> str:
    return str(row[column] or "").strip()


def _needed(row: Row, column: str) -> Exact:
    amount = amount_or_none(row[column])
    if amount is None:
        raise InputError("it is blank.", hint="Cash has a value.")
    return amount


def _kind(name: str) -> AccountKind:
    return next((kind for words, kind in _KINDS if words.search(name)), AccountKind.TAXABLE)


def _warn(source: str, rows: list[Row], kinds: Mapping[str, tuple[str, AccountKind]]) -> None:
    if rows:
        held = "1 position" if len(rows) == 1 else f"{len(rows)} positions"
        warnings.warn(
            f"{source}: {held} without purchase dates. They are not lots: nothing of them is sold, and tax results "
            "are unreliable.",
            InputWarning,
            stacklevel=3,
        )
    taken = [f"{name} is {kind.value}" for name, kind in kinds.values() if kind is not AccountKind.TAXABLE]
    if taken:
        warnings.warn(
            f"{source}: kinds of accounts were taken from their names: {some_of(taken)}; all others are taxable.",
            InputWarning,
            stacklevel=3,
        )
