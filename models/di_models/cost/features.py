"""What a cost model may know of an order: figures known before the trade, and nothing that came of it.

Orders reach the model as columns; a history gives them, and so does a market for orders that are only
planned. Realised participation, duration or volume are not among them: the planned span is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.order_types import MAY_STAY_UNFILLED, OrderType
from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory, order_types
from di_advisor.errors import InputError
from di_models.cost.law import schedule_variance

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CATEGORIES", "NUMBERS", "Conditions", "Levels", "noisier"]

NUMBERS = ("size_of_adv", "half_spread_bps", "volatility_daily_bps", "volume_span", "time_of_day")
"""Columns of numbers: order over ADV, bps, bps, planned fraction of the day's volume, fraction of the trading day."""

CATEGORIES = ("venue", "algo", "order_type")
"""Columns of words."""

_ONLY_WHERE_TOLD = ("order_type",)
"""Columns that trees see only where a history tells them: a model of one that does not has no such column."""

_NUMBERS_OF_TREES = ("log size", "log participation", "half_spread_bps", "volatility_daily_bps", "time_of_day")
_LEVELS_MAX = 20
_USUAL_PARTICIPATION = 0.06
_SHORTEST_WAIT = 0.01

_NOISIER = {
    ArrivalPrice.MID_AT_ARRIVAL.value: 1.0,
    ArrivalPrice.MID_AT_FIRST_FILL.value: 1.5,
    ArrivalPrice.MINUTE_VWAP.value: 2.0,
    ArrivalPrice.OPEN.value: 4.0,
    ArrivalPrice.PREVIOUS_CLOSE.value: 9.0,
}
"""Factor on the variance of a measured cost, by where the arrival price comes from; a convention."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of m orders before they trade.

    Attributes
    ----------
    size_of_adv, half_spread_bps, volatility_daily_bps : ndarray of shape (m,)
        Order over average daily volume, half-spread and daily volatility in bps.
    volume_span, time_of_day : ndarray of shape (m,)
        Planned fraction of the day's volume, and of the trading day at arrival; NaN where not known.
    venue, algo, order_type : ndarray of str, shape (m,)
        Empty where not known; the last one an `OrderType`.
    """

    size_of_adv: FloatArray
    half_spread_bps: FloatArray
    volatility_daily_bps: FloatArray
    volume_span: FloatArray
    time_of_day: FloatArray
    venue: NDArray[np.str_]
    algo: NDArray[np.str_]
    order_type: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.size_of_adv)

    @classmethod
    def of(cls, orders: TradeHistory | Conditions | pd.DataFrame | Mapping[str, Any]) -> Conditions:
        """From a history, or from columns by name; the span, time, venue, algo and order type may be left out.

        Raises
        ------
        InputError
            If a column is missing, holds something that is no figure above zero, or an order type that is none.
        """
        if isinstance(orders, Conditions):
            return orders
        given: dict[str, Any] = (
            {name: getattr(orders, name) for name in (*NUMBERS, *CATEGORIES)}
            if isinstance(orders, TradeHistory)
            else {str(name): orders[str(name)] for name in orders}
        )
        missing = [name for name in NUMBERS[:3] if name not in given]
        if missing:
            raise InputError(
                f"The orders lack {', '.join(missing)}.",
                hint=f"A cost is predicted from {', '.join(NUMBERS)}, {', '.join(CATEGORIES)}.",
                missing=missing,
            )
        m = len(given["size_of_adv"])
        made: dict[str, Any] = {
            name: np.asarray(given.get(name, np.full(m, np.nan)), dtype=np.float64) for name in NUMBERS
        }
        made |= {name: np.asarray(given.get(name, np.full(m, "")), dtype=np.str_) for name in CATEGORIES}
        made["order_type"] = order_types(made["order_type"])
        for name in NUMBERS[:3]:
            bad = ~np.isfinite(made[name]) | (made[name] < 0 if name == "half_spread_bps" else made[name] <= 0)
            if bad.any():
                first = int(np.flatnonzero(bad)[0])
                raise InputError(
                    f"{name} of order number {first} is {made[name][first]} ({int(bad.sum())} such orders).",
                    hint="Fill it from market data, or drop the order and say so.",
                    field=name,
                )
        return cls(**made)

    def take(self, rows: NDArray[Any]) -> Conditions:
        """Some of the orders, by positions or mask."""
        return Conditions(*(getattr(self, name)[rows] for name in (*NUMBERS, *CATEGORIES)))

    def worked(self, **tags: str) -> Conditions:
        """The same orders worked otherwise: ``venue``, ``algo`` or ``order_type`` for all of them.

        Raises
        ------
        InputError
            If something else is given, or an order type that is none.
        """
        unknown = sorted(set(tags) - set(CATEGORIES))
        if unknown:
            raise InputError(
                f"An order is not worked by {', '.join(unknown)}.",
                hint=f"Give {', '.join(CATEGORIES)}.",
                unknown=unknown,
            )
        if "order_type" in tags:
            tags["order_type"] = str(order_types(np.array([tags["order_type"]]))[0])
        return replace(self, **{name: np.full(len(self), value) for name, value in tags.items()})

    @property
    def variance(self) -> FloatArray:
        """Variance of each order's cost around its expectation, bps squared, shape (m,).

        That of a linear schedule (`schedule_variance`); for the closing auction, where the time of arrival is known,
        that of the market's move until then.
        """
        spread, sigma = self.half_spread_bps, self.volatility_daily_bps
        worked = schedule_variance(self.size_of_adv, spread, sigma, self.volume_span)
        waits = (self.order_type == OrderType.CLOSE_AUCTION) & np.isfinite(self.time_of_day)
        return np.where(waits, sigma**2 * np.maximum(1.0 - self.time_of_day, _SHORTEST_WAIT), worked)

    @property
    def participation(self) -> FloatArray:
        """Planned participation: size over span; the usual 6 % where no span is planned."""
        span = np.clip(self.volume_span, 1e-6, None)
        return np.asarray(np.where(np.isfinite(span), self.size_of_adv / span, _USUAL_PARTICIPATION))


