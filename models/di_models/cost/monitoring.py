"""Whether a cost model still holds: predicted against paid by month, drift, and an alarm in one sentence.

Problem: markets change, and a model that was right in spring is trusted in autumn. Decision: four
watches. Dollars paid over predicted of each month, with an interval by days; the share of trades inside
their interval; a change point in the errors, for all orders, each broker and each third of the names by
volume, at a rate of false alarms shared among them; and features that are drawn otherwise than in
training. What to fall back to is another file's rule (`di_models.cost.fallback`).

Limits: what is monitored are predictions made before the trade; the interval of a month takes days as
independent and their totals as near normal, so a month of few large orders is told by few. Measured
rates of false alarms and of finding what changed stand in ``models/README.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT
from di_models.cost.drift import ChangePoint, change_point, stability_index
from di_models.cost.features import CATEGORIES, NUMBERS, Conditions, noisier
from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.validation import Interval, OutOfSample

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MONTHS_IN_A_ROW", "NOTHING_CHANGED", "Alarm", "MonitoringReport", "MonthOfCosts", "monitor", "predictions"]

_TAIL = 0.05
_FEWEST_DAYS = 5
_FEWEST_ORDERS = 120
NOTHING_CHANGED = "Nothing changed that these orders can show."
"""Said where there is no alarm."""

MONTHS_IN_A_ROW = 2
"""So many months that leave out 1 are no accident."""

_UNSTABLE = 0.2
_COVERAGE, _COVERAGE_SD = 0.9, 3.0
_WINDOW = 250


@dataclass(frozen=True, slots=True)
class MonthOfCosts:
    """A month's orders.

    Attributes
    ----------
    month : datetime64[M]
        The month.
    orders, days : int
        Counts.
    predicted_usd, paid_usd : float
        Dollars of execution cost.
    paid_over_predicted : Interval
        With its 90 % interval by days; unbounded where there are fewer than five days.
    coverage : float
        Share of trades inside their 90 % interval.
    """

    month: np.datetime64
    orders: int
    days: int
    predicted_usd: float
    paid_usd: float
    paid_over_predicted: Interval
    coverage: float

    @property
    def off(self) -> int:
        """+1 where the interval lies above 1 (more was paid than predicted), -1 below, 0 where it holds 1."""
        return int(self.paid_over_predicted.low > 1.0) - int(self.paid_over_predicted.high < 1.0)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that changed.

    Attributes
    ----------
    watch : str
        "dollars", "coverage", "residuals" or "feature".
    about : str
        Which orders, or which feature.
    since : datetime64[D]
        Since when.
    sentence : str
        What changed, by how much, and since when.
    """

    watch: str
    about: str
    since: np.datetime64
    sentence: str


@dataclass(frozen=True)
class MonitoringReport:
    """What the watches say.

    Attributes
    ----------
    months : tuple of MonthOfCosts
        In order.
    rolling_coverage : ndarray
        Share of the last 250 trades inside their interval, after each trade that has so many before it.
    changes : Mapping of str to ChangePoint
        The most likely change of each stream, alarming or not.
    stability : Mapping of str to float
        Stability index of each feature in the last month that has 120 orders.
    alarms : tuple of Alarm
        What is worth a look; empty when nothing is.
    """

    months: tuple[MonthOfCosts, ...]
    rolling_coverage: FloatArray
    changes: Mapping[str, ChangePoint]
    stability: Mapping[str, float]
    alarms: tuple[Alarm, ...]

    @property
    def sentence(self) -> str:
        """The alarms, one sentence each; that there is none."""
        return " ".join(a.sentence for a in self.alarms) or NOTHING_CHANGED

    def to_frame(self) -> pd.DataFrame:
        """One row a month."""
        import pandas as pd

        rows = [
            {
                "month": str(m.month),
                "orders": m.orders,
                "days": m.days,
                "predicted_usd": m.predicted_usd,
                "paid_usd": m.paid_usd,
                "paid_over_predicted": m.paid_over_predicted.value,
                "low": m.paid_over_predicted.low,
                "high": m.paid_over_predicted.high,
                "coverage": m.coverage,
            }
            for m in self.months
        ]
        return pd.DataFrame(rows)


