"""Whether a cost model helps: walk-forward predictions, scores with intervals, and the rule of promotion.

The unit is the parent order, the cluster is the day (orders of a day share the market's move), and a
model is only ever scored on days after those it saw, with a day between and without orders that
overlap. Scores come in the order of what matters: total dollars, calibration, skill against the prior,
coverage. R-squared is told last, as information: published in-sample figures are 1 to 10 %.

The rule of promotion is fixed before anyone looks: skill above zero whose 90 % lower bound is above
-1 %, and a total-dollar ratio whose interval holds 1 and that is nearer to 1 than the prior's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_models.cost.features import Conditions
from di_models.cost.law import LawPrior
from di_models.cost.learned import LearnedCostModel, untrained

__all__ = [
    "FEWEST_DAYS",
    "Interval",
    "OutOfSample",
    "Promotion",
    "Scores",
    "power_line",
    "promotion",
    "scores",
    "walk_forward",
]

FEWEST_DAYS = 4
"""Days that a history needs to be walked through."""

_RESAMPLES = 2000
_TAIL = 0.05
_SKILL_FLOOR = -0.01
_DECILES = 10
_QUARTILES = 4


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 90 % interval, resampled by day."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class OutOfSample:
    """Predictions of m orders by models that had not seen them, nor their day.

    Attributes
    ----------
    history : TradeHistory
        The orders.
    predicted_bps, prior_bps : ndarray of shape (m,)
        By the model and by its prior.
    interval_bps : ndarray of shape (m, 2)
        90 % interval of each trade.
    noise_bps : ndarray of shape (m,)
        Standard deviation known in advance.
    """

    history: TradeHistory
    predicted_bps: FloatArray
    prior_bps: FloatArray
    interval_bps: FloatArray
    noise_bps: FloatArray


@dataclass(frozen=True)
class Scores:
    """What out-of-sample predictions were worth.

    Attributes
    ----------
    orders, days : int
        Counts.
    dollar_ratio, prior_dollar_ratio : Interval
        Dollars predicted over dollars paid.
    slope : float
        Of realised on predicted cost, weighted; 1 is calibrated.
    skill : Interval
        1 - weighted squared error over the prior's.
    coverage : float
        Share of trades inside their 90 % interval.
    coverage_by_noise : tuple of float
        The same by quartile of noise, low to high.
    deciles : tuple of (float, float)
        Mean predicted and realised cost, bps, by decile of the prediction.
    r_squared : float
        Information only.
    noise_bps : float
        Root mean square of the error around the prediction.
    """

    orders: int
    days: int
    dollar_ratio: Interval
    prior_dollar_ratio: Interval
    slope: float
    skill: Interval
    coverage: float
    coverage_by_noise: tuple[float, ...]
    deciles: tuple[tuple[float, float], ...]
    r_squared: float
    noise_bps: float


@dataclass(frozen=True, slots=True)
class Promotion:
    """Whether a trained model replaces the prior, and why (or why not), in one sentence."""

    promoted: bool
    sentence: str


def walk_forward(
    history: TradeHistory,
    *,
    prior: LawPrior | None = None,
    blocks: int = 4,
    seed: int = 0,
    patience: int | None = None,
    told: Callable[[float, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> OutOfSample:
    """Train on what came before, predict the next block of days, and go on.

    Parameters
    ----------
    history : TradeHistory
        Orders of at least four days.
    prior : LawPrior, optional
        Of the model and of the yardstick.
    blocks : int
        Blocks that are predicted; the first part of the same length is only trained on.
    seed : int
        Of the trees.
    patience : int, optional
        For stopping early, inside each block's training days.
    told, cancel : callable, optional
        Told the blocks done, with the share of the one at work, of how many; asked whether to stop.

    Raises
    ------
    InputError
        If there are too few days.
    """
    days = np.unique(history.day)
    needed = max(FEWEST_DAYS, blocks + 1)
    if len(days) < needed:
        raise InputError(
            f"The history has {len(days)} days; walking forward over {blocks} blocks needs {needed}.",
            hint="Bring more days, or fewer blocks.",
            days=len(days),
        )
    edges = days[np.linspace(0, len(days), blocks + 2).astype(np.int64)[1:-1]]
    yardstick = untrained(prior)
    rows: list[NDArray[np.int64]] = []
    predicted, interval = [], []
    for before, start in enumerate(edges):
        end = edges[before + 1] if before + 1 < len(edges) else days[-1] + np.timedelta64(1, "D")
        embargo = start - np.timedelta64(1, "D")
        finished = np.where(np.isnat(history.end_utc), history.arrival_utc, history.end_utc)
        seen = (history.day < embargo) & (finished < start.astype("datetime64[ns]"))
        test = np.flatnonzero((history.day >= start) & (history.day < end))
        each = None if told is None else _within_block(told, before, len(edges))
        model = LearnedCostModel(prior, seed=seed, patience=patience).fit(history.take(seen), told=each, cancel=cancel)
        held_out = history.take(test)
        rows.append(test)
        predicted.append(model.predict(held_out))
        interval.append(model.predict_interval(held_out))
    tested = history.take(np.concatenate(rows))
    given = Conditions.of(tested)
    return OutOfSample(
        tested, np.concatenate(predicted), yardstick.predict(given), np.concatenate(interval), np.sqrt(given.variance)
    )


def _within_block(told: Callable[[float, int], None], before: int, blocks: int) -> Callable[[int, int], None]:
    return lambda done, of: told(before + done / of, blocks)


def scores(found: OutOfSample, *, seed: int = 0) -> Scores:
    """Scores with day-clustered intervals.

    Raises
    ------
    InputError
        If nothing was predicted.
    """
    history = found.history
    if not len(history):
        raise InputError("No order was predicted out of sample.", hint="Bring a longer history.")
    cost, value = history.cost_bps, history.filled_shares * history.arrival_price_usd
    weight = 1.0 / found.noise_bps**2
    error, prior_error = cost - found.predicted_bps, cost - found.prior_bps
    by_day = _ByDay(history.day, seed)
    paid = by_day.sums(cost * value)
    if not paid.all():
        raise InputError(
            "What the orders cost adds up to nothing, so predictions cannot be compared with it.",
            hint="Look at the arrival prices: they stand before the order, and are not the price that was paid.",
        )
    skill = by_day.interval(
        by_day.sums(weight * error**2), by_day.sums(weight * prior_error**2), lambda mine, theirs: 1.0 - mine / theirs
    )
    centred = found.predicted_bps - np.average(found.predicted_bps, weights=weight)
    slope = float((weight * centred * cost).sum() / max((weight * centred**2).sum(), 1e-300))
    inside = (cost >= found.interval_bps[:, 0]) & (cost <= found.interval_bps[:, 1])
    quartile = np.searchsorted(np.quantile(found.noise_bps, np.arange(1, _QUARTILES) / _QUARTILES), found.noise_bps)
    order = np.array_split(np.argsort(found.predicted_bps, kind="stable"), min(_DECILES, len(cost)))
    return Scores(
        orders=len(cost),
        days=len(by_day.days),
        dollar_ratio=by_day.interval(by_day.sums(found.predicted_bps * value), paid, _ratio),
        prior_dollar_ratio=by_day.interval(by_day.sums(found.prior_bps * value), paid, _ratio),
        slope=slope,
        skill=skill,
        coverage=float(inside.mean()),
        coverage_by_noise=tuple(
            float(inside[quartile == q].mean()) for q in range(_QUARTILES) if (quartile == q).any()
        ),
        deciles=tuple((float(found.predicted_bps[part].mean()), float(cost[part].mean())) for part in order),
        r_squared=1.0 - float((error**2).sum() / max(((cost - cost.mean()) ** 2).sum(), 1e-300)),
        noise_bps=float(np.sqrt((error**2).mean())),
    )


def promotion(found: Scores) -> Promotion:
    """The rule, applied."""
    ratio, prior = found.dollar_ratio, found.prior_dollar_ratio
    reasons = []
    if not (found.skill.value > 0 and found.skill.low > _SKILL_FLOOR):
        reasons.append(
            f"its skill against the prior is {found.skill}, and must be above 0 with a lower bound above -0.01"
        )
    if not ratio.low <= 1.0 <= ratio.high:
        reasons.append(f"the dollars it predicts are {ratio} of those paid, and the interval must hold 1")
    if not abs(np.log(max(ratio.value, 1e-9))) < abs(np.log(max(prior.value, 1e-9))):
        reasons.append(
            f"its total ({ratio.value:.3f}) is no nearer to what was paid than the prior's ({prior.value:.3f})"
        )
    if reasons:
        return Promotion(promoted=False, sentence=f"The prior stays: {'; '.join(reasons)}.")
    return Promotion(
        promoted=True,
        sentence=f"The model replaces the prior: skill {found.skill}, dollars predicted over dollars paid {ratio} "
        f"(the prior's: {prior}), on {found.orders:,} orders of {found.days} days it had not seen.",
    )


def power_line(noise_bps: float, orders: int) -> str:
    """What so many orders can tell at all: one standard error of a mean cost, and what 1 bp would take."""
    if orders < 1:
        return "No orders: nothing can be resolved."
    error = noise_bps / np.sqrt(orders)
    needed = int(np.ceil((2.0 * noise_bps) ** 2))
    return (
        f"With {noise_bps:.0f} bps of noise {orders:,} trades resolve a mean cost to ±{error:.1f} bps "
        f"(one standard error); ±1 bp at two standard errors takes about {needed:,}."
    )


def _ratio(mine: FloatArray, theirs: FloatArray) -> FloatArray:
    return np.asarray(mine / theirs, dtype=np.float64)


class _ByDay:
    """Sums by day, and intervals by drawing whole days again."""

    def __init__(self, day: NDArray[np.datetime64], seed: int) -> None:
        self.days, self.of = np.unique(day, return_inverse=True)
        g = np.random.default_rng(seed)
        count = len(self.days)
        self.draws = g.multinomial(count, np.full(count, 1.0 / count), size=_RESAMPLES).astype(np.float64)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum of each day, shape (days,)."""
        total = np.bincount(self.of.ravel(), weights=values, minlength=len(self.days))
        return np.asarray(total, dtype=np.float64)

    def interval(
        self, mine: FloatArray, theirs: FloatArray, figure: Callable[[FloatArray, FloatArray], FloatArray]
    ) -> Interval:
        """A function of two totals, with its 90 % interval."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(figure(mine.sum(), theirs.sum()))
            drawn = figure(self.draws @ mine, self.draws @ theirs)
        low, high = np.nanquantile(drawn, (_TAIL, 1.0 - _TAIL))
        return Interval(value, float(low), float(high))
