"""What each ESG measure covers, of the index and of an account: looked at before anything is wished.

Problem: a wish on a measure that covers half of the money mostly follows what stands in for the gaps.
Decision: coverage by names and by weight, and both averages over covered names, from prices and lots alone, so
that it is there before any estimate. Limits: averages leave gaps out, whatever a wish would fill them with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import Direction, EsgTable
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.target import Target
from di_advisor.signals.esg import aligned_esg
from di_advisor.signals.standing import account_standing

__all__ = ["MeasureCoverage", "measure_coverage"]


@dataclass(frozen=True, slots=True)
class MeasureCoverage:
    """One measure.

    Attributes
    ----------
    measure, unit, provider, topic : str
        As the data says; empty where it does not.
    direction : Direction or None
        Which way is good; None where the data does not say.
    names, covered : int
        Names of the index, and those of them with a figure.
    index_coverage, account_coverage : float
        Share of the weight that is covered; that of an account is of its priced holdings.
    index_average, account_average : float
        Weighted averages over covered names; NaN where nothing is.
    lowest, highest : float
        Of the figures of the index's names: no average is outside; NaN where there are none.
    """

    measure: str
    unit: str
    provider: str
    topic: str
    direction: Direction | None
    names: int
    covered: int
    index_coverage: float
    account_coverage: float
    index_average: float
    account_average: float
    lowest: float
    highest: float


def measure_coverage(
    esg: EsgTable | Mapping[str, FloatArray] | None,
    market: Market,
    target: Target,
    portfolio: Portfolio,
    account_id: str,
) -> tuple[MeasureCoverage, ...]:
    """Every measure, in the order of the table.

    Parameters
    ----------
    esg : EsgTable or Mapping of str to ndarray of shape (m,), optional
        The measures; arrays in the market's order.
    market, target : Market, Target
        Prices of the day, and what is tracked.
    portfolio : Portfolio
        All accounts.
    account_id : str
        The account.

    Raises
    ------
    InputError
        If a measure does not fit the market, or there is no such account.
    """
    aligned = aligned_esg(esg, market)
    position = market.universe.positions
    index, held = np.zeros(len(market.universe)), np.zeros(len(market.universe))
    for security_id, weight in target.weights_on(market.as_of).items():
        if security_id in position:
            index[position[security_id]] = weight
    for each in account_standing(portfolio, account_id, market).lots:
        held[position[each.lot.security_id]] += each.value_usd or 0.0
    found = []
    for name, values in aligned.values.items():
        scale = aligned.scale.get(name)
        known = np.isfinite(values)
        inside = values[known & (index > 0)]
        found.append(
            MeasureCoverage(
                measure=name,
                unit="" if scale is None else scale.unit,
                provider="" if scale is None else scale.provider,
                topic="" if scale is None else scale.topic,
                direction=None if scale is None else scale.direction,
                names=int((index > 0).sum()),
                covered=len(inside),
                index_coverage=_share(known, index),
                account_coverage=_share(known, held),
                index_average=_average(values, known, index),
                account_average=_average(values, known, held),
                lowest=float(inside.min()) if len(inside) else math.nan,
                highest=float(inside.max()) if len(inside) else math.nan,
            )
        )
    return tuple(found)


def _share(known: NDArray[np.bool_], weight: FloatArray) -> float:
    total = float(weight.sum())
    return float(weight[known].sum()) / total if total > 0 else 0.0


def _average(values: FloatArray, known: NDArray[np.bool_], weight: FloatArray) -> float:
    total = float(weight[known].sum())
    return float(values[known] @ weight[known]) / total if total > 0 else math.nan
