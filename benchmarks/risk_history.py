"""Real daily returns of index members, 2013 to 2022, with membership as it was on each day.

Problem: a risk model tested on today's members is flattered. Decision: the panel joins the files of shared test
input that hold members, leavers and an older source of adjusted prices, one source a name and day, never spliced
inside a day, and gives on any date the names that were in the index and had traded. Limits: weights are share
counts of May 2021 rolled along the prices (dollar volume stands in for names that are not on that sheet), so the
index is close to, not equal to, the real one; sectors are those of the latest sheet that names the company.

Defects removed on purpose: DHR 2016-07-05 (a spin-off booked twice, +61 %), UA 2016-03-23 (a change of symbol in
one source, -51 %), an older source's series that does not agree with the newer one where both exist (recycled
tickers), and returns over more than seven calendar days (holes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.domain.universe import Security, Universe
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["IndexHistory", "read_index_history"]

_DOUBLE_COUNTED = (("DHR", "2016-07-05"), ("UA", "2016-03-23"))
_LONGEST_HOLE_DAYS = 7
_RECENT_DAYS = 63
# Any figure serves: only ratios of sizes are used.
_USD_PER_WEIGHT_PERCENT = 4e11


@dataclass(frozen=True)
class IndexHistory:
    """Returns, sizes and membership of everything that was ever in the index.

    Attributes
    ----------
    returns : ReturnHistory
        All names, t days.
    sector : dict of str to str
        Sector by id, where known.
    size_usd : ndarray of shape (t, n)
        Size on each day, in USD up to a common factor; NaN where not known.
    dollar_volume_usd : ndarray of shape (t, n)
        Dollars traded; NaN where not known.
    member : ndarray of bool, shape (t, n)
        Whether the name was in the index.
    """

    returns: ReturnHistory
    sector: dict[str, str]
    size_usd: FloatArray
    dollar_volume_usd: FloatArray
    member: NDArray[np.bool_]

    def row(self, day: date) -> int:
        """Last row not later than a day."""
        return int(np.searchsorted(self.returns.dates, np.datetime64(day, "D"), side="right")) - 1

    def market(self, row: int) -> Market:
        """The market at the close of a row: the members that had traded that day."""
        names = np.flatnonzero(self.member[row] & self.returns.observed[row])
        ids = [self.returns.security_ids[j] for j in names]
        recent = slice(max(row - _RECENT_DAYS + 1, 0), row + 1)
        volume = _mean(self.dollar_volume_usd[recent][:, names])
        volume = np.where(np.isfinite(volume) & (volume > 0), volume, np.nanmedian(volume))
        size = self.size_usd[row, names]
        known = np.isfinite(size)
        slope, intercept = np.polyfit(np.log(volume[known]), np.log(size[known]), 1)
        size = np.where(known, size, np.exp(intercept + slope * np.log(volume)))
        squares = np.where(self.returns.observed[recent], self.returns.total_return[recent] ** 2, np.nan)[:, names]
        day = self.returns.dates[row].astype("datetime64[D]").item()
        return Market(
            as_of=day,
            known_at=datetime(day.year, day.month, day.day, 21, tzinfo=UTC),
            universe=Universe(tuple(Security(i, sector=self.sector.get(i, "")) for i in ids)),
            price_usd=(Decimal(1),) * len(ids),
            half_spread_bps=np.full(len(ids), 2.0),
            adv_usd=volume,
            volatility_per_year=np.sqrt(_mean(squares) * TRADING_DAYS_PER_YEAR),
            market_cap_usd=size,
        )


def read_index_history(shared: Path) -> IndexHistory:
    """Read the panel from the folder of shared test input."""
    folder = shared / "data"
    new = _wide(pd.read_parquet(folder / "prices/sp500_yahoo_2016_2022.parquet"), "adj_close")
    left = pd.read_parquet(folder / "prices/sp500_leavers_fill_2016_2022.parquet")
    old = pd.read_parquet(folder / "prices/sp500_pit_wiki_adj_2013_2018.parquet")
    old["ticker"] = old["ticker"].astype(str).str.replace("_", "-").replace(_renamed(folder))
    returns, volume = new.returns, new.dollar_volume
    for source in ("ngozzi", "stockai", "dieperdev"):
        part = _wide(left[left["source"] == source], "adj_close")
        returns, volume = returns.combine_first(part.returns), volume.combine_first(part.dollar_volume)
    older = _wide(old, "close")
    same = _agreeing(returns, older.returns)
    returns = returns.combine_first(older.returns[same])
    volume = volume.combine_first(older.dollar_volume[same])
    trading = new.returns.index.union(older.returns.index[older.returns.index < new.returns.index[0]])
    returns, volume = returns.loc[trading], volume.reindex(index=trading, columns=returns.columns)
    for ticker, day in _DOUBLE_COUNTED:
        returns.loc[day, ticker] = np.nan
    ids = tuple(map(str, returns.columns))
    observed = returns.notna().to_numpy()
    history = ReturnHistory(
        returns.index.to_numpy().astype("datetime64[D]"), ids, returns.fillna(0.0).to_numpy(dtype=np.float64), observed
    )
    return IndexHistory(
        history,
        _sectors(folder),
        _size(folder, returns),
        volume.to_numpy(dtype=np.float64),
        _membership(folder, history.dates, ids),
    )


@dataclass(frozen=True)
class _Wide:
    returns: pd.DataFrame
    dollar_volume: pd.DataFrame


def _wide(frame: pd.DataFrame, price: str) -> _Wide:
    frame = frame.dropna(subset=[price])
    frame = frame.assign(date=pd.to_datetime(frame["date"]), ticker=frame["ticker"].astype(str))
    table = frame.drop_duplicates(["date", "ticker"]).set_index(["date", "ticker"])

    def by_ticker(column: str) -> pd.DataFrame:
        return table[column].astype(np.float64).unstack("ticker")  # noqa: PD010 each pair occurs once; pivot_table groups

    prices = by_ticker(price)
    ordinal = (prices.index.to_numpy().astype("datetime64[D]").astype(np.int64))[:, None].astype(np.float64)
    since = pd.DataFrame(np.where(prices.notna(), ordinal, np.nan)).ffill().shift().to_numpy()
    returns = (prices / prices.ffill().shift() - 1.0).where(ordinal - since <= _LONGEST_HOLE_DAYS)
    return _Wide(returns, by_ticker("close") * by_ticker("volume"))


def _agreeing(new: pd.DataFrame, old: pd.DataFrame) -> list[str]:
    """Names of the older source that the newer one lacks, or that move as the newer one does."""
    keep = []
    for name in old.columns:
        if name in new.columns:
            both = (
                pd.concat([new[name], old[name]], axis=1, join="inner", sort=False).dropna().to_numpy(dtype=np.float64)
            )
            if len(both) < 60 or float(np.corrcoef(both.T)[0, 1]) < 0.97:
                continue
        keep.append(name)
    return keep


def _renamed(folder: Path) -> dict[str, str]:
    events = pd.read_csv(folder / "index/index_constitution_event_us.csv")
    events = events[events["event_type"].str.contains("ticker")]
    pairs = zip(events["old_symbol"], events["new_symbol"], strict=True)
    return {a.replace(".", "-"): b.replace(".", "-") for a, b in pairs}


def _sectors(folder: Path) -> dict[str, str]:
    sheets = (
        ("index/pitindex_sp500_current.csv", "ticker", "gics_sector"),
        ("index/datasets_sp500_constituents_2026-08-08.csv", "Symbol", "GICS Sector"),
        ("index/spy_holdings_snapshots_2021_2026.csv", "ticker", "sector"),
    )
    sector: dict[str, str] = {}
    tables = [pd.read_csv(folder / file)[[a, b]].set_axis(["t", "s"], axis=1) for file, a, b in sheets]
    tables.append(
        pd.read_parquet(folder / "prices/strand_tiingo_raw_2020-06_08.parquet")[["ticker", "sector"]]
        .drop_duplicates()
        .set_axis(["t", "s"], axis=1)
    )
    for t, s in pd.concat(tables).dropna().itertuples(index=False):
        if s not in ("-", "Unassigned", ""):
            sector.setdefault(t.replace(".", "-"), s)
    return sector


def _size(folder: Path, returns: pd.DataFrame) -> FloatArray:
    sheet = pd.read_csv(folder / "index/spy_holdings_snapshots_2021_2026.csv").query("asof == '2021-05-13'")
    weight = sheet.assign(ticker=sheet["ticker"].str.replace(".", "-")).groupby("ticker")["weight_pct"].sum()
    growth = np.cumsum(np.log1p(returns.fillna(0.0).to_numpy(dtype=np.float64)), axis=0)
    anchor = int(np.searchsorted(returns.index.to_numpy(), np.datetime64("2021-05-13")))
    anchored = np.exp(growth - growth[anchor])
    return np.asarray(anchored * weight.reindex(returns.columns).to_numpy(dtype=np.float64) * _USD_PER_WEIGHT_PERCENT)


def _membership(folder: Path, days: NDArray[np.datetime64], ids: tuple[str, ...]) -> NDArray[np.bool_]:
    spans = pd.read_csv(folder / "index/index_constitution_history_sp500.csv")
    member = np.zeros((len(days), len(ids)), dtype=np.bool_)
    column = {t: j for j, t in enumerate(ids)}
    for symbol, start, end in zip(spans["symbol"], spans["opt-in"], spans["opt-out"], strict=True):
        j = column.get(symbol.replace(".", "-"))
        if j is not None:
            inside = days >= np.datetime64(start)
            if isinstance(end, str):
                inside &= days < np.datetime64(end)
            member[inside, j] = True
    return member


def _mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), dtype=np.float64)
