"""Orders and fills as they were read, before anything is dropped, joined or computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.history_quality import QualityTally

__all__ = ["NOT_A_TIME", "ReadFill", "ReadOrder", "ReadOrders"]

NOT_A_TIME: np.datetime64 = np.datetime64("NaT", "ns")
"""A time that is not known."""


@dataclass
class ReadOrder:
    """One parent order.

    Attributes
    ----------
    order_id, symbol : str
        As written.
    side : int
        +1 or -1.
    times : Mapping of str to datetime64
        By column; absent where not known.
    numbers : Mapping of str to float
        By column; absent where not known.
    texts : Mapping of str to str
        By column; absent where not known.
    """

    order_id: str
    symbol: str
    side: int
    times: Mapping[str, np.datetime64] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def time(self, column: str) -> np.datetime64:
        """A time, NaT where not known."""
        return self.times.get(column, NOT_A_TIME)

    def number(self, column: str) -> float:
        """A figure, NaN where not known."""
        return self.numbers.get(column, float("nan"))


@dataclass(frozen=True, slots=True)
class ReadFill:
    """One fill: its order, instant, shares (unsigned), price, id, venue and costs in USD."""

    order_id: str
    when: np.datetime64
    shares: float
    price_usd: float
    exec_id: str = ""
    venue: str = ""
    commission_usd: float = 0.0
    fees_usd: float = 0.0


@dataclass
class ReadOrders:
    """What one or two files held.

    Attributes
    ----------
    orders : list of ReadOrder
        Parent orders, each id once.
    fills : list of ReadFill
        Fills, in the order of their rows.
    columns : frozenset of str
        Documented columns that the file of orders has.
    tally : QualityTally
        What was dropped so far.
    """

    orders: list[ReadOrder]
    fills: list[ReadFill]
    columns: frozenset[str]
    tally: QualityTally
