"""Market signals: what is the same for all accounts, aligned to the names that have a price.

Problem: prices, risk and costs come from different places, in different orders, over different
names. Decision: the universe of the signals is the market's priced names, in the market's order;
risk and costs are taken in that order and must cover every one of them. Names without a price are
listed, never valued at zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, UnknownSecurityError
from di_advisor.signals.esg import aligned_esg

__all__ = ["estimate_market"]


def estimate_market(
    market: Market, risk: FactorRisk, costs: CostCurves, *, esg: EsgTable | Mapping[str, FloatArray] | None = None
) -> MarketSignals:
    """Align prices, risk and costs to the names that have a price.

    Parameters
    ----------
    market : Market
        Prices and volumes of m names, n of them priced.
    risk : FactorRisk
        Covers at least the priced names, in any order.
    costs : CostCurves
        Covers at least the priced names, in any order.
    esg : EsgTable, or Mapping of str to ndarray of shape (m,), optional
        Measures; arrays are in the market's order, NaN where not covered.

    Returns
    -------
    MarketSignals
        Over the n priced names, in the market's order.

    Raises
    ------
    IncompleteDataError
        If no name has a price.
    UnknownSecurityError
        If the risk model or the cost curves leave out a priced name.
    InputError
        If an ESG measure has another length than the market, or was known only after its date.
    """
    priced = np.flatnonzero(market.priced)
    if not len(priced):
        raise IncompleteDataError(
            f"None of the {len(market.universe)} names of the market has a price on {market.as_of}.",
            hint="Load prices for that date, or choose a date that has some.",
        )
    everything = len(priced) == len(market.universe)
    securities = market.universe.securities
    universe = market.universe if everything else Universe(tuple(securities[i] for i in priced))
    prices: list[Decimal] = [p for p in market.price_usd if p is not None]
    measures = aligned_esg(esg, market)
    return MarketSignals(
        as_of=market.as_of,
        universe=universe,
        price_usd=tuple(prices),
        risk=_risk_for(universe, risk),
        costs=_costs_for(universe, costs),
        adv_usd=market.adv_usd[priced],
        esg={name: values[priced] for name, values in measures.values.items()},
        esg_scale=measures.scale,
        provenance={
            "prices": f"market of {market.as_of}, known at {market.known_at.isoformat()}",
            "risk": risk.provenance,
            "costs": costs.provenance,
            **measures.provenance,
        },
        dividend_yield_per_year=_priced(market.dividend_yield_per_year, priced),
        qualified_share=_priced(market.qualified_share, priced),
        unpriced=() if everything else tuple(s for s, p in zip(securities, market.priced, strict=True) if not p),
    )


def _priced(values: FloatArray | None, priced: NDArray[np.int64]) -> FloatArray | None:
    return None if values is None else values[priced]


def _rows(universe: Universe, given: Universe, what: str) -> NDArray[np.int64] | None:
    """Positions of the universe's names in another universe; None when the two have the same names in order."""
    if given is universe or given.security_ids == universe.security_ids:
        return None
    missing = [s for s in universe.security_ids if s not in given.positions]
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise UnknownSecurityError(
            f"The {what} do not cover {len(missing)} priced names of the market: {shown}.",
            hint=f"Estimate the {what} on this market, or take these names out of it; no figure is made up for them.",
            missing=missing,
            where=what,
        )
    return np.array([given.positions[s] for s in universe.security_ids], dtype=np.int64)


def _risk_for(universe: Universe, risk: FactorRisk) -> FactorRisk:
    rows = _rows(universe, risk.universe, "risk figures")
    if rows is None:
        return risk
    return FactorRisk(
        universe=universe,
        factors=risk.factors,
        exposures=risk.exposures[rows],
        factor_covariance_per_year=risk.factor_covariance_per_year,
        specific_variance_per_year=risk.specific_variance_per_year[rows],
        provenance=risk.provenance,
    )


def _costs_for(universe: Universe, costs: CostCurves) -> CostCurves:
    rows = _rows(universe, costs.universe, "cost curves")
    if rows is None:
        return costs
    return costs.take(universe, rows)
