"""``python -m di_models.rebalance.train RECIPE --out FOLDER``: train a model of rebalancing value, with its card.

The recipe names a table of rollouts (``python -m benchmarks.rebalance_value rollouts`` makes one from the sample).
Limits: the card's figures are out of fold on that table, so of accounts kept as those in it.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.rebalance_state import FEATURES
from di_advisor.errors import DiAdvisorError, InputError
from di_models.rebalance.card import card_facts, card_markdown
from di_models.rebalance.learner import RebalanceLearner
from di_models.rebalance.registry import save_rebalance_value

__all__ = ["RebalanceRecipe", "RolloutTable", "main", "read_recipe", "read_rollouts", "steadied", "train"]

_LUCK = ("short_loss", "long_loss", "deep_loss", "short_gain", "long_gain", "locked_loss", "tracking_error")


@dataclass(frozen=True, slots=True)
class RebalanceRecipe:
    """How to make a model again.

    Attributes
    ----------
    rollouts : str
        CSV file of rollouts, relative to the recipe.
    learned_on : str
        What the accounts in it are, in words.
    trained_on : date
        Day to write on the card.
    wait_sessions, later_rate, short_rate, long_rate
        As the rollouts were made.
    rounds, leaves, fewest, coverage, seed
        As of `RebalanceLearner`.
    """

    rollouts: str
    learned_on: str
    trained_on: date
    wait_sessions: int
    later_rate: float
    short_rate: float
    long_rate: float
    rounds: int = 150
    leaves: int = 4
    fewest: int = 15
    coverage: float = 0.8
    seed: int = 0


@dataclass(frozen=True)
class RolloutTable:
    """Rollouts as arrays.

    Attributes
    ----------
    columns : ndarray of shape (m, 24)
        Features.
    label, market : ndarray of shape (m,)
        Value of acting, and what the market did to the difference (not in the label).
    index_move : ndarray of shape (m,)
        Return of the index while one waited.
    parts : dict of str to ndarray
        Tax, cost and risk, whose sum is the label.
    cluster : ndarray of str, shape (m,)
        Month of the day: invented worlds share their calendar of calm and crisis, so a month is one draw in all.
    """

    columns: FloatArray
    label: FloatArray
    market: FloatArray
    index_move: FloatArray
    parts: dict[str, FloatArray]
    cluster: NDArray[Any]


def read_recipe(file: Path) -> RebalanceRecipe:
    """Recipe from TOML.

    Raises
    ------
    InputError
        If the file is not readable, no TOML, or holds a key that a recipe does not.
    """
    try:
        return RebalanceRecipe(**tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as e:
        raise InputError(
            f"The recipe {file} cannot be used: {e}.",
            hint=f"A recipe is TOML; its keys are {', '.join(RebalanceRecipe.__dataclass_fields__)}.",
        ) from e


def read_rollouts(file: Path) -> RolloutTable:
    """Table of rollouts from CSV.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column, or a figure is not finite.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(file)
        columns = frame[list(FEATURES)].to_numpy(dtype=np.float64)
        parts = {name: frame[name].to_numpy(dtype=np.float64) for name in ("tax", "cost", "risk")}
        label, market, move = (frame[k].to_numpy(dtype=np.float64) for k in ("label", "market", "index_move"))
        cluster = frame["day"].str.slice(0, 7).to_numpy(dtype=np.str_)
    except (OSError, ValueError, KeyError, AttributeError) as e:
        raise InputError(f"The rollouts {file} cannot be read: {e}.", hint="Make them with rollouts_frame.") from e
    if not (np.isfinite(columns).all() and np.isfinite(label).all()):
        raise InputError(f"{file} holds figures that are not finite.", hint="Roll out again.")
    return RolloutTable(columns, label, market, move, parts, cluster)


def train(recipe: RebalanceRecipe, table: RolloutTable) -> tuple[RebalanceLearner, dict[str, Any]]:
    """The model and what its card says."""
    label = steadied(table)
    learner = RebalanceLearner(
        rounds=recipe.rounds, leaves=recipe.leaves, fewest=recipe.fewest, coverage=recipe.coverage, seed=recipe.seed
    ).fit(table.columns, label, table.cluster)
    about = {
        "learned_on": recipe.learned_on,
        "trained_on": recipe.trained_on.isoformat(),
        "wait_sessions": recipe.wait_sessions,
        "later_rate": recipe.later_rate,
        "short_rate": recipe.short_rate,
        "long_rate": recipe.long_rate,
        "seed": recipe.seed,
        "luck_taken_out": round(1.0 - float(label.var() / table.label.var()), 4),
    }
    unsteadied = table.label + table.market
    return learner, card_facts(learner, table.columns, label, unsteadied, table.parts, table.cluster, about)


def steadied(table: RolloutTable) -> FloatArray:
    """Labels less what the index's move explains of them: a control variate, whose mean is zero, shape (m,).

    While one waits, losses grow where the index falls and vanish where it rises; what the move less its mean
    explains, by the amounts of losses and gains on the day, is luck. The fit is by least squares with a small ridge.
    """
    amounts = table.columns[:, [FEATURES.index(name) for name in _LUCK]]
    luck = (table.index_move - table.index_move.mean())[:, None]
    x = luck * np.column_stack([np.ones(len(amounts)), amounts])
    z = x / (np.sqrt((x * x).mean(axis=0)) + 1e-12)
    slope = np.linalg.solve(z.T @ z + np.eye(z.shape[1]), z.T @ (table.label - table.label.mean()))
    return np.asarray(table.label - z @ slope, dtype=np.float64)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, store, and tell the skill; 1 where it fails."""
    parser = argparse.ArgumentParser(
        prog="python -m di_models.rebalance.train", description="Train a model of rebalancing value."
    )
    parser.add_argument("recipe", type=Path, help="TOML file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    asked = parser.parse_args(arguments)
    try:
        recipe = read_recipe(asked.recipe)
        table = read_rollouts(asked.recipe.parent / recipe.rollouts)
        learner, facts = train(recipe, table)
        card = card_markdown(facts)
        fingerprint = save_rebalance_value(learner, facts, card, asked.out)
    except DiAdvisorError as e:
        sys.stderr.write(f"{e}\n")
        return 1
    sys.stdout.write(f"{card}\nfingerprint {fingerprint}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
