"""The trained model that comes with the package, and any other by its folder: the entry point ``learned``.

The shipped one was trained on the sample's simulated orders by ``models/recipes/cost_sample.toml``, and says so
in the provenance of every curve. It shows how a trained model behaves; it knows nothing about anybody's costs.
"""

from __future__ import annotations

import os
from pathlib import Path

from di_advisor.errors import DamagedStoreError
from di_models.cost.learned import LearnedCostModel
from di_models.cost.registry import StoredModel, load_cost_model

__all__ = ["learned_cost_model", "shipped_cost_model"]

_SHIPPED = Path(__file__).resolve().parents[1] / "shipped" / "cost_sample"


def shipped_cost_model() -> StoredModel:
    """The shipped model with its card: trained on simulated orders."""
    return load_cost_model(_SHIPPED)


def learned_cost_model(path: str | os.PathLike[str] | None = None, *, fingerprint: str = "") -> LearnedCostModel:
    """A trained model from its folder; the shipped one, which is simulated, when left out.

    Parameters
    ----------
    path : path, optional
        Folder of the model.
    fingerprint : str
        First digits of the fingerprint that it must have: who asks for these bytes gets no others.

    Raises
    ------
    StoreError
        If there is none, or it is not what was written, or not what was asked for.
    """
    found = shipped_cost_model() if path is None else load_cost_model(path)
    if not found.fingerprint.startswith(fingerprint):
        raise DamagedStoreError(
            f"The model in {path} has the fingerprint {found.fingerprint[:12]}, asked for was {fingerprint}.",
            hint="Somebody put another model there: choose one anew, or take a copy of the right one.",
        )
    return found.model