def predictions(model: LearnedCostModel, history: TradeHistory) -> OutOfSample:
    """What a model says of orders that it did not see, beside what they cost."""
    given = Conditions.of(history)
    return OutOfSample(
        history,
        model.predict(history),
        untrained(model.prior).predict(history),
        model.predict_interval(history),
        np.sqrt(given.variance * noisier(history)),
    )


def monitor(
    found: OutOfSample, *, trained_on: TradeHistory | None = None, false_alarms: float = 0.05, seed: int = 0
) -> MonitoringReport:
    """Look for what changed.

    Parameters
    ----------
    found : OutOfSample
        Predictions made before the trades, and the trades.
    trained_on : TradeHistory, optional
        Orders of the training, for the features; without it they are not watched.
    false_alarms : float
        Rate at which a report raises an alarm about residuals although nothing changed, all streams together.
    seed : int
        Of the change points.

    Raises
    ------
    InputError
        If there is no order, or the rate is not between 0 and 1.
    """
    if not len(found.history) or not 0 < false_alarms < 1:
        raise InputError(
            f"There are {len(found.history)} orders, and false alarms of {false_alarms} are asked for.",
            hint="Monitor at least one order, at a rate such as 0.05.",
        )
    order = np.argsort(found.history.arrival_utc, kind="stable")
    found = OutOfSample(
        found.history.take(order),
        found.predicted_bps[order],
        found.prior_bps[order],
        found.interval_bps[order],
        found.noise_bps[order],
    )
    months = _months(found)
    inside = _inside(found)
    rolling = np.convolve(inside, np.full(_WINDOW, 1 / _WINDOW), "valid") if len(inside) >= _WINDOW else np.zeros(0)
    changes = _changes(found, seed)
    stability, features = _features(found.history, trained_on)
    alarms = [
        *_dollar_alarm(months),
        *_coverage_alarm(rolling, found.history.day),
        *_residual_alarms(changes, false_alarms),
        *features,
    ]
    return MonitoringReport(months, rolling, changes, stability, tuple(alarms))


def _inside(found: OutOfSample) -> NDArray[np.float64]:
    cost = found.history.cost_bps
    return ((cost >= found.interval_bps[:, 0]) & (cost <= found.interval_bps[:, 1])).astype(np.float64)


def _months(found: OutOfSample) -> tuple[MonthOfCosts, ...]:
    history, inside = found.history, _inside(found)
    usd = history.filled_shares * history.arrival_price_usd / BPS_PER_UNIT
    paid, predicted = history.cost_bps * usd, found.predicted_bps * usd
    month = history.day.astype("datetime64[M]")
    made = []
    for each in np.unique(month):
        rows = month == each
        days, of = np.unique(history.day[rows], return_inverse=True)
        totals = [np.asarray(np.bincount(of.ravel(), weights=v[rows]), dtype=np.float64) for v in (paid, predicted)]
        made.append(
            MonthOfCosts(
                each,
                int(rows.sum()),
                len(days),
                float(predicted[rows].sum()),
                float(paid[rows].sum()),
                _ratio(*totals),
                float(inside[rows].mean()),
            )
        )
    return tuple(made)


def _ratio(paid: FloatArray, predicted: FloatArray) -> Interval:
    """Ratio of totals with its jackknife interval, clustered by day (Cochran 1977, ch. 6)."""
    from scipy.stats import t

    n, value = len(paid), float(paid.sum() / predicted.sum())
    if n < _FEWEST_DAYS:
        return Interval(value, float("-inf"), float("inf"))
    # Each day's residual as if the ratio were that of the others: a few large days dominate the total.
    left_out = (paid - value * predicted) / np.maximum(1.0 - predicted / predicted.sum(), 1e-3)
    error = np.sqrt((n - 1) / n * (left_out**2).sum()) / abs(predicted.sum())
    half = float(t.ppf(1 - _TAIL, n - 1) * error)
    return Interval(value, value - half, value + half)


