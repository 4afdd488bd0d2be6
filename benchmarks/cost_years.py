"""A desk's year with a known truth, and a model that was right when the year began: for watching what changed."""

from __future__ import annotations

import numpy as np

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.units import BPS_PER_UNIT
from di_models.cost.law import CostLaw, schedule_variance
from di_models.cost.validation import OutOfSample

__all__ = ["BROKERS", "LAW", "year"]

LAW = CostLaw(spread_capture=0.8, impact=0.55)
BROKERS = np.array(["Alder", "Birch"])


def year(  # noqa: PLR0913  # each is one way in which a year can differ
    seed: int,
    *,
    orders_a_day: int = 20,
    months: int = 12,
    spread: float = 1.0,
    impact: float = 1.0,
    change: int = 6,
    broker: str = "",
    seen: bool = False,
) -> OutOfSample:
    """Orders of 2023 and what the law predicted.

    From month ``change`` (0 is January) on the half-spread is paid ``spread`` times over and the impact ``impact``
    times, for one broker or for all; ``seen`` says that the quotes show the wider spread.
    """
    g = np.random.default_rng(seed)
    weekdays = np.arange("2023-01-02", np.datetime64("2023-01") + months, dtype="datetime64[D]")
    days = weekdays[np.is_busday(weekdays)]
    day = np.repeat(days, orders_a_day)
    m = len(day)
    h = np.exp(g.normal(np.log(2.5), 0.7, m))
    s = np.exp(g.normal(np.log(170), 0.35, m))
    x = np.clip(np.exp(g.normal(np.log(2e-3), 1.6, m)), 1e-6, 0.3)
    tau = np.clip(x / np.exp(g.normal(np.log(0.06), 0.5, m)), 0.01, 1.0)
    by = g.choice(BROKERS, m)
    later = (day.astype("datetime64[M]") >= np.datetime64("2023-01") + change) & ((by == broker) | (not broker))
    quoted = h * np.where(later & seen, spread, 1.0)
    paid_spread, paid_impact = np.where(later, spread, 1.0), np.where(later, impact, 1.0)
    truth = LAW.spread_capture * h * paid_spread + LAW.impact * s * np.sqrt(x) * paid_impact
    noise = np.sqrt(schedule_variance(x, h * paid_spread, s, tau))
    cost = truth + noise * g.standard_t(4, m) / np.sqrt(2)
    adv = np.exp(g.normal(np.log(1e8), 1.0, m))
    side = g.choice([-1, 1], m)
    shares = x * adv / 50.0
    history = TradeHistory.from_columns(
        {
            "order_id": np.arange(m).astype(str),
            "security_id": np.full(m, "X"),
            "side": side,
            "arrival_utc": day.astype("datetime64[ns]") + np.timedelta64(15, "h"),
            "ordered_shares": shares,
            "filled_shares": shares,
            "arrival_price_usd": np.full(m, 50.0),
            "average_price_usd": 50.0 * (1 + side * cost / BPS_PER_UNIT),
            "half_spread_bps": quoted,
            "volatility_daily_bps": s,
            "adv_usd": adv,
            "volume_span": tau,
            "time_of_day": g.random(m),
            "broker": by,
        },
        simulated=True,
    )
    predicted = LAW.cost_bps(x, quoted, s)
    known = np.sqrt(schedule_variance(x, quoted, s, tau))
    half = 2.132 / np.sqrt(2) * known  # 95 % point of Student's t with 4 degrees of freedom
    return OutOfSample(history, predicted, predicted, np.stack([predicted - half, predicted + half], axis=1), known)
