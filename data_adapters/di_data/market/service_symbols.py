"""Tickers as American price services write them in an address: BRK-B, and no ticker of another market."""

from __future__ import annotations

import re
from typing import Final

from di_advisor.domain.class_tickers import TickerStyle, write_ticker
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.errors import InputError

__all__ = ["service_symbol"]

_SYMBOL: Final = re.compile(r"[A-Z0-9]{1,8}(-[A-E])?")


def service_symbol(subject: Identifier, service: str) -> str:
    """A subject as the service writes it.

    Raises
    ------
    InputError
        If it is no ticker, or one of another market, whose prices would not be in US dollars.
    """
    if subject.scheme is not IdentifierScheme.TICKER:
        raise InputError(f"{service} is asked by ticker, not by {subject}.", hint="Give tickers: ticker:AAPL.")
    symbol = write_ticker(subject.value, TickerStyle.DASH)
    if _SYMBOL.fullmatch(symbol):
        return symbol
    if "." in subject.value or "-" in symbol:
        raise InputError(
            f"{subject.value} is a ticker of another market, or no class from A to E.",
            hint="Only American listings are read; London's prices are in pence (GBp), a hundredth of a pound.",
            field="currency",
        )
    raise InputError(f"{subject.value!r} is no ticker.", hint="Letters and digits, and a class: BRK-B.")
