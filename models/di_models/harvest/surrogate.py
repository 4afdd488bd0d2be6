"""A learned stand-in for the program: thousands of lots of many clients at once, with a bound on its error.

Problem: the exact program takes a tenth of a second for each client and volatility; a desk has thousands. Decision:
LightGBM learns the advantage of harvesting now from the program's own answers on sampled clients, with weights
``1 / (0.01 + |advantage|)``; a second one learns what harvests add to a new lot's value (the rest is a formula), so
that the parts can be shown. Part of
the *clients* is kept out of training; on them a conformal margin is found, such that the error of states near the
decision stays within it in the wanted share of the states of the wanted share of clients. (Over all states the margin
would be ten times as wide, because of states whose decision nobody doubts: measured, it then costs 2.5 bps a year.)
Act where the advantage less the margin is above zero, do not where the advantage plus the margin is below it, and in
between act where the advantage itself is above zero and the volatility trigger says so too.

Limits: one review interval for each model; the box of `profiles.BOX` and nothing outside it; the margin holds for
clients drawn as the sampled ones were. Deterministic: one thread, rows in order, a seed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import DamagedStoreError, InputError, UnfinishedError
from di_models.cost.residual import Trees
from di_models.harvest.profiles import BOX, FEATURES, Case, Labels, features
from di_models.harvest.program import YEAR_DAYS, Grid, Rule, solve
from di_models.harvest.rules import loss_beyond, volatility_threshold

__all__ = ["HarvestSurrogate", "surrogate_rule"]

_WEIGHT_OFFSET = 0.01
_FEWEST_CASES = 20
_NEAR = 0.5
"""States whose prediction is within half their scale of zero are near the decision."""
_RESTART_ROUNDS = 150


@dataclass(frozen=True)
class _Fitted:
    trees: Trees
    restart_trees: Trees
    margin: float
    clients: int
    calibration_clients: int


class HarvestSurrogate:
    """Learns the program's advantage; in the manner of scikit-learn: settings, then `fit`, then `predict`.

    Parameters
    ----------
    step_days : int
        Review interval that the labels were made with.
    rounds, leaves : int
        Trees, and leaves of each.
    calibration_share : float
        Share of the clients that is kept out of training for the margin.
    coverage : float
        Share of the clients, and of the states of each near the decision, for which the margin is to hold.
    seed : int
        Everything random follows from it.
    """

    def __init__(
        self,
        *,
        step_days: int = 7,
        rounds: int = 500,
        leaves: int = 63,
        calibration_share: float = 0.25,
        coverage: float = 0.8,
        seed: int = 0,
    ) -> None:
        self.step_days = step_days
        self.rounds = rounds
        self.leaves = leaves
        self.calibration_share = calibration_share
        self.coverage = coverage
        self.seed = seed
        self._fitted: _Fitted | None = None
        self._boosters: dict[str, Any] = {}

    def get_params(self) -> dict[str, int | float]:
        """The settings."""
        names = ("step_days", "rounds", "leaves", "calibration_share", "coverage", "seed")
        return {name: getattr(self, name) for name in names}

    def fit(
        self,
        labels: Labels,
        *,
        told: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> HarvestSurrogate:
        """Train on most clients and find the margin on the others.

        Parameters
        ----------
        labels : Labels
            From `profiles.label`, made with this model's review interval.
        told : callable, optional
            Told the number of trees so far, of how many.
        cancel : callable, optional
            Asked after each tree.

        Raises
        ------
        InputError
            If there are fewer than 20 clients.
        UnfinishedError
            If it was cancelled; nothing is kept.
        """
        clients = np.unique(labels.case)
        if len(clients) < _FEWEST_CASES:
            raise InputError(
                f"There are labels of {len(clients)} clients; at least {_FEWEST_CASES} are needed.",
                hint="Sample more with profiles.sample_cases; a few hundred are right.",
            )
        shuffled = np.random.default_rng(self.seed).permutation(clients)
        kept_out = shuffled[: max(round(self.calibration_share * len(clients)), 5)]
        test = np.isin(labels.case, kept_out)
        weight = 1.0 / (_WEIGHT_OFFSET + np.abs(labels.advantage))
        trees = self._train(labels.columns[~test], labels.advantage[~test], weight[~test], self.rounds, told, cancel)
        option = labels.restart - _never_sold(labels.columns)
        restart = self._train(labels.columns[~test], option[~test], None, _RESTART_ROUNDS, None, cancel)
        predicted = trees.predict(labels.columns[test])
        scale = _scale(labels.columns[test])
        score = np.abs(predicted - labels.advantage[test]) / scale
        near = np.abs(predicted) < _NEAR * scale
        of = labels.case[test]
        scored = [score[near & (of == c)] for c in kept_out]
        by_client = np.sort([np.quantile(x, self.coverage) for x in scored if len(x)])
        rank = min(math.ceil((len(by_client) + 1) * self.coverage), len(by_client))
        counts = len(clients) - len(kept_out), len(kept_out)
        self._fitted = _Fitted(trees, restart, float(by_client[rank - 1]), *counts)
        self._boosters = {}
        return self

    @property
    def margin(self) -> float:
        """The conformal margin, in units of the states' own scale."""
        return self._known().margin

    def predict(self, columns: FloatArray) -> FloatArray:
        """Advantage of harvesting now, cost included, per dollar of price, shape (m,)."""
        return self._predict("advantage", self._known().trees, columns)

    def restart(self, columns: FloatArray) -> FloatArray:
        """Value of a new lot, per dollar of price, shape (m,)."""
        option = np.maximum(self._predict("restart", self._known().restart_trees, columns), 0.0)
        return np.asarray(_never_sold(columns) + option, dtype=np.float64)

    def bounds(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper conformal bound of the advantage, shape (m,) each."""
        middle = self.predict(columns)
        width = self.margin * _scale(columns)
        return middle - width, middle + width

    def acts(self, columns: FloatArray, otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether to harvest: where the lower bound is above zero, or where prediction and rule of thumb agree on it.

        Parameters
        ----------
        columns : ndarray of shape (m, 16)
            From `profiles.features`.
        otherwise : ndarray of bool, shape (m,)
            What the rule of thumb says.
        """
        middle = self.predict(columns)
        sure = middle > self.margin * _scale(columns)
        return np.asarray(sure | ((middle > 0) & otherwise))

    def contributions(self, columns: FloatArray) -> FloatArray:
        """Exact contributions of each feature, and the mean last, shape (m, 17)."""
        return self._known().trees.contributions(columns)

    def parts(self) -> tuple[dict[str, Any], str, str]:
        """The fitted model as plain facts and the text of its two boosters: advantage, and restart."""
        fitted = self._known()
        facts = {
            "features": list(FEATURES),
            "settings": self.get_params(),
            "margin": fitted.margin,
            "clients": fitted.clients,
            "calibration_clients": fitted.calibration_clients,
        }
        return facts, fitted.trees.text, fitted.restart_trees.text

    @classmethod
    def from_parts(cls, facts: Mapping[str, Any], advantage: str, restart: str) -> HarvestSurrogate:
        """The model that `parts` took apart.

        Raises
        ------
        DamagedStoreError
            If it was written for other features.
        KeyError, TypeError
            If facts are missing or of another kind; whoever reads a file says which.
        """
        if facts.get("features") != list(FEATURES):
            raise DamagedStoreError(
                "A stored harvest model was written for other features.", hint="Train it again with this version."
            )
        model = cls(**facts["settings"])
        counts = int(facts["clients"]), int(facts["calibration_clients"])
        model._fitted = _Fitted(Trees(advantage), Trees(restart), float(facts["margin"]), *counts)
        return model

    def to_text(self) -> str:
        """The fitted model as one text: a JSON line with settings and checksum, then the boosters."""
        facts, advantage, restart = self.parts()
        body = advantage + "\n" + restart
        sums = {"first": len(advantage), "sha256": hashlib.sha256(body.encode()).hexdigest()}
        return json.dumps({"kind": "harvest surrogate", **facts, **sums}, sort_keys=True) + "\n" + body

    @classmethod
    def from_text(cls, text: str) -> HarvestSurrogate:
        """The model that `to_text` wrote.

        Raises
        ------
        DamagedStoreError
            If the text is not what was written, or was written for other features.
        """
        line, _, body = text.partition("\n")
        try:
            head = cast(dict[str, Any], json.loads(line))
        except json.JSONDecodeError as e:
            raise DamagedStoreError("This is no stored harvest model.", hint="Train it again.") from e
        if head.get("sha256") != hashlib.sha256(body.encode()).hexdigest():
            raise DamagedStoreError(
                "A stored harvest model is not what was written: its checksum differs.",
                hint="Take it from where it was written, or train it again.",
            )
        first = int(head["first"])
        return cls.from_parts(head, body[:first], body[first + 1 :])

    def _known(self) -> _Fitted:
        if self._fitted is None:
            raise InputError("This harvest model is not trained.", hint="Call fit, or load one with from_text.")
        return self._fitted

    def _predict(self, name: str, trees: Trees, columns: FloatArray) -> FloatArray:
        if name not in self._boosters:
            self._boosters[name] = trees.booster()
        return np.asarray(self._boosters[name].predict(columns, num_threads=1), dtype=np.float64)

    def _train(
        self,
        columns: FloatArray,
        target: FloatArray,
        weight: FloatArray | None,
        rounds: int,
        told: Callable[[int, int], None] | None,
        cancel: Callable[[], bool] | None,
    ) -> Trees:
        import lightgbm

        def after_each(state: Any) -> None:  # noqa: ANN401 - LightGBM's callback environment
            if cancel is not None and cancel():
                raise UnfinishedError("Training was cancelled.", hint="Nothing was kept; train again to start over.")
            if told is not None:
                told(state.iteration + 1, rounds)

        settings = {
            "objective": "regression",
            "num_leaves": self.leaves,
            "learning_rate": 0.05,
            "min_data_in_leaf": 40,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "seed": self.seed,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(columns, target, weight=weight, free_raw_data=False)
        booster = lightgbm.train(settings, data, num_boost_round=rounds, callbacks=[after_each])
        return Trees(booster.model_to_string())


def surrogate_rule(model: HarvestSurrogate, case: Case, grid: Grid, *, gated: bool = True) -> Rule:
    """The model as a rule that the program can value.

    With less time left than any sampled client had, the program itself decides, as `SurrogateHarvestModel` has it: a
    harvest shortly before the horizon defers little tax, so that small errors there cost more than it is worth.
    Before that, decisions are refreshed for every half-year to the horizon; beyond a loss of half of the basis they are
    those at half.

    Parameters
    ----------
    model : HarvestSurrogate
        Fitted.
    case : Case
        Client and name.
    grid : Grid
        The program's grid.
    gated : bool
        With the conformal margin, or on the middle prediction alone.
    """
    z = grid.z()
    near = np.flatnonzero((z > 1e-9) & (z < 0.7))
    thumb = loss_beyond(volatility_threshold(case.market.volatility_per_year))
    known: dict[int, NDArray[np.bool_]] = {}
    step_years = model.step_days / YEAR_DAYS
    exact = _last_years(model.step_days, case, grid)

    def rule(loss: FloatArray, age_days: FloatArray, years_left: float) -> NDArray[np.bool_]:
        if (steps := round(years_left / step_years)) in exact:
            return exact[steps]
        half_years = max(round(2 * years_left), 1)
        if half_years not in known:
            columns = features(case, loss[:, near], age_days, half_years / 2)
            otherwise = thumb(loss[:, near], age_days, years_left).ravel()
            says = model.acts(columns, otherwise) if gated else model.predict(columns) > 0
            out = np.zeros((len(age_days), loss.shape[1]), dtype=np.bool_)
            out[:, near] = says.reshape(len(age_days), len(near))
            out[:, near[-1] + 1 :] = out[:, near[-1:]]
            known[half_years] = out
        return known[half_years]

    return rule


def _last_years(step_days: int, case: Case, grid: Grid) -> dict[int, NDArray[np.bool_]]:
    """Where the program harvests when less time is left than any sampled client had, by the reviews still to come."""
    step_years = step_days / YEAR_DAYS
    shortest = BOX["horizon_years"][0]
    ahead = range(1, max(round(shortest / step_years), 1) + 1)
    client = replace(case.profile, horizon_years=shortest)
    last = solve(client, case.market, step_days=step_days, grid=grid, years_left=[step_years * k for k in ahead])
    return {round(each.years_left / step_years): each.acts for each in last.snapshots}


def _scale(columns: FloatArray) -> FloatArray:
    """How hard a state is: the cost and the rate's share of a review's move, per dollar."""
    cost = columns[:, FEATURES.index("harvest_cost")]
    move = columns[:, FEATURES.index("volatility_per_year")] * columns[:, FEATURES.index("use_rate")]
    return np.asarray(cost + 0.02 * move, dtype=np.float64)


def _never_sold(columns: FloatArray) -> FloatArray:
    """Value of a new lot that is never harvested: minus the present value of its tax at the horizon."""
    x = {name: columns[:, FEATURES.index(name)] for name in FEATURES}
    rate = np.where(x["years_left"] < 1.0, x["short_exit_rate"], x["long_exit_rate"]) * (1.0 - x["step_up_share"])
    growth = np.exp(x["drift_per_year"] * x["years_left"]) - 1.0
    return np.asarray(-rate * growth * np.exp(-x["discount_per_year"] * x["years_left"]), dtype=np.float64)
