"""Types of orders: a few words that every order system's own are mapped to.

Problem: FIX says 1, an order system MKT, another "Market", and all mean the same. Decision: six types that differ in
what is paid and risked; a word that is none of the known ones is not guessed. A plain limit order is a type of its
own, because without its limit and the quote nobody knows whether it took or gave liquidity. Limits: the type of the
parent order; what an algorithm sends out as children is its own affair.

==================  ====================================================================================
market              pays the half-spread and its impact; always filled
marketable limit    crosses the spread up to a limit
limit               a limit order of unknown aggressiveness
passive limit       rests in the book: earns a part of the half-spread, and may stay unfilled
midpoint            rests at the middle: pays little of the spread, and may stay unfilled
close auction       at the closing price: no spread, impact on the auction's volume, the market's risk until then
==================  ====================================================================================
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType

__all__ = ["MAY_STAY_UNFILLED", "OrderType", "order_type_of"]


class OrderType(StrEnum):
    """How an order asks to be filled; an empty text where it is not known."""

    MARKET = "market"
    MARKETABLE_LIMIT = "marketable limit"
    LIMIT = "limit"
    PASSIVE_LIMIT = "passive limit"
    MIDPOINT = "midpoint"
    CLOSE_AUCTION = "close auction"


MAY_STAY_UNFILLED = (OrderType.LIMIT, OrderType.PASSIVE_LIMIT, OrderType.MIDPOINT)
"""Types whose remainder is part of what they cost: it has to be done later, at another price."""

_WORDS = MappingProxyType(
    {
        OrderType.MARKET: ("mkt", "1"),
        OrderType.MARKETABLE_LIMIT: ("market to limit", "mtl", "marketable", "mktlmt", "limit ioc"),
        OrderType.LIMIT: ("lmt", "2"),
        OrderType.PASSIVE_LIMIT: ("passive", "post only", "peg", "pegged", "peg best", "relative", "rel", "P"),
        OrderType.MIDPOINT: ("mid", "midprice", "midpx", "peg mid", "pegged to midpoint"),
        OrderType.CLOSE_AUCTION: (
            *("moc", "loc", "market on close", "limit on close", "mktcls", "lmtcls", "closing auction"),
            *("auction close", "close", "5", "B"),
        ),
    }
)
"""Words of FIX (tag 40) and of usual systems beside the type's own."""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.casefold())


_TYPE_OF = {_plain(word): kind for kind, words in _WORDS.items() for word in (kind.value, *words)}


def order_type_of(word: str) -> OrderType | None:
    """The type that a word means; None where it is not known. Case, blanks and signs do not count."""
    return _TYPE_OF.get(_plain(word))
