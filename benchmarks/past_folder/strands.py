"""Strands: what one vendor says of one company, on the exchange's sessions, in its own level.

Problem: five files differ in adjustment, columns and mistakes. Decision: each becomes strands of one shape, closes
with the dividends, splits and spun-off values that belong to *that* level of prices, and is repaired before anything
is joined. Limits: closes and volumes only; two of the files carry no list of splits, and their strands have none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.past_folder.names import LONG_AGO_NAMED, Names
from benchmarks.past_folder.quality import Quality
from di_advisor.domain.market import FloatArray

__all__ = ["FILES", "Strand", "read_frames", "strands_of_adjusted", "strands_of_leavers", "strands_of_raw"]

FILES = {
    "yahoo": "prices/sp500_yahoo_2016_2022.parquet",
    "wiki": "prices/sp500_wiki_raw_2013_2018.parquet",
    "av": "prices/sp500_dividend_payers_av_raw_2013_2020.parquet",
    "leavers": "prices/sp500_leavers_fill_2016_2022.parquet",
    "adjusted": "prices/sp500_pit_wiki_adj_2013_2018.parquet",
}
"""Price files of a folder, in the order in which they are believed."""

_COLUMNS = {
    "yahoo": ["ticker", "date", "close", "volume", "dividend", "split"],
    "wiki": ["ticker", "date", "close", "volume", "ex_dividend", "split_ratio"],
    "av": ["ticker", "date", "close", "volume", "dividend", "split_factor"],
    "leavers": ["ticker", "date", "close", "adj_close", "volume", "source"],
    "adjusted": ["ticker", "date", "close", "volume"],
}
_SAME_NAMES = {"ex_dividend": "dividend", "split_ratio": "split", "split_factor": "split"}
_LARGEST_TERM = 64
_DIVIDEND_NOISE = 4e-5
_IN_SHARES = 0.33


@dataclass
class Strand:
    """One vendor's figures of one company.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        Positions of sessions, ascending.
    close_usd, volume_usd, dividend_usd, spun : ndarray of shape (m,)
        Close; dollars traded; dividend for a share held the day before; worth of what was spun off from such a share,
        over the close of the day.
    split : dict of int to Fraction
        New shares for one old, by position of the ex-date.
    raw : bool
        Whether the closes are at the level that printed.
    origin : str
        The file, for the report.
    """

    rows: NDArray[np.int64]
    close_usd: FloatArray
    volume_usd: FloatArray
    dividend_usd: FloatArray
    spun: FloatArray
    split: dict[int, Fraction] = field(default_factory=dict)
    raw: bool = True
    origin: str = ""


def read_frames(root: Path, sessions: tuple[date, ...], quality: Quality) -> dict[str, pd.DataFrame]:
    """The price files that a folder has, rows of sessions only, with a column ``row``, by kind."""
    import pyarrow.dataset as ds

    days = np.array(sessions, dtype="datetime64[D]")
    frames = {}
    for kind, file in FILES.items():
        if not (root / file).is_file():
            quality.note("files missing", file)
            continue
        inside = (ds.field("date") >= sessions[0]) & (ds.field("date") <= sessions[-1])
        frame = ds.dataset(root / file).to_table(columns=_COLUMNS[kind], filter=inside).to_pandas()
        frame = frame.rename(columns=_SAME_NAMES)
        frame["ticker"] = frame["ticker"].astype(str)
        day = frame["date"].to_numpy().astype("datetime64[D]")
        row = np.searchsorted(days, day)
        on_session = (row < len(days)) & (days[np.minimum(row, len(days) - 1)] == day)
        for ticker, when in zip(frame["ticker"][~on_session], day[~on_session], strict=True):
            quality.note("rows on days without a session dropped", f"{kind} {ticker} {when}")
        frame["row"], frame["day"] = row, day
        frame = frame[on_session & (frame["close"] > 0).to_numpy()].dropna(subset=["close"])
        frames[kind] = frame.sort_values(["ticker", "row"], kind="stable")
    return frames


def _groups(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    tickers = frame["ticker"].to_numpy()
    edges = np.flatnonzero(tickers[1:] != tickers[:-1]) + 1
    bounds = [0, *edges.tolist(), len(frame)]
    for a, b in itertools.pairwise(bounds):
        if b > a:
            yield str(tickers[a]), frame.iloc[a:b]


def strands_of_raw(frame: pd.DataFrame, names: Names, kind: str) -> Iterator[tuple[str, Strand]]:
    """Strands of a file of raw prices; its tickers are those of a late day, except where used again."""
    for ticker, rows in _groups(frame):
        ids = names.ids_of_rows(ticker, rows["day"].to_numpy())
        latest = names.security_id(ticker, LONG_AGO_NAMED)
        for security_id in dict.fromkeys(ids):
            part = rows[ids == security_id]
            split = part["split"].to_numpy(dtype=np.float64)
            odd = np.flatnonzero((split > 0) & (split != 1.0))
            at = part["row"].to_numpy(dtype=np.int64)
            close = part["close"].to_numpy(dtype=np.float64)
            paid = part["dividend"].to_numpy(dtype=np.float64)
            # "Dividends" of a third of the price and more are shares of another class, not cash.
            in_shares = paid > _IN_SHARES * close
            yield (
                security_id if len(set(ids)) > 1 else latest,
                Strand(
                    at,
                    close,
                    close * part["volume"].to_numpy(dtype=np.float64),
                    np.where(in_shares, 0.0, paid),
                    np.where(in_shares, paid / close, 0.0),
                    {int(at[k]): Fraction(float(split[k])).limit_denominator(_LARGEST_TERM) for k in odd},
                    origin=kind,
                ),
            )


def strands_of_leavers(frame: pd.DataFrame, names: Names) -> Iterator[tuple[str, Strand]]:
    """Strands of the file of leavers, one a source; dividends are read off its two columns of closes."""
    for source, of_source in frame.groupby("source", observed=True):
        for ticker, rows in _groups(of_source):
            # A ticker that was used again is named on each row's own day, any other as on its last.
            ids = names.ids_of_rows(ticker, rows["day"].to_numpy())
            latest = names.security_id(ticker, rows["day"].iloc[-1].date())
            for security_id in dict.fromkeys(ids):
                part = rows[ids == security_id]
                close = part["close"].to_numpy(dtype=np.float64)
                at = part["row"].to_numpy(dtype=np.int64)
                yield (
                    security_id if len(set(ids)) > 1 else latest,
                    Strand(
                        at,
                        close,
                        close * part["volume"].to_numpy(dtype=np.float64, na_value=np.nan),
                        _implied_dividends(close, part["adj_close"].to_numpy(dtype=np.float64)),
                        np.zeros(len(at)),
                        raw=False,
                        origin=f"leavers {source}",
                    ),
                )


def strands_of_adjusted(frame: pd.DataFrame, names: Names) -> Iterator[tuple[str, Strand]]:
    """Strands of the file whose closes hold dividends already: right returns, no payouts."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for ticker, rows in _groups(frame):
        ids = names.ids_of_rows(ticker, rows["day"].to_numpy())
        for security_id in dict.fromkeys(ids):
            part = rows[ids == security_id]
            alone = len(set(ids)) == 1
            key = names.security_id(ticker, part["day"].iloc[-1].date()) if alone else str(security_id)
            parts.setdefault(key, []).append(part)
    for security_id, tables in parts.items():
        part = pd.concat(tables).sort_values("row").drop_duplicates("row", keep="last")
        close = part["close"].to_numpy(dtype=np.float64)
        yield (
            security_id,
            Strand(
                part["row"].to_numpy(dtype=np.int64),
                close,
                close * part["volume"].to_numpy(dtype=np.float64),
                np.zeros(len(part)),
                np.zeros(len(part)),
                raw=False,
                origin="adjusted",
            ),
        )


def _implied_dividends(close: FloatArray, adjusted: FloatArray) -> FloatArray:
    """Dividends per share that make one column of closes out of the other: 1 - d / (close before)."""
    paid = np.zeros(len(close))
    level = adjusted / close
    drop = 1.0 - level[:-1] / level[1:]
    real = np.isfinite(drop) & (drop > _DIVIDEND_NOISE)
    paid[1:][real] = np.round(drop[real] * close[:-1][real], 4)
    return paid
