"""Joint size: what a name costs where many accounts trade it on the same day.

Problem: priced alone, a hundred accounts each see the small cost of a small order, and together pay that of a large
one. Decision: after a first pass every name and side has its joint dollars V. The desk pays ``V (l + h sqrt(V) + q V)``
for the whole of it, at one average price; an account that trades v beside the others' ``W = V - v`` has the share
``v (l + h sqrt(W + v) + q (W + v))`` of it. That share is drawn as a cost curve that all accounts can use, exact at the
dollar-weighted mean order v*: ``linear = l + h sqrt(W) + q W``, ``three_halves = h (sqrt(V) - sqrt(W)) / sqrt(v*)``,
``quadratic = q``, with ``W = V - v*``. An account that trades a name alone is priced as before. Fleets are solved
again at these prices, and where more rounds are asked for at the mean of all joint sizes seen so far, which settles
because dearer names are traded less. Limits: buys and sells of one name are priced apart, and crossed by nobody;
orders much smaller (larger) than v* are priced a little too cheap (too dear) in the impact of their own size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Side
from di_advisor.domain.universe import Universe
from di_advisor.fleet.record import FleetRecord, SetAside
from di_advisor.units import CENTS_PER_USD

__all__ = ["JointSize", "joint_size", "mean_size", "priced_jointly", "unsettled_share"]

_SIDES = (Side.BUY, Side.SELL)


@dataclass(frozen=True)
class JointSize:
    """What all accounts trade together; rows are buys and sells, columns the names of a universe.

    Attributes
    ----------
    total_usd : ndarray of shape (2, n)
        Dollars of all orders.
    typical_usd : ndarray of shape (2, n)
        Dollar-weighted mean of one account's order; 0 where nobody trades.
    """

    total_usd: FloatArray
    typical_usd: FloatArray


def joint_size(records: Iterable[FleetRecord | SetAside], universe: Universe) -> JointSize:
    """Joint dollars of records, whatever their order: sums are in whole cents."""
    n = len(universe)
    total = [[0] * n, [0] * n]
    squares = [[0] * n, [0] * n]
    for record in records:
        if isinstance(record, SetAside):
            continue
        for (side, security_id), cents in _cents_by_name(record).items():
            row, at = _SIDES.index(side), universe.positions[security_id]
            total[row][at] += cents
            squares[row][at] += cents * cents
    means = [[s / t if t else 0.0 for s, t in zip(a, b, strict=True)] for a, b in zip(squares, total, strict=True)]
    return JointSize(np.array(total, dtype=np.float64) / CENTS_PER_USD, np.array(means) / CENTS_PER_USD)


def _cents_by_name(record: FleetRecord) -> dict[tuple[Side, str], int]:
    found: dict[tuple[Side, str], int] = {}
    for order in record.orders:
        key = (order.side, order.security_id)
        found[key] = found.get(key, 0) + round(order.value_usd * CENTS_PER_USD)
    return found


def mean_size(sizes: Sequence[JointSize]) -> JointSize:
    """The mean of the joint sizes of several passes."""
    total = sum((s.total_usd for s in sizes), np.zeros_like(sizes[0].total_usd)) / len(sizes)
    typical = sum((s.typical_usd for s in sizes), np.zeros_like(sizes[0].typical_usd)) / len(sizes)
    return JointSize(total, np.minimum(typical, total))


def priced_jointly(costs: CostCurves, size: JointSize) -> CostCurves:
    """Cost curves of one account beside all others.

    Parameters
    ----------
    costs : CostCurves
        Of orders that are alone on the market.
    size : JointSize
        Over the same universe.
    """
    selling = costs if costs.selling is None else costs.selling
    sold = _one_side(selling, size.total_usd[1], size.typical_usd[1], None)
    return _one_side(costs, size.total_usd[0], size.typical_usd[0], sold)


def _one_side(costs: CostCurves, total: FloatArray, typical: FloatArray, selling: CostCurves | None) -> CostCurves:
    traded = typical > 0
    others = np.maximum(total - typical, 0.0)
    own = np.divide(np.sqrt(total) - np.sqrt(others), np.sqrt(typical), out=np.ones_like(total), where=traded)
    return CostCurves(
        costs.universe,
        costs.linear + costs.three_halves * np.sqrt(others) + costs.quadratic * others,
        costs.three_halves * np.clip(own, 0.0, 1.0),
        costs.quadratic,
        f"{costs.provenance}; at the joint size of the fleet",
        selling,
    )


def unsettled_share(priced: JointSize, traded: JointSize) -> float:
    """How far what was traded is from what it was priced at: absolute dollars over dollars traded."""
    total = float(traded.total_usd.sum())
    return float(np.abs(priced.total_usd - traded.total_usd).sum()) / total if total > 0 else 0.0
