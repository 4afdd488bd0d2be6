"""What a training of a cost model is asked with and answers, and what watching one finds: plain frozen values.

Problem: the app and the command line show cards of models that live in a plug-in, and choose among them by a
rule. Decision: a card is a mapping of plain facts, as the plug-in stored it, with the fingerprint of the files it
describes; the id of a stored model holds the beginning of that fingerprint, so that a saved run names these bytes
and no others. Limits: the keys that are shown are those of `CARD_KEYS`; others are kept and not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

__all__ = ["CARD_KEYS", "CostModelCard", "CostTraining", "WatchedCosts", "WatchedMonth", "fingerprint_of_id"]

CARD_KEYS: Final = (
    "title",
    "trained_on",
    "seed",
    "simulated",
    "data",
    "law",
    "gate",
    "sizes",
    "walk_forward",
    "promotion",
    "power",
    "effects",
    "limits",
    "versions",
)
"""What a card says; the plug-in's own description of each stands in ``models/README.md``."""

_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}-([0-9a-f]{12})")
_DIGITS: Final = 12


@dataclass(frozen=True)
class CostTraining:
    """How a cost model is to be trained.

    Attributes
    ----------
    trained_on : date
        Day to write on the card: no clock is read.
    seed, blocks : int
        Everything random follows from the first; blocks of days that are predicted by what came before them.
    prior : Mapping of str to float
        Constants that the law is held to, by name; published ones where left out.
    patience : int or None
        Trees without a better error on the last training days after which growing stops; None for a fixed number.

    Raises
    ------
    InputError
        If there are no blocks, the seed is negative, or the patience is no number of trees.
    """

    trained_on: date
    seed: int = 0
    blocks: int = 4
    prior: Mapping[str, float] = field(default_factory=dict)
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.patience is not None and self.patience < 1:
            raise InputError(f"The patience is {self.patience} trees.", hint="Give at least 1, or leave it out.")
        if self.blocks < 1 or self.seed < 0:
            raise InputError(
                f"The training has {self.blocks} blocks and seed {self.seed}.",
                hint="Give at least one block, and a seed of 0 or more.",
            )
        object.__setattr__(self, "prior", FrozenMap(dict(self.prior)))


@dataclass(frozen=True)
class CostModelCard:
    """A stored cost model, as its training run described it.

    Attributes
    ----------
    fingerprint : str
        SHA-256 over all files of the model, 64 hexadecimal digits.
    facts : Mapping of str to any
        `CARD_KEYS`: numbers, texts, and lists and mappings of such. Rates in bps.

    Raises
    ------
    InputError
        If facts are missing.
    """

    fingerprint: str
    facts: Mapping[str, Any]

    def __post_init__(self) -> None:
        missing = [key for key in CARD_KEYS if key not in self.facts]
        if missing:
            raise InputError(
                f"The card of a cost model lacks {', '.join(missing)}.",
                hint="Train the model again with this version.",
                missing=missing,
            )

    @property
    def model_id(self) -> str:
        """Day of training and the first digits of the fingerprint: names these bytes and no others."""
        return f"{self.facts['trained_on']}-{self.fingerprint[:_DIGITS]}"

    @property
    def promoted(self) -> bool:
        """Whether the model replaces the prior by the rule that was fixed in advance."""
        return bool(self.facts["promotion"]["promoted"])

    @property
    def verdict(self) -> str:
        """The rule's verdict with its figures, in one sentence."""
        return str(self.facts["promotion"]["sentence"])

    @property
    def simulated(self) -> bool:
        """Whether the orders were invented."""
        return bool(self.facts["simulated"])


def fingerprint_of_id(model_id: str) -> str:
    """The digits of the fingerprint that an id of a stored model names; empty where it is no such id."""
    found = _ID.fullmatch(model_id)
    return found.group(1) if found else ""


@dataclass(frozen=True, slots=True)
class WatchedMonth:
    """Orders of a month: dollars predicted and paid, paid over predicted with its 90 % interval, coverage.

    The interval is unbounded where there were too few days for one.
    """

    month: date
    orders: int
    predicted_usd: float
    paid_usd: float
    ratio: float
    low: float
    high: float
    coverage: float


@dataclass(frozen=True)
class WatchedCosts:
    """What the watches of a stored model say of orders that it did not see.

    Attributes
    ----------
    since : date
        First day whose orders were judged.
    orders : int
        How many.
    simulated : bool
        Whether the orders were invented.
    provenance : str
        Of the model.
    months : tuple of WatchedMonth
        In order.
    alarms : tuple of str
        What changed, since when and by how much, a sentence each; empty when nothing did.
    drift : Mapping of str to float
        Stability index of each feature in the last full month against the training; above 0.2 is another draw.
    advice : str
        What the fallback rule leaves in use, and why.
    """

    since: date
    orders: int
    simulated: bool
    provenance: str
    months: tuple[WatchedMonth, ...]
    alarms: tuple[str, ...]
    drift: Mapping[str, float]
    advice: str
