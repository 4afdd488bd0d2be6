"""Build the sample world from its seed, as parts that can be stored: arrays and records.

Whatever the world shows comes out of these parts, so that a world from the cache and a fresh one
are the same by construction. The year before the first shown day only feeds what looks back
(characteristics, volatility, volume) and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.accounts import FILL_DAYS, run_accounts
from di_advisor.sample.bars import Bars, draw_bars
from di_advisor.sample.bookkeeping import Books
from di_advisor.sample.calendar import FIRST_DAY, LAST_DAY, trading_days
from di_advisor.sample.companies import TWINS, Companies, draw_companies
from di_advisor.sample.corporate_actions import Plan, draw_plan
from di_advisor.sample.index import IndexPath, reconstitute
from di_advisor.sample.path import Path, walk
from di_advisor.sample.regimes import INDUSTRIES, SECTORS, Factors, draw_factors
from di_advisor.units import CENTS_PER_USD, TRADING_DAYS_PER_YEAR

__all__ = ["Parts", "Simulation", "build_parts", "simulate"]

Arrays = dict[str, NDArray[Any]]
Records = dict[str, Any]

_ADV_DAYS = 21
_AFTER_THE_END_DAYS = 40


@dataclass(frozen=True)
class Simulation:
    """Everything simulated, before it is cut down to what the world shows.

    Attributes
    ----------
    seed : int
    days : ndarray of datetime64[D], shape (t,)
        Including the year before the first shown day.
    shown : int
        Position of the first shown day.
    kept : ndarray of int, shape (n,)
        Positions of the companies that the world shows: those that ever were in the index, that came
        out of one that was, or that bought one.
    covered_from : ndarray of int, shape (n,)
        Position of the first day on which each kept company belongs to the market's universe.
    """

    seed: int
    days: NDArray[np.datetime64]
    shown: int
    companies: Companies
    plan: Plan
    factors: Factors
    path: Path
    bars: Bars
    index: IndexPath
    books: dict[str, Books]
    kept: NDArray[np.int64]
    covered_from: NDArray[np.int64]

    def security_id(self, company: int) -> str:
        """Permanent id of a company's shares."""
        return f"SIM{company + 1:04d}"

    def date_at(self, position: int) -> np.datetime64:
        """Date of a position, which may lie a little after the end."""
        if position < len(self.days):
            return np.datetime64(self.days[max(position, 0)], "D")
        after = trading_days(LAST_DAY, (np.datetime64(LAST_DAY, "D") + _AFTER_THE_END_DAYS).astype(object))
        return np.datetime64(after[position - len(self.days) + 1], "D")


@dataclass(frozen=True)
class Parts:
    """What is stored: arrays by name of the file and of the array, and records by name of the file."""

    arrays: dict[str, Arrays]
    records: dict[str, Records]


def simulate(seed: int) -> Simulation:
    """Simulate the world; takes about four CPU seconds."""
    days = trading_days()
    companies = draw_companies(seed)
    plan = draw_plan(companies, days, seed)
    factors = draw_factors(days, seed)
    path = walk(companies, plan, factors, days, seed)
    bars = draw_bars(companies, path, factors, seed)
    index = reconstitute(companies, plan, path, days)
    covered = _coverage(plan, index, len(companies))
    return Simulation(
        seed=seed,
        days=days,
        shown=int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D"))),
        companies=companies,
        plan=plan,
        factors=factors,
        path=path,
        bars=bars,
        index=index,
        books=run_accounts(path, plan, index, days, seed),
        kept=np.flatnonzero(covered >= 0),
        covered_from=covered[covered >= 0],
    )


def _coverage(plan: Plan, index: IndexPath, n: int) -> NDArray[np.int64]:
    """First day of coverage of each company, -1 for never, shape (n,)."""
    never = np.iinfo(np.int64).max
    covered = np.full(n, never, dtype=np.int64)
    covered[index.weights[0] > 0] = 0
    for change in index.changes:
        if change.joins:
            covered[change.company] = min(covered[change.company], change.announced)
    for merger in plan.mergers:
        if merger.acquirer >= 0 and covered[merger.target] <= merger.effective:
            covered[merger.acquirer] = min(covered[merger.acquirer], merger.announced)
    for spin in plan.spin_offs:
        if covered[spin.parent] <= spin.ex:
            covered[spin.child] = min(covered[spin.child], spin.ex)
    return np.where(covered == never, -1, covered)


def _cents(prices_usd: FloatArray) -> NDArray[np.int32]:
    return np.round(np.nan_to_num(prices_usd) * CENTS_PER_USD).astype(np.int32)


def _trailing(total: FloatArray, observed: NDArray[np.bool_]) -> FloatArray:
    """Annualised volatility of the last 252 days by day, NaN with fewer than 60; shape (t, n)."""
    year = TRADING_DAYS_PER_YEAR
    zero = np.zeros((1, total.shape[1]))

    def window(x: FloatArray) -> FloatArray:
        sums = np.concatenate([zero, np.cumsum(x, axis=0)])
        low = np.maximum(np.arange(1, len(sums)) - year, 0)
        return np.asarray(sums[1:] - sums[low], dtype=np.float64)

    count = window(observed.astype(np.float64))
    first, second = window(total), window(total**2)
    variance = (second - first**2 / np.maximum(count, 1)) / np.maximum(count - 1, 1)
    return np.asarray(np.where(count >= 60, np.sqrt(np.maximum(variance, 0) * year), np.nan), dtype=np.float64)


