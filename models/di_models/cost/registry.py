"""Trained cost models as folders of text: written whole or not at all, checked byte for byte when read.

``model.txt`` (trees, LightGBM's own text; empty where the gate is shut), ``params.json`` (law, gate, levels),
``calibration.json``, ``card.json`` and ``card.md``, and ``manifest.json`` with the SHA-256 of each. Nothing that is
read can run code. The same data and seed give the same bytes: no clock is read, the day of training is an
argument. Limits: checksums beside the files detect damage and careless edits; against someone who rewrites the
manifest too, keep `StoredModel.fingerprint` elsewhere and compare.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError, StoreError
from di_models.cost.card import ModelCard
from di_models.cost.features import Levels
from di_models.cost.intervals import Calibration
from di_models.cost.law import CostLaw, LawFit, LawPrior
from di_models.cost.learned import LearnedCostModel, SizesSeen
from di_models.cost.residual import Gate, Trees

__all__ = ["SCHEMA", "StoredModel", "load_cost_model", "save_cost_model"]

SCHEMA = 1
"""Version of the folder's layout that is written, and the newest that is read."""

_KIND = "di_models learned cost model"
_MANIFEST = "manifest.json"
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
    target = Path(folder)
    if target.exists() and not (target / _MANIFEST).is_file():
        raise StoreError(
            f"{target} exists and holds no model.",
            hint="Name a new folder; nothing was overwritten.",
            folder=str(target),
        )
    files = {
        "model.txt": model.trees_.text if model.trees_ is not None else "",
        "params.json": _json(_params(model)),
        "calibration.json": _json(model.calibration_.as_json()),
        "card.json": _json(card.as_json()),
        "card.md": card.as_markdown(),
    }
    content = {name: text.encode("utf-8") for name, text in files.items()}
    sums = {name: hashlib.sha256(each).hexdigest() for name, each in sorted(content.items())}
    content[_MANIFEST] = _json({"kind": _KIND, "schema": SCHEMA, "sha256": sums}).encode("utf-8")
    try:
        _write_whole(content, target)
    except OSError as e:
        raise StoreError(
            f"The model could not be written to {target}: {e}.", hint="Nothing was half-written.", folder=str(target)
        ) from e
    return hashlib.sha256(content[_MANIFEST]).hexdigest()


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
    try:
        manifest = (source / _MANIFEST).read_bytes()
    except OSError as e:
        raise StoreError(f"There is no cost model in {source}.", hint="Train one, or name its folder.") from e
    stated = _parsed(manifest, source / _MANIFEST)
    schema = stated.get("schema")
    if stated.get("kind") != _KIND or not isinstance(schema, int) or schema < 1:
        raise DamagedStoreError(
            f"{source / _MANIFEST} is no manifest of a cost model.", hint="Train it again, or take a copy."
        )
    if schema > SCHEMA:
        raise NewerSchemaError(
            f"The model in {source} has layout {schema}; this version reads up to {SCHEMA}.",
            hint="Update di_advisor.",
            schema=schema,
        )
    sums = stated.get("sha256")
    if not isinstance(sums, dict) or sorted(sums) != sorted(_FILES):
        raise DamagedStoreError(
            f"{source / _MANIFEST} does not name the files of a cost model.", hint="Train it again, or take a copy."
        )
    content = {name: _checked(source / name, sums[name]) for name in _FILES}
    params, calibration = (_parsed(content[name], source / name) for name in ("params.json", "calibration.json"))
    card = ModelCard(_parsed(content["card.json"], source / "card.json"))
    try:
        model = _model(params, calibration, content["model.txt"].decode("utf-8"))
    except (KeyError, TypeError, ValueError) as e:
        raise DamagedStoreError(
            f"{source} holds figures that are no cost model: {e!r}.", hint="Train it again, or take a copy."
        ) from e
    return StoredModel(model, card, hashlib.sha256(manifest).hexdigest())


def _params(model: LearnedCostModel) -> dict[str, Any]:
    return {
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
    model = LearnedCostModel(None if prior is None else _prior(prior), trees=params["trees"], seed=params["seed"])
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


def _checked(file: Path, expected: object) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as e:
        raise DamagedStoreError(f"{file} is missing.", hint="Train it again, or take a copy.") from e
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DamagedStoreError(
            f"{file} is not what was written: its checksum is {found[:12]}, not {str(expected)[:12]}.",
            hint="Do not use it; train it again, or take a copy.",
            file=str(file),
        )
    return content


def _parsed(content: bytes, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as e:
        raise DamagedStoreError(f"{file} is no JSON: {e}.", hint="Train it again, or take a copy.") from e
    if not isinstance(found, dict):
        raise DamagedStoreError(f"{file} holds no object.", hint="Train it again, or take a copy.")
    return found


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def _finite_or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _write_whole(content: Mapping[str, bytes], target: Path) -> None:
    """All files into a new folder beside the target, flushed, and then one rename."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, each in content.items():
            with (fresh / name).open("wb") as out:
                out.write(each)
                out.flush()
                os.fsync(out.fileno())
        fresh.chmod(0o755)
        if target.exists():
            old = fresh.with_name(fresh.name + "-old")
            target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
