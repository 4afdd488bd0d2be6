"""ESG points and factor exposures priced in dollars, as tilts.

A point of the average is worth what the investor says. The average is priced through its excess over
the index's, so that cash and names that are left out count as neither good nor bad: a charge of
``-usd x sign x k (s - index)`` per unit of weight. Limits: linear in the weights, so the dollars are
exact where all is invested in names that count, and in proportion to the share that is.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate.esg import wished_measure
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.tilts import ActiveTilt

__all__ = ["esg_tilts", "factor_tilts"]


def esg_tilts(signals: Signals, mandate: Mandate, holdings: Holdings) -> list[ActiveTilt]:
    """One tilt for each wish that prices a point.

    Raises
    ------
    InputError
        If a measure is not there.
    """
    found = []
    for wish in mandate.esg:
        if not wish.usd_per_point:
            continue
        read = wished_measure(signals, wish, holdings)
        better = read.counted * (read.values - read.index_value) * read.direction.sign
        way = "higher" if read.direction.sign > 0 else "lower"
        unit = f" {read.unit}" if read.unit not in ("", "%") else ""
        found.append(
            ActiveTilt(
                holdings,
                np.asarray(-wish.usd_per_point / holdings.value_usd * better, dtype=np.float64),
                f"ESG tilt on {wish.measure}",
                f"Each point{unit} by which the average {wish.measure} is {way} than the index's "
                f"is worth ${wish.usd_per_point:,.2f}.",
            )
        )
    return found


def factor_tilts(signals: Signals, mandate: Mandate, holdings: Holdings) -> list[ActiveTilt]:
    """One tilt for each factor whose exposure is priced.

    Raises
    ------
    InputError
        If the risk model does not have the factor.
    """
    risk = signals.market.risk
    found = []
    for factor, worth_usd in mandate.factor_tilts.items():
        if factor not in risk.factors:
            raise InputError(
                f"The mandate prices the factor {factor!r}, which the risk model does not have.",
                hint=f"It has: {', '.join(risk.factors)}.",
                factor=factor,
            )
        if not worth_usd:
            continue
        column = risk.exposures[:, risk.factors.index(factor)]
        found.append(
            ActiveTilt(
                holdings,
                np.asarray(-worth_usd / holdings.value_usd * column, dtype=np.float64),
                f"factor tilt {factor}",
                f"A unit of active exposure to {factor} {'is worth' if worth_usd > 0 else 'costs'} "
                f"${abs(worth_usd):,.2f}.",
            )
        )
    return found
