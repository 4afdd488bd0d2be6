"""What an order costs by its type: execution of what is filled, and completion of what is not.

Problem: a passive order looks cheap, because what it failed to buy is not in its average price. Decision: two figures
for each type. *Execution*: half-spreads paid more than the law says, and the relative change of its impact, by
regression of the residuals on half-spread and impact, each held to none with a standard deviation of one, with an
error by day clusters. *Completion*: what is
left unfilled is done at the close (`di_advisor.domain.shortfall` counts it in the same way); its cost as a share of the
order is regressed on the market's movement until then, ``volatility x sqrt(part of the day left)``. A type that leaves
shares unfilled and has no closing prices has no known cost and is not ranked.

::

    cost = filled (law + s half-spread + i impact) + u volatility sqrt(left)

Limits: as for venues, types were chosen for their orders; a history holds no order of which nothing was filled, so a
type that often fails wholly looks cheaper than it is (each route says so); a remainder that is dropped rather than
completed has another cost; sizes beyond those seen of a type are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.order_types import MAY_STAY_UNFILLED
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.units import BPS_PER_UNIT
from di_models.cost.features import Conditions
from di_models.cost.learned import LearnedCostModel
from di_models.cost.reasons import MIDDLE_OF_DAY
from di_models.cost.ways import FEWEST, NINETY, Cost, Evidence, orders_needed

__all__ = ["TypeCost", "TypedOrder", "best_type", "costs_by_type", "part_left", "type_costs"]

_PRIOR_PRECISION = np.eye(2)
_NEARLY_ALL = 0.99
_SEEN = 0.99


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """What the cost of one order by type is made of, bps: the law's cost and its impact, half-spread, and movement.

    ``movement_bps`` is the standard deviation of the market until the close.
    """

    size_of_adv: float
    law_bps: float
    impact_bps: float
    half_spread_bps: float
    movement_bps: float

    @classmethod
    def of(cls, model: LearnedCostModel, one: Conditions, size_of_adv: float) -> TypedOrder:
        """One order at another size."""
        sigma, spread = float(one.volatility_daily_bps[0]), float(one.half_spread_bps[0])
        law = model.fit_.law
        whole = float(law.cost_bps(np.array([size_of_adv]), one.half_spread_bps, one.volatility_daily_bps)[0])
        left = float(part_left(one.time_of_day)[0])
        return cls(size_of_adv, whole, whole - law.spread_capture * spread, spread, sigma * float(np.sqrt(left)))


@dataclass(frozen=True)
class TypeCost:
    """What one type changes.

    Attributes
    ----------
    change, covariance : ndarray of shape (2,) and (2, 2)
        Half-spreads paid more than the law says, and relative change of its impact; and their covariance.
    filled : float
        Share that is filled, mean over its orders.
    unfilled, unfilled_error : float
        Completion's cost in units of the movement until the close, and its error; NaN where it is not known.
    orders : int
        How many it rests on.
    largest : float
        99th percentile of its sizes over ADV.
    """

    change: FloatArray
    covariance: FloatArray
    filled: float
    unfilled: float
    unfilled_error: float
    orders: int
    largest: float

    def cost(self, of: TypedOrder) -> tuple[float, float]:
        """Expected cost of an order, bps, and its standard error."""
        parts = np.array([of.half_spread_bps, of.impact_bps])
        movement = of.movement_bps
        cost = self.filled * (of.law_bps + float(parts @ self.change)) + self.unfilled * movement
        error = np.hypot(
            self.filled * float(np.sqrt(max(parts @ self.covariance @ parts, 0.0))), self.unfilled_error * movement
        )
        return cost, float(error)


def part_left(time_of_day: FloatArray) -> FloatArray:
    """Part of the trading day that is left at arrival; half of it where the time is not known."""
    return np.asarray(1.0 - np.where(np.isfinite(time_of_day), np.clip(time_of_day, 0.0, 1.0), MIDDLE_OF_DAY))


def type_costs(history: TradeHistory, given: Conditions, seen: Evidence) -> dict[str, TypeCost]:
    """Costs of each type with enough orders, by its name; unknown types are none."""
    share = np.minimum(history.filled_shares / history.ordered_shares, 1.0)
    run = history.side * (history.close_price_usd / history.arrival_price_usd - 1.0) * BPS_PER_UNIT
    completion = np.where(share < 1.0, (1.0 - share) * run, 0.0)
    movement = given.volatility_daily_bps * np.sqrt(np.maximum(part_left(given.time_of_day), 1e-4))
    found = {}
    for kind in sorted({str(k) for k in given.order_type.tolist() if k}):
        mine = given.order_type == kind
        if mine.sum() < FEWEST:
            continue
        change, covariance = _execution(mine, given.half_spread_bps, seen)
        filled = float(share[mine].mean())
        unfilled, error = _completion(completion, movement, mine & np.isfinite(completion), seen.day)
        if not np.isfinite(completion[mine]).all() and filled > _NEARLY_ALL:
            unfilled, error = 0.0, 0.0
        elif np.isfinite(completion[mine]).mean() < _SEEN:
            unfilled, error = float("nan"), float("nan")
        largest = float(np.quantile(given.size_of_adv[mine], _SEEN))
        found[kind] = TypeCost(change, covariance, filled, unfilled, error, int(mine.sum()), largest)
    return found


def costs_by_type(types: Mapping[str, TypeCost], order: TypedOrder) -> tuple[Cost, ...]:
    """Predicted cost of one order by type, cheapest first; types whose cost is not known are left out."""
    rows = []
    for name, each in types.items():
        cost, error = each.cost(order)
        if np.isfinite(cost):
            rows.append((name, cost, cost - NINETY * error, cost + NINETY * error))
    return tuple(sorted(rows, key=lambda row: (row[1], row[0])))


def best_type(types: Mapping[str, TypeCost], costs: tuple[Cost, ...], size: float) -> tuple[str, tuple[str, ...]]:
    """The cheapest type if its interval is clear of all others', else an empty text; and what to say."""
    said = [
        f"A {name} order is not ranked: it leaves {1 - each.filled:.0%} unfilled, and the history has no closing "
        "prices to say what that cost."
        for name, each in types.items()
        if not np.isfinite(each.unfilled)
    ]
    far = [name for name, *_ in costs if size > types[name].largest]
    if far:
        said.append(f"The order is larger than nearly all that were seen as: {', '.join(far)}.")
    resting = [name for name, *_ in costs if name in MAY_STAY_UNFILLED]
    if resting:
        said.append(
            f"Orders of which nothing was filled are in no history: what they cost as {', '.join(resting)} is left out."
        )
    if len(costs) < 2:
        said.insert(0, f"There is no second order type with at least {FEWEST} orders to compare with.")
        return "", tuple(said)
    (best, cheapest, low, high), *others = costs
    errors = {name: (top - bottom) / (2 * NINETY) for name, _, bottom, top in costs}
    nearest = min(others, key=lambda row: row[2])
    clear = nearest[2] > high
    other, second = (others[0] if clear else nearest)[:2]
    apart, error = second - cheapest, errors[best] + errors[other]
    counts = types[best].orders, types[other].orders
    if clear:
        rest = f"; {1 - types[best].filled:.0%} stays unfilled and is done at the close" if _waits(types[best]) else ""
        said.insert(
            0,
            f"Use a {best} order: {cheapest:.1f} bps ({low:.1f} to {high:.1f}), {apart:.1f} bps cheaper than {other} "
            f"(±{NINETY * error:.1f}), on {counts[0]:,} and {counts[1]:,} orders{rest}.",
        )
        return best, tuple(said)
    dearer = [n for n, _, bottom, _ in others if bottom > high]
    also = f" Dearer for certain: {', '.join(dearer)}." if dearer else ""
    said.insert(
        0,
        f"No order type is ranked first: the intervals of {best} and {other} overlap; "
        f"{orders_needed(sum(counts), apart, error)}.{also}",
    )
    return "", tuple(said)


