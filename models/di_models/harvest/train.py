"""``python -m di_models.harvest.train RECIPE --out FOLDER``: train a harvest surrogate by a recipe, with its card.

Clients are sampled, the exact program labels them, the surrogate learns, and clients it has not seen say what it costs
to follow it instead of the program. Limits: one review interval a model; a minute or two on one processor.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import DiAdvisorError, InputError
from di_models.console import each_stage_once, say
from di_models.harvest.card import card_facts, card_markdown, measured
from di_models.harvest.profiles import label, sample_cases
from di_models.harvest.registry import save_harvest_model
from di_models.harvest.surrogate import HarvestSurrogate

__all__ = ["HarvestRecipe", "TrainedSurrogate", "main", "read_harvest_recipe", "train_surrogate"]

_UNSEEN = 1_000_003
"""Between the seeds of clients that are trained on and of those that are not."""


@dataclass(frozen=True, slots=True)
class HarvestRecipe:
    """How to make a surrogate again.

    Attributes
    ----------
    volatilities : str
        "sample", or a CSV or Parquet file with a column ``volatility_per_year``, relative to the recipe.
    trained_on : date
        Day to write on the card.
    review_days : int
        How often the policy reviews.
    clients, unseen_clients : int
        Sampled clients to train on (a quarter of them for the margin), and others to test on.
    seed, rounds, leaves : int
        Everything random follows from the first; trees, and leaves of each.
    """

    volatilities: str
    trained_on: date
    review_days: int = 7
    clients: int = 400
    unseen_clients: int = 40
    seed: int = 1
    rounds: int = 300
    leaves: int = 31


@dataclass(frozen=True)
class TrainedSurrogate:
    """A surrogate and what its card says."""

    surrogate: HarvestSurrogate
    facts: dict[str, Any]


def read_harvest_recipe(file: Path) -> HarvestRecipe:
    """Recipe from TOML.

    Raises
    ------
    InputError
        If the file is not readable, no TOML, or holds a key that a recipe does not.
    """
    try:
        given: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        recipe = HarvestRecipe(**given)
    except (OSError, ValueError, TypeError) as e:
        raise InputError(
            f"The recipe {file} cannot be used: {e}.",
            hint=f"A recipe is TOML; its keys are {', '.join(HarvestRecipe.__dataclass_fields__)}.",
        ) from e
    if not isinstance(given["volatilities"], str) or type(given["trained_on"]) is not date:
        raise InputError(
            f"The recipe {file} needs volatilities (text) and trained_on (a date).", hint="Such as 2026-06-30."
        )
    return recipe


def train_surrogate(
    recipe: HarvestRecipe,
    volatilities: FloatArray,
    *,
    simulated: bool,
    told: Callable[[float, str], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> TrainedSurrogate:
    """Sample, label, learn, and test on unseen clients.

    Parameters
    ----------
    recipe : HarvestRecipe
        What to do.
    volatilities : ndarray of shape (n,)
        Of the names of a market, as fractions a year.
    simulated : bool
        Whether those names are invented.
    told : callable, optional
        Told the share of the present stage that is done, and the stage.
    cancel : callable, optional
        Asked after each tree.

    Raises
    ------
    UnfinishedError
        If it was cancelled.
    """

    def heard(stage: str) -> Callable[[int, int], None]:
        return lambda done, of: None if told is None else told(done / of, stage)

    cases = sample_cases(recipe.clients, seed=recipe.seed, volatilities=volatilities)
    labels = label(cases, step_days=recipe.review_days, seed=recipe.seed + 1, told=heard("Solving sampled clients"))
    surrogate = HarvestSurrogate(
        step_days=recipe.review_days, rounds=recipe.rounds, leaves=recipe.leaves, seed=recipe.seed
    ).fit(labels, told=heard("Learning"), cancel=cancel)
    unseen = sample_cases(recipe.unseen_clients, seed=recipe.seed + _UNSEEN, volatilities=volatilities)
    table = measured(surrogate, unseen, told=heard("Testing on unseen clients"))
    learned_on = "sampled clients and simulated names" if simulated else "sampled clients and the names of a market"
    about = {
        "trained_on": recipe.trained_on.isoformat(),
        "simulated": simulated,
        "learned_on": learned_on,
        "review_days": recipe.review_days,
        "clients": recipe.clients,
        "seed": recipe.seed,
    }
    return TrainedSurrogate(surrogate, card_facts(surrogate, labels, volatilities, table, about))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, store, and tell the regret; 1 where it fails."""
    parser = argparse.ArgumentParser(prog="python -m di_models.harvest.train", description="Train a harvest surrogate.")
    parser.add_argument("recipe", type=Path, help="TOML file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    asked = parser.parse_args(arguments)
    try:
        recipe = read_harvest_recipe(asked.recipe)
        volatilities = _volatilities(recipe, asked.recipe.parent)
        found = train_surrogate(recipe, volatilities, simulated=recipe.volatilities == "sample", told=each_stage_once())
        fingerprint = save_harvest_model(found.surrogate, found.facts, card_markdown(found.facts), asked.out)
    except DiAdvisorError as e:
        sys.stderr.write(f"{e}\n")
        return 1
    regret = next(row for row in found.facts["unseen"] if row["policy"] == "learned")
    say(f"regret on unseen clients {regret['regret']:.2f} bps a year\nfingerprint {fingerprint}")
    return 0


def _volatilities(recipe: HarvestRecipe, folder: Path) -> FloatArray:
    import pandas as pd

    if recipe.volatilities == "sample":
        from importlib import import_module

        # By name, because a plug-in may run without the sample and never imports it.
        market = import_module("di_advisor.sample").load().market()
        return np.asarray(market.volatility_per_year, dtype=np.float64)
    file = folder / recipe.volatilities
    try:
        frame = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
        found = np.asarray(frame["volatility_per_year"], dtype=np.float64)
    except (OSError, ValueError, KeyError) as e:
        raise InputError(
            f"The volatilities {file} cannot be read: {e}.", hint="Name a file with a column volatility_per_year."
        ) from e
    if not len(found) or not (np.isfinite(found) & (found > 0)).all():
        raise InputError(f"{file} holds volatilities that are none.", hint="Give fractions a year, such as 0.27.")
    return found


if __name__ == "__main__":
    sys.exit(main())
