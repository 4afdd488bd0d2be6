"""How fast to work an order, and how much of it to leave to the closing auction: expected cost against risk.

Problem: working slowly saves impact and risks the market's move. Decision: spans of the day's volume from slow to fast,
each alone, with a quarter, and with half of the order left to the closing auction, and the auction alone; each with its
expected cost, an interval of that mean, and the market's standard deviation meanwhile. For a part (1 - q) worked
evenly over a span t and a part q at the close, a time T away, all as fractions of a day,

    variance = sigma^2 ((1 - q)^2 t / 3 + q (1 - q) t + q^2 T)

(Brownian motion; q = 0 is the linear schedule of Almgren and Chriss 2000). The auction is considered only where the
history holds enough of its orders, of at least that size, and the interval of its cost is clear of that of working the
order.

Limits: spans of volume and times of day are taken for each other; the auction's share in one order does not move its
price for the other part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.order_types import MAY_STAY_UNFILLED, OrderType
from di_models.cost.features import Conditions
from di_models.cost.learned import LearnedCostModel
from di_models.cost.order_type_costs import TypeCost, TypedOrder, part_left
from di_models.cost.ways import NINETY

__all__ = ["Schedule", "auction_told", "not_told_apart", "pace_sentence", "schedules_of"]

_SLOWEST = 0.005
_FASTEST = 0.3
_SPANS = 6
_SLICES_A_DAY = 13
_AT_CLOSE = (0.25, 0.5)
_SHORTEST = 1e-4
_SAME = 0.01
_NOT_WORKED = (*MAY_STAY_UNFILLED, OrderType.CLOSE_AUCTION)
"""Types that an order that has to be done within its span does not rest on."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A planned span, a share for the closing auction, and what that is expected to cost and to risk.

    Attributes
    ----------
    span : float
        Fraction of the day's volume over which the order is worked; 0 for the auction alone.
    participation : float
        Size of what is worked over the span; 0 for the auction alone.
    slices : int
        Child orders of about half an hour's volume each, the auction's among them.
    cost_bps, risk_bps : float
        Expected cost, and standard deviation while waiting.
    interval_bps : tuple of two floats
        90 % interval of the expected cost.
    at_close : float
        Share of the order that goes to the closing auction.
    """

    span: float
    participation: float
    slices: int
    cost_bps: float
    risk_bps: float
    interval_bps: tuple[float, float]
    at_close: float = 0.0


def schedules_of(
    model: LearnedCostModel, one: Conditions, types: Mapping[str, TypeCost], *, auction: bool
) -> tuple[Schedule, ...]:
    """Schedules of one order, slow to fast, those with the auction last.

    Parameters
    ----------
    model : LearnedCostModel
        Trained.
    one : Conditions
        One order.
    types : mapping of str to TypeCost
        What is known of order types.
    auction : bool
        Whether the closing auction may be used: it must be among the types.
    """
    size, sigma = float(one.size_of_adv[0]), float(one.volatility_daily_bps[0])
    left = float(part_left(one.time_of_day)[0])
    longest = left if np.isfinite(one.time_of_day[0]) else 1.0
    spans = np.clip(size / np.geomspace(_SLOWEST, _FASTEST, _SPANS), _SHORTEST, max(longest, _SHORTEST))
    closing = types[OrderType.CLOSE_AUCTION] if auction else None
    found = []
    for share in (0.0, *(q for q in _AT_CLOSE if closing is not None and q * size <= closing.largest)):
        worked = size * (1.0 - share)
        fits = [span for span in dict.fromkeys(spans.tolist()) if span >= worked] or [float(spans.max())]
        for span in fits:
            cost, error = _worked(model, one, types, (worked, span))
            if closing is not None and share:
                at_close = closing.cost(TypedOrder.of(model, one, size * share))
                cost, error = ((1.0 - share) * a + share * b for a, b in zip((cost, error), at_close, strict=True))
            variance = (1 - share) ** 2 * span / 3.0 + share * (1 - share) * span + share**2 * left
            slices = max(1, int(np.ceil(span * _SLICES_A_DAY))) + (share > 0)
            found.append(_schedule(span, worked / span, slices, (cost, error), sigma, variance, share))
    if closing is not None and size <= closing.largest:
        cost, error = closing.cost(TypedOrder.of(model, one, size))
        found.append(_schedule(0.0, 0.0, 1, (cost, error), sigma, left, 1.0))
    return tuple(found)


def auction_told(model: LearnedCostModel, one: Conditions, types: Mapping[str, TypeCost]) -> tuple[bool, str]:
    """Whether the auction's cost for this order can be told from that of working it, and what to say."""
    auction = types.get(OrderType.CLOSE_AUCTION)
    if auction is None:
        return False, "Too few orders went to the closing auction to consider it."
    size = float(one.size_of_adv[0])
    if size * min(_AT_CLOSE) > auction.largest:
        return False, "The closing auction is not considered: its orders in the history were smaller."
    at_close = TypedOrder.of(model, one, size)
    worked, error = _worked(model, one, types, (size, float("nan")))
    closing, own = auction.cost(at_close)
    half, difference = NINETY * (error + own), closing - worked
    if abs(difference) <= half:
        return False, f"The closing auction cannot be told from working the order ({difference:+.1f} ± {half:.1f} bps)."
    word = "cheaper" if difference < 0 else "dearer"
    return True, (
        f"The closing auction is {abs(difference):.1f} bps {word} than working the order (±{half:.1f}), "
        f"at ±{at_close.movement_bps:.0f} bps of market risk until then."
    )


