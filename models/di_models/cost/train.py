"""``python -m di_models.cost.train RECIPE --out FOLDER``: train a cost model by a recipe and store it with its card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import DiAdvisorError, InputError, why_unreadable
from di_models.console import each_stage_once, say
from di_models.cost.from_sample import history_of_sample
from di_models.cost.registry import save_cost_model
from di_models.cost.training import Recipe, read_recipe, train_cost_model

__all__ = ["history_of", "main"]


def history_of(recipe: Recipe, folder: Path) -> TradeHistory:
    """Orders that a recipe names, files relative to a folder.

    Raises
    ------
    InputError
        If the file cannot be read, or is no trade history.
    """
    import pandas as pd

    if recipe.orders == "sample":
        from importlib import import_module

        # By name, because a plug-in may run without the sample and never imports it.
        return history_of_sample(import_module("di_advisor.sample").load().orders)
    file = folder / recipe.orders
    try:
        frame = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
    except (OSError, ValueError) as e:
        raise InputError(
            f"The orders {file} cannot be read: {why_unreadable(e)}.", hint='Name a CSV or Parquet file, or "sample".'
        ) from e
    return TradeHistory.from_frame(frame, provenance=file.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, store, and tell the verdict; 1 where it fails."""
    parser = argparse.ArgumentParser(prog="python -m di_models.cost.train", description="Train a cost model.")
    parser.add_argument("recipe", type=Path, help="TOML file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    asked = parser.parse_args(arguments)
    try:
        recipe = read_recipe(asked.recipe)
        history = history_of(recipe, asked.recipe.parent)
        found = train_cost_model(
            history,
            trained_on=recipe.trained_on,
            prior=recipe.prior,
            seed=recipe.seed,
            blocks=recipe.blocks,
            patience=recipe.patience,
            told=each_stage_once(),
        )
        fingerprint = save_cost_model(found.model, found.card, asked.out)
    except DiAdvisorError as e:
        sys.stderr.write(f"{e}\n")
        return 1
    say(f"{found.model.provenance_}\n{found.card.facts['promotion']['sentence']}\nfingerprint {fingerprint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
