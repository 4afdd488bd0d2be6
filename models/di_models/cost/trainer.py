"""What the app and the command line train cost models with: the port `di_advisor.ports.CostTrainer`.

A thin hand between the port's values and this package's: `training` trains, `registry` stores and checks,
`monitoring` and `fallback` watch. Limits: one kind of model, the law with gated trees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.domain.trained_costs import CostModelCard, CostTraining, WatchedCosts, WatchedMonth
from di_advisor.errors import InputError
from di_models.cost.fallback import Level, level_in_use, stepped_down
from di_models.cost.from_sample import history_of_sample
from di_models.cost.law import LawPrior
from di_models.cost.monitoring import MonthOfCosts, monitor, predictions
from di_models.cost.registry import StoredModel, load_cost_model, save_cost_model
from di_models.cost.shipped import shipped_cost_model
from di_models.cost.train import history_of
from di_models.cost.training import Recipe, law_prior, read_recipe, train_cost_model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FolderTrainer", "watched"]


class FolderTrainer:
    """Trains `LearnedCostModel`s into folders."""

    def history(self, orders: pd.DataFrame | Path) -> TradeHistory:
        """Past orders; as the port says.

        Raises
        ------
        InputError
            If the table cannot be read, or has other columns.
        """
        if isinstance(orders, Path):
            return history_of(Recipe(orders.name, trained_on=date.min), orders.parent)
        if "true_cost_bps" in orders.columns:  # only a simulation knows it
            return history_of_sample(orders)
        return TradeHistory.from_frame(orders)

    def recipe(self, file: Path) -> tuple[CostTraining, Path]:
        """How a recipe trains, and the orders that it names.

        Raises
        ------
        InputError
            If it is no recipe.
        """
        found = read_recipe(file)
        prior = _constants(found.prior)
        orders = Path(found.orders)
        return CostTraining(found.trained_on, found.seed, found.blocks, prior, found.patience), (
            orders if found.orders == "sample" else file.parent / orders
        )

    def train(
        self,
        history: TradeHistory,
        training: CostTraining,
        folder: Path,
        *,
        told: Callable[[float, str], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> CostModelCard:
        """Train, test and store; as the port says.

        Raises
        ------
        InputError
            If a constant of the prior is none.
        StoreError
            If the folder cannot be written.
        UnfinishedError
            If it was cancelled.
        """
        try:
            prior = law_prior(training.prior)
        except TypeError as e:
            raise InputError(f"The prior does not fit: {e}.", hint=f"Its constants: {', '.join(_NAMES)}.") from e
        found = train_cost_model(
            history,
            trained_on=training.trained_on,
            prior=prior,
            seed=training.seed,
            blocks=training.blocks,
            patience=training.patience,
            told=told,
            cancel=cancel,
        )
        return CostModelCard(save_cost_model(found.model, found.card, folder), found.card.as_json())

    def card(self, folder: Path | None = None) -> CostModelCard:
        """Card of a stored model, the shipped one without a folder; as the port says."""
        found = _stored(folder)
        return CostModelCard(found.fingerprint, found.card.as_json())

    def watch(self, folder: Path | None, history: TradeHistory, *, since: date, seed: int = 0) -> WatchedCosts:
        """Watch a stored model; as the port says."""
        return watched(_stored(folder), history, since=since, seed=seed)


def watched(stored: StoredModel, history: TradeHistory, *, since: date, seed: int = 0) -> WatchedCosts:
    """What there is to say of a model by orders from a day on.

    Orders before that day are taken as those it was trained on: their features are what later ones are compared
    with, and they are not judged.

    Raises
    ------
    InputError
        If no order is of that day or later.
    """
    model = stored.model
    later = history.day >= np.datetime64(since, "D")
    if not later.any():
        named = history.provenance or "the history"
        raise InputError(
            f"None of {len(history):,} orders of {named} is of {since} or later.",
            hint="Give the first day after the model's training, or newer orders.",
            since=since,
        )
    seen, new = history.take(~later), history.take(later)
    report = monitor(predictions(model, new), trained_on=seen if len(seen) else None, seed=seed)
    law = monitor(predictions(stepped_down(model, Level.LAW), new), seed=seed)
    start = Level.TREES if model.gate_.share > 0 else Level.LAW
    _, advice = level_in_use({Level.TREES: report.months, Level.LAW: law.months}, start)
    return WatchedCosts(
        since=since,
        orders=len(new),
        simulated=new.simulated,
        provenance=model.provenance_,
        months=tuple(map(_month, report.months)),
        alarms=tuple(a.sentence for a in report.alarms),
        drift=dict(report.stability),
        advice=advice,
    )


_NAMES = ("spread_capture", "impact", "exponent", "crossover", "spread_capture_sd", "log_impact_sd", "exponent_sd")


def _constants(prior: LawPrior) -> Mapping[str, float]:
    flat = asdict(prior)
    return {**flat.pop("law"), **flat}


def _month(m: MonthOfCosts) -> WatchedMonth:
    first: date = m.month.astype("datetime64[D]").item()
    ratio = m.paid_over_predicted
    return WatchedMonth(first, m.orders, m.predicted_usd, m.paid_usd, ratio.value, ratio.low, ratio.high, m.coverage)


def _stored(folder: Path | None) -> StoredModel:
    return shipped_cost_model() if folder is None else load_cost_model(folder)
