"""The path of prices: every company, every day, with everything that happens to a share.

Problem: raw prices jump by splits, dividends and spin-offs while an owner's return does not, and
characteristics must follow from prices as they drive returns. Decision: one walk through the days
in blocks of a month. At the end of a month characteristics are taken from the past; in the next
month they meet the style factors' returns. Raw closes are rounded to cents, and total returns are
computed from the rounded closes and the events, so that both agree to the last digit.
Limits: dividends are regular and cash; a merger's price goes to the offer without doubt or delay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.calendar import month_ends
from di_advisor.sample.characteristics import Past, characteristics_of, standard_scores
from di_advisor.sample.companies import Companies
from di_advisor.sample.corporate_actions import Merger, Plan
from di_advisor.sample.payouts import Payouts
from di_advisor.sample.randomness import stream
from di_advisor.sample.regimes import STYLES, Factors
from di_advisor.sample.splits import SplitDesk
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["Offer", "Path", "own_returns", "walk"]


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms of a merger, set on its announcement: cash, or acquirer's shares, for each target share."""

    merger: Merger
    cash_usd: float
    ratio: float


@dataclass(frozen=True)
class Path:
    """Everything that happened, for t days and n companies; NaN prices where a name did not trade.

    Attributes
    ----------
    close_usd, total_return, dividend_usd, split, shares : ndarray of shape (t, n)
        Raw close; total return (0 where not observed); dividend per share that went ex; new shares for
        one old on that day (1 when nothing happened); shares outstanding.
    observed : ndarray of bool, shape (t, n)
        Whether the total return is known (the name traded on both days).
    month_ends : ndarray of int, shape (m,)
        Positions of the days of the cross-sections.
    characteristics : ndarray of shape (m, n, 6)
        As known at those closes.
    book_usd, profitability : ndarray of shape (m, n)
        Reported figures as known at those closes.
    offers : tuple of Offer
    split_announced : mapping
        Position of the announcement by (effective day, company).
    """

    close_usd: FloatArray
    total_return: FloatArray
    observed: NDArray[np.bool_]
    dividend_usd: FloatArray
    split: FloatArray
    shares: FloatArray
    month_ends: NDArray[np.int64]
    characteristics: FloatArray
    book_usd: FloatArray
    profitability: FloatArray
    offers: tuple[Offer, ...]
    split_announced: dict[tuple[int, int], int]

    def past(self, day: int, book_usd: FloatArray, profitability: FloatArray) -> Past:
        """What was known at the close of a day."""
        upto = slice(0, day + 1)
        return Past(
            total_return=self.total_return[upto],
            observed=self.observed[upto],
            dividend_usd=self.dividend_usd[upto],
            share_factor=np.asarray(np.cumprod(self.split[upto], axis=0), dtype=np.float64),
            close_usd=self.close_usd[day],
            shares=self.shares[day],
            book_usd=book_usd,
            profitability=profitability,
        )


