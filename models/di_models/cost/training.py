"""One training run: fit on all orders, test by walking forward, and write the card.

A run follows from its history, its seed and the day written on its card; a recipe (TOML) names them, so that
a model can be made again. ``python -m di_models.cost.train RECIPE --out FOLDER`` is the same from a shell.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
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

__all__ = ["Recipe", "TrainedCostModel", "read_recipe", "train_cost_model"]


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
    """

    orders: str
    trained_on: date
    seed: int = 0
    blocks: int = 4
    prior: LawPrior = field(default_factory=LawPrior)


def train_cost_model(
    history: TradeHistory,
    *,
    trained_on: date,
    prior: LawPrior | None = None,
    seed: int = 0,
    blocks: int = 4,
    told: Callable[[int, int], None] | None = None,
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
    told : callable, optional
        Told how many steps are done, of how many.
    cancel : callable, optional
        Asked often; True stops with `UnfinishedError`.
    """
    days = len(np.unique(history.day))
    testable = days >= max(FEWEST_DAYS, blocks + 1)
    steps = (blocks if testable else 0) + 1

    def step(done: int, _: int = 0) -> None:
        if told is not None:
            told(done, steps)

    tested = None
    if testable:
        tested = walk_forward(history, prior=prior, blocks=blocks, seed=seed, told=step, cancel=cancel)
    model = LearnedCostModel(prior, seed=seed).fit(history, cancel=cancel)
    card = make_card(model, history, tested, trained_on=trained_on, seed=seed)
    step(steps)
    return TrainedCostModel(model, card, tested)


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
        law = {name: prior.pop(name) for name in ("spread_capture", "impact", "exponent", "crossover") if name in prior}
        return Recipe(**given, prior=LawPrior(CostLaw(**law), **prior))
    except (TypeError, AttributeError) as e:
        raise InputError(
            f"The recipe {path} does not fit: {e}.",
            hint="Its keys are orders, trained_on, seed, blocks, and a table [prior] of constants.",
        ) from e
