"""Exposures through time: market, sectors and standardised styles, known before each return.

Problem: the regression of a day's returns must see only what was known before that day, for names
with gaps in their characteristics. Decision: exposures are refreshed every few days, at a close, and
hold for the days after it. The market column is one for every name; the sector columns are the share
of the name in each sector (a name of unknown sector gets the market's own mix, that is no tilt);
styles are winsorised and standardised on each date to a size-weighted mean of 0 and a standard
deviation of 1, so that the market portfolio has none of them; a missing value is 0, the market's.
A small universe cannot carry all of them: a sector needs five names to be a factor (its names then
count as unknown), and each style ten names. Limits: sectors are today's, also in the past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import ExposureHistory, FloatArray, Market
from di_models.risk.descriptors import past_size_usd, price_descriptors
from di_models.risk.history import AlignedReturns
from di_models.risk.series import row_median

__all__ = ["DatedExposures", "dated_exposures", "refresh_rows", "standardised"]

_NAMES_A_SECTOR = 5
_NAMES_A_STYLE = 10

# A characteristic of one of these names replaces the descriptor that is derived from returns.
_SAME = {
    "size": {"size", "log size", "market cap"},
    "beta": {"beta"},
    "residual volatility": {"volatility", "residual volatility", "idiosyncratic volatility"},
    "momentum": {"momentum"},
    "reversal": {"reversal", "short-term reversal"},
}


@dataclass(frozen=True)
class DatedExposures:
    """Exposures known at the close of some rows of a history.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        Rows of the history, ascending; the last is its last row.
    sectors, styles : tuple of str
        Names of the columns after the market's.
    values : ndarray of shape (m, n, 1 + sectors + styles)
        Market, sectors, styles.
    size_weights : ndarray of shape (m, n)
        Share of each name in the market portfolio, known on that row; sums to 1.
    """

    rows: NDArray[np.int64]
    sectors: tuple[str, ...]
    styles: tuple[str, ...]
    values: FloatArray
    size_weights: FloatArray


def refresh_rows(days: int, *, every: int, warm_up: int) -> NDArray[np.int64]:
    """Rows on which exposures are refreshed: counted back from the last row, none before the warm-up."""
    return np.arange(days - 1, min(warm_up, days // 3) - 1, -every, dtype=np.int64)[::-1]


def dated_exposures(
    market: Market, history: AlignedReturns, exposures: ExposureHistory | None, rows: NDArray[np.int64]
) -> DatedExposures:
    """Exposures of the universe on each of ``rows``; see the module for what they are."""
    size_usd = _today_size_usd(market)
    size = past_size_usd(size_usd, history, rows)
    weights = size / size.sum(axis=1, keepdims=True)
    columns = price_descriptors(history, _market_return(size_usd, history), rows)
    columns["size"] = np.log(size)
    given = _given(market, history, exposures, rows)
    for name in given:
        for derived, same in _SAME.items():
            if name.lower().replace("_", " ") in same:
                columns.pop(derived, None)
    columns |= given

    n = len(market.universe)
    sectors, shares = _sector_shares(market, weights)
    styles = tuple(columns)[: max(n - 1 - len(sectors), 0) // _NAMES_A_STYLE]
    values = np.empty((len(rows), n, 1 + len(sectors) + len(styles)))
    values[:, :, 0] = 1.0
    values[:, :, 1 : 1 + len(sectors)] = shares
    for j, name in enumerate(styles):
        values[:, :, 1 + len(sectors) + j] = standardised(columns[name], weights)
    return DatedExposures(rows, sectors, styles, values, weights)


def standardised(raw: FloatArray, weights: FloatArray) -> FloatArray:
    """Winsorise at 3 robust standard deviations, centre on the weighted mean, scale to 1, fill with 0.

    Parameters
    ----------
    raw, weights : ndarray of shape (m, n)
        One cross-section a row; NaN in ``raw`` where not known.

    Returns
    -------
    ndarray of shape (m, n)
        Rows with fewer than three known values, or without any spread, are zero.
    """
    known = np.isfinite(raw)
    x = np.where(known, raw, np.nan)
    middle = row_median(x)
    spread = 3.0 * 1.4826 * row_median(np.abs(x - middle))
    bound = np.where(spread > 0, spread, np.inf)
    x = np.where(known, middle + np.clip(x - middle, -bound, bound), 0.0)
    w = np.where(known, weights, 0.0)
    x = np.where(known, x - (w * x).sum(axis=1, keepdims=True) / np.maximum(w.sum(axis=1, keepdims=True), 1e-300), 0.0)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    variance = (x * x).sum(axis=1, keepdims=True) / count - (x.sum(axis=1, keepdims=True) / count) ** 2
    usable = (count >= 3) & (variance > 1e-20)
    return np.asarray(np.where(usable, x / np.sqrt(np.where(usable, variance, 1.0)), 0.0), dtype=np.float64)


def _today_size_usd(market: Market) -> FloatArray:
    size = market.adv_usd if market.market_cap_usd is None else market.market_cap_usd
    ok = np.isfinite(size) & (size > 0)
    return np.asarray(np.where(ok, size, np.median(size[ok]) if ok.any() else 1.0), dtype=np.float64)


def _market_return(size_usd: FloatArray, history: AlignedReturns) -> FloatArray:
    rows = np.maximum(np.arange(len(history.dates), dtype=np.int64) - 1, 0)
    weights = np.where(history.observed, past_size_usd(size_usd, history, rows), 0.0)
    return np.asarray((weights * history.values).sum(axis=1) / weights.sum(axis=1), dtype=np.float64)


def _sector_shares(market: Market, weights: FloatArray) -> tuple[tuple[str, ...], FloatArray]:
    """Sectors that are factors, and each name's share in them on each row, shape (m, n, sectors)."""
    member = market.universe.sector_of[:, None] == np.arange(len(market.universe.sectors))[None, :]
    large = member.sum(axis=0) >= _NAMES_A_SECTOR
    member = member[:, large]
    sectors = tuple(s for s, keep in zip(market.universe.sectors, large, strict=True) if keep)
    shares = np.broadcast_to(member.astype(np.float64), (len(weights), *member.shape)).copy()
    unknown = ~member.any(axis=1)
    if sectors and unknown.any():
        mix = weights @ member
        shares[:, unknown] = (mix / mix.sum(axis=1, keepdims=True))[:, None, :]
    return sectors, shares


def _given(
    market: Market, history: AlignedReturns, exposures: ExposureHistory | None, rows: NDArray[np.int64]
) -> dict[str, FloatArray]:
    if exposures is None or len(exposures.dates) == 0:
        return {}
    column = {security_id: j for j, security_id in enumerate(exposures.security_ids)}
    source = np.array([column.get(s, -1) for s in market.universe.security_ids], dtype=np.int64)
    latest = np.searchsorted(exposures.dates, history.dates[rows], side="right") - 1
    values = np.full((len(rows), len(source), len(exposures.names)), np.nan)
    for b, at in enumerate(latest):
        if at >= 0:
            values[b][source >= 0] = exposures.values[at][source[source >= 0]]
    return {name: values[:, :, j] for j, name in enumerate(exposures.names)}
