"""The cost model that is trained: law, gated trees, intervals and curves behind a scikit-learn estimator.

It is never worse than its prior by much: the law is held to published constants, the trees' share is
what out-of-fold tests allow, and with no orders at all it *is* the prior and says so. A history that
was simulated makes a model that says "simulated" wherever it speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from di_advisor.domain.cost_reasons import CostPrediction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR, percent_from_fraction
from di_models.cost.curves import FittedCurves, fit_curves
from di_models.cost.features import Conditions, Levels, noisier
from di_models.cost.fitting import Growing, OutOfFold, Rows, Steps, law_cost
from di_models.cost.intervals import Calibration, calibrate
from di_models.cost.law import LawFit, LawPrior
from di_models.cost.reasons import MIDDLE_OF_DAY, one_order, parts_of
from di_models.cost.residual import (
    FEWEST_ORDERS,
    ROUNDS,
    Gate,
    Trees,
    folds_by_day,
)
from di_models.cost.stopping import stopping_of, usable_patience

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LearnedCostModel", "SizesSeen", "untrained"]

_SIZES = 16
_SMALLEST, _LARGEST = 1e-6, 0.1
_USUAL_SIZE, _SPREAD_OF_SIZES = -6.2, 1.6
_FAR = 0.15

Orders = TradeHistory | Conditions | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SizesSeen:
    """Orders over ADV that were seen: the first and the 99th percentile, and the logarithm's mean and spread."""

    low: float = _SMALLEST
    high: float = _LARGEST
    log_mean: float = _USUAL_SIZE
    log_sd: float = _SPREAD_OF_SIZES