def _average_volume_usd(traded_usd: FloatArray) -> FloatArray:
    """Mean dollar volume of the last 21 days on which a name traded, by day, shape (t, n)."""
    zero = np.zeros((1, traded_usd.shape[1]))
    sums = np.concatenate([zero, np.cumsum(traded_usd, axis=0)])
    count = np.concatenate([zero, np.cumsum(traded_usd > 0, axis=0)])
    low = np.maximum(np.arange(1, len(sums)) - _ADV_DAYS, 0)
    days = np.maximum(count[1:] - count[low], 1)
    return np.asarray((sums[1:] - sums[low]) / days, dtype=np.float64)


def _arrays(s: Simulation) -> dict[str, Arrays]:
    at, k, path = slice(s.shown, None), s.kept, s.path
    close = path.close_usd[:, k]
    trades = np.isfinite(close)
    traded_usd = np.where(trades, np.nan_to_num(close) * s.bars.volume_shares[:, k], 0.0)
    observed = path.observed[:, k] & trades
    months = np.flatnonzero(path.month_ends >= s.shown - 1)
    cap = np.where(trades, np.nan_to_num(close) * path.shares[:, k], np.nan)
    effective = np.array([s.date_at(int(e)) for e in s.index.effective])
    announced = np.array([s.date_at(int(a)) for a in s.index.announced])
    return {
        "bars": {
            "open_cents": _cents(s.bars.open_usd[at, k]),
            "high_cents": _cents(s.bars.high_usd[at, k]),
            "low_cents": _cents(s.bars.low_usd[at, k]),
            "close_cents": _cents(close[at]),
            "volume_shares": np.where(trades, s.bars.volume_shares[:, k], 0.0)[at].astype(np.int64),
        },
        "returns": {"total_return": np.where(observed, path.total_return[:, k], 0.0)[at], "observed": observed[at]},
        "conditions": {
            "half_spread_bps": s.bars.half_spread_bps[at, k].astype(np.float32),
            "adv_usd": _average_volume_usd(traded_usd)[at].astype(np.float32),
            "volatility_per_year": _trailing(np.where(observed, path.total_return[:, k], 0.0), observed)[at].astype(
                np.float32
            ),
            "market_cap_usd": cap[at],
        },
        "exposures": {
            "dates": s.days[path.month_ends[months]],
            "values": path.characteristics[months][:, k],
        },
        "index": {
            "effective": effective.astype("datetime64[D]"),
            "announced": announced.astype("datetime64[D]"),
            "weights": s.index.weights[:, k],
        },
        "days": {"days": s.days[at], "covered_from": np.maximum(s.covered_from - s.shown, 0)},
    }


def _securities(s: Simulation) -> Records:
    sectors = list(SECTORS)
    group = {i: f"issuer of {s.security_id(pair[0])}" for pair in TWINS for i in pair}
    columns: dict[str, list[Any]] = {
        "security_id": [s.security_id(int(i)) for i in s.kept],
        "name": [s.companies.names[i] for i in s.kept],
        "ticker": [s.companies.tickers[i] for i in s.kept],
        "sector": [sectors[s.companies.sector[i]] for i in s.kept],
        "industry": [INDUSTRIES[s.companies.industry[i]][1] for i in s.kept],
        "identical_group": [group.get(int(i), "") for i in s.kept],
    }
    kept = set(s.kept.tolist())
    changes = [
        [s.security_id(c.company), str(s.date_at(c.effective)), c.ticker] for c in s.plan.tickers if c.company in kept
    ]
    return {"simulated": True, "securities": columns, "ticker_changes": changes}


def _account(s: Simulation, books: Books) -> Records:
    since = s.days[-1] - FILL_DAYS
    held = {h.lot_id for h in books.holdings}
    return {
        "cash_usd": str(books.cash_usd),
        "lots": [
            [h.lot_id, s.security_id(h.company), str(h.shares), str(h.basis_usd)]
            + [str(s.days[h.acquired]), str(s.days[h.held_since])]
            for h in books.holdings
        ],
        "fills": [
            [s.security_id(t.company), str(t.shares), str(s.days[t.day])]
            + [None if t.gain_usd is None else str(t.gain_usd), t.lot_id if t.lot_id in held else ""]
            for t in books.trades
            if s.days[t.day] > since
        ],
    }


def build_parts(seed: int) -> Parts:
    """Simulate, and cut down to the parts that are stored."""
    s = simulate(seed)
    accounts = {name: _account(s, books) for name, books in s.books.items()}
    return Parts(_arrays(s), {"securities": _securities(s), "accounts": {"simulated": True, "accounts": accounts}})
