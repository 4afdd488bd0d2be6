"""A made-up past of any number of names and years, for speed alone: prices are a random walk with one market.

Problem: the sample has four years after its risk history, and speed is claimed for five and ten. Decision: a seeded
past with as many lots' worth of events as a real one has: a dividend a quarter from four names in five, a split now
and then, weights by price. Limits: no name comes or goes; it says nothing about results, only about work.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property

import numpy as np

from di_advisor.backtest.past import Payout
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.events import SecurityEvent, Split, TaxTreatment
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Security, Universe
from di_advisor.policy.sessions import sessions_after
from di_advisor.units import CENTS_PER_USD, TRADING_DAYS_PER_YEAR

__all__ = ["MadePast"]

_BEFORE = TRADING_DAYS_PER_YEAR
_QUARTER = 63
_SECTORS = 11
_SPLIT_ABOVE_USD = 600.0


class MadePast:
    """Names and years of a random walk; the first year is history for the risk model.

    Parameters
    ----------
    names : int
        Of the index.
    years : int
        To be replayed.
    seed : int
        Of the walk.
    """

    def __init__(self, names: int, years: int, seed: int = 7) -> None:
        self.label = f"made up: {names} names, {years} years"
        count = _BEFORE + years * TRADING_DAYS_PER_YEAR + 1
        first = date(2010, 1, 4)
        self.sessions = tuple(sessions_after(first, n) for n in range(count))
        self._at = {day: n for n, day in enumerate(self.sessions)}
        rng = np.random.default_rng(seed)
        market = rng.normal(0.0003, 0.010, (count, 1))
        sector = rng.normal(0, 0.006, (count, _SECTORS))[:, np.arange(names) % _SECTORS]
        beta = rng.uniform(0.6, 1.4, names)
        self._return: FloatArray = market * beta + sector + rng.normal(0, 0.014, (count, names))
        self._return[0] = 0.0
        self.securities = tuple(Security(f"M{i:04d}", sector=f"Sector {i % _SECTORS}") for i in range(names))
        self._universe = Universe(self.securities)
        self._pays = rng.random(names) < 0.8
        self._cents, self._splits = self._walked(rng.uniform(20, 400, names))
        self._cap = np.cumprod(1 + self._return, axis=0) * rng.lognormal(0, 1.3, names)

    @property
    def start(self) -> date:
        """First session after the history."""
        return self.sessions[_BEFORE]

    def _walked(self, price: FloatArray) -> tuple[list[FloatArray], dict[int, list[int]]]:
        """Closes in cents, and who splits two for one on which session; a dividend leaves the price."""
        closes, splits = [], {}
        for n in range(len(self.sessions)):
            price = price * (1 + self._return[n] - self._yield(n))
            high = np.flatnonzero(price > _SPLIT_ABOVE_USD)
            if len(high):
                splits[n] = high.tolist()
                price = np.where(price > _SPLIT_ABOVE_USD, price / 2, price)
            closes.append(np.maximum(np.round(price * CENTS_PER_USD), 1))
        return closes, splits

    def _yield(self, n: int) -> FloatArray:
        i = np.arange(len(self.securities))
        return np.where(self._pays & ((n + i) % _QUARTER == 0), 0.005, 0.0)

    @cached_property
    def _zeros(self) -> FloatArray:
        return np.zeros(len(self.securities))

    def _weights(self, n: int) -> FloatArray:
        return np.asarray(self._cap[n] / self._cap[n].sum(), dtype=np.float64)

    def market(self, day: date) -> Market:
        """All names at the day's closes."""
        return Market(
            as_of=day,
            known_at=datetime.combine(day, time(21), tzinfo=UTC),
            universe=self._universe,
            price_usd=tuple(Decimal(int(c)) / CENTS_PER_USD for c in self._cents[self._at[day]]),
            half_spread_bps=self._zeros + 2.0,
            adv_usd=self._zeros + 1e8,
            volatility_per_year=self._zeros + 0.3,
        )

    def target(self, day: date) -> Target:
        """Weights by capitalisation."""
        weight = self._weights(self._at[day]).tolist()
        return Target.single("made up", dict(zip(self._universe.security_ids, weight, strict=True)), self.sessions[0])

    def returns(self, day: date) -> ReturnHistory:
        """Up to and with the day."""
        n = self._at[day] + 1
        seen = np.ones((n, len(self.securities)), dtype=np.bool_)
        dates = np.array(self.sessions[:n], dtype="datetime64[D]")
        return ReturnHistory(dates, self._universe.security_ids, self._return[:n], seen)

    def exposures(self, day: date) -> ExposureHistory | None:
        """None are known."""
        del day
        return None

    def opening(self, day: date) -> tuple[SecurityEvent, ...]:
        """Splits."""
        at, treatment = self._at[day], TaxTreatment.SPLIT
        return tuple(
            Split(
                event_id=f"split-{i}-{day}",
                on=day,
                source="made up",
                security_id=self.securities[i].security_id,
                tax_treatment=treatment,
                new_per_old=Decimal(2),
            )
            for i in self._splits.get(at, ())
        )

    def payouts(self, day: date) -> tuple[Payout, ...]:
        """A quarter's dividend of about one name in eighty."""
        n = self._at[day]
        due = np.flatnonzero(self._yield(n)).tolist()
        per_share = {i: Decimal(int(self._cents[n - 1][i] * 0.005) or 1) / CENTS_PER_USD for i in due}
        return tuple(Payout(self.securities[i].security_id, day, day, amount) for i, amount in per_share.items())

    def index_return(self, day: date) -> float:
        """Of the weights at the close before."""
        n = self._at[day]
        return float(self._weights(n - 1) @ self._return[n]) if n else 0.0

    def index_yield(self, day: date) -> float:
        """The part that was paid."""
        n = self._at[day]
        return float(self._weights(n - 1) @ self._yield(n)) if n else 0.0

    def esg(self, day: date) -> EsgTable | None:
        """None are known."""
        del day
        return None
