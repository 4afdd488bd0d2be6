"""One training run: fit on all orders, test by walking forward, and write the card.

A run follows from its history, its seed and the day written on its card; a recipe (TOML) names them, so that
a model can be made again. ``python -m di_models.cost.train RECIPE --out FOLDER`` is the same from a shell.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_models.cost.card import ModelCard, make_card
from di_models.cost.law import CostLaw, LawPrior
from di_models.cost.learned import LearnedCostModel
from di_models.cost.validation import FEWEST_DAYS, OutOfSample, walk_forward

__all__ = ["Recipe", "TrainedCostModel", "law_prior", "read_recipe", "train_cost_model"]

_LAW = ("spread_capture", "impact", "exponent", "crossover")


@dataclass(frozen=True)
class TrainedCostModel:
    """A model, its card, and the predictions that the card's scores rest on (None where there were too few days)."""

    model: LearnedCostModel
    card: ModelCard
    tested: OutOfSample | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a model again.

    Attributes
    ----------
    orders : str
        "sample", or a Parquet or CSV file with the columns of `TradeHistory`, relative to the recipe.
    trained_on : date
        Day to write on the card.
    seed, blocks : int
        Of the trees, and of walking forward.
    prior : LawPrior
        What the law is held to.
    patience : int or None
        Trees without a better error on the last training days after which growing stops; None grows a fixed number.
    """

    orders: str
    trained_on: date
    seed: int = 0
    blocks: int = 4
    prior: LawPrior = field(default_factory=LawPrior)
    patience: int | None = None


def train_cost_model(  # noqa: PLR0913 - the parts of a recipe, all keyword-only
    history: TradeHistory,
    *,
    trained_on: date,
    prior: LawPrior | None = None,
    seed: int = 0,
    blocks: int = 4,
    patience: int | None = None,
    told: Callable[[float, str], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> TrainedCostModel:
    """Train, test and describe a cost model.

    Parameters
    ----------
    history : TradeHistory
        Parent orders.
    trained_on : date
        Day to write on the card: no clock is read.
    prior : LawPrior, optional
        Published constants when left out.
    seed : int
        Everything random follows from it.
    blocks : int
        Blocks of days that are predicted by what came before them.
    patience : int, optional
        For stopping early, as of `LearnedCostModel`.
    told : callable, optional
        Told after each tree the share that is done, and what is at work: "Testing block 2 of 4"; at the end, where
        it was to stop early, at how many trees it did.
    cancel : callable, optional
        Asked often; True stops with `UnfinishedError`.
    """
    days = len(np.unique(history.day))
    testable = days >= max(FEWEST_DAYS, blocks + 1)
    steps = (blocks if testable else 0) + 1

    def walked(done: float, of: int) -> None:
        if told is not None:
            told(done / steps, f"Testing block {min(int(done) + 1, of)} of {of}")

    def fitted(done: int, of: int) -> None:
        if told is not None:
            told((steps - 1 + done / of) / steps, f"Training on all {len(history):,} orders")

    tested = None
    if testable:
        tested = walk_forward(
            history, prior=prior, blocks=blocks, seed=seed, patience=patience, told=walked, cancel=cancel
        )
    model = LearnedCostModel(prior, seed=seed, patience=patience).fit(history, told=fitted, cancel=cancel)
    if told is not None and model.stopping_ is not None:
        told(1.0, f"Stopped: {model.stopping_.sentence}")
    card = make_card(model, history, tested, trained_on=trained_on, seed=seed)
    return TrainedCostModel(model, card, tested)


def law_prior(constants: Mapping[str, float]) -> LawPrior:
    """Prior from constants by name: of the law, and ``..._sd``; published ones where left out."""
    law = {name: constants[name] for name in _LAW if name in constants}
    return LawPrior(CostLaw(**law), **{name: value for name, value in constants.items() if name not in _LAW})


def read_recipe(file: str | os.PathLike[str]) -> Recipe:
    """Recipe from TOML.

    Raises
    ------
    InputError
        If the file is not readable, no TOML, or holds a key or value that a recipe does not.
    """
    path = Path(file)
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(f"The recipe {path} cannot be read: {e}.", hint="A recipe is a TOML file.") from e
    prior = given.pop("prior", {})
    if not isinstance(given.get("orders"), str) or type(given.get("trained_on")) is not date:
        raise InputError(
            f"The recipe {path} needs orders (text) and trained_on (a date).", hint="Such as trained_on = 2026-06-30."
        )
    try:
        return Recipe(**given, prior=law_prior(prior))
    except (TypeError, AttributeError) as e:
        raise InputError(
            f"The recipe {path} does not fit: {e}.",
            hint="Its keys are orders, trained_on, seed, blocks, patience, and a table [prior] of constants.",
        ) from e
