"""Rows of corporate action files: splits and dividends, spin-offs, and delistings, each cell read once.

Amounts are exact, dates exchange-local days, and every row remembers its file and line. A cell that
cannot be read is an error of its row; all errors of a file are reported together. Tickers stay as
the source writes them: which company one meant on a day is the caller's knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

from di_advisor.domain.amounts import as_fraction, exact
from di_advisor.domain.rows import Column, Findings, Row, require_columns
from di_advisor.errors import InputError
from di_data.corporate_actions.ratios import share_ratio
from di_data.delimited import read_rows, read_text
from di_data.notation import FileNotation

__all__ = [
    "RAW_COLUMNS",
    "SCALED_COLUMNS",
    "DelistingRow",
    "FactorColumns",
    "SpinOffRow",
    "VendorDay",
    "delisting_rows",
    "spin_off_rows",
    "vendor_days",
]

_NOTATION: Final = FileNotation()
_Read = TypeVar("_Read")
# Of the last price; the day before the closing of a deal for cash it is close to the cash.
_LEAST_PART: Final = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class FactorColumns:
    """What a vendor calls its columns of dividends and price factors."""

    dividend: str
    factor: str


SCALED_COLUMNS: Final = FactorColumns("dividend", "split")
"""Dividends divided by every later factor; 0.0 means no factor."""

RAW_COLUMNS: Final = FactorColumns("ex_dividend", "split_ratio")
"""Dividends as they were paid; 1.0 means no factor."""


@dataclass(frozen=True, slots=True)
class VendorDay:
    """A dividend, a price factor, or both, of one ticker on one day.

    Attributes
    ----------
    ticker : str
        As the source writes it.
    on : date
        Ex-date.
    dividend_usd : Fraction
        For a share; zero for none.
    factor : str
        What earlier prices are divided by, as written; "1" for none.
    where : str
        File and line.
    """

    ticker: str
    on: date
    dividend_usd: Fraction
    factor: str
    where: str

    @property
    def has_factor(self) -> bool:
        """Whether prices are divided."""
        return Fraction(self.factor) != 1


@dataclass(frozen=True, slots=True)
class SpinOffRow:
    """One spin-off, with raw closes in USD.

    Attributes
    ----------
    parent, spun : str
        Tickers as the source writes them.
    on : date
        Ex-date.
    ratio : Fraction
        Shares received for one share of the parent before the ex-date.
    parent_shares : Fraction
        Shares of the parent that one share is afterwards: other than one with a split on that day.
    parent_before_usd, parent_close_usd, spun_close_usd : Fraction
        Close of the parent the day before, and of both on the ex-date.
    where : str
        File and line.
    """

    parent: str
    spun: str
    on: date
    ratio: Fraction
    parent_shares: Fraction
    parent_before_usd: Fraction
    parent_close_usd: Fraction
    spun_close_usd: Fraction
    where: str


@dataclass(frozen=True, slots=True)
class DelistingRow:
    """How a listing ended.

    Attributes
    ----------
    ticker : str
        As the source writes it.
    on : date
        First day it was not listed.
    bucket : str
        The source's word: merger, liquidation, ...
    cash_usd, ratio : Fraction
        Cash, and shares of the acquirer, for one share; zero for none or not known.
    acquirer : str
        Ticker; empty where not known.
    acquirer_usd, last_usd : Fraction
        Price of a share of the acquirer, and the last close; zero where not known.
    where : str
        File and line.
    """

    ticker: str
    on: date
    bucket: str
    cash_usd: Fraction
    ratio: Fraction
    acquirer: str
    acquirer_usd: Fraction
    last_usd: Fraction
    where: str

    @property
    def cash_misses_price(self) -> bool:
        """Whether cash alone is far from the last price: a part of the terms is missing."""
        if self.ratio or not self.cash_usd or not self.last_usd:
            return False
        return not _LEAST_PART < self.cash_usd / self.last_usd < 1 / _LEAST_PART


def vendor_days(path: Path, columns: FactorColumns) -> tuple[VendorDay, ...]:
    """Dividends and factors of a vendor's file.

    Parameters
    ----------
    path : Path
        CSV with columns ``ticker``, ``date`` and the two named.
    columns : FactorColumns
        What they are called.

    Raises
    ------
    InputError
        If the file cannot be read, or a column is missing.
    RowsError
        Naming every row and column that is wrong.
    """

    def read(row: Row, where: str) -> VendorDay:
        factor = _amount(row, columns.factor)
        return VendorDay(
            _ticker(row, "ticker"),
            _NOTATION.day(row["date"]),
            _amount(row, columns.dividend),
            "1" if factor in {0, 1} else _text(row, columns.factor),
            where,
        )

    return _read(path, ("ticker", "date", columns.dividend, columns.factor), read)


def spin_off_rows(path: Path) -> tuple[SpinOffRow, ...]:
    """Spin-offs of a file; errors as for `vendor_days`."""

    def read(row: Row, where: str) -> SpinOffRow:
        return SpinOffRow(
            _ticker(row, "parent"),
            _ticker(row, "spinco"),
            _NOTATION.day(row["ex_date"]),
            _ratio(row, "ratio"),
            _ratio(row, "parent_shares"),
            _amount(row, "parent_prev_close"),
            _amount(row, "parent_close"),
            _amount(row, "spinco_close"),
            where,
        )

    columns = ("parent", "ex_date", "parent_prev_close", "parent_close", "parent_shares", "spinco", "ratio")
    return _read(path, (*columns, "spinco_close"), read)


def delisting_rows(path: Path) -> tuple[DelistingRow, ...]:
    """Delistings of a file; errors as for `vendor_days`."""

    def read(row: Row, where: str) -> DelistingRow:
        return DelistingRow(
            _ticker(row, "ticker"),
            _NOTATION.day(row["observed_delist_date"]),
            _text(row, "bucket"),
            _amount(row, "payout_per_share"),
            _amount(row, "stock_ratio"),
            _text(row, "acquirer_ticker"),
            _amount(row, "acquirer_price"),
            _amount(row, "last_trade_close"),
            where,
        )

    columns = ("ticker", "bucket", "observed_delist_date", "last_trade_close", "payout_per_share", "stock_ratio")
    return _read(path, (*columns, "acquirer_price", "acquirer_ticker"), read)


def _read(path: Path, columns: Sequence[str], read: Callable[[Row, str], _Read]) -> tuple[_Read, ...]:
    header, rows = read_rows(read_text(path), path.name)
    needed = [Column(name, "", required=True) for name in columns]
    # Columns beside these are the source's own business.
    require_columns([name for name in header if name in columns], needed, path.name)
    findings, found = Findings(path.name), []
    for row in rows:
        try:
            found.append(read(row, f"{path.name}, {row.label}"))
        except InputError as e:
            findings.wrong(row.label, str(e.facts.get("field", "")), e.what, e.hint)
    findings.raise_any()
    return tuple(found)


def _text(row: Row, column: str) -> str:
    return str(row[column] or "").strip()


def _ticker(row: Row, column: str) -> str:
    ticker = _text(row, column)
    if not ticker:
        raise InputError(f"{column} is empty.", hint="Every row names its security.", field=column)
    return ticker


def _ratio(row: Row, column: str) -> Fraction:
    if not _amount(row, column):
        raise InputError(f"{column} is not more than zero.", hint="A ratio of shares is.", field=column)
    return share_ratio(_text(row, column))


def _amount(row: Row, column: str) -> Fraction:
    written = _text(row, column)
    if not written:
        return Fraction(0)
    try:
        # Without separators of thousands: no ratio or price of a share has any.
        amount = as_fraction(exact(written, "the figure"))
    except InputError as e:
        raise InputError(f"{column}: {e.what}", hint=e.hint, field=column) from e
    if amount < 0:
        raise InputError(f"{column} is {written}, below zero.", hint="Correct the sign at its source.", field=column)
    return amount