def _streams(history: TradeHistory) -> dict[str, NDArray[np.bool_]]:
    """Which orders each watch of the errors is about."""
    streams = {"all orders": np.ones(len(history), dtype=np.bool_)}
    streams |= {f"broker {b}": history.broker == b for b in np.unique(history.broker).tolist() if b}
    low, high = np.quantile(history.adv_usd, (1 / 3, 2 / 3))
    adv = history.adv_usd
    streams["the least traded third of names"] = adv <= low
    streams["the middle third of names by volume"] = (adv > low) & (adv <= high)
    streams["the most traded third of names"] = adv > high
    return {name: rows for name, rows in streams.items() if rows.sum() >= _FEWEST_ORDERS}


def _changes(found: OutOfSample, seed: int) -> dict[str, ChangePoint]:
    error = found.history.cost_bps - found.predicted_bps
    made = {
        name: change_point(
            found.history.day[rows], error[rows], found.predicted_bps[rows], found.noise_bps[rows], seed=seed
        )
        for name, rows in _streams(found.history).items()
    }
    return {name: change for name, change in made.items() if change is not None}


def _residual_alarms(changes: Mapping[str, ChangePoint], rate: float) -> list[Alarm]:
    limit = rate / max(len(changes), 1)
    return [
        Alarm(
            "residuals",
            name,
            c.since,
            f"Since {c.since} {name} cost {_excess(c.excess_after)} than predicted "
            f"(before: {_excess(c.excess_before)}; p = {c.p_value:.4f}, {c.orders:,} orders of {c.days} days).",
        )
        for name, c in changes.items()
        if c.p_value <= limit
    ]


def _excess(fraction: float) -> str:
    return f"{abs(fraction):.0%} {'more' if fraction >= 0 else 'less'}"


def _dollar_alarm(months: Sequence[MonthOfCosts]) -> list[Alarm]:
    run = 0
    for month in reversed(months):
        if not month.off or month.off != months[-1].off:
            break
        run += 1
    if run < MONTHS_IN_A_ROW:
        return []
    first, last = months[-run], months[-1]
    said = (
        f"Since {first.month} {'more' if last.off > 0 else 'less'} was paid than predicted, every month "
        f"(last {last.paid_over_predicted})."
    )
    return [Alarm("dollars", "all orders", first.month.astype("datetime64[D]"), said)]


def _coverage_alarm(rolling: FloatArray, day: NDArray[np.datetime64]) -> list[Alarm]:
    floor = _COVERAGE - _COVERAGE_SD * np.sqrt(_COVERAGE * (1 - _COVERAGE) / _WINDOW)
    if not len(rolling) or rolling[-1] >= floor:
        return []
    below = len(rolling) - int(np.argmax(rolling[::-1] >= floor)) if (rolling >= floor).any() else 0
    since = day[below + _WINDOW - 1]
    said = (
        f"Since {since} only {rolling[-1]:.0%} of the last {_WINDOW} trades lie inside their {_COVERAGE:.0%} interval."
    )
    return [Alarm("coverage", "all orders", since, said)]


def _features(history: TradeHistory, trained_on: TradeHistory | None) -> tuple[dict[str, float], list[Alarm]]:
    """Stability of each feature in the last full month, and since which month it is off."""
    if trained_on is None:
        return {}, []
    before = Conditions.of(trained_on)
    month = history.day.astype("datetime64[M]")
    full = [m for m in np.unique(month) if (month == m).sum() >= _FEWEST_ORDERS]
    last: dict[str, float] = {}
    alarms = []
    for name in (*NUMBERS, *CATEGORIES):
        usual, now = getattr(before, name), getattr(history, name)
        index = [stability_index(usual, now[month == m]) for m in full]
        if not index:
            continue
        last[name] = index[-1]
        run = next((k for k, value in enumerate(reversed(index)) if not value > _UNSTABLE), len(index))
        if run:
            since, moved = full[-run], _moved(usual, now[month == full[-1]])
            said = (
                f"Since {since} {name} is drawn otherwise than in training "
                f"(stability index {index[-1]:.2f}, above {_UNSTABLE}){moved}."
            )
            alarms.append(Alarm("feature", name, since.astype("datetime64[D]"), said))
    return last, alarms


def _moved(before: NDArray[Any], now: NDArray[Any]) -> str:
    if before.dtype.kind != "f" or not (np.isfinite(before).any() and np.isfinite(now).any()):
        return ""
    return f": median {np.nanmedian(before):.3g} then, {np.nanmedian(now):.3g} now"
