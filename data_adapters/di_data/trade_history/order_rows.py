"""Rows of the generic CSV as orders and fills: one file of orders, one of fills beside it, or one with repeated ids.

Problem: three layouts hold the same facts. Decision: where a file has the columns of fills, its rows
are fills, and what is said of their order must not change from row to row (running totals such as
CumQty and AvgPx are left aside, because they follow from the fills). A cell that cannot be read is an
error with its line, all of a file together, and nothing is imported; what can be read and cannot be
used is dropped with a reason. Limits: a file is held in memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from di_advisor.domain.cells import float_of
from di_advisor.domain.columns import ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_advisor.domain.history_quality import Flaw, QualityTally
from di_advisor.domain.rows import Findings, Row
from di_advisor.domain.spreadsheet_cells import text_of_cell
from di_advisor.domain.trade_history import ArrivalPrice
from di_advisor.errors import InputError
from di_data.delimited import read_records, read_text
from di_data.file_styles import FileStyle, recognised_delimiter
from di_data.trade_history.aliases import ColumnMapping, resolved, side_of
from di_data.trade_history.instants import FileClock
from di_data.trade_history.records import ReadFill, ReadOrder, ReadOrders

__all__ = ["OrderFileLayout", "read_order_files"]

_TIMES = ("decision_time", "arrival_time", "end_time")
_TEXTS = ("account_id", "venue", "algo", "order_type", "broker", "arrival_price_source")
_FILLS = ("fill_time", "fill_shares", "fill_price_usd")
_RUNNING = ("filled_shares", "avg_fill_price_usd", "venue", "commission_usd", "fees_usd")
_STEADY_TEXTS = ("account_id",)
_STEADY_NUMBERS = ("order_shares",)
_STEADY_TIMES = ("arrival_time", "decision_time")
_NUMBERS = (
    *("order_shares", "filled_shares", "avg_fill_price_usd", "arrival_bid_usd", "arrival_ask_usd", "arrival_price_usd"),
    *("decision_price_usd", "close_price_usd", "half_spread_bps", "volatility_daily_bps", "adv_usd", "volume_span"),
    *("time_of_day", "commission_usd", "fees_usd", "market_return"),
)
_HEADERS = frozenset(c.name for c in (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS))
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OrderFileLayout:
    """How files of orders are written: what is stated of each, mapping and limits."""

    style: FileStyle
    mapping: ColumnMapping
    max_bytes: int
    max_rows: int


class _Table:
    """One file as rows by documented column."""

    def __init__(self, path: Path, layout: OrderFileLayout, *, fills_file: bool) -> None:
        text = read_text(path, encoding=layout.style.encoding, max_bytes=layout.max_bytes)
        delimiter = layout.style.delimiter or recognised_delimiter(text, path.name, _HEADERS)
        header, records = read_records(text, path.name, delimiter=delimiter, max_rows=layout.max_rows)
        found = resolved(header, layout.mapping, path.name, fills_file=fills_file)
        place = {name: header.index(h) for name, h in found.items()}
        self.columns = frozenset(place)
        self.rows = [Row(f"line {n}", {name: cells[i].strip() for name, i in place.items()}) for n, cells in records]
        self.findings = Findings(path.name)
        self.clock = FileClock(path.name, layout.mapping.zone)
        self.layout = layout
        self.notation = layout.style.notation(delimiter)

    def text(self, row: Row, column: str) -> str:
        return text_of_cell(str(row[column] or ""))

    def needed(self, row: Row, column: str) -> str:
        text = self.text(row, column)
        if not text:
            self.findings.wrong(row.label, column, "the cell is blank.", "Fill it, or leave the row out.")
        return text

    def times(self, row: Row) -> dict[str, np.datetime64]:
        found: dict[str, np.datetime64] = {}
        for name in _TIMES:
            if row[name]:
                with self.findings.at(row, name):
                    found[name] = self.clock.instant(str(row[name]), f"{row.label}, {name}")
        return found

    def numbers(self, row: Row, names: tuple[str, ...]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in names:
            cell = row[name]
            if cell:
                with self.findings.at(row, name):
                    found[name] = self._number(str(cell))
        return found

    def _number(self, cell: str) -> float:
        notation = self.notation
        if notation.decimal_mark == "." and _PLAIN_NUMBER.fullmatch(cell):
            value = float(cell)
            if value - value != 0.0:
                raise InputError(f"{cell!r} is too large.", hint="Correct the figure at its source.")
            return value
        return float_of(cell, notation)


def read_order_files(orders: Path, fills: Path | None, layout: OrderFileLayout) -> ReadOrders:
    """Orders and fills of one file, or of two.

    Raises
    ------
    InputError
        If a file cannot be used as a whole.
    RowsError
        Naming every row and column that is wrong.
    """
    table = _Table(orders, layout, fills_file=False)
    tally = QualityTally(orders.name)
    present = [name for name in _FILLS if name in table.columns]
    if fills is None and present and len(present) < len(_FILLS):
        missing = [name for name in _FILLS if name not in present]
        raise InputError(
            f"{orders.name}: it has {', '.join(present)}, but not {', '.join(missing)}.",
            hint="A fill has a time, shares and a price; map the headers, or leave the columns of fills out.",
            source=orders.name,
            missing=missing,
        )
    rows_are_fills = fills is None and bool(present)
    read = _orders(table, tally, rows_are_fills=rows_are_fills)
    found: list[ReadFill] = []
    if rows_are_fills:
        found = _fills(table)
    _finish(table)
    if fills is not None:
        beside = _Table(fills, layout, fills_file=True)
        found = _fills(beside)
        _finish(beside)
    return ReadOrders(read, found, table.columns, tally)


def _finish(table: _Table) -> None:
    table.findings.raise_any()
    table.clock.refuse_mixed()


def _order(table: _Table, row: Row, *, running: bool) -> ReadOrder:
    side = 1
    if side_text := table.needed(row, "side"):
        with table.findings.at(row, "side"):
            side = side_of(side_text, table.layout.mapping)
    aside = _RUNNING if running else ()
    texts = {name: table.text(row, name) for name in _TEXTS if name not in aside and row[name]}
    if texts.get("order_type"):
        texts["order_type"] = table.layout.mapping.order_type(texts["order_type"])
    source = texts.get("arrival_price_source", "")
    if source and source not in set(ArrivalPrice):
        table.findings.wrong(
            row.label, "arrival_price_source", f"{source!r} is no source.", f"One of: {', '.join(ArrivalPrice)}."
        )
    return ReadOrder(
        table.needed(row, "order_id"),
        table.needed(row, "symbol"),
        side,
        table.times(row),
        table.numbers(row, tuple(n for n in _NUMBERS if n not in aside)),
        texts,
    )


def _orders(table: _Table, tally: QualityTally, *, rows_are_fills: bool) -> list[ReadOrder]:
    read: dict[str, ReadOrder] = {}
    for row in table.rows:
        order = _order(table, row, running=rows_are_fills)
        known = read.get(order.order_id)
        if known is None:
            read[order.order_id] = order
        elif not rows_are_fills:
            table.findings.wrong(
                row.label,
                "order_id",
                f"{order.order_id!r} stands there more than once.",
                "A file with repeated orders needs fill_time, fill_shares and fill_price_usd.",
            )
        else:
            said = _disagreement(known, order)
            if said:
                tally.drop(order.order_id, Flaw.ROWS_DISAGREE, f"{row.label}: {said}")
            read[order.order_id] = _completed(known, order)
    return list(read.values())


def _disagreement(known: ReadOrder, row: ReadOrder) -> str:
    """What a further row of an order says otherwise."""
    pairs: list[tuple[str, object, object]] = [
        ("symbol", known.symbol, row.symbol),
        ("side", known.side, row.side),
        *((n, known.texts.get(n), row.texts.get(n)) for n in _STEADY_TEXTS),
        *((n, known.numbers.get(n), row.numbers.get(n)) for n in _STEADY_NUMBERS),
        *((n, known.times.get(n), row.times.get(n)) for n in _STEADY_TIMES),
    ]
    return next((f"{n} {b} after {a}" for n, a, b in pairs if a is not None and b is not None and a != b), "")


def _completed(known: ReadOrder, row: ReadOrder) -> ReadOrder:
    """The order with what a further row adds."""
    return ReadOrder(
        known.order_id,
        known.symbol,
        known.side,
        {**row.times, **known.times},
        {**row.numbers, **known.numbers},
        {**row.texts, **known.texts},
    )


def _fills(table: _Table) -> list[ReadFill]:
    found = []
    for row in table.rows:
        order_id = table.needed(row, "order_id")
        blank = [name for name in _FILLS if not row[name]]
        if len(blank) == len(_FILLS) and table.columns & {"side"}:
            continue  # an order of a combined file that had no fill
        for name in blank:
            table.needed(row, name)
        numbers = table.numbers(row, ("fill_shares", "fill_price_usd", "commission_usd", "fees_usd"))
        if blank or len(numbers.keys() & {"fill_shares", "fill_price_usd"}) < 2:
            continue
        with table.findings.at(row, "fill_time"):
            when = table.clock.instant(str(row["fill_time"]), f"{row.label}, fill_time")
            found.append(
                ReadFill(
                    order_id,
                    when,
                    numbers["fill_shares"],
                    numbers["fill_price_usd"],
                    table.text(row, "exec_id"),
                    table.text(row, "venue"),
                    numbers.get("commission_usd", 0.0),
                    numbers.get("fees_usd", 0.0),
                )
            )
    return found