def own_returns(companies: Companies, factors: Factors, seed: int) -> FloatArray:
    """Each company's own daily returns: clustered, fat-tailed, with jumps at earnings; shape (t, n)."""
    rng = stream(seed, "own returns")
    t, n = len(factors.market), len(companies)
    persistence, spread = 0.97, 0.42
    wave = np.empty((t, n))
    wave[0] = rng.standard_normal(n) * spread
    shocks = rng.standard_normal((t, n)) * spread * np.sqrt(1 - persistence**2)
    for i in range(1, t):
        wave[i] = persistence * wave[i - 1] + shocks[i]
    daily = companies.own_volatility / np.sqrt(TRADING_DAYS_PER_YEAR)
    body = rng.standard_t(4, size=(t, n)) / np.sqrt(2) * np.exp(wave - spread**2)
    own = 0.86 * body * daily * factors.idiosyncratic_scale[:, None]
    # Four reports a year, each a jump of about three daily volatilities.
    first = rng.integers(5, 63, size=n)
    for quarter in range(t // 63 + 1):
        at = first + quarter * 63 + rng.integers(-3, 4, size=n)
        jump = rng.standard_t(4, size=n) / np.sqrt(2) * daily * 3.7
        inside = (at >= 0) & (at < t)
        own[at[inside], np.flatnonzero(inside)] += jump[inside]
    for second in np.flatnonzero(companies.twin_of >= 0):
        own[:, second] = own[:, companies.twin_of[second]] + 0.0015 * rng.standard_normal(t)
    return np.asarray(own, dtype=np.float64)


class _Walk:
    """State of the walk; `run` returns the path. Private: callers see values only."""

    def __init__(self, companies: Companies, plan: Plan, factors: Factors, seed: int) -> None:
        t, n = len(factors.market), len(companies)
        self.companies, self.plan, self.factors = companies, plan, factors
        self.own = own_returns(companies, factors, seed)
        self.payouts = Payouts(companies, plan.listed, t, seed)
        self.splits = SplitDesk(t, n, seed)
        self.close = np.full((t, n), np.nan)
        self.total = np.zeros((t, n))
        self.observed = np.zeros((t, n), dtype=np.bool_)
        self.dividend = np.zeros((t, n))
        self.split = np.ones((t, n))
        self.shares = np.zeros((t, n))
        self.price = companies.start_price_usd.copy()
        self.out = companies.start_cap_usd / companies.start_price_usd
        # First day on which a company no longer trades, and from which on it no longer pays.
        self.gone, self.no_pay = np.full(n, t, dtype=np.int64), np.full(n, t, dtype=np.int64)
        for m in plan.mergers:
            self.gone[m.target] = m.effective
            self.no_pay[m.target] = m.announced
        self.gone[plan.failure.company] = plan.failure.delisted
        self.no_pay[plan.failure.company] = plan.failure.start
        self.offers: dict[int, Offer] = {}
        self.noise = stream(seed, "merger spread").standard_normal(t) * 0.0015

    def _returns(self, block: slice, scores: FloatArray) -> FloatArray:
        f, c = self.factors, self.companies
        common = f.market[block, None] * c.beta + f.sector[block][:, c.sector] + f.industry[block][:, c.industry]
        return np.asarray(common + f.style[block] @ scores.T + self.own[block], dtype=np.float64)

    def _merge(self, day: int, growth: FloatArray) -> None:
        for m in self.plan.mergers:
            if not m.announced <= day < m.effective:
                continue
            if day == m.announced:
                bid = self.price[m.target] * (1 + m.premium)
                if m.acquirer < 0:
                    self.offers[m.target] = Offer(m, round(float(bid), 2), 0.0)
                else:
                    self.offers[m.target] = Offer(m, 0.0, round(float(bid / self.price[m.acquirer]), 4))
            offer = self.offers[m.target]
            worth = offer.cash_usd
            if m.acquirer >= 0:
                worth = offer.ratio * self.price[m.acquirer] * (1 + growth[m.acquirer])
            left = (m.effective - 1 - day) / (m.effective - m.announced)
            aim = worth * (1 - 0.025 * left) * (1 + self.noise[day] * left)
            growth[m.target] = aim / self.price[m.target] - 1

    def _busy(self, day: int) -> NDArray[np.bool_]:
        """Companies that are in the middle of something else and do not think of a split, shape (n,)."""
        busy = self.splits.pending(day)
        for m in self.plan.mergers:
            if m.announced <= day < m.effective:
                busy[m.target] = True
                busy[m.acquirer if m.acquirer >= 0 else m.target] = True
        for s in self.plan.spin_offs:
            if s.announced <= day <= s.ex:
                busy[s.parent] = True
        return busy

    def _spin(self, day: int, worth: FloatArray) -> FloatArray:
        """Take what is spun off out of the parents' worth; dollars received per parent share, shape (n,)."""
        received = np.zeros(len(worth))
        for s in self.plan.spin_offs:
            if s.ex != day:
                continue
            self.price[s.child] = max(round(worth[s.parent] * s.value_fraction / s.ratio, 2), 0.01)
            self.out[s.child] = s.ratio * self.out[s.parent]
            received[s.parent] = s.ratio * self.price[s.child]
            self.payouts.spin(s.parent, s.child, s.value_fraction)
        worth -= received
        return received

    def _step(self, day: int, growth: FloatArray) -> None:
        before, fail = self.price.copy(), self.plan.failure
        if fail.start <= day < fail.delisted:
            growth[fail.company] = 2.2 * growth[fail.company] - 0.024
        self._merge(day, growth)
        trading = (self.plan.listed <= day) & (day < self.gone)
        was = (self.plan.listed < day) & (day < self.gone) & (day > 0)
        split = np.where(was, self.splits.effective(day), 1.0)
        pay = self.payouts.going_ex(day, before, was & (split == 1) & (day < self.no_pay))
        worth = before * (1 + np.maximum(growth, -0.65)) - pay
        received = pay + self._spin(day, worth)
        self.out *= split
        self.payouts.split(split)
        for offer in self.offers.values():
            m = offer.merger
            if m.effective == day and m.acquirer >= 0:
                self.out[m.acquirer] += offer.ratio * self.out[m.target]
        self.price = np.where(was, np.maximum(np.round(worth / split, 2), 0.01), self.price)
        self.close[day, trading] = self.price[trading]
        self.split[day], self.dividend[day], self.observed[day] = split, pay, was
        self.shares[day] = np.where(trading, self.out, 0.0)
        self.total[day] = np.where(was, (self.price * split + received) / before - 1, 0.0)
        self.splits.consider(day, self.price, was & ~self._busy(day))

    def run(self, days: NDArray[np.datetime64]) -> Path:
        ends = month_ends(days)
        n = len(self.companies)
        table = np.full((len(ends), n, len(STYLES)), np.nan)
        books, profits = np.full((len(ends), n), np.nan), np.full((len(ends), n), np.nan)
        scores = np.zeros((n, len(STYLES)))
        start = 0
        for k, end in enumerate(ends):
            growth = self._returns(slice(start, int(end) + 1), scores)
            for day in range(start, int(end) + 1):
                self._step(day, growth[day - start])
            books[k], profits[k] = self.payouts.reported(int(end))
            path = self._path(ends, table, (books, profits))
            table[k] = characteristics_of(path.past(int(end), books[k], profits[k]))
            scores = standard_scores(table[k])
            start = int(end) + 1
        return self._path(ends, table, (books, profits))

    def _path(self, ends: NDArray[np.int64], table: FloatArray, reported: tuple[FloatArray, FloatArray]) -> Path:
        return Path(
            self.close, self.total, self.observed, self.dividend, self.split, self.shares, ends, table,
            *reported, tuple(self.offers.values()), self.splits.announced,
        )  # fmt: skip


def walk(companies: Companies, plan: Plan, factors: Factors, days: NDArray[np.datetime64], seed: int) -> Path:
    """Walk all companies through all days."""
    return _Walk(companies, plan, factors, seed).run(days)
