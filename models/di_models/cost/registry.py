"""Trained cost models as folders of text: written whole or not at all, checked byte for byte when read.

``model.txt`` (trees, LightGBM's own text; empty where the gate is shut), ``params.json`` (law, gate, levels),
``calibration.json``, ``card.json`` and ``card.md``, and ``manifest.json`` with the SHA-256 of each. Nothing that is
read can run code. The same data and seed give the same bytes: no clock is read, the day of training is an
argument. Limits: checksums beside the files detect damage and careless edits; against someone who rewrites the
manifest too, keep `StoredModel.fingerprint` elsewhere and compare.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from di_advisor.errors import InputError
from di_models.cost.card import ModelCard
from di_models.cost.features import Levels
from di_models.cost.intervals import Calibration
from di_models.cost.law import CostLaw, LawFit, LawPrior
from di_models.cost.learned import LearnedCostModel, SizesSeen
from di_models.cost.residual import Gate, Trees
from di_models.cost.stopping import Stopping
from di_models.folders import figures_read, json_text, parsed_json, read_folder, write_folder

__all__ = ["SCHEMA", "StoredModel", "load_cost_model", "save_cost_model"]

SCHEMA = 1
"""Version of the folder's layout that is written, and the newest that is read."""

_KIND = "di_models learned cost model"
_FILES = ("calibration.json", "card.json", "card.md", "model.txt", "params.json")


@dataclass(frozen=True)
class StoredModel:
    """What a folder holds.

    Attributes
    ----------
    model : LearnedCostModel
        As it was when it was saved: predictions are the same to the last bit.
    card : ModelCard
        What its training run said of it.
    fingerprint : str
        SHA-256 of the manifest, and so of everything.
    """

    model: LearnedCostModel
    card: ModelCard
    fingerprint: str


def save_cost_model(model: LearnedCostModel, card: ModelCard, folder: str | os.PathLike[str]) -> str:
    """Write a trained model; one that was there is kept until the new one is whole, then replaced.

    Parameters
    ----------
    model : LearnedCostModel
        Trained.
    card : ModelCard
        Of its training run.
    folder : path
        Where to; its parent must exist.

    Returns
    -------
    str
        The fingerprint.

    Raises
    ------
    InputError
        If the model is not trained.
    StoreError
        If the folder holds something else than a model, or cannot be written.
    """
    if not hasattr(model, "fit_"):
        raise InputError("The cost model is not trained, so there is nothing to save.", hint="Call fit first.")
    files = {
        "model.txt": model.trees_.text if model.trees_ is not None else "",
        "params.json": json_text(_params(model)),
        "calibration.json": json_text(model.calibration_.as_json()),
        "card.json": json_text(card.as_json()),
        "card.md": card.as_markdown(),
    }
    return write_folder(files, folder, kind=_KIND, schema=SCHEMA)


def load_cost_model(folder: str | os.PathLike[str]) -> StoredModel:
    """Read a model, after every checksum was found right.

    Raises
    ------
    StoreError
        If there is no model.
    DamagedStoreError
        If a file is missing or not what was written.
    NewerSchemaError
        If a newer version wrote it.
    """
    source = Path(folder)
    content, fingerprint = read_folder(source, _FILES, kind=_KIND, what="cost model", schema=SCHEMA)
    params, calibration = (parsed_json(content[name], source / name) for name in ("params.json", "calibration.json"))
    card = ModelCard(parsed_json(content["card.json"], source / "card.json"))
    with figures_read(source, "cost model"):
        model = _model(params, calibration, content["model.txt"].decode("utf-8"))
    return StoredModel(model, card, fingerprint)


def _params(model: LearnedCostModel) -> dict[str, Any]:
    stopped = {} if model.stopping_ is None else {"patience": model.patience, "stopping": asdict(model.stopping_)}
    return stopped | {
        "prior": None if model.prior is None else asdict(model.prior),
        "trees": model.trees,
        "seed": model.seed,
        "fit": asdict(model.fit_),
        "gate": asdict(model.gate_) | {"standard_error": _finite_or_none(model.gate_.standard_error)},
        "levels": {name: list(words) for name, words in model.levels_.words.items()},
        "sizes": asdict(model.sizes_),
        "simulated": model.simulated_,
        "provenance": model.provenance_,
    }


def _model(params: Mapping[str, Any], calibration: Mapping[str, Any], text: str) -> LearnedCostModel:
    prior, gate, fit = params["prior"], params["gate"], params["fit"]
    stopped, patience = params.get("stopping"), params.get("patience")
    held_to = None if prior is None else _prior(prior)
    model = LearnedCostModel(held_to, trees=params["trees"], seed=params["seed"], patience=patience)
    model.stopping_ = None if stopped is None else Stopping(**stopped)
    model.fit_ = LawFit(
        CostLaw(**fit["law"]),
        _prior(fit["prior"]),
        tuple(fit["standard_errors"]),
        tuple(fit["prior_share"]),
        fit["orders"],
        fit["prior_scale"],
    )
    error = gate["standard_error"]
    model.gate_ = Gate(gate["share"], gate["slope"], float("inf") if error is None else error)
    model.trees_ = Trees(text) if text else None
    model.levels_ = Levels({name: tuple(words) for name, words in params["levels"].items()})
    model.calibration_ = Calibration.from_json(calibration)
    model.sizes_ = SizesSeen(**params["sizes"])
    model.simulated_, model.provenance_ = params["simulated"], params["provenance"]
    return model


def _prior(stored: Mapping[str, Any]) -> LawPrior:
    return LawPrior(**{**stored, "law": CostLaw(**stored["law"])})


def _finite_or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
