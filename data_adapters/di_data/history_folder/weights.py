"""Index weights of a day: share counts of the last sheet before it, times the day's raw closes.

Problem: no file has float-adjusted share counts through time. Decision: the counts of the latest
source that is not after the day (a fund's holdings sheet; before the first one, the market
capitalisations of the raw sample), carried over splits, times raw closes. Members that the source
does not name get the weight that their dollar volume suggests: a line through the logarithms of the
others, at most the 95th percentile of these (some trade ten times what their size suggests).
Members without a raw close are left out and the rest is rescaled, and the result says how
much that is. Limits: shares issued between sheet and day (mergers for stock) are not seen; the raw
sample's capitalisations are not float-adjusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from di_advisor.domain.target import Target
from di_advisor.errors import IncompleteDataError
from di_data.history_folder.actions import CorporateActions
from di_data.history_folder.identities import Renames
from di_data.history_folder.layout import SHEETS, Layout
from di_data.history_folder.members import latest_on

__all__ = ["DatedTarget", "ShareCounts", "dated_target", "read_sheets", "sample_counts"]

_FEWEST_COUNTED = 20


@dataclass(frozen=True)
class DatedTarget:
    """A target and how far to believe it.

    Attributes
    ----------
    target : Target
        Weights by security id, effective on the day; sum 1.
    source : str
        Where the share counts come from.
    by_proxy : tuple of str
        Members whose weight is a guess from dollar volume.
    left_out : tuple of str
        Members without a raw close, not in the target.
    weight_left_out : float
        Their share of the index, guessed from dollar volume where that is known.
    """

    target: Target
    source: str
    by_proxy: tuple[str, ...]
    left_out: tuple[str, ...]
    weight_left_out: float


@dataclass(frozen=True)
class ShareCounts:
    """Share counts by security id in any common unit, and what they are."""

    shares: pd.Series
    source: str


def read_sheets(layout: Layout, renames: Renames) -> dict[date, pd.DataFrame]:
    """Holdings sheets by day: index security id, columns weight, shares, name, sector."""
    table = layout.table(SHEETS)
    sheets = {}
    for text, rows in table.groupby("asof"):
        day = date.fromisoformat(str(text))
        frame = pd.DataFrame(
            {
                "security_id": [renames.security_id(t, day) for t in rows["ticker"]],
                "weight": pd.to_numeric(rows["weight_pct"]),
                "shares": pd.to_numeric(rows["shares_held"], errors="coerce"),
                "name": rows["name"],
                "sector": rows["sector"],
            }
        )
        frame = frame[(frame["shares"] > 0) & ~rows["ticker"].str.startswith(("CASH", "-", "USD"))]
        sheets[day] = frame.drop_duplicates("security_id").set_index("security_id")
    return sheets


def sample_counts(layout: Layout, renames: Renames, since: date, until: date) -> dict[date, ShareCounts]:
    """Share counts of the raw sample's last day, from its market capitalisations."""
    sample = layout.raw_sample(since, until)
    if sample.empty:
        return {}
    last = sample[(sample["date"] == sample["date"].max()) & (sample["market_cap"] > 0)]
    day = last["date"].iloc[0].date()
    ids = [renames.security_id(t, day) for t in last["ticker"]]
    shares = pd.Series((last["market_cap"] / last["price_unadj"]).to_numpy(), index=ids)
    return {day: ShareCounts(shares, "market capitalisations (not float-adjusted)")}


def dated_target(
    day: date,
    members: Iterable[str],
    counts: Mapping[date, ShareCounts],
    actions: CorporateActions,
    figures: pd.DataFrame,
    *,
    counted_on: date | None = None,
) -> DatedTarget:
    """Weights of the members on a day.

    Parameters
    ----------
    day : date
        A trading day.
    members : iterable of str
        Ids of the members.
    counts : Mapping of date to ShareCounts
        What is known of share counts, by day.
    actions : CorporateActions
        Splits between the counts and the day.
    figures : DataFrame
        Columns ``raw_close_usd`` and ``adv_usd``, index security id.
    counted_on : date, optional
        Take this source's counts, on purpose; one after the day looks ahead in share counts.

    Raises
    ------
    IncompleteDataError
        If no source is old enough, or fewer than 20 members have both a count and a price.
    """
    counted_on = counted_on or latest_on(counts, day)
    if counted_on is None or counted_on not in counts:
        raise IncompleteDataError(
            f"There are no share counts for {day}" + (f" of {counted_on}." if counted_on else ", nor any older ones."),
            hint=f"There are some of: {', '.join(map(str, sorted(counts))) or 'no day'}.",
        )
    ids = pd.Index(sorted(members))
    count = counts[counted_on].shares.reindex(ids)
    earlier, later = min(counted_on, day), max(counted_on, day)
    splits = np.array([float(actions.split_factor(i, earlier, later)) for i in ids])
    count = count * splits if counted_on <= day else count / splits
    raw_close, adv = figures["raw_close_usd"].reindex(ids), figures["adv_usd"].reindex(ids)
    size = count * raw_close
    fit = size.notna() & (adv > 0)
    if fit.sum() < _FEWEST_COUNTED:
        raise IncompleteDataError(
            f"Only {int(fit.sum())} of {len(ids)} index members have a share count and a raw close on {day}.",
            hint="Check that the day is a trading day inside the price files, and that levels are known.",
        )
    slope, intercept = np.polyfit(np.log(adv[fit]), np.log(size[fit]), 1)
    guess = np.exp(intercept + slope * np.log(adv.where(adv > 0))).clip(upper=size[fit].quantile(0.95))
    priced = raw_close.notna()
    by_proxy = ids[priced & size.isna() & guess.notna()]
    left_out = ids[~priced | (size.isna() & guess.isna())]
    size = size.fillna(guess)
    kept = size.drop(left_out)
    missing = float(size.reindex(left_out).fillna(0.0).sum())
    weights = {str(k): float(v) for k, v in (kept / kept.sum()).items()}
    return DatedTarget(
        Target.single("index", weights, day),
        f"{counts[counted_on].source} of {counted_on}",
        tuple(by_proxy),
        tuple(left_out),
        missing / (missing + float(kept.sum())),
    )
