"""Schwab's lot details (CSV): one file a symbol, a folder of them is the accounts.

Problem: the symbol stands in the title and in the file's name only, rows end with a comma, unknowns are
``--``, and a file that was cut off looks complete. Decision: the title gives symbol, account and day, and
the name of the file must not contradict it; the row Total is needed, and shares and costs must sum to it;
all files of a folder must be of one day, and no symbol of an account may come twice. ``Holding Period`` is
compared with the open date: a lot that is long-term before its year is over holds tacked days (a wash
sale), whose number the file does not say, and that is pointed out. Limits: shape as seen in one published
sample, not tried on an account; the file does not say what kind of account it is, nor its cash.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.broker_statements import BrokerStatement
from di_advisor.domain.class_tickers import TickerStyle, write_ticker
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.rows import Column, Row, require_columns, some_of
from di_advisor.errors import InputError, InputWarning
from di_data.brokers.broker_files import BrokerFiles, security_id_of
from di_data.brokers.lot_table import BrokerFindings, amount_or_none, basis_total, portfolio_of_rows
from di_data.delimited import read_records, read_text

__all__ = ["SchwabLots"]

_TITLE: Final = re.compile(
    r'"?(?P<symbol>\S+(?: \S+)?) Lot Details for (?P<account>.+?) as of '
    r'\d{1,2}:\d{2} [AP]M ET, (?P<day>\d{1,2}/\d{1,2}/\d{4})"?[\s,]*'
)
_FILE_NAME: Final = re.compile(r"Lot-Details-(?P<symbol>[A-Za-z0-9 .\-]+?)(?: ?\(\d+\))?\.csv", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{1,2}/\d{1,2}/\d{4})(?: 00:00:00)?")
_COLUMNS: Final = (
    Column("Open Date", "Trade date.", required=True),
    Column("Quantity", "Shares.", required=True),
    Column("Cost/Share", "Cost of a share.", required=True),
    Column("Cost Basis", "Basis of the lot.", required=True),
    Column("Holding Period", "Short Term or Long Term.", required=True),
    Column("Price", "Price of a share."),
    Column("Market Value", "Value of the lot."),
    Column("Gain/Loss $", "Gain."),
    Column("Gain/Loss %", "Gain over the basis."),
)
_OWN: Final = {
    "shares": "Quantity",
    "basis_total_usd": "Cost Basis",
    "acquired": "Open Date",
    "security_id": "symbol of the title",
    "account_id": "account of the title",
}
_YEAR_AND_A_DAY: Final = 366


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One file: its title, and its rows."""

    path: Path
    symbol: str
    account: str
    day: date
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SchwabLots(BrokerFiles):
    """Reads lot details of one file, or of all CSV files of a folder."""

    def statement(self, path: Path, *, as_of: date) -> BrokerStatement:
        """Lots of a file or folder, on the day of its titles; errors and warnings as for `BrokerFiles`.

        Raises
        ------
        InputError
            If a title, a Total or a column is missing, files are of different days, or a symbol of an
            account comes twice.
        RowsError
            Naming every file, row and column that is wrong, a sum that is not its Total among them.
        """
        del as_of  # the titles say it
        sheets = [self._sheet(each) for each in _files(path)]
        day = _one_day(sheets)
        findings = BrokerFindings(path.name, own=_OWN)
        rows = [row for sheet in sheets for row in self._lots(sheet, findings, several=len(sheets) > 1)]
        return BrokerStatement(portfolio_of_rows(rows, findings, as_of=day), day, path.name)

    def _sheet(self, path: Path) -> _Sheet:
        lines = read_text(path, encoding=self.encoding, max_bytes=self.max_bytes).splitlines(keepends=True)
        first = next((n for n, line in enumerate(lines) if line.strip()), 0)
        title = _TITLE.fullmatch(lines[first].strip()) if lines else None
        if title is None:
            raise InputError(
                f"{path.name}, line {first + 1}: there is no title such as 'SHOP Lot Details for XXXX-1234 as of "
                "08:03 AM ET, 02/11/2022'.",
                hint="Export Lot Details of one position as CSV; the title is the only place of symbol and day.",
                source=path.name,
                row=f"line {first + 1}",
            )
        symbol = title["symbol"]
        _refuse_other_name(path, symbol)
        text = "\n" * (first + 1) + "".join(lines[first + 1 :])  # lines keep their numbers
        header, records = read_records(text, path.name, max_rows=self.max_rows)
        require_columns([c for c in header if c], _COLUMNS, path.name)
        rows = [Row(f"line {n}", dict(zip(header, map(str.strip, cells), strict=True))) for n, cells in records]
        return _Sheet(path, symbol, title["account"].strip(), _us_day(title["day"]), tuple(rows))

    def _lots(self, sheet: _Sheet, findings: BrokerFindings, *, several: bool) -> Iterator[Row]:
        """Rows of lots, checked against the Total."""
        totals = [r for r in sheet.rows if str(r["Open Date"]).casefold() == "total"]
        if len(totals) != 1 or sheet.rows[-1] is not totals[0]:
            raise InputError(
                f"{sheet.path.name}: the last row is not one Total.",
                hint="The file may be cut off or joined with another; export it again.",
                source=sheet.path.name,
            )
        place = f"{sheet.path.name}, " if several else ""
        shares: list[Exact | None] = []
        costs: list[Exact | None] = []
        doubtful: list[str] = []
        for raw in sheet.rows[:-1]:
            row = Row(f"{place}{raw.label}", raw.cells)
            lot = self._lot(row, sheet, findings)
            shares.append(_exact(lot["shares"]))
            costs.append(_exact(lot["basis_total_usd"]))
            doubtful += _doubt(row, lot, sheet.day)
            yield lot
        _check_total(Row(f"{place}{totals[0].label}", totals[0].cells), "shares", shares, findings)
        _check_total(Row(f"{place}{totals[0].label}", totals[0].cells), "basis_total_usd", costs, findings)
        if doubtful:
            warnings.warn(f"{sheet.path.name}: {some_of(doubtful)}.", InputWarning, stacklevel=2)

    def _lot(self, row: Row, sheet: _Sheet, findings: BrokerFindings) -> Row:
        cells: dict[str, object] = {"account_id": sheet.account}
        with findings.at(row, "security_id"):
            known = [Identifier(IdentifierScheme.TICKER, sheet.symbol)]
            cells["security_id"] = security_id_of(self.master, known, sheet.day)
        shares: Exact | None = None
        with findings.at(row, "shares"):
            shares = amount_or_none(row["Quantity"])
            cells["shares"] = "" if shares is None else str(shares)
        with findings.at(row, "basis_total_usd"):
            total, cost = amount_or_none(row["Cost Basis"]), amount_or_none(row["Cost/Share"])
            if shares is not None and shares > 0:
                basis = basis_total(shares, total_usd=total, per_share_usd=cost)
                cells["basis_total_usd"] = "" if basis is None else str(basis)
        with findings.at(row, "acquired"):
            cells["acquired"] = _acquired(str(row["Open Date"]))
        return Row(row.label, cells)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix.casefold() == ".csv" and p.is_file())
    if not found:
        raise InputError(
            f"The folder {path.name} has no CSV files.", hint="Export Lot Details of each position.", source=path.name
        )
    return found


