"""Exclusions: which names leave, by whose evidence, and how fast.

Problem: "no tobacco" is a threshold on revenue, a list, or a classification that stands in for
either, and the client asks why a name is gone. Decision: a screen names its ids, its labels or its
conditions with their operators ("or more" is >=), its evidence and its source, and the threshold is
always the user's. Names with large gains may leave along a dated glide path: never bought, and at
most a falling fraction of the weight they started with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray
from di_advisor.domain.wish_checks import check_fraction, choice_of, ids_of
from di_advisor.errors import InputError

__all__ = ["Condition", "Exclusion", "GlidePath", "Operator", "Unknown"]


class Operator(StrEnum):
    """How a figure is compared with a threshold."""

    AT_LEAST = ">="
    MORE_THAN = ">"
    AT_MOST = "<="
    LESS_THAN = "<"


class Unknown(StrEnum):
    """What a screen does with a name of which it cannot tell: unknown involvement is not a clean one."""

    LENIENT = "lenient"
    """It stays, and is listed with its weight."""
    STRICT = "strict"
    """It leaves, with a reason line that says so."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A measure against a threshold.

    Attributes
    ----------
    measure : str
        Name of the measure in the market signals.
    threshold : float
        In the measure's unit; shares of revenue are fractions.
    operator : Operator
        ``>=`` by default: "1 percent or more".
    """

    measure: str
    threshold: float
    operator: Operator = Operator.AT_LEAST

    def __post_init__(self) -> None:
        object.__setattr__(self, "operator", choice_of(Operator, self.operator, "operator"))
        check_fraction(self.threshold, "threshold", low=-1e12, high=1e12)

    def holds(self, values: FloatArray) -> NDArray[np.bool_]:
        """Where figures meet it, shape (n,); a figure that is not known does not."""
        with np.errstate(invalid="ignore"):
            if self.operator is Operator.AT_LEAST:
                met = values >= self.threshold
            elif self.operator is Operator.MORE_THAN:
                met = values > self.threshold
            elif self.operator is Operator.AT_MOST:
                met = values <= self.threshold
            else:
                met = values < self.threshold
        return np.asarray(met & np.isfinite(values), dtype=np.bool_)

    def __str__(self) -> str:
        return f"{self.measure} {self.operator.value} {self.threshold:g}"


@dataclass(frozen=True)
class GlidePath:
    """How much of the weight that a name started with may be left on each date.

    Attributes
    ----------
    steps : tuple of (date, float)
        From each date on, the largest fraction of the starting weight; before the first, all of it.
    gain_min : float
        Unrealised gain of a position over its value from which it may glide; others leave at once.
    start_weight : Mapping of str to float
        Weight at the start of the path, by security id; the weight held today where it is not given.
    """

    steps: tuple[tuple[date, float], ...]
    gain_min: float = 0.0
    start_weight: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        days, parts = [d for d, _ in self.steps], [p for _, p in self.steps]
        falling = all(a >= b for a, b in pairwise(parts))
        if not self.steps or days != sorted(set(days)) or not falling:
            raise InputError(
                f"The glide path {self.steps} is not a path.", hint="Give dates in order with fractions that fall."
            )
        for part in parts:
            check_fraction(part, "glide path", low=0, high=1)
        check_fraction(self.gain_min, "gain_min", low=-1e9, high=1)
        object.__setattr__(self, "start_weight", FrozenMap(self.start_weight))

    def fraction(self, on: date) -> float:
        """Largest fraction of the starting weight on a date."""
        reached = [part for day, part in self.steps if day <= on]
        return reached[-1] if reached else 1.0


@dataclass(frozen=True)
class Exclusion:
    """One screen: a name leaves if it is listed, labelled, or meets all conditions.

    Attributes
    ----------
    screen : str
        What the client calls it ("tobacco production").
    security_ids : frozenset of str
        Names that leave by list; names outside the universe may be listed.
    labels : frozenset of str
        Industries of `Security.industry` that leave.
    conditions : tuple of Condition
        All of them must hold (power: share of revenue >= 0.5 and intensity > 100). For either of two, make
        two exclusions.
    rule, evidence, source, second_source : str
        What the reason line says: the rule, what shows it, who says so, and who else.
    as_of : date or None
        Day of the evidence.
    proxy : bool
        Whether the evidence only stands in for the business (a classification, not a share of revenue);
        reason lines then say so.
    glide : GlidePath or None
        How names with large gains leave; None: at once, as far as locks allow.
    unknown : Unknown
        What happens to a name whose figure, or whose industry where labels are asked for, is not known.
    """

    screen: str
    security_ids: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    rule: str = ""
    evidence: str = ""
    source: str = ""
    as_of: date | None = None
    second_source: str = ""
    proxy: bool = False
    glide: GlidePath | None = None
    unknown: Unknown = Unknown.LENIENT

    def __post_init__(self) -> None:
        object.__setattr__(self, "unknown", choice_of(Unknown, self.unknown, "unknown"))
        if not self.screen:
            raise InputError("An exclusion has no name.", hint="Name the screen: Exclusion('tobacco', ...).")
        object.__setattr__(self, "security_ids", ids_of(self.security_ids, "security_ids"))
        object.__setattr__(self, "labels", ids_of(self.labels, "labels"))
        if not (self.security_ids or self.labels or self.conditions):
            raise InputError(
                f"The exclusion {self.screen} names nothing.", hint="Give security_ids, labels or conditions."
            )

    def says(self, found: str, *, known: bool = True) -> str:
        """The reason behind a name: rule, evidence, source and date.

        Parameters
        ----------
        found : str
            What was found of the name, or what is not known of it.
        known : bool
            False where the name leaves because the screen cannot tell: then the evidence is what is missing.
        """
        rule = self.rule or " and ".join(str(c) for c in self.conditions) or "listed"
        if not known:
            parts = [f"{self.screen}; rule {rule}, strict", f"{found} (unknown is not clean)"]
            return "; ".join([*parts, *([f"source {self.source}"] if self.source else [])])
        evidence = "; ".join(part for part in (self.evidence, found) if part)
        parts = [
            f"{self.screen}; rule {rule}",
            f"evidence {evidence}{' (classification proxy, not revenue share)' if self.proxy else ''}",
            f"source {self.source}" if self.source else "",
            f"as of {self.as_of}" if self.as_of else "",
            f"second source {self.second_source}" if self.second_source else "",
        ]
        return "; ".join(p for p in parts if p)
