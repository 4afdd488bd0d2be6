"""The wash-sale pass over one taxpayer's trades: CPU seconds at 1k, 3k, 10k and 30k trades.

Three kinds of trading: a harvester with 150 names in three accounts; a day trader in one name with round lots, where
nearly every loss is washed and chains run through everything; and the same with odd lots, where each match cuts the
shares into ever smaller pieces. The pass is measured as part of the whole replay, since it cannot be run without the
lots. Limits: the odd lots stop at 3k trades, because their pieces, and so the matches themselves, grow faster than
the trades: there the time for each match is what must stay level.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from benchmarks.bars import Bar
from benchmarks.ledger_books import day_trader, many_names
from di_advisor.domain.events import Event
from di_advisor.ledger.replay import replay

__all__ = ["AREA", "bars"]

AREA = "ledger"

_SIZES = (1_000, 3_000, 10_000, 30_000)
_ODD_SIZES = (300, 1_000, 3_000)
_END = date(2100, 1, 1)


@dataclass(frozen=True)
class _Row:
    trades: int
    cpu_seconds: float
    matches: int
    pieces: int


def _measure(trades: int, journal: Callable[[int], list[Event]]) -> _Row:
    events = journal(trades)
    gc.collect()
    start = time.process_time()
    books = replay(events, as_of=_END)
    seconds = time.process_time() - start
    return _Row(trades, seconds, len(books.washes), len(books.realized) + len(books.lots))


def _table(title: str, rows: list[_Row]) -> str:
    lines = [
        title,
        f"{'trades':>8} {'CPU s':>9} {'us/trade':>9} {'matches':>9} {'us/match':>9} {'pieces':>9} {'ratio':>7}",
    ]
    before: _Row | None = None
    for row in rows:
        # Time grew by this factor for each factor of the trades: 1 is linear.
        ratio = "" if before is None else f"{_growth(before, row):7.2f}"
        match = f"{row.cpu_seconds / row.matches * 1e6:9.0f}" if row.matches else f"{'':9}"
        each = row.cpu_seconds / row.trades * 1e6
        lines.append(
            f"{row.trades:8,} {row.cpu_seconds:9.3f} {each:9.0f} {row.matches:9,} {match} {row.pieces:9,} {ratio:>7}"
        )
        before = row
    return "\n".join(lines)


def _growth(small: _Row, large: _Row) -> float:
    return (large.cpu_seconds / small.cpu_seconds) / (large.trades / small.trades)


def _say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")


def bars() -> list[Bar]:
    """Print the tables; the time for a trade may at most double from 3k to 30k trades."""
    _measure(500, many_names)  # imports and caches
    found = []
    for name, title, journal in (
        ("many_names", "150 names, 8 trades a day, three accounts, one an IRA", many_names),
        ("day_trader", "one name, 12 trades a day, round lots", day_trader),
    ):
        rows = [_measure(trades, journal) for trades in _SIZES]
        _say(_table(title, rows))
        where = f"10 times the trades (3k to 30k), {title}; 1 is linear"
        growth = _growth(rows[1], rows[3])
        found.append(Bar.at_most(f"ledger.wash_{name}_growth", growth, 2.0, unit="ratio", compared_to=where))
        found.append(
            Bar.at_most(
                f"ledger.wash_{name}_10k", rows[2].cpu_seconds, 10.0, unit="CPU s", compared_to=f"target; {title}"
            )
        )
    odd = [_measure(trades, partial(day_trader, lot=1)) for trades in _ODD_SIZES]
    title = "one name, 12 trades a day, odd lots"
    _say(_table(title, odd))
    level = (odd[2].cpu_seconds / odd[2].matches) / (odd[1].cpu_seconds / odd[1].matches)
    where = f"time for a match, 3k against 1k trades, {title}"
    found.append(Bar.at_most("ledger.wash_odd_lots_match", level, 2.0, unit="ratio", compared_to=where))
    return found


if __name__ == "__main__":
    from benchmarks.bars import table

    _say(table(bars()))