def _one_day(sheets: Sequence[_Sheet]) -> date:
    first = sheets[0]
    seen: dict[tuple[str, str], _Sheet] = {}
    for sheet in sheets:
        if sheet.day != first.day:
            raise InputError(
                f"{first.path.name} is of {first.day}, and {sheet.path.name} is of {sheet.day}.",
                hint="Export all positions on one day: a trade between two days would be counted twice or never.",
            )
        other = seen.setdefault((sheet.account, write_ticker(sheet.symbol, TickerStyle.POINT)), sheet)
        if other is not sheet:
            raise InputError(
                f"{other.path.name} and {sheet.path.name} both have the lots of {sheet.symbol} in {sheet.account}.",
                hint="Keep one of them.",
            )
    return first.day


def _refuse_other_name(path: Path, symbol: str) -> None:
    named = _FILE_NAME.fullmatch(path.name)
    joined = (
        {write_ticker(s, TickerStyle.JOINED).replace(".", "") for s in (symbol, named["symbol"])} if named else {""}
    )
    if len(joined) > 1:
        raise InputError(
            f"{path.name}: its title is of {symbol}, and its name of another symbol.",
            hint="The file was renamed or overwritten; export it again.",
            source=path.name,
        )


def _us_day(text: str) -> date:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007  # a date, not an instant
    except ValueError:
        raise InputError(f"{text!r} is not a day of the calendar.", hint="Schwab writes month/day/year.") from None


def _acquired(text: str) -> str:
    if text in {"", "--"} or text.casefold() == "various":
        return ""
    found = _DAY.fullmatch(text)
    if not found:
        raise InputError(f"{text!r} is not a date such as 10/30/2017.", hint="Schwab writes month/day/year.")
    return _us_day(found[1]).isoformat()


def _exact(cell: object) -> Exact | None:
    return amount_or_none(cell)


def _check_total(row: Row, column: str, parts: Sequence[Exact | None], findings: BrokerFindings) -> None:
    """Compare a sum with the Total, where all of its parts are known."""
    with findings.at(row, column):
        stated = amount_or_none(row[_OWN[column]])
        if stated is None and column == "shares":
            raise InputError("the Total is blank.", hint="The file may be cut off; export it again.")
        if stated is None or any(p is None for p in parts):
            return
        total = sum((as_fraction(p) for p in parts if p is not None), Fraction(0))
        if total != as_fraction(stated):
            raise InputError(
                f"the Total is {stated}, and the rows sum to {Decimal(total.numerator) / Decimal(total.denominator)}.",
                hint="Rows are missing or changed; export the file again.",
            )


def _doubt(row: Row, lot: Row, day: date) -> list[str]:
    """Whether the stated term is not the one that the open date gives."""
    term, acquired = str(row["Holding Period"]).casefold(), str(lot["acquired"] or "")
    if not acquired or term not in {"long term", "short term"}:
        return []
    held_days = (day - date.fromisoformat(acquired)).days
    if held_days < 0 or (term == "long term") == (held_days >= _YEAR_AND_A_DAY):
        return []
    return [f"{row.label} is {term}, and was opened on {acquired}: its holding period starts on another day"]
