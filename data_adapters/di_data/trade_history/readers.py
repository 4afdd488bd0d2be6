"""Readers of trade histories behind the port `di_advisor.ports.TradeHistoryReader`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from di_advisor.domain.history_quality import ReadHistory
from di_advisor.domain.tickers import Tickers
from di_advisor.domain.trading_conditions import TradingConditions
from di_advisor.errors import InputError
from di_data.delimited import MAX_BYTES, MAX_ROWS
from di_data.file_styles import FileStyle
from di_data.trade_history.aliases import ColumnMapping
from di_data.trade_history.assembly import history_of
from di_data.trade_history.condition_files import read_conditions
from di_data.trade_history.flex_xml import read_flex_trades
from di_data.trade_history.instants import zone_named
from di_data.trade_history.order_rows import OrderFileLayout, read_order_files

__all__ = ["FlexStatements", "OrderFiles"]

_MAX_BYTES = 4 * MAX_BYTES


@dataclass(frozen=True)
class OrderFiles:
    """Reads the generic CSV of an order or execution system.

    Attributes
    ----------
    mapping : ColumnMapping or Path
        What is stated about headers, sides and the zone; a path is a TOML file.
    zone : str
        Zone of times that carry none; overrides the mapping's.
    tickers : Tickers, optional
        What symbols meant over time; without it a symbol is a permanent id.
    simulated : bool
        Whether the orders are invented.
    encoding, delimiter, decimal_mark
        As in `di_data.csv_files.CsvFiles`.
    max_bytes, max_rows : int
        Limits of a file.
    """

    mapping: ColumnMapping | Path = field(default_factory=ColumnMapping)
    zone: str = ""
    tickers: Tickers | None = None
    simulated: bool = False
    encoding: str | None = None
    delimiter: str = ""
    decimal_mark: str = ""
    max_bytes: int = _MAX_BYTES
    max_rows: int = MAX_ROWS

    def trade_history(
        self, orders: Path, *, fills: Path | None = None, conditions: TradingConditions | None = None
    ) -> ReadHistory:
        """History of one file, or of one of orders and one of fills.

        Raises
        ------
        InputError
            If a file cannot be used as a whole, a header could be several columns, or zones are mixed.
        RowsError
            Naming every row and column that cannot be read.

        Warns
        -----
        InputWarning
            If headers are not known, and ignored.
        """
        stated = ColumnMapping.from_toml(self.mapping) if isinstance(self.mapping, Path) else self.mapping
        zone = self.zone or stated.zone
        if zone:
            zone_named(zone)
        layout = OrderFileLayout(
            FileStyle(self.encoding, self.delimiter, self.decimal_mark),
            ColumnMapping(stated.columns, stated.sides, zone, stated.order_types),
            self.max_bytes,
            self.max_rows,
        )
        read = read_order_files(orders, fills, layout)
        return history_of(read, conditions, tickers=self.tickers, simulated=self.simulated)

    def conditions(
        self, daily: Path | None = None, *, quotes: Path | None = None, minutes: Path | None = None
    ) -> TradingConditions:
        """Tables of market conditions, see `read_conditions`."""
        return read_conditions(daily, quotes, minutes, max_bytes=self.max_bytes)


@dataclass(frozen=True)
class FlexStatements:
    """Reads trades of Interactive Brokers Flex queries in XML.

    Attributes
    ----------
    zone : str
        Zone of the statement's times; IBKR writes them in the zone of the account's settings, so it is stated.
    tickers : Tickers, optional
        What symbols meant over time.
    simulated : bool
        Whether the orders are invented.
    max_bytes : int
        Size limit.
    """

    zone: str = ""
    tickers: Tickers | None = None
    simulated: bool = False
    max_bytes: int = _MAX_BYTES

    def trade_history(
        self, orders: Path, *, fills: Path | None = None, conditions: TradingConditions | None = None
    ) -> ReadHistory:
        """History of one statement; it holds its fills itself.

        Raises
        ------
        InputError
            If a file of fills is given beside it, or it cannot be used as a whole.
        RowsError
            Naming every trade and field that cannot be read.
        """
        if fills is not None:
            raise InputError(
                f"{fills.name} is given beside the statement {orders.name}.",
                hint="A Flex statement holds its executions; leave the file of fills out.",
                source=fills.name,
            )
        if self.zone:
            zone_named(self.zone)
        read = read_flex_trades(orders, zone=self.zone, max_bytes=self.max_bytes)
        return history_of(read, conditions, tickers=self.tickers, simulated=self.simulated)

    def conditions(
        self, daily: Path | None = None, *, quotes: Path | None = None, minutes: Path | None = None
    ) -> TradingConditions:
        """Tables of market conditions, see `read_conditions`."""
        return read_conditions(daily, quotes, minutes, max_bytes=self.max_bytes)
