"""The price panel: raw closes, dollar volumes and total returns of every name over all days.

Problem: members of today stand in one file, those that left in another, by up to three vendors that
adjust to different dates. Decision: a return is computed inside one vendor's series and never
across two; days are filled from the vendors in a fixed order; raw closes are joined only where each
vendor's level is known (`raw_closes`), because raw prices of one day are the same from everybody.
Limits: returns over a hole of more than seven calendar days are not observed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from di_advisor.domain.market import ReturnHistory
from di_data.history_folder.actions import CorporateActions
from di_data.history_folder.identities import Renames
from di_data.history_folder.layout import LEAVERS, PRICES, Layout
from di_data.history_folder.raw_closes import Vendor, raw_closes

__all__ = ["PricePanel", "read_panel"]

_LONGEST_HOLE_DAYS = 7


@dataclass(frozen=True)
class PricePanel:
    """Days by names; NaN where not known.

    Attributes
    ----------
    raw_close_usd : DataFrame
        What a share printed at the close; NaN also where the level is unknown.
    dollar_volume_usd : DataFrame
        Closes times volume of the day; the same in any adjustment.
    returns : ReturnHistory
        Total returns of the same days and names.
    level_unknown : frozenset of str
        Names with closes whose raw level no reference confirms.
    """

    raw_close_usd: pd.DataFrame
    dollar_volume_usd: pd.DataFrame
    returns: ReturnHistory
    level_unknown: frozenset[str]


@dataclass(frozen=True)
class _Series:
    """One vendor's series, rows days, columns ids."""

    vendor: Vendor
    total_return: pd.DataFrame
    dollar_volume: pd.DataFrame


def read_panel(
    layout: Layout,
    actions: CorporateActions,
    renames: Renames,
    sheets: dict[date, pd.DataFrame],
    *,
    since: date,
    until: date,
) -> PricePanel:
    """Read the two price files between two days.

    Parameters
    ----------
    layout, actions, renames
        The folder, its corporate actions and its ids.
    sheets : dict of date to DataFrame
        Holdings sheets by day: index security id, columns ``weight`` and ``shares``.
    since, until : date
        First and last day.

    Raises
    ------
    InputError
        If a file or column is missing, or there is no price between the two days.
    """
    series = _all_series(layout, renames, since, until)
    days = pd.DatetimeIndex(series[0].total_return.index)
    names = sorted({str(c) for s in series for c in s.total_return.columns})
    sample = layout.raw_sample(since, until)
    raw = raw_closes([s.vendor for s in series], actions, sheets, sample, renames).reindex(columns=names)
    total = _filled([s.total_return for s in series], days, names)
    volume = _filled([s.dollar_volume for s in series], days, names)
    close = _filled([s.vendor.close for s in series], days, names)
    values = total.to_numpy(dtype=np.float64)
    observed = np.isfinite(values)
    history = ReturnHistory(
        days.to_numpy().astype("datetime64[D]"), tuple(names), np.where(observed, values, 0.0), observed
    )
    unknown = close.notna().any().to_numpy() & ~raw.notna().any().to_numpy()
    return PricePanel(raw, volume, history, frozenset(names[j] for j in np.flatnonzero(unknown)))


def _all_series(layout: Layout, renames: Renames, since: date, until: date) -> list[_Series]:
    """Series in order of preference: the file with a list of factors, then the leavers' vendors."""
    main = layout.bars(PRICES, since, until)
    days = pd.DatetimeIndex(np.sort(main["date"].unique()))
    found = [_series(main, days, renames, named_on=layout.last_days(PRICES)[""], factors_listed=True)]
    left = layout.bars(LEAVERS, since, until)
    ends = layout.last_days(LEAVERS)
    # The vendor that stopped first knew the fewest later splits; its levels then confirm the others'.
    for source in sorted(ends, key=lambda name: (ends[name], name)):
        part = left[left["source"] == source]
        if not part.empty:
            found.append(_series(part, days, renames, named_on=None, factors_listed=False))
    return found


def _series(
    frame: pd.DataFrame, days: pd.DatetimeIndex, renames: Renames, *, named_on: date | None, factors_listed: bool
) -> _Series:
    """One vendor's rows as tables; tickers are those of a day, or of each ticker's own last row."""
    last = frame.groupby("ticker")["date"].max()
    ids = {str(t): renames.security_id(str(t), named_on or d.date()) for t, d in last.items()}
    frame = frame.assign(id=frame["ticker"].map(ids), end=frame["ticker"].map(last))
    # Two tickers of one company: the one with the later end carries on.
    frame = frame.dropna(subset=["close", "adj_close"]).sort_values("end").drop_duplicates(["id", "date"], keep="last")

    def table(column: str) -> pd.DataFrame:
        return frame.pivot_table(index="date", columns="id", values=column).reindex(days).astype(np.float64)

    close, adjusted, volume = table("close"), table("adj_close"), table("volume")
    ordinal = np.arange(len(days)) if days.empty else (days - days[0]).days.to_numpy(dtype=np.float64)
    seen = pd.DataFrame(np.where(adjusted.notna(), ordinal[:, None], np.nan)).ffill().shift().to_numpy()
    near = ordinal[:, None] - seen <= _LONGEST_HOLE_DAYS
    total = (adjusted / adjusted.ffill().shift() - 1.0).where(near)
    return _Series(Vendor(close, factors_listed=factors_listed), total, close * volume)


def _filled(tables: list[pd.DataFrame], days: pd.DatetimeIndex, names: list[str]) -> pd.DataFrame:
    """The first table that has a figure for a day and name gives it."""
    filled = np.full((len(days), len(names)), np.nan)
    for table in tables:
        figures = table.reindex(columns=names).to_numpy(dtype=np.float64)
        filled = np.where(np.isfinite(filled), filled, figures)
    return pd.DataFrame(filled, index=days, columns=names)
