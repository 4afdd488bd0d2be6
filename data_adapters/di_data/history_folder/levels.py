"""Raw price levels: what a share printed at, from closes that later splits have divided.

Problem: a vendor divides every earlier close by every later split and spin-off factor, also by those
after the last row of the file, so its levels show the future. Decision: undo the factors that are
listed (F, the product of those with a later date), then one constant K a series for those that are
not, from raw closes known of some days (a raw sample, a holdings sheet's weight over its shares, the
closes printed around a spin-off). A level is *known* only where there is such a reference and all of
them agree on K; else it stays unknown and the name is unpriced. Returns and dollar volumes do not
depend on it. Limits: a factor that no file lists, with all references on one side of it, is not
seen; so a series without any list of factors is believed only with K near 1 or with many references.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

__all__ = ["implied_by_sheet", "known_levels", "later_factors"]

_AGREEMENT = 5e-3
_IS_ONE = 1e-3
_MANY = 120
_TAIL = 0.05


def later_factors(
    days: pd.DatetimeIndex, ids: Sequence[str], price_factors: Mapping[str, tuple[tuple[date, float], ...]]
) -> pd.DataFrame:
    """F: the product of the listed factors with a date after each day, rows days, columns ids.

    The factor of a day itself is in that day's close already.
    """
    values = np.ones((len(days), len(ids)))
    for j, security_id in enumerate(ids):
        for day, factor in price_factors.get(security_id, ()):
            values[: int(days.searchsorted(pd.Timestamp(day))), j] *= factor
    return pd.DataFrame(values, index=days, columns=list(ids))


def known_levels(undivided: pd.DataFrame, references: pd.DataFrame, *, factors_listed: bool) -> pd.Series:
    """K of each series whose level is known.

    Parameters
    ----------
    undivided : DataFrame
        Closes times F, rows days, columns ids; NaN where there is none.
    references : DataFrame
        Raw closes with columns ``security_id``, ``date``, ``raw_usd``, ``source``.
    factors_listed : bool
        Whether the series comes with a list of its splits.

    Returns
    -------
    Series
        K by id, 1 where it is within a thousandth of it; ids without a known level are left out.
    """
    rows = undivided.index.get_indexer(pd.DatetimeIndex(references["date"]))
    columns = undivided.columns.get_indexer(pd.Index(references["security_id"]))
    inside = (rows >= 0) & (columns >= 0)
    kept = references[inside]
    close = undivided.to_numpy()[rows[inside], columns[inside]]
    ratio = pd.DataFrame(
        {"id": kept["security_id"], "source": kept["source"], "k": kept["raw_usd"].to_numpy() / close}
    ).dropna()
    by_source = ratio.groupby(["id", "source"])["k"]
    # One odd print in a source is its own affair; a change of level within it is not.
    low, high = (by_source.quantile(q).groupby("id") for q in (_TAIL, 1.0 - _TAIL))
    spread = high.max() / low.min() - 1.0
    # The source with most references measures K best.
    best = by_source.agg(["size", "median"]).sort_values("size")
    level = best.groupby("id")["median"].last()
    known = spread < _AGREEMENT
    if not factors_listed:
        known &= ((level - 1.0).abs() < _AGREEMENT) | (ratio.groupby("id")["k"].size() >= _MANY)
    level = level[known]
    return level.where((level - 1.0).abs() > _IS_ONE, 1.0)


def implied_by_sheet(sheet: pd.DataFrame, raw_close: pd.Series) -> pd.Series:
    """Raw closes that a holdings sheet implies: weight over shares, scaled on the names known already.

    Parameters
    ----------
    sheet : DataFrame
        Index security id, columns ``weight`` (any scale) and ``shares``.
    raw_close : Series
        Raw closes of the sheet's day by id, where known.

    Returns
    -------
    Series
        Raw close by id for the whole sheet; empty where no name is known to scale it by.
    """
    per_share = sheet["weight"] / sheet["shares"]
    scale = (raw_close.reindex(sheet.index) / per_share).median()
    return (per_share * scale).dropna()
