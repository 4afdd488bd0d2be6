"""Cut the simulation down to the parts that are stored: arrays, tables and records.

Whatever the world shows comes out of these parts, so that a world from the cache and a fresh one
are the same by construction. The year before the first shown day only feeds what looks back
(characteristics, volatility, volume) and is left out. Every record says that it is simulated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.accounts import FILL_DAYS
from di_advisor.sample.bookkeeping import Books
from di_advisor.sample.companies import TWINS
from di_advisor.sample.esg import draw_esg
from di_advisor.sample.events import list_events
from di_advisor.sample.orders import draw_orders
from di_advisor.sample.parts import Parts
from di_advisor.sample.regimes import INDUSTRIES, SECTORS
from di_advisor.sample.simulation import Simulation, simulate
from di_advisor.units import CENTS_PER_USD, TRADING_DAYS_PER_YEAR

__all__ = ["build_parts"]

Arrays = dict[str, NDArray[Any]]
Records = dict[str, Any]

_ADV_DAYS = 21


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


def _dates(s: Simulation, *positions: int) -> list[str]:
    return [str(s.days[p]) for p in positions]


def _account(s: Simulation, books: Books) -> Records:
    """Cash, lots and the newest fills; fills are told in shares of the last day, as the lots are."""
    since = s.days[-1] - FILL_DAYS
    held = {h.lot_id for h in books.holdings}
    return {
        "cash_usd": str(books.cash_usd),
        "lots": [
            [h.lot_id, s.security_id(h.company), str(h.shares), str(h.basis_usd), *_dates(s, h.acquired, h.held_since)]
            for h in books.holdings
        ],
        "fills": [
            [
                s.security_id(t.company),
                str(books.shares_today(t)),
                *_dates(s, t.day),
                None if t.gain_usd is None else str(t.gain_usd),
                t.lot_id if t.lot_id in held else "",
            ]
            for t in books.trades
            if s.days[t.day] > since
        ],
    }


def _of_kept(s: Simulation, columns: Arrays) -> Arrays:
    """Columns with the security id in place of the company, and only the rows of companies that are shown."""
    keep = np.isin(columns["company"], s.kept)
    ids = np.array([s.security_id(int(i)) for i in columns["company"][keep]])
    return {"security_id" if k == "company" else k: ids if k == "company" else v[keep] for k, v in columns.items()}


def build_parts(seed: int) -> Parts:
    """Simulate, and cut down to the parts that are stored."""
    s = simulate(seed)
    first, last = (int(str(s.days[k])[:4]) for k in (s.shown, -1))
    esg = draw_esg(s.companies, seed, range(first - 1, last + 1))
    esg = {k: v[esg["known_at"] <= s.days[-1]] for k, v in esg.items()}
    orders = draw_orders(s.path, s.bars, s.days, s.shown, seed, among=s.kept)
    accounts = {name: _account(s, books) for name, books in s.books.items()}
    return Parts(
        arrays=_arrays(s),
        tables={"events": list_events(s), "esg": _of_kept(s, esg), "orders": _of_kept(s, orders)},
        records={"securities": _securities(s), "accounts": {"simulated": True, "accounts": accounts}},
    )