def _waits(kind: TypeCost) -> bool:
    return kind.filled < _NEARLY_ALL - 0.04


def _execution(mine: NDArray[np.bool_], half_spread_bps: FloatArray, seen: Evidence) -> tuple[FloatArray, FloatArray]:
    """Changes in half-spreads and of the impact, and their covariance by day clusters with the prior's."""
    columns = np.column_stack([half_spread_bps[mine], seen.parts["impact"][mine]])
    weight = 1.0 / seen.variance[mine]
    inverse = np.linalg.inv((columns * weight[:, None]).T @ columns + _PRIOR_PRECISION)
    change = inverse @ (columns * weight[:, None]).T @ seen.residual[mine]
    surprise = (columns * (weight * (seen.residual[mine] - columns @ change))[:, None]).T
    by_day = np.array([np.bincount(seen.day[mine], weights=each) for each in surprise])
    return change, inverse @ (by_day @ by_day.T + _PRIOR_PRECISION) @ inverse


def _completion(
    cost: FloatArray, movement: FloatArray, mine: NDArray[np.bool_], day: NDArray[np.int64]
) -> tuple[float, float]:
    """Completion's cost over the movement, and its error by day clusters; weights as if its noise went with that."""
    if not mine.any():
        return float("nan"), float("nan")
    ratio = cost[mine] / movement[mine]
    mean = float(ratio.mean())
    by_day = np.bincount(day[mine], weights=ratio - mean)
    return mean, float(np.sqrt((by_day**2).sum())) / len(ratio)
