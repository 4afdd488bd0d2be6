"""A trained model of rebalancing value as a folder of text: LightGBM's own text, JSON, a card, and checksums of all.

As for cost models (`di_models.folders`): nothing that is read can run code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from di_models.folders import figures_read, json_text, parsed_json, read_folder, write_folder
from di_models.rebalance.learner import RebalanceLearner
from di_models.rebalance.model import LearnedRebalanceValue

__all__ = ["SCHEMA", "learned_rebalance_value", "load_rebalance_value", "save_rebalance_value"]

SCHEMA = 1
"""Version of the folder's layout that is written, and the newest that is read."""

_KIND = "di_models rebalancing value"
_FILES = ("card.json", "card.md", "params.json", "trees.txt")
_SHIPPED = Path(__file__).resolve().parents[1] / "shipped" / "rebalance_sample"


def save_rebalance_value(
    learner: RebalanceLearner, facts: Mapping[str, Any], card: str, folder: str | os.PathLike[str]
) -> str:
    """Write a fitted learner with its card's facts and text, and return the fingerprint.

    Raises
    ------
    InputError
        If it is not trained.
    StoreError
        If the folder holds something else than a model, or cannot be written.
    """
    params, trees = learner.parts()
    files = {"trees.txt": trees, "params.json": json_text(params), "card.json": json_text(facts), "card.md": card}
    return write_folder(files, folder, kind=_KIND, schema=SCHEMA)


def load_rebalance_value(folder: str | os.PathLike[str]) -> tuple[RebalanceLearner, Mapping[str, Any], str]:
    """Read a learner, its card's facts and its fingerprint, after every checksum was found right.

    Raises
    ------
    StoreError
        If there is none.
    DamagedStoreError
        If a file is missing or not what was written.
    NewerSchemaError
        If a newer version wrote it.
    """
    source = Path(folder)
    content, fingerprint = read_folder(source, _FILES, kind=_KIND, what="model of rebalancing value", schema=SCHEMA)
    facts = parsed_json(content["card.json"], source / "card.json")
    params = parsed_json(content["params.json"], source / "params.json")
    with figures_read(source, "model of rebalancing value"):
        learner = RebalanceLearner.from_parts(params, content["trees.txt"].decode("utf-8"))
        _ = int(facts["wait_sessions"]), str(facts["learned_on"]), str(facts["trained_on"])
    return learner, facts, fingerprint


def learned_rebalance_value(path: str | os.PathLike[str] | None = None) -> LearnedRebalanceValue:
    """A trained model from its folder; the shipped one, trained on simulated accounts, when left out.

    Raises
    ------
    StoreError
        If there is none, or it is not what was written.
    """
    return LearnedRebalanceValue(*load_rebalance_value(_SHIPPED if path is None else path))
