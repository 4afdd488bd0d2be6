"""Markets of a replay cut to the names that matter, and widened by those that are held and have no price.

Problem: a risk model that is kept for a month does not know a name that was listed yesterday, and an account may
hold what did not trade today. Decision: names that nobody needs are left out of the day's market, and names that
are held without a price are put into it as unpriced, so that the advisor leaves them alone and says so. Limits:
figures of trading conditions of an unpriced name are placeholders; nothing reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError

__all__ = ["Narrowing", "tradable", "with_unpriced"]

_KEPT_UNIVERSES = 16


class Narrowing:
    """Cuts markets to some of their names, and keeps the universes that come out, since most days have the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bytes], tuple[Universe, Universe]] = {}

    def narrowed(self, market: Market, keep: NDArray[np.bool_]) -> Market:
        """The market of some of its names.

        Parameters
        ----------
        market : Market
            Of n names.
        keep : ndarray of bool, shape (n,)
            Which.
        """
        if keep.all():
            return market
        rows = np.flatnonzero(keep)
        return replace(
            market,
            universe=self._universe(market.universe, rows),
            price_usd=tuple(market.price_usd[i] for i in rows.tolist()),
            half_spread_bps=market.half_spread_bps[rows],
            adv_usd=market.adv_usd[rows],
            volatility_per_year=market.volatility_per_year[rows],
            characteristics={name: values[rows] for name, values in market.characteristics.items()},
            market_cap_usd=_rows(market.market_cap_usd, rows),
            dividend_yield_per_year=_rows(market.dividend_yield_per_year, rows),
            qualified_share=_rows(market.qualified_share, rows),
        )

    def _universe(self, whole: Universe, rows: NDArray[np.int64]) -> Universe:
        key = (id(whole), rows.tobytes())
        known = self._known.get(key)
        if known is None or known[0] is not whole:
            if len(self._known) >= _KEPT_UNIVERSES:
                self._known.pop(next(iter(self._known)))
            cut = Universe(tuple(whole.securities[i] for i in rows.tolist()))
            known = self._known[key] = (whole, cut)
        return known[1]


def _rows(values: FloatArray | None, rows: NDArray[np.int64]) -> FloatArray | None:
    return None if values is None else values[rows]


def with_unpriced(market: Market, securities: Sequence[Security]) -> Market:
    """The market with further names that have no price today.

    Parameters
    ----------
    market : Market
        Of the day.
    securities : sequence of Security
        Names that it does not hold.
    """
    if not securities:
        return market
    more = len(securities)
    nothing, one, unknown = np.zeros(more), np.ones(more), np.full(more, np.nan)
    return replace(
        market,
        universe=Universe((*market.universe.securities, *securities)),
        price_usd=(*market.price_usd, *(None for _ in securities)),
        half_spread_bps=np.concatenate([market.half_spread_bps, nothing]),
        adv_usd=np.concatenate([market.adv_usd, one]),
        volatility_per_year=np.concatenate([market.volatility_per_year, nothing]),
        characteristics={k: np.concatenate([v, unknown]) for k, v in market.characteristics.items()},
        market_cap_usd=_more(market.market_cap_usd, unknown),
        dividend_yield_per_year=_more(market.dividend_yield_per_year, unknown),
        qualified_share=_more(market.qualified_share, unknown),
    )


def _more(values: FloatArray | None, unknown: FloatArray) -> FloatArray | None:
    return None if values is None else np.concatenate([values, unknown])


def tradable(target: Target, market: Market) -> Target:
    """The target without names that have no price on the market's day, rescaled; the same object where all have one.

    Parameters
    ----------
    target : Target
        Of one or several indexes.
    market : Market
        Of the day.

    Raises
    ------
    IncompleteDataError
        If an index that has a part of the account has no name with a price that day.
    """
    at, priced = market.universe.positions, market.priced
    day = market.as_of

    def gone(name: str) -> bool:
        return name not in at or not priced[at[name]]

    weights = target.weights_on(day)
    if not any(gone(name) for name, weight in weights.items() if weight > 0):
        return target
    components, fractions = [], target.fractions_on(day)
    for component in target.components:
        if not fractions[component.index]:
            components.append(component)
            continue
        now = component.on(day)
        kept = {name: weight for name, weight in now.weights.items() if not gone(name)}
        if not sum(kept.values()) > 0:
            raise IncompleteDataError(
                f"No name of {component.index} has a price on {day}: an account cannot follow it.",
                hint="End the replay before that day, or give the index members that trade.",
            )
        path = tuple(IndexWeights.rescaled(w.effective, kept) if w is now else w for w in component.path)
        components.append(TargetComponent(component.index, component.fraction, path))
    return Target(tuple(components), target.allocations)