class LearnedCostModel(BaseEstimator, RegressorMixin):  # type: ignore[misc]  # scikit-learn has no types
    """Predicts the average cost of an order, in bps, and its curve for the optimizer, in USD.

    Parameters
    ----------
    prior : LawPrior, optional
        What the law's constants are held to; published constants when left out.
    trees : bool
        Whether trees may add to the law.
    seed : int
        Everything random follows from it.
    patience : int, optional
        Trees without a better error on the last training days after which growing stops; a fixed number of trees
        when left out (`di_models.cost.stopping` says why that is the default).

    Attributes
    ----------
    fit_ : LawFit
        The law.
    gate_ : Gate
        How much of the trees is used.
    trees_ : Trees or None
        None where the gate is shut.
    levels_ : Levels
        Words that the trees know.
    calibration_ : Calibration
        For intervals.
    sizes_ : SizesSeen
        Sizes that it was trained on.
    simulated_ : bool
        Whether the history was invented.
    stopping_ : Stopping or None
        How the number of trees was chosen; None where it is the fixed one, as asked.
    provenance_ : str
        What it rests on, in one line.
    """

    def __init__(
        self, prior: LawPrior | None = None, *, trees: bool = True, seed: int = 0, patience: int | None = None
    ) -> None:
        self.prior = prior
        self.trees = trees
        self.seed = seed
        self.patience = patience

    def fit(
        self,
        X: TradeHistory,
        y: FloatArray | None = None,
        *,
        told: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> LearnedCostModel:
        """Train on a history.

        Parameters
        ----------
        X : TradeHistory
            m parent orders; none at all leaves the prior.
        y : ndarray of shape (m,), optional
            Costs in bps; those of the history when left out.
        told : callable, optional
            Told how many trees are done, of how many; a fold without trees counts as all of its own.
        cancel : callable, optional
            Asked often; True stops with `UnfinishedError`, and nothing is kept.

        Returns
        -------
        LearnedCostModel
            Itself.
        """
        cost = X.cost_bps if y is None else np.asarray(y, dtype=np.float64)
        if len(cost) != len(X) or not np.isfinite(cost).all():
            raise InputError(
                f"There are {len(X)} orders and {int(np.isfinite(cost).sum())} finite costs.",
                hint="Give one cost in bps for each order.",
            )
        given = Conditions.of(X)
        variance = given.variance * noisier(X)
        levels = Levels.of(given)
        rows = Rows(given, cost, variance, X.day)
        fit = rows.law(self.prior)
        gate, trees = Gate(0.0, 0.0, float("inf")), None
        calibration = Calibration(np.zeros(0), (np.zeros(0),))
        days = len(np.unique(X.day))
        folds = folds_by_day(X.day) if len(X) and days > 1 else []
        steps = Steps(told, (len(folds) + 1) * ROUNDS)
        growing = Growing(levels, self.seed, cancel, usable_patience(self.patience, X.day))
        if folds:
            tested = OutOfFold(rows, self.prior, growing, trees=self.trees and len(X) >= FEWEST_ORDERS)
            gate = tested.run(folds, steps)
            calibration = calibrate(cost - tested.cost(gate.share), np.sqrt(variance))
        if gate.share > 0:
            trees = growing.on(rows, fit, steps.each_after(len(folds)))
        steps.upto(len(folds) + 1)
        self.fit_, self.gate_, self.trees_, self.levels_ = fit, gate, trees, levels
        self.calibration_, self.sizes_ = calibration, _seen(given)
        self.simulated_ = X.simulated
        self.stopping_ = stopping_of(self.patience, growing.patience, X.day, 0 if trees is None else trees.count)
        self.provenance_ = _provenance(fit, gate, simulated=X.simulated)
        return self

    def predict(self, X: Orders | pd.DataFrame) -> FloatArray:
        """Average cost of each order, bps, shape (m,)."""
        given = Conditions.of(X)
        cost = law_cost(self._fitted, given)
        if self.trees_ is None:
            return cost
        return cost * Trees.factor(self.gate_.share, self.trees_.predict(self.levels_.matrix(given)))

    def predict_interval(self, X: Orders | pd.DataFrame, coverage: float = 0.9) -> FloatArray:
        """Interval that covers a *trade's* cost, bps, shape (m, 2); not how well its mean is known."""
        given = Conditions.of(X)
        middle = self.predict(given)
        half = self.calibration_.half_width(np.sqrt(given.variance), coverage)
        return np.stack([middle - half, middle + half], axis=1)

    def curves(self, market: Market, *, venue: str = "", algo: str = "", order_type: str = "") -> CostCurves:
        """Cost curves of the market's universe (the port `CostModel`).

        Parameters
        ----------
        market : Market
            n names.
        venue, algo, order_type : str
            How the orders will be worked; the most usual of the history when left out.

        Raises
        ------
        InputError
            If the order type is none.
        """
        asked = {"venue": venue, "algo": algo, "order_type": order_type}
        found, smallest = self._curves(market, {name: word for name, word in asked.items() if word})
        del smallest
        a, b, q = found.coefficients.T
        worst = float(np.median(found.worst_error)) if len(found.worst_error) else 0.0
        far = int((found.worst_error > _FAR).sum())
        names = f", {far:,} of {len(found.worst_error):,} names further than {_FAR:.0%}" if far else ""
        note = f"; curves within {worst:.1%} of the model (median){names}, market of {market.as_of}"
        return CostCurves(market.universe, a, b, q, self.provenance_ + note)

    def predict_order(
        self, market: Market, security_id: str, value_usd: float, *, coverage: float = 0.9
    ) -> CostPrediction:
        """One order's cost with the parts of law and trees, and its interval (the port `CostReasons`).

        Raises
        ------
        UnknownSecurityError
            If the market does not know the name.
        """
        order = one_order(market, security_id, value_usd, self.levels_.usual())
        cost = float(self.predict(order)[0])
        low, high = self.predict_interval(order, coverage)[0].tolist()
        parts = parts_of(self._fitted.law, order, self.levels_, self.trees_, self.gate_.share, cost)
        return CostPrediction(cost, parts, (low, high), coverage, self.provenance_)

    def curve_errors(self, market: Market) -> FloatArray:
        """Largest relative distance of each name's curve to the model, a fraction, shape (n,)."""
        return self._curves(market, {})[0].worst_error

    def _curves(self, market: Market, worked: Mapping[str, str]) -> tuple[FittedCurves, float]:
        n = len(market.universe)
        low, high = max(self.sizes_.low, _SMALLEST), min(max(self.sizes_.high, 10 * self.sizes_.low), _LARGEST)
        sizes = np.geomspace(low, high, _SIZES)
        sigma = market.volatility_per_year / np.sqrt(TRADING_DAYS_PER_YEAR) * BPS_PER_UNIT
        orders = Conditions.of(
            {
                "size_of_adv": np.tile(sizes, n),
                "half_spread_bps": np.repeat(market.half_spread_bps, _SIZES),
                "volatility_daily_bps": np.repeat(sigma, _SIZES),
                "time_of_day": np.full(n * _SIZES, MIDDLE_OF_DAY),
            }
        ).worked(**{**self.levels_.usual(), **worked})
        value = sizes[None, :] * market.adv_usd[:, None]
        cost = self.predict(orders).reshape(n, _SIZES) / BPS_PER_UNIT * value
        density = np.exp(-0.5 * ((np.log(sizes) - self.sizes_.log_mean) / self.sizes_.log_sd) ** 2)
        return fit_curves(value, np.maximum(cost, 1e-12 * value), density + 0.05), low

    @property
    def _fitted(self) -> LawFit:
        if not hasattr(self, "fit_"):
            raise InputError("The cost model is not trained.", hint="Call fit with a trade history, also an empty one.")
        return self.fit_


def _seen(given: Conditions) -> SizesSeen:
    if not len(given):
        return SizesSeen()
    logs = np.log(given.size_of_adv)
    low, high = np.quantile(given.size_of_adv, (0.01, 0.99))
    return SizesSeen(float(low), float(high), float(logs.mean()), float(max(logs.std(), 0.5)))


def _provenance(fit: LawFit, gate: Gate, *, simulated: bool) -> str:
    if not fit.orders:
        return "prior, not calibrated"
    source = "simulated orders" if simulated else "orders"
    share = percent_from_fraction(float(np.mean(fit.prior_share)))
    law = fit.law
    return (
        f"trained on {fit.orders:,} {source}: {law.spread_capture:.2f} x half-spread + {law.impact:.2f} x daily "
        f"volatility x size^{law.exponent:.2f}, {share:.0f} % of it prior; trees by {gate.share:.0%}"
    )


def untrained(prior: LawPrior | None = None) -> LearnedCostModel:
    """The prior as a model of the same kind: what there is before the first order."""
    empty = {name: np.zeros(0) for name in TradeHistory.columns()}
    model = LearnedCostModel(prior)
    return model.fit(TradeHistory.from_columns(empty))
