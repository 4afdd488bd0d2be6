"""The trained harvest surrogate that comes with the package, and any other by its folder: the entry point ``learned``.

The shipped one was trained by ``models/recipes/harvest_sample.toml`` on sampled clients and on the volatilities of the
sample's invented names, for weekly reviews, and says so in the provenance of every answer. Labels are the exact
program's, so nothing in it is an opinion about markets beyond the program's own (`di_models.harvest.program`).
"""

from __future__ import annotations

import os
from pathlib import Path

from di_models.harvest.model import SurrogateHarvestModel
from di_models.harvest.registry import StoredSurrogate, load_harvest_model

__all__ = ["learned_harvest_model", "shipped_harvest_model"]

_SHIPPED = Path(__file__).resolve().parents[1] / "shipped" / "harvest_sample"


def shipped_harvest_model() -> StoredSurrogate:
    """The shipped surrogate with its card's facts."""
    return load_harvest_model(_SHIPPED)


def learned_harvest_model(
    path: str | os.PathLike[str] | None = None, *, drift_per_year: float = 0.07, harvest_cost: float = 0.001
) -> SurrogateHarvestModel:
    """A trained model from its folder; the shipped one when left out.

    Parameters
    ----------
    path : path, optional
        Folder of the model.
    drift_per_year, harvest_cost : float
        As in `di_models.harvest.ProgramHarvestModel`.

    Raises
    ------
    StoreError
        If there is none, or it is not what was written.
    """
    found = shipped_harvest_model() if path is None else load_harvest_model(path)
    return SurrogateHarvestModel(
        found.surrogate,
        drift_per_year=drift_per_year,
        harvest_cost=harvest_cost,
        learned_on=str(found.facts["learned_on"]),
    )
