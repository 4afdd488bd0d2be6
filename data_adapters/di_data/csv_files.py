"""The user's own files: lots, fills, prices, index weights and returns from CSV (returns also from Parquet).

Problem: files come from brokers, spreadsheets and vendors, and a figure that is read wrongly costs
money. Decision: documented columns with units in their names; every error names file, row and
field, all of a file are reported together, and nothing of a wrong file is used; what is unusual in
a file (its encoding, delimiter, decimal mark, date format) is stated, for all files or for one, or
proved by the file itself, and never guessed (`di_data.file_styles`). The order of rows has no meaning:
lots are sorted, so a shuffled file is the same account.
Limits: US dollars; whether trade dates are settlement dates cannot be seen (trade dates are asked
for, and days on which the exchange was closed are pointed out).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from di_advisor.domain.cells import is_blank
from di_advisor.domain.columns import FILL_COLUMNS, LOT_COLUMNS, PRICE_FILE_COLUMNS, WEIGHT_COLUMNS
from di_advisor.domain.fill_rows import fills_from_rows
from di_advisor.domain.lot_rows import lots_from_rows, portfolio_of
from di_advisor.domain.market import Market, ReturnHistory
from di_advisor.domain.market_rows import market_from_rows
from di_advisor.domain.portfolio import Fill, Portfolio
from di_advisor.domain.rows import Column, Findings, Row
from di_advisor.domain.target import Target
from di_advisor.domain.weight_rows import target_from_rows
from di_advisor.errors import InputError
from di_data.delimited import MAX_BYTES, MAX_ROWS
from di_data.documented_tables import documented_table, warn_of_closed_days
from di_data.file_styles import FileStyle, style_of
from di_data.notation import FileNotation
from di_data.return_files import MAX_RETURN_BYTES, read_returns

__all__ = ["FILE_ROLES", "CsvFiles"]

FILE_ROLES = ("lots", "fills", "prices", "index", "returns")
"""Files whose writing can be stated one by one."""


@dataclass(frozen=True, slots=True)
class CsvFiles:
    """Reads files of lots, fills, prices, weights and returns; ports `PortfolioReader`, `FillsReader`, `ReturnsReader`.

    Attributes
    ----------
    encoding : str or None
        Where the files are neither UTF-8 nor marked (UTF-16 with a byte-order mark is found).
    delimiter : str
        Between cells; empty to read it off each file's header.
    decimal_mark : str
        "." or ","; the other one separates thousands. Empty for a point.
    date_format : str
        As in `datetime.strptime` ("%m/%d/%Y"); empty for ISO dates, and for what a file proves itself.
    files : Mapping of str to Mapping
        The same settings for one file, by its role: lots, fills, prices, index or returns, such as
        ``{"prices": {"decimal_mark": ","}}``.
    price_age_max_days : int
        Weekdays that a price may be old, where the prices have a column ``as_of``.
    rescaled_index : bool
        Whether index weights are rescaled to sum 1, on purpose.
    max_bytes, max_rows : int
        Limits of a file of lots, prices or weights.
    """

    encoding: str | None = None
    delimiter: str = ""
    decimal_mark: str = ""
    date_format: str = ""
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    price_age_max_days: int = 3
    rescaled_index: bool = False
    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    def __post_init__(self) -> None:
        if strange := sorted(set(self.files) - set(FILE_ROLES)):
            raise InputError(f"{strange[0]!r} is no file that is read.", hint=f"There are: {', '.join(FILE_ROLES)}.")

    def portfolio(self, lots: Path, *, as_of: date, cash_usd: str) -> Portfolio:
        """Portfolio from a file of lots, columns as in `di_advisor.domain.columns.LOT_COLUMNS`.

        Lots are sorted by account, trade date, security and id. Without any row, the portfolio is
        one account of cash.

        Raises
        ------
        InputError
            If the file cannot be used as a whole.
        RowsError
            Naming every row and column that is wrong.

        Warns
        -----
        InputWarning
            If rows are repeated, unknowns are blank, columns are ignored, or a trade date is a day
            on which the exchange was closed.
        """
        rows, notation = self._table(lots, LOT_COLUMNS, "lots")
        findings = Findings(lots.name)
        read = lots_from_rows(rows, notation, findings, as_of=as_of)
        read.sort(key=lambda r: (r.lot.account_id, r.lot.acquired or date.min, r.lot.security_id, r.lot.lot_id))
        warn_of_closed_days(lots.name, {r.lot.acquired: r.row.label for r in read if r.lot.acquired is not None})
        return portfolio_of(read, cash_usd=cash_usd, as_of=as_of)

    def market(self, prices: Path, *, as_of: date) -> Market:
        """Market from a file of prices, columns as in `di_advisor.domain.columns.PRICE_FILE_COLUMNS`.

        Further columns ``characteristic_<name>`` are style characteristics.

        Raises
        ------
        InputError
            If the file cannot be used as a whole.
        RowsError
            Naming every row and column that is wrong, a price that is too old among them.

        Warns
        -----
        InputWarning
            If names are unpriced, or columns are ignored.
        """
        rows, notation = self._table(prices, PRICE_FILE_COLUMNS, "prices")
        findings = Findings(prices.name)
        for row in rows:
            with findings.at(row, "as_of"):
                if not is_blank(row["as_of"]):
                    self._refuse_stale(notation.day(row["as_of"]), as_of)
        return market_from_rows(rows, notation, findings, as_of=as_of)

    def target(self, index: Path, *, as_of: date) -> Target:
        """Target from a file of index weights, columns as in `di_advisor.domain.columns.WEIGHT_COLUMNS`.

        Without a column ``effective`` the weights hold from ``as_of`` on.

        Raises
        ------
        InputError
            If the file cannot be used as a whole.
        RowsError
            Naming every row and column that is wrong, and every set that does not sum to 1.
        """
        rows, notation = self._table(index, WEIGHT_COLUMNS, "index")
        return target_from_rows(
            rows, notation, Findings(index.name), index=index.stem, effective=as_of, rescaled=self.rescaled_index
        )

    def fills(self, fills: Path) -> dict[str, tuple[Fill, ...]]:
        """Recent and planned trades by account, columns as in `di_advisor.domain.columns.FILL_COLUMNS`.

        Fills that name no account stand under the empty text.

        Raises
        ------
        InputError
            If the file cannot be used as a whole.
        RowsError
            Naming every row and column that is wrong.
        """
        rows, notation = self._table(fills, FILL_COLUMNS, "fills")
        return fills_from_rows(rows, notation, Findings(fills.name), account_id="")

    def returns(self, returns: Path, *, as_of: date) -> ReturnHistory:
        """Daily total returns up to a day, from CSV or Parquet; see `di_data.return_files.read_returns`."""
        return read_returns(
            returns,
            self._style("returns"),
            as_of=as_of,
            max_bytes=max(self.max_bytes, MAX_RETURN_BYTES),
        )

    def _style(self, role: str) -> FileStyle:
        common = FileStyle(self.encoding, self.delimiter, self.decimal_mark, self.date_format)
        return style_of(common, self.files, role)

    def _table(self, path: Path, columns: Sequence[Column], role: str) -> tuple[list[Row], FileNotation]:
        return documented_table(path, columns, self._style(role), max_bytes=self.max_bytes, max_rows=self.max_rows)

    def _refuse_stale(self, day: date, as_of: date) -> None:
        if day > as_of:
            raise InputError(
                f"the price is of {day}, after {as_of}.", hint="Use prices that were known on the day, or a later day."
            )
        age = int(np.busday_count(day, as_of))
        if age > self.price_age_max_days:
            raise InputError(
                f"the price is of {day}, {age} weekdays before {as_of}; the limit is {self.price_age_max_days}.",
                hint="Get a current price, leave it blank, or raise the limit on purpose.",
            )
