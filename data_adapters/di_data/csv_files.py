"""The user's own files: lots, fills, prices, index weights and returns from CSV (returns also from Parquet).

Problem: files come from brokers, spreadsheets and vendors, and a figure that is read wrongly costs
money. Decision: documented columns with units in their names; every error names file, row and
field, all of a file are reported together, and nothing of a wrong file is used; what is unusual in
a file (its encoding, delimiter, decimal mark, date format) is stated by the caller once, not
guessed. The order of rows has no meaning: lots are sorted, so a shuffled file is the same account.
Limits: US dollars; whether trade dates are settlement dates cannot be seen (trade dates are asked
for, and days on which the exchange was closed are pointed out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from di_data.documented_tables import documented_rows, warn_of_closed_days
from di_data.notation import FileNotation
from di_data.return_files import MAX_RETURN_BYTES, read_returns

__all__ = ["CsvFiles"]


@dataclass(frozen=True, slots=True)
class CsvFiles:
    """Reads files of lots, fills, prices, weights and returns; ports `PortfolioReader`, `FillsReader`, `ReturnsReader`.

    Attributes
    ----------
    encoding : str or None
        Where the files are neither UTF-8 nor marked (UTF-16 with a byte-order mark is found).
    delimiter : str
        Between cells.
    decimal_mark : str
        "." or ","; the other one separates thousands.
    date_format : str
        As in `datetime.strptime` ("%m/%d/%Y"); empty for ISO dates.
    price_age_max_days : int
        Weekdays that a price may be old, where the prices have a column ``as_of``.
    rescaled_index : bool
        Whether index weights are rescaled to sum 1, on purpose.
    max_bytes, max_rows : int
        Limits of a file of lots, prices or weights.
    """

    encoding: str | None = None
    delimiter: str = ","
    decimal_mark: str = "."
    date_format: str = ""
    price_age_max_days: int = 3
    rescaled_index: bool = False
    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    @property
    def _notation(self) -> FileNotation:
        return FileNotation(self.decimal_mark, self.date_format)

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
        rows = self._rows(lots, LOT_COLUMNS)
        findings = Findings(lots.name)
        read = lots_from_rows(rows, self._notation, findings, as_of=as_of)
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
        rows = self._rows(prices, PRICE_FILE_COLUMNS)
        findings = Findings(prices.name)
        for row in rows:
            with findings.at(row, "as_of"):
                if not is_blank(row["as_of"]):
                    self._refuse_stale(self._notation.day(row["as_of"]), as_of)
        return market_from_rows(rows, self._notation, findings, as_of=as_of)

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
        rows = self._rows(index, WEIGHT_COLUMNS)
        return target_from_rows(
            rows, self._notation, Findings(index.name), index=index.stem, effective=as_of, rescaled=self.rescaled_index
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
        return fills_from_rows(self._rows(fills, FILL_COLUMNS), self._notation, Findings(fills.name), account_id="")

    def returns(self, returns: Path, *, as_of: date) -> ReturnHistory:
        """Daily total returns up to a day, from CSV or Parquet; see `di_data.return_files.read_returns`."""
        return read_returns(
            returns,
            self._notation,
            as_of=as_of,
            encoding=self.encoding,
            delimiter=self.delimiter,
            max_bytes=max(self.max_bytes, MAX_RETURN_BYTES),
        )

    def _rows(self, path: Path, columns: Sequence[Column]) -> list[Row]:
        return documented_rows(
            path,
            columns,
            encoding=self.encoding,
            delimiter=self.delimiter,
            max_bytes=self.max_bytes,
            max_rows=self.max_rows,
        )

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