@dataclass(frozen=True)
class Levels:
    """Words as numbers, for a tree: the most frequent levels of each column; all others are missing.

    Attributes
    ----------
    words : mapping of str to tuple of str
        Levels by column.
    """

    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, conditions: Conditions) -> Levels:
        """The levels of some orders, most frequent first, at most 20 a column."""
        found: dict[str, tuple[str, ...]] = {}
        for name in CATEGORIES:
            words, counts = np.unique(getattr(conditions, name), return_counts=True)
            order = np.argsort(-counts, kind="stable")[:_LEVELS_MAX]
            found[name] = tuple(str(w) for w in words[order].tolist() if w)
        return cls({name: words for name, words in found.items() if words or name not in _ONLY_WHERE_TOLD})

    def usual(self) -> dict[str, str]:
        """The most frequent word of each column, empty where there is none.

        Of order types it is the most frequent one that is sure to be done, if any is: a curve prices whole orders.
        """
        sure = {name: [w for w in words if w not in MAY_STAY_UNFILLED] for name, words in self.words.items()}
        return {name: (sure[name] or [*words, ""])[0] for name, words in self.words.items()}

    def names(self) -> tuple[str, ...]:
        """Columns of `matrix`."""
        return (*_NUMBERS_OF_TREES, *self._categories())

    def matrix(self, conditions: Conditions) -> FloatArray:
        """Columns for the trees, shape (m, k): `names`."""
        words = [self._codes(getattr(conditions, name), self.words[name]) for name in self._categories()]
        numbers = [
            np.log(conditions.size_of_adv),
            np.log(conditions.participation),
            conditions.half_spread_bps,
            conditions.volatility_daily_bps,
            conditions.time_of_day,
        ]
        return np.column_stack([*numbers, *words])

    def _categories(self) -> tuple[str, ...]:
        return tuple(name for name in CATEGORIES if name in self.words)

    @staticmethod
    def _codes(values: NDArray[np.str_], words: Sequence[str]) -> FloatArray:
        code = {word: float(i) for i, word in enumerate(words)}
        known, inverse = np.unique(values, return_inverse=True)
        table = np.array([code.get(str(word), np.nan) for word in known.tolist()])
        return np.asarray(table[inverse.ravel()] if len(table) else np.zeros(len(values)), dtype=np.float64)


def noisier(history: TradeHistory) -> FloatArray:
    """Factor on the variance of each order's measured cost, by where its arrival price comes from; shape (m,)."""
    worst = max(_NOISIER.values())
    return np.array([_NOISIER.get(str(source), worst) for source in history.arrival_price_source.tolist()])
