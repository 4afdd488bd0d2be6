"""Tickers of share classes: one security that five vendors write in five ways.

Problem: BRK.B (S&P, SSGA), BRK-B (SEC, Yahoo), BRK/B (Schwab), BRK B (Interactive Brokers) and BRKB
(iShares, Fidelity) are one ticker, and a join on text loses the name. Decision: one canonical writing,
root, point, class; a ticker is written for a vendor by its style; a joined one (BRKB) is only understood
against the tickers that are known, and only where exactly one fits, for nothing in its letters says
where the class begins. Limits: a class is one letter or two (A, B, BB); suffixes of preferred stock
(PR, -P), warrants and when-issued shares differ too much between vendors and stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

__all__ = ["ClassTickers", "TickerStyle", "ticker_key", "write_ticker"]

_CLASS = re.compile(r"(?P<root>[A-Z0-9]+)\.(?P<share_class>[A-Z]{1,2})")


class TickerStyle(StrEnum):
    """How a vendor separates root and class; the value is the separator."""

    POINT = "."
    """S&P, SSGA."""
    DASH = "-"
    """SEC, Yahoo, Tiingo."""
    SLASH = "/"
    """Schwab."""
    BLANK = " "
    """Interactive Brokers."""
    JOINED = ""
    """iShares, Fidelity."""


def ticker_key(ticker: str) -> str:
    """Canonical writing of a ticker: capitals, and a point before the class ("brk/b" is "BRK.B")."""
    return re.sub(r"[ /.\-]+", ".", ticker.strip().upper())


def write_ticker(ticker: str, style: TickerStyle) -> str:
    """Ticker as a vendor of a style writes it; one without a class is the same in every style."""
    key = ticker_key(ticker)
    found = _CLASS.fullmatch(key)
    return f"{found['root']}{style.value}{found['share_class']}" if found else key


class ClassTickers:
    """Tickers that are known, by every writing of them.

    Parameters
    ----------
    known : iterable of str
        In any style but the joined one.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._keys = {ticker_key(ticker) for ticker in known}
        self._joined: dict[str, set[str]] = {}
        for key in self._keys:
            if _CLASS.fullmatch(key):
                self._joined.setdefault(write_ticker(key, TickerStyle.JOINED), set()).add(key)

    def key_of(self, ticker: str) -> str:
        """Canonical writing of a known ticker, also of a joined one.

        One that is known as it stands is itself; a joined one that fits several classes, or none, is
        returned in its own canonical writing, and nothing is guessed.
        """
        key = ticker_key(ticker)
        fitting = self._joined.get(key, set())
        return next(iter(fitting)) if key not in self._keys and len(fitting) == 1 else key
