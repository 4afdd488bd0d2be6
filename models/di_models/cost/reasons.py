"""What one order's predicted cost is made of: the law's two parts, and what the trees add for each column.

The trees multiply the law, so a column's part is the law's cost times the gate's share times its exact
contribution (LightGBM's `pred_contrib`, whose rows sum to the prediction). Where the factor was held to its
limits, what that took back is a part of its own, so that the parts always add up.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from di_advisor.domain.cost_reasons import CostPart
from di_advisor.domain.market import Market
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR
from di_models.cost.features import Conditions, Levels
from di_models.cost.law import CostLaw
from di_models.cost.residual import Trees

__all__ = ["MIDDLE_OF_DAY", "one_order", "parts_of"]

MIDDLE_OF_DAY = 0.5
"""When a planned order is taken to arrive: a fraction of the trading day."""

_SHOWN_BPS = 0.005
_LEFT_BPS = 1e-9


def one_order(market: Market, security_id: str, value_usd: float, usual: Mapping[str, str]) -> Conditions:
    """Conditions of one planned order, worked as usual: ``venue``, ``algo`` and ``order_type``, as far as known.

    Raises
    ------
    UnknownSecurityError
        If the market does not know the name.
    """
    at = market.universe.index_of([security_id], where="The order")
    return Conditions.of(
        {
            "size_of_adv": value_usd / market.adv_usd[at],
            "half_spread_bps": market.half_spread_bps[at],
            "volatility_daily_bps": market.volatility_per_year[at] / np.sqrt(TRADING_DAYS_PER_YEAR) * BPS_PER_UNIT,
            "time_of_day": np.full(1, MIDDLE_OF_DAY),
        }
    ).worked(**usual)


def parts_of(
    law: CostLaw, order: Conditions, levels: Levels, trees: Trees | None, share: float, cost_bps: float
) -> tuple[CostPart, ...]:
    """Parts of the predicted cost of one order; they add up to ``cost_bps``.

    Parameters
    ----------
    law : CostLaw
        As fitted.
    order : Conditions
        One order.
    levels : Levels
        Words that the trees know.
    trees : Trees or None
        None where the gate is shut.
    share : float
        How much of the trees is used, a fraction.
    cost_bps : float
        What is predicted.
    """
    half_spread, daily, size = (
        float(x[0]) for x in (order.half_spread_bps, order.volatility_daily_bps, order.size_of_adv)
    )
    whole = float(law.cost_bps(order.size_of_adv, order.half_spread_bps, order.volatility_daily_bps)[0])
    spread = law.spread_capture * half_spread
    parts = [
        CostPart(f"{law.spread_capture:.2f} of the half-spread of {half_spread:.2g} bps", spread),
        CostPart(
            f"impact: {law.impact:.2f} x a day's volatility of {daily:.0f} bps x ({size:.2g} ADV)^{law.exponent:.2f}",
            whole - spread,
        ),
    ]
    if trees is not None:
        columns = trees.contributions(levels.matrix(order))[0] * share * whole
        named = [CostPart(f"trees: {name}", float(c)) for name, c in zip(levels.names(), columns[:-1], strict=True)]
        shown = sorted((p for p in named if abs(p.cost_bps) >= _SHOWN_BPS), key=lambda p: -abs(p.cost_bps))
        small = sum(p.cost_bps for p in named if abs(p.cost_bps) < _SHOWN_BPS)
        parts += [*shown, CostPart("trees: what all orders have in common", float(columns[-1]) + small)]
    left = cost_bps - sum(p.cost_bps for p in parts)
    if abs(left) > _LEFT_BPS:
        parts.append(CostPart("trees: held to their limits", left))
    return tuple(parts)
