"""Limits of single names: active weights, and how much may be sold or bought at all."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.mandate import Mandate, Rounding, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate.departures import departures, must_leave
from di_advisor.formulate.modes import NO_BUYS
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.replacements import stand_in_room
from di_advisor.units import ROUND_LOT_SHARES, percent_from_fraction

__all__ = ["largest_trade", "minimum_trade", "name_limits", "open_sides", "share_step", "share_steps", "trade_sizes"]


def share_step(mandate: Mandate) -> Decimal:
    """Smallest number of shares an order can differ by."""
    if mandate.rounding is Rounding.FRACTIONAL:
        return Decimal(1).scaleb(-mandate.share_decimals)
    return Decimal(ROUND_LOT_SHARES) if mandate.rounding is Rounding.ROUND_LOTS else Decimal(1)


def share_steps(signals: Signals, mandate: Mandate, holdings: Holdings) -> FloatArray | None:
    """Weight of a step of shares of each name, shape (n,); None where fractions of a share are traded.

    Weights are those of the holdings: a withdrawal makes every share weigh more.
    """
    if mandate.rounding is Rounding.FRACTIONAL:
        return None
    price = signals.market.price_float_usd
    return float(share_step(mandate)) * price / holdings.value_usd


def minimum_trade(mandate: Mandate, value_usd: float) -> float:
    """Smallest trade of a name as a weight: the larger of the mandate's two minima."""
    return max(mandate.min_trade_weight, float(mandate.min_trade_usd) / value_usd)


def largest_trade(signals: Signals, mandate: Mandate, holdings: Holdings) -> FloatArray:
    """Largest trade of each name in one proposal, as a weight; infinite where nothing limits it."""
    largest = np.full(len(holdings.target), np.inf)
    if mandate.max_trade_usd is not None:
        largest = np.minimum(largest, float(mandate.max_trade_usd) / holdings.value_usd)
    if mandate.participation_max is not None:
        largest = np.minimum(largest, mandate.participation_max * signals.market.adv_usd / holdings.value_usd)
    return largest


def name_limits(signals: Signals, mandate: Mandate, holdings: Holdings) -> tuple[FloatArray, FloatArray, str]:
    """Lower and upper active weight of each name, and the rule as a sentence.

    A limit that is broken today is moved to today's weight: the band never forces a trade by
    itself. A name that must not be held may only shrink, down to what cannot be sold; where what can
    be sold is less than the minimum trade, and not all there is, it may stay.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        Active weights.
    text : str
        The sentence.
    """
    band, t, held = mandate.name_band, holdings.target, holdings.held
    low = np.maximum(band.lower_multiple * t, t - band.active_max)
    high = np.full_like(t, np.inf)
    if math.isfinite(band.upper_multiple):
        high = np.minimum(high, band.upper_multiple * t)
    if math.isfinite(band.active_max):
        high = np.minimum(high, t + band.active_max)
    high = np.minimum(np.where(t > 0, np.maximum(high, band.floor), 0.0), band.weight_max)
    low = np.minimum(low, band.weight_max)
    stands_in = stand_in_room(signals, mandate, holdings)
    high = np.where(stands_in > 0, np.maximum(high, np.minimum(held + stands_in, band.weight_max)), high)
    low, high = np.minimum(np.maximum(low, 0.0), held), np.maximum(high, held)
    size = largest_trade(signals, mandate, holdings)
    low, high = np.maximum(low, held - size), np.minimum(high, held + size)
    away = departures(signals, mandate, holdings)
    if away.out.any():
        at = np.flatnonzero(away.out)
        stuck = np.bincount(
            holdings.lot_name,
            weights=np.where(signals.account.lot_sellable & signals.account.lot_known, 0.0, holdings.lot_weight),
            minlength=len(t),
        )
        sells = mandate.mode is not TradingMode.BUY_ONLY
        stuck = np.where(signals.account.can_sell & sells, stuck, held)
        low[at] = np.maximum(0.0, held - size)[at]
        one = np.array([float(share_step(mandate) * p) for p in signals.market.price_usd]) / holdings.value_usd
        whole = (away.most <= stuck) & (held - stuck <= size)
        most_sold = np.where(whole, held, np.maximum(size - one, 0.0))  # whole steps of shares, or all there is
        high[at] = np.maximum(np.maximum(stuck, np.minimum(away.most, held)), held - most_sold)[at]
        too_small = (held - high < minimum_trade(mandate, holdings.value_usd)) & (high > 0)
        high[at] = np.where(too_small, held, high)[at]
    if mandate.mode is TradingMode.LIQUIDATE:
        return low - t, high - t, f"All that may be sold is sold, and nothing is bought.{_largest_in_words(mandate)}"
    parts = []
    if band.lower_multiple > 0 or math.isfinite(band.upper_multiple):
        top = f"{band.upper_multiple:g}" if math.isfinite(band.upper_multiple) else "any multiple"
        parts.append(f"between {band.lower_multiple:g} and {top} times its target weight")
    if math.isfinite(band.active_max):
        parts.append(f"within {band.active_max:.4f} of its target weight")
    if math.isfinite(band.weight_max):
        parts.append(f"at {band.weight_max:.4f} of the account at most")
    what = " and ".join(parts) or "at any weight of at least zero"
    but = ", but as stand-ins" if stands_in.any() else ""
    leaving = " Excluded names are sold down to what locks and glide paths leave." if away.out.any() else ""
    said = f"Each name stays {what}, or where it already is; names outside the target are not bought{but}.{leaving}"
    return low - t, high - t, said + _largest_in_words(mandate)


def _largest_in_words(mandate: Mandate) -> str:
    """What a name may trade at most, as a sentence of its own; empty where nothing limits it."""
    said = [] if mandate.max_trade_usd is None else [f"${mandate.max_trade_usd:,.2f}"]
    if mandate.participation_max is not None:
        said.append(f"{percent_from_fraction(mandate.participation_max):g} % of its average day")
    return f" A name trades at most {' and at most '.join(said)}." if said else ""


def open_sides(signals: Signals, mandate: Mandate) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Lots that no lock keeps from being sold, shape (L,), and names that none keeps from being bought, shape (n,)."""
    account = signals.account
    sellable = account.lot_sellable & account.lot_known & account.can_sell[account.lot_name]
    if mandate.mode is TradingMode.BUY_ONLY:
        sellable = np.zeros_like(sellable)
    buyable = account.can_buy & ~must_leave(signals, mandate)
    if mandate.mode in NO_BUYS:
        buyable = np.zeros_like(buyable)
    return sellable, buyable


def trade_sizes(
    signals: Signals,
    mandate: Mandate,
    holdings: Holdings,
    active_upper: FloatArray,
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> tuple[FloatArray, FloatArray]:
    """Largest sale of each lot and largest buy of each name, as weights; 0 where ``sides`` (`open_sides`) are locked.

    Returns
    -------
    sell_max : ndarray of shape (L,)
        Per lot.
    buy_max : ndarray of shape (n,)
        Per name: its room below the upper limit, the largest trade, and the participation cap.
    """
    sellable, buyable = sides
    largest = largest_trade(signals, mandate, holdings)
    sell_max = np.where(sellable, np.minimum(holdings.lot_weight, largest[signals.account.lot_name]), 0.0)
    room = np.maximum(active_upper - holdings.active, 0.0)
    room = np.minimum(np.minimum(room, largest), 1.0)
    return sell_max, np.where(buyable, room, 0.0)
