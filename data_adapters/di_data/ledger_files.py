"""Files for the ledger: transactions and opening lots from CSV, as events for the journal.

Problem: a file of trades decides taxes, and most files were made for something else. Decision: the
one documented table (`di_advisor.domain.event_columns`), read with the same care as every file of
the user: encodings, quotes, sizes, and every wrong row named. A file that knows settlement dates
only is refused, because the trade date decides the tax year, the holding period and the wash-sale
window (Rev. Rul. 66-97, 70-598). Limits: the exchange's days are known from October 1952 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from di_advisor.domain.columns import LOT_COLUMNS
from di_advisor.domain.event_columns import TRANSACTION_COLUMNS
from di_advisor.domain.event_rows import ReadEvents, events_from_rows
from di_advisor.domain.events import Buy, Event, Sell
from di_advisor.domain.lot_events import opening_events_of_rows
from di_advisor.domain.lot_rows import lots_from_rows
from di_advisor.domain.rows import Column, Findings, Row
from di_advisor.domain.tickers import Tickers
from di_advisor.errors import InputError
from di_data.delimited import MAX_BYTES, MAX_ROWS, read_records, read_text
from di_data.documented_tables import documented_table, warn_of_closed_days
from di_data.file_styles import FileStyle, recognised_delimiter
from di_data.notation import FileNotation

__all__ = ["LedgerFiles"]


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """Reads files of transactions and of opening lots.

    Attributes
    ----------
    encoding : str or None
        Where the files are neither UTF-8 nor marked.
    delimiter : str
        Between cells; empty to read it off the header.
    decimal_mark : str
        "." or ","; the other one separates thousands. Empty for a point.
    date_format : str
        As in `datetime.strptime` ("%m/%d/%Y"); empty for ISO dates, instants with their zone, and what
        a file proves itself.
    max_bytes, max_rows : int
        Limits of a file.
    """

    encoding: str | None = None
    delimiter: str = ""
    decimal_mark: str = ""
    date_format: str = ""
    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    @property
    def _style(self) -> FileStyle:
        return FileStyle(self.encoding, self.delimiter, self.decimal_mark, self.date_format)

    def events(
        self,
        transactions: Path,
        *,
        as_of: date,
        account_id: str = "account",
        partial: bool = False,
        tickers: Tickers | None = None,
    ) -> ReadEvents:
        """Events of a file of transactions, columns as in `di_advisor.domain.event_columns.TRANSACTION_COLUMNS`.

        Parameters
        ----------
        transactions : Path
            The file.
        as_of : date
            The day the file is of: a later trade date is an error.
        account_id : str
            Account of rows that name none.
        partial : bool
            Whether right rows are wanted although others are wrong.
        tickers : Tickers, optional
            What tickers meant over time, for rows that name no permanent id.

        Raises
        ------
        InputError
            If the file cannot be used as a whole, or knows settlement dates only.
        RowsError
            Naming every row and column that is wrong.

        Warns
        -----
        InputWarning
            If rows are repeated, values are not known or look per share, columns are ignored, or a
            trade date is a day on which the exchange was closed.
        """
        self._refuse_settlement_dates(transactions)
        rows, notation = self._table(transactions, TRANSACTION_COLUMNS)
        read = events_from_rows(
            rows,
            notation,
            Findings(transactions.name),
            account_id=account_id,
            as_of=as_of,
            partial=partial,
            tickers=tickers,
        )
        trades = {
            e.on: e.source.removeprefix(f"{transactions.name}, ") for e in read.events if isinstance(e, Buy | Sell)
        }
        warn_of_closed_days(transactions.name, trades)
        return read

    def opening_lots(self, lots: Path, *, as_of: date, account_id: str = "account") -> tuple[Event, ...]:
        """Events that bring the lots of a file, columns as in `di_advisor.domain.columns.LOT_COLUMNS`.

        Parameters
        ----------
        lots : Path
            The file.
        as_of : date
            The day of which the lots are.
        account_id : str
            Account of rows that name none.

        Raises
        ------
        InputError
            If the file cannot be used as a whole.
        RowsError
            Naming every row and column that is wrong.

        Warns
        -----
        InputWarning
            As `di_data.csv_files.CsvFiles.portfolio`.
        """
        rows, notation = self._table(lots, LOT_COLUMNS)
        read = lots_from_rows(rows, notation, Findings(lots.name), account_id=account_id, as_of=as_of)
        warn_of_closed_days(lots.name, {r.lot.acquired: r.row.label for r in read if r.lot.acquired is not None})
        return opening_events_of_rows(read, on=as_of, source=lots.name)

    def _table(self, path: Path, columns: Sequence[Column]) -> tuple[list[Row], FileNotation]:
        return documented_table(path, columns, self._style, max_bytes=self.max_bytes, max_rows=self.max_rows)

    def _refuse_settlement_dates(self, path: Path) -> None:
        text = read_text(path, encoding=self.encoding, max_bytes=self.max_bytes)
        known = {c.name for c in TRANSACTION_COLUMNS}
        delimiter = self.delimiter or recognised_delimiter(text, path.name, known)
        header, _ = read_records(text, path.name, delimiter=delimiter, max_rows=self.max_rows)
        named = {cell.casefold() for cell in header}
        if "settlement_date" in named and "trade_date" not in named:
            raise InputError(
                f"{path.name}: there are settlement dates only, and trade dates decide the tax year, the holding "
                "period and the wash-sale window (Rev. Rul. 66-97, 70-598).",
                hint="Export the trade dates too; a settlement date is never taken for one.",
                source=path.name,
            )