def pace_sentence(best: Schedule, schedules: Sequence[Schedule]) -> str:
    """How fast to work it, and whether the model can tell speeds apart at all."""
    low, high = best.interval_bps
    slices = f"{best.slices} slice{'' if best.slices == 1 else 's'}"
    worked = f"over {best.span:.2%} of a day's volume ({best.participation:.1%} participation, {slices})"
    closing = f", {best.at_close:.0%} of it in the closing auction" if best.at_close else ""
    how = "Leave all of it to the closing auction" if best.at_close == 1.0 else f"Work it {worked}{closing}"
    plan = (
        f"{how}: {best.cost_bps:.1f} bps expected ({low:.1f} to {high:.1f}), "
        f"±{best.risk_bps:.1f} bps of market risk meanwhile."
    )
    if best.participation > 1.0:
        return f"{plan} That is more than the volume that is left: it cannot be done today."
    if best.participation > _FASTEST * (1.0 + _SAME):
        plan += f" More than {_FASTEST:.0%} of the volume is faster than this can judge."
    costs = [each.cost_bps for each in schedules if not each.at_close]
    if not best.at_close and max(costs) - min(costs) <= _SAME * max(costs):
        return f"{plan} The model predicts the same cost at each of these speeds, so only the risk of waiting decides."
    return plan


def not_told_apart(best: Schedule, schedules: Sequence[Schedule], risk_aversion_per_bps: float) -> str:
    """How many other schedules cannot be told from the best, risk priced, by their intervals; empty where all can."""

    def ends(each: Schedule) -> tuple[float, float]:
        risk = risk_aversion_per_bps * each.risk_bps**2
        return each.interval_bps[0] + risk, each.interval_bps[1] + risk

    near = sum(ends(each)[0] <= ends(best)[1] for each in schedules if each is not best)
    if not near:
        return ""
    return f"With risk priced, intervals do not tell it from {near} of the other {len(schedules) - 1} schedules."


def _schedule(
    span: float,
    participation: float,
    slices: int,
    cost: tuple[float, float],
    sigma: float,
    variance: float,
    share: float,
) -> Schedule:
    expected, error = cost
    risk = sigma * float(np.sqrt(variance))
    ends = (expected - NINETY * error, expected + NINETY * error)
    return Schedule(span, participation, slices, expected, risk, ends, share)


def _worked(
    model: LearnedCostModel, one: Conditions, types: Mapping[str, TypeCost], plan: tuple[float, float]
) -> tuple[float, float]:
    """Expected cost of working a size over a span, and its error.

    Where types are known it is that of the usual type that is sure to be done, times what the model says of the pace;
    else the model's, with the error of the law's constants. A span of NaN is the usual pace.
    """
    size, span = plan
    usual = next((w for w in model.levels_.words.get("order_type", ()) if w not in _NOT_WORKED and w in types), "")
    columns = {
        "size_of_adv": np.full(2, size),
        "half_spread_bps": np.repeat(one.half_spread_bps, 2),
        "volatility_daily_bps": np.repeat(one.volatility_daily_bps, 2),
        "volume_span": np.array([span, np.nan]),
        "time_of_day": np.repeat(one.time_of_day, 2),
        "order_type": np.full(2, usual),
    }
    order = Conditions.of(columns)
    paced, unpaced = model.predict(order).tolist()
    if usual:
        cost, error = types[usual].cost(TypedOrder.of(model, one, size))
        return cost * paced / unpaced, error * paced / unpaced
    return paced, paced / TypedOrder.of(model, one, size).law_bps * _law_error(model, order)


def _law_error(model: LearnedCostModel, order: Conditions) -> float:
    slopes = model.fit_.law.slopes(order.size_of_adv, order.half_spread_bps, order.volatility_daily_bps)[0]
    return float(np.sqrt(((slopes * np.array(model.fit_.standard_errors)) ** 2).sum()))
