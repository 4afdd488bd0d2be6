"""Trades of an Interactive Brokers Flex query (XML): executions as fills, never added to their orders.

Problem: one statement lists the same trade as an order, as executions and as closed lots, and adding
them doubles every size. Decision: executions are read (``levelOfDetail="EXECUTION"``), grouped by
``ibOrderID``; only a statement without any is read from its orders. ``orderTime`` is the arrival, and
what is not a stock in USD is dropped with a reason. The XML is parsed without entities and without a
document type. Limits: the statement does not say what was asked for, only what was filled, so an
unfilled remainder is not seen; fields as an open-source parser of these statements lists them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from di_advisor.domain.history_quality import Flaw, QualityTally
from di_advisor.domain.rows import Findings, Row
from di_advisor.errors import InputError
from di_data.delimited import read_text
from di_data.flex_document import flex_statement_root
from di_data.trade_history.instants import FileClock
from di_data.trade_history.records import NOT_A_TIME, ReadFill, ReadOrder, ReadOrders

__all__ = ["read_flex_trades"]

_DETAILS = ("EXECUTION", "ORDER")
_SIDES = {"BUY": 1, "SELL": -1}
_FEES = ("taxes",)
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def read_flex_trades(path: Path, *, zone: str, max_bytes: int) -> ReadOrders:
    """Orders and fills of a statement.

    Parameters
    ----------
    path : Path
        The XML.
    zone : str
        Zone of the statement's times, which carry none unless the query was set up so; empty to refuse such times.
    max_bytes : int
        Size limit.

    Raises
    ------
    InputError
        If it is not a Flex statement with trades, or its times are of mixed zones.
    RowsError
        Naming every trade and field that cannot be read.
    """
    root = flex_statement_root(read_text(path, max_bytes=max_bytes), path.name)
    sections = list(root.iter("Trades"))
    if not sections:
        raise InputError(
            f"{path.name}: there is no section Trades.",
            hint="Add Trades (Executions) to the Flex query, with the fields orderTime, dateTime and ibOrderID.",
            source=path.name,
        )
    rows = [
        Row(f"trade {n}", dict(e.attrib))
        for n, e in enumerate((e for s in sections for e in s), start=1)
        if e.get("levelOfDetail", "EXECUTION") in _DETAILS
    ]
    executions = [r for r in rows if (r["levelOfDetail"] or "EXECUTION") == "EXECUTION"]
    return _Statement(path.name, zone).read(executions or rows, are_orders=not executions)


class _Statement:
    def __init__(self, source: str, zone: str) -> None:
        self.findings = Findings(source)
        self.clock = FileClock(source, zone)
        self.tally = QualityTally(source)
        self.orders: dict[str, ReadOrder] = {}
        self.fills: list[ReadFill] = []

    def read(self, rows: list[Row], *, are_orders: bool) -> ReadOrders:
        for row in rows:
            self._trade(row, are_orders=are_orders)
        self.findings.raise_any()
        self.clock.refuse_mixed()
        columns = frozenset({"order_id", "account_id", "symbol", "side", "arrival_time", "order_type", "venue"})
        return ReadOrders(list(self.orders.values()), self.fills, columns, self.tally)

    def _trade(self, row: Row, *, are_orders: bool) -> None:
        order_id = self._text(row, "ibOrderID") or self._text(row, "orderID")
        symbol = self._text(row, "symbol")
        if not order_id:
            self.tally.drop(f"{row.label} ({symbol})", Flaw.NO_ORDER_ID)
            return
        kind, currency = self._text(row, "assetCategory"), self._text(row, "currency")
        bought = self._text(row, "buySell")
        paid_in = self._text(row, "ibCommissionCurrency")
        if kind not in {"", "STK"}:
            self.tally.drop(order_id, Flaw.NOT_A_STOCK, f"{symbol} is {kind}")
        elif currency not in {"", "USD"} or paid_in not in {"", "USD"}:
            self.tally.drop(order_id, Flaw.NOT_USD, f"{symbol} in {currency}, commission in {paid_in or currency}")
        elif bought not in _SIDES:
            self.tally.drop(order_id, Flaw.CANCELLED, f"{symbol} {bought!r}")
        else:
            self._kept(row, order_id, _SIDES[bought], are_orders=are_orders)

    def _kept(self, row: Row, order_id: str, side: int, *, are_orders: bool) -> None:
        symbol = self._text(row, "symbol")
        if not symbol:
            self.findings.wrong(row.label, "symbol", "the field is missing.", "Add it to the Flex query.")
        arrival = self._time(row, "orderTime")
        shares, price = abs(self._number(row, "quantity")), self._number(row, "tradePrice")
        texts = {"account_id": self._text(row, "accountId"), "order_type": self._text(row, "orderType")}
        close = self._number(row, "closePrice", needed=False)
        numbers = {} if np.isnan(close) or close <= 0 else {"close_price_usd": close}
        known = self.orders.get(order_id)
        if known is None:
            times = {} if np.isnat(arrival) else {"arrival_time": arrival}
            self.orders[order_id] = ReadOrder(order_id, symbol, side, times, numbers, texts)
        elif (known.symbol, known.side) != (symbol, side):
            self.tally.drop(order_id, Flaw.ROWS_DISAGREE, f"{row.label}: {symbol} {side:+d} after {known.symbol}")
        when = self._time(row, "dateTime")
        if np.isnat(when) and not are_orders:
            self.findings.wrong(row.label, "dateTime", "the field is missing.", "Add it to the Flex query.")
        commission = -self._number(row, "ibCommission", needed=False)  # the statement writes costs as negative
        fees = -sum(v for n in _FEES if not np.isnan(v := self._number(row, n, needed=False)))
        exec_id = self._text(row, "ibExecID") or self._text(row, "transactionID") or self._text(row, "tradeID")
        commission = 0.0 if np.isnan(commission) else commission
        venue = self._text(row, "exchange")
        self.fills.append(ReadFill(order_id, when, shares, price, exec_id, venue, commission, fees))

    @staticmethod
    def _text(row: Row, name: str) -> str:
        return str(row[name] or "").strip()

    def _time(self, row: Row, name: str) -> np.datetime64:
        text = self._text(row, name)
        found = NOT_A_TIME
        if text:
            with self.findings.at(row, name):
                found = self.clock.instant(text, f"{row.label}, {name}")
        return found

    def _number(self, row: Row, name: str, *, needed: bool = True) -> float:
        text = self._text(row, name)
        if not text and not needed:
            return float("nan")
        if not _NUMBER.fullmatch(text):
            what = f"{text!r} is not a number." if text else "the field is missing."
            self.findings.wrong(row.label, name, what, "Add the field to the Flex query, with plain numbers.")
            return float("nan")
        return float(text.replace(",", ""))
