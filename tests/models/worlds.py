"""Small simulated markets whose true covariance is known."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from di_advisor.domain.market import Market, ReturnHistory
from di_advisor.domain.universe import Security, Universe

DAYS_PER_YEAR = 252


@dataclass(frozen=True)
class Simulated:
    """A market at the end of a history, the history, and the covariance that drew it."""

    market: Market
    returns: ReturnHistory
    covariance_per_year: np.ndarray

    def risk_of(self, active) -> float:
        return float(np.sqrt(active @ self.covariance_per_year @ active))


def weekdays(count, last="2026-06-30"):
    days = np.arange(np.datetime64(last) - 2 * count - 10, np.datetime64(last) + 1)
    return days[np.is_busday(days)][-count:]


def market_of(ids, day, *, sectors=None, size_usd=None, **changes):
    n = len(ids)
    size = np.full(n, 1e10) if size_usd is None else np.asarray(size_usd, dtype=float)
    fields = {
        "as_of": day.astype("datetime64[D]").item(),
        "known_at": datetime(2026, 7, 1, tzinfo=UTC),
        "universe": Universe(tuple(Security(i, sector=s) for i, s in zip(ids, sectors or [""] * n, strict=True))),
        "price_usd": (Decimal(50),) * n,
        "half_spread_bps": np.full(n, 2.0),
        "adv_usd": size / 200,
        "volatility_per_year": np.full(n, 0.3),
        "market_cap_usd": size,
    }
    return Market(**(fields | changes))


def simulated(seed=0, *, names=240, sectors=6, days=800, sector_volatility=0.08) -> Simulated:
    """One market, sectors, betas that differ, normal shocks of constant volatility."""
    rng = np.random.default_rng(seed)
    sector = np.arange(names) % sectors
    size = np.exp(rng.normal(23.0, 1.0, names))
    beta = np.clip(1.0 + 0.3 * rng.standard_normal(names), 0.3, 1.8)
    specific = np.exp(rng.normal(np.log(0.22), 0.25, names))
    daily = np.sqrt(DAYS_PER_YEAR)
    market = 0.16 / daily * rng.standard_normal(days)
    group = sector_volatility / daily * rng.standard_normal((days, sectors))
    own = specific / daily * rng.standard_normal((days, names))
    values = beta * market[:, None] + group[:, sector] + own
    ids = tuple(f"id{i:03d}" for i in range(names))
    dates = weekdays(days)
    same = sector[:, None] == sector[None, :]
    covariance = 0.16**2 * np.outer(beta, beta) + sector_volatility**2 * same + np.diag(specific**2)
    view = market_of(ids, dates[-1], sectors=[f"Sector {s}" for s in sector], size_usd=size)
    return Simulated(view, ReturnHistory(dates, ids, values, np.ones_like(values, dtype=bool)), covariance)


def dense(risk) -> np.ndarray:
    """The covariance that a factor risk stands for."""
    x = risk.exposures
    return x @ risk.factor_covariance_per_year @ x.T + np.diag(risk.specific_variance_per_year)


def thinned(returns, observed) -> ReturnHistory:
    """The same history with fewer days observed."""
    return ReturnHistory(returns.dates, returns.security_ids, returns.total_return, returns.observed & observed)
