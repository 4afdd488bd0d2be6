"""The columns of the files that are read and written, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from di_advisor.domain.columns import (
    CHARACTERISTIC,
    DAILY_CONDITION_COLUMNS,
    FILL_COLUMNS,
    GENERIC_LOT_COLUMNS,
    LOT_COLUMNS,
    MINUTE_COLUMNS,
    ORDER_COLUMNS,
    ORDER_FILL_COLUMNS,
    PRICE_FILE_COLUMNS,
    QUOTE_COLUMNS,
    RETURN_COLUMNS,
    WEIGHT_COLUMNS,
)
from di_advisor.domain.event_columns import TRANSACTION_COLUMNS
from di_advisor.domain.rows import Column
from di_advisor.report.csv_export import TRADE_COLUMNS

__all__ = ["file_columns", "order_columns"]

_PREFACE = """\
Files are CSV: UTF-8 (or UTF-16 with its mark), a header, dates as 2024-03-04, decimal points.
Amounts may be written as 1234.5, 1,234.50, $1,234.50 or (1,234.50) for what is below zero.
Each file may be written in its own way: a delimiter is read off its header, 1/31/2024 proves the order of
day and month in its file, and anything else is stated, for all files or for one (--decimal-mark prices=,).
What could be two things is refused. A last line of totals is checked against its rows, and left out.
A star marks columns that are needed."""


def file_columns() -> str:
    """The columns of every file; those that are needed are marked with a star."""
    style = Column(f"{CHARACTERISTIC}<name>", "A style characteristic (value, momentum, ...), one column for each.")
    parts = [
        _PREFACE,
        _listing("--lots", LOT_COLUMNS),
        _listing("--lots with --broker generic_lots", GENERIC_LOT_COLUMNS),
        _listing("--fills", FILL_COLUMNS),
        _listing("--prices", (*PRICE_FILE_COLUMNS, style)),
        _listing("--index", WEIGHT_COLUMNS),
        _listing("--returns (CSV or Parquet)", RETURN_COLUMNS),
        _listing("ledger record", TRANSACTION_COLUMNS),
        _listing("trades.csv, written", [Column(name, meaning) for name, meaning in TRADE_COLUMNS.items()]),
    ]
    return "\n\n".join(parts)


def order_columns() -> str:
    """The columns of files of past orders, their fills, and the market around them."""
    listed = (
        ("costs check", ORDER_COLUMNS),
        ("--fills, or beside the orders", ORDER_FILL_COLUMNS),
        ("--daily (CSV or Parquet)", DAILY_CONDITION_COLUMNS),
        ("--quotes (CSV or Parquet)", QUOTE_COLUMNS),
        ("--minutes (CSV or Parquet)", MINUTE_COLUMNS),
    )
    return "\n\n".join(_listing(title, columns) for title, columns in listed)


def _listing(title: str, columns: Iterable[Column]) -> str:
    listed = [(f"{'*' if c.required else ' '} {c.name}", c.meaning) for c in columns]
    width = max(len(name) for name, _ in listed)
    lines = [
        textwrap.fill(meaning, 110, initial_indent=f"  {name:<{width}}  ", subsequent_indent=" " * (width + 4))
        for name, meaning in listed
    ]
    return "\n".join([title, *lines])
