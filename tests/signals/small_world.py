"""A small market of five names, with its risk and cost figures, for tests of the signals."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Security, Universe

AS_OF = date(2026, 11, 20)
PRICES = {"GOOG": "100.00", "GOOGL": "101.50", "IBM": "250.10", "FOX": "40.05", "MSFT": "500.00"}


@dataclass(frozen=True)
class SmallWorld:
    """Everything that `estimate` needs but the portfolio and the mandate."""

    market: Market
    risk: FactorRisk
    costs: CostCurves
    target: Target


def market(prices: dict[str, str | None]) -> Market:
    n = len(prices)
    universe = Universe(
        tuple(Security(s, f"T-{s}", identical_group="alphabet" if s.startswith("GOOG") else "") for s in prices)
    )
    return Market(
        as_of=AS_OF,
        known_at=datetime(2026, 11, 20, 21, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(None if p is None else Decimal(p) for p in prices.values()),
        half_spread_bps=np.full(n, 2.0),
        adv_usd=np.arange(1.0, n + 1.0, dtype=np.float64) * 1e6,
        volatility_per_year=np.full(n, 0.3),
    )


def risk(universe: Universe) -> FactorRisk:
    n = len(universe)
    return FactorRisk(
        universe=universe,
        factors=("market", "size"),
        exposures=np.column_stack([np.ones(n), np.arange(n)]),
        factor_covariance_per_year=np.diag([0.04, 0.01]),
        specific_variance_per_year=0.01 * np.arange(1.0, n + 1.0, dtype=np.float64),
        provenance="a risk model",
    )


def costs(universe: Universe) -> CostCurves:
    n = len(universe)
    rising = np.arange(1.0, n + 1.0, dtype=np.float64)
    return CostCurves(universe, 1e-4 * rising, 1e-6 * rising, np.zeros(n), "a cost model")
