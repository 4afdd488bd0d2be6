"""Prices from files: one file of all names, or one a name, CSV or Parquet, described by a mapping.

Problem: most desks have prices already, in files that nothing describes. Decision: a mapping in TOML
names the columns and says what the closes are; each file is read like an answer of a service, by the
same pure `parse`, with the same refusals. Without a column of symbols the file's name is the symbol.
Closes that are adjusted for splits are refused as closes: lots are booked as traded. Limits: US dollars;
one record a day and name in memory.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Final

from di_advisor.domain.cells import is_blank, require_usd
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.rows import Findings, Row
from di_advisor.errors import InputError
from di_data.delimited import decoded_text, read_records
from di_data.frame.exchange import Content, Received
from di_data.frame.rows import as_content_error, refuse
from di_data.market.file_mapping import Closes, PriceMapping
from di_data.market.own_files import OwnFiles, own_file_facts
from di_data.market.price_rows import asked_symbol, in_order

__all__ = ["PriceFolder"]

_SUFFIXES: Final = {".csv": Content.CSV, ".txt": Content.CSV, ".parquet": Content.PARQUET}


class PriceFolder(OwnFiles[PriceBar, PriceMapping]):
    """Daily bars of files.

    Parameters
    ----------
    mapping : PriceMapping, optional
        What the files hold. Without one, what comes with a file counts (``mapping``, the text of a mapping
        file), and without that, columns ``date`` and ``close`` as traded.
    """

    facts: ClassVar = own_file_facts(
        "price_folder",
        "daily prices from CSV or Parquet files",
        "as agreed with the provider of the files",
        "symbol",
        "mapping",
    )

    def __init__(self, mapping: PriceMapping | None = None) -> None:
        super().__init__(mapping or PriceMapping(closes=Closes.AS_TRADED), stated=mapping is not None)

    def read(self, folder: Path) -> tuple[PriceBar, ...]:
        """Bars of all files of a folder, by security and day.

        Parameters
        ----------
        folder : Path
            With files .csv, .txt or .parquet, or one such file.

        Raises
        ------
        InputError
            If there is no such folder, or no file in it.
        SourceContentError
            If a file is not as the mapping says, or two files hold the same day of a name.
        """
        paths = [folder] if folder.is_file() else sorted(p for p in folder.glob("*") if p.suffix.lower() in _SUFFIXES)
        if not paths:
            raise InputError(f"{folder} holds no prices.", hint=f"Put files with {', '.join(_SUFFIXES)} there.")
        bars: list[PriceBar] = []
        for path in paths:
            expects = _SUFFIXES.get(path.suffix.lower(), Content.CSV)
            body = path.read_bytes()
            received = Received.of_file(
                path,
                body,
                expects,
                provider=self.mapping.provider,
                licence=self.mapping.licence,
                context={"symbol": path.stem},
            )
            bars += self.parse(body, received)
        return in_order(bars, received)

    def parse(self, body: bytes, received: Received) -> Sequence[PriceBar]:
        """Bars of one file, by security and day.

        Raises
        ------
        SourceContentError
            If a column is missing, or a cell cannot be read; all wrong cells are named together.
        """
        if sent := self._sent_mapping(received):
            return PriceFolder(sent[0]).parse(body, sent[1])
        if self.mapping.closes is not Closes.AS_TRADED:
            refuse(
                received,
                "its closes are adjusted for splits, and lots are booked as traded.",
                "Get closes as traded; an adjusted series goes into the column adjusted_close beside them.",
            )
        rows = self._parquet_rows(body, received) if body[:4] == b"PAR1" else self._text_rows(body, received)
        findings = Findings(received.source)
        with as_content_error(received):
            bars = list(self._bars(rows, received, findings))
            findings.raise_any()
        if not bars:
            refuse(received, "there are no prices in it.", "Check that it is the right file.")
        return in_order(bars, received)

    def _text_rows(self, body: bytes, received: Received) -> list[Row]:
        with as_content_error(received):
            text = decoded_text(body, received.source, self.mapping.encoding)
            header, records = read_records(text, received.source, delimiter=self.mapping.delimiter)
            self._require_columns(self.mapping.columns, header, received)
            return [
                Row(f"line {n}", dict(zip(header, (c.strip() for c in cells), strict=True))) for n, cells in records
            ]

    def _parquet_rows(self, body: bytes, received: Received) -> list[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(io.BytesIO(body))
            self._require_columns(self.mapping.columns, file.schema_arrow.names, received)
            columns = sorted({c for c in self.mapping.columns.model_dump().values() if c})
            table = file.read(columns=columns)
        except (OSError, pa.ArrowException) as e:
            refuse(received, f"it is no whole Parquet file ({e}).", "Write the file again.")
        cells = zip(*(table.column(c).to_pylist() for c in columns), strict=True)
        return [Row(f"row {n}", dict(zip(columns, each, strict=True))) for n, each in enumerate(cells, start=1)]

    def _bars(self, rows: Iterable[Row], received: Received, findings: Findings) -> Iterable[PriceBar]:
        columns, provenance = self.mapping.columns, received.provenance
        whole = "" if columns.symbol else asked_symbol(received)
        subjects: dict[str, Identifier] = {}
        for row in rows:
            with findings.at(row, ""):
                self._dollars(row)
                symbol = str(row[columns.symbol] or "").strip() if columns.symbol else whole
                close = self._figure(row, columns.close)
                if close is None or not close > 0:
                    raise InputError(
                        f"{columns.close} is {row[columns.close]!r}, not more than zero.",
                        hint="A delisting is a corporate action; leave out days without a price.",
                        field=columns.close,
                    )
                if symbol not in subjects:
                    subjects[symbol] = Identifier(IdentifierScheme.TICKER, symbol)
                yield PriceBar(
                    subject=subjects[symbol],
                    day=self._day(row),
                    close_usd=close,
                    provenance=provenance,
                    open_usd=self._figure(row, columns.open) or None,
                    high_usd=self._figure(row, columns.high) or None,
                    low_usd=self._figure(row, columns.low) or None,
                    volume_shares=self._figure(row, columns.volume),
                    adjusted_close_usd=self._figure(row, columns.adjusted_close) or None,
                    dividend_usd=self._figure(row, columns.dividend),
                    split_ratio=self._split(row),
                )

    def _dollars(self, row: Row) -> None:
        column = self.mapping.columns.currency
        require_usd(row[column] if column else self.mapping.currency)

    def _day(self, row: Row) -> date:
        written = row[self.mapping.columns.day]
        if isinstance(written, datetime):
            return written.date()
        if isinstance(written, date):
            return written
        return self.mapping.notation.day(written)

    def _figure(self, row: Row, column: str) -> float | None:
        """A figure of at least zero; None where the cell is blank or there is no such column."""
        written = row[column] if column else None
        if written is None or is_blank(written):
            return None
        figure = float(written) if isinstance(written, int | float) else float(self.mapping.notation.amount(written))
        if not math.isfinite(figure) or figure < 0:
            raise InputError(f"{column} is {written}.", hint="Figures are finite and not below zero.", field=column)
        return figure

    def _split(self, row: Row) -> float | None:
        column = self.mapping.columns.split
        ratio = self._figure(row, column)
        if not column:
            return None
        none = {"0": 0.0, "1": 1.0, "": None}[self.mapping.no_split]
        if ratio == none:
            return 1.0
        if not ratio:
            raise InputError(
                f"{column} is {row[column]!r}, and a day without a split has {self.mapping.no_split or 'a blank'!r}.",
                hint="Say in the mapping what stands on days without a split (no_split).",
                field=column,
            )
        return ratio
