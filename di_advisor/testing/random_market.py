"""A market of random names with spreads, volumes and volatilities of plausible size, for tests of cost models."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from di_advisor.domain.market import Market
from di_advisor.domain.universe import Security, Universe

__all__ = ["random_market"]

_KNOWN_AT = datetime(2026, 6, 30, 21, tzinfo=UTC)


def random_market(names: int, seed: int = 0) -> Market:
    """Market of so many names; the same seed gives the same on every machine."""
    g = np.random.default_rng([seed, 3])
    return Market(
        as_of=_KNOWN_AT.date(),
        known_at=_KNOWN_AT,
        universe=Universe(tuple(Security(f"N{k}") for k in range(names))),
        price_usd=(Decimal(50),) * names,
        half_spread_bps=np.exp(g.normal(np.log(2.5), 0.7, names)),
        adv_usd=np.exp(g.normal(18.0, 1.5, names)),
        volatility_per_year=np.exp(g.normal(np.log(0.3), 0.35, names)),
        market_cap_usd=np.exp(g.normal(23.0, 1.5, names)),
    )
