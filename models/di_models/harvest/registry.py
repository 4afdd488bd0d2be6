"""A trained harvest surrogate as a folder of text: LightGBM's own text, JSON, a card, and checksums of all.

``advantage.txt`` and ``restart.txt`` (the two boosters), ``params.json`` (settings, margin, features), ``card.json``,
``card.md`` and ``manifest.json``. As for cost models (`di_models.folders`): nothing that is read can run code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from di_models.folders import figures_read, json_text, parsed_json, read_folder, write_folder
from di_models.harvest.surrogate import HarvestSurrogate

__all__ = ["SCHEMA", "StoredSurrogate", "load_harvest_model", "save_harvest_model"]

SCHEMA = 1
"""Version of the folder's layout that is written, and the newest that is read."""

_KIND = "di_models harvest surrogate"
_FILES = ("advantage.txt", "card.json", "card.md", "params.json", "restart.txt")


@dataclass(frozen=True)
class StoredSurrogate:
    """What a folder holds: the surrogate, what its training said of it, and SHA-256 over everything."""

    surrogate: HarvestSurrogate
    facts: Mapping[str, Any]
    fingerprint: str


def save_harvest_model(
    surrogate: HarvestSurrogate, facts: Mapping[str, Any], card: str, folder: str | os.PathLike[str]
) -> str:
    """Write a fitted surrogate with its card's facts and text, and return the fingerprint.

    Raises
    ------
    InputError
        If it is not trained.
    StoreError
        If the folder holds something else than a model, or cannot be written.
    """
    params, advantage, restart = surrogate.parts()
    files = {
        "advantage.txt": advantage,
        "restart.txt": restart,
        "params.json": json_text(params),
        "card.json": json_text(facts),
        "card.md": card,
    }
    return write_folder(files, folder, kind=_KIND, schema=SCHEMA)


def load_harvest_model(folder: str | os.PathLike[str]) -> StoredSurrogate:
    """Read a surrogate, after every checksum was found right.

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
    content, fingerprint = read_folder(source, _FILES, kind=_KIND, what="harvest model", schema=SCHEMA)
    texts = (content[name].decode("utf-8") for name in ("advantage.txt", "restart.txt"))
    with figures_read(source, "harvest model"):
        surrogate = HarvestSurrogate.from_parts(parsed_json(content["params.json"], source / "params.json"), *texts)
    return StoredSurrogate(surrogate, parsed_json(content["card.json"], source / "card.json"), fingerprint)
