"""Daily conditions from raw bars: volatility and average volume of the days up to each day.

Limits: a return across a split is only right where total returns are given beside the raw closes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["daily_conditions"]

_NEEDED = ("security_id", "date", "close_usd", "volume_shares")
_WINDOW_DAYS = 21


def daily_conditions(bars: pd.DataFrame, *, days: int = _WINDOW_DAYS) -> pd.DataFrame:
    """The daily table of `TradingConditions` from bars as they printed.

    Parameters
    ----------
    bars : DataFrame
        Columns security_id, date, close_usd, volume_shares, and, where known, open_usd, half_spread_bps and
        total_return (a fraction; without it the change of the close is taken).
    days : int
        Window of trading days, each row's own day included.

    Returns
    -------
    DataFrame
        Rows as given, with volatility_daily_bps and adv_usd; NaN until the window is full.

    Raises
    ------
    InputError
        If a column is missing.
    """
    missing = [name for name in _NEEDED if name not in bars.columns]
    if missing:
        raise InputError(
            f"The bars lack {', '.join(missing)}.", hint=f"They need {', '.join(_NEEDED)}.", missing=missing
        )
    found = bars.sort_values(["security_id", "date"], kind="stable", ignore_index=True)
    before = found.groupby("security_id", sort=False)["close_usd"].shift()
    change = found["total_return"] if "total_return" in found.columns else found["close_usd"] / before - 1.0
    rolled = change.groupby(found["security_id"], sort=False).rolling(days, min_periods=days)
    found["volatility_daily_bps"] = rolled.std().reset_index(level=0, drop=True) * BPS_PER_UNIT
    traded = (found["close_usd"] * found["volume_shares"]).groupby(found["security_id"], sort=False)
    found["adv_usd"] = traded.rolling(days, min_periods=days).mean().reset_index(level=0, drop=True)
    kept = [*_NEEDED[:3], "open_usd", "half_spread_bps", "volatility_daily_bps", "adv_usd"]
    return found[[name for name in kept if name in found.columns]]
