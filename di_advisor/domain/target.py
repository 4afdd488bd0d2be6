"""Target: which weights the account should track, now and after announced changes.

A target is made of components (an index and the fraction of the account that tracks it), and each
index has a path: weights from their effective dates on, so that an announced change is known
before it takes effect. Dated allocations change the fractions in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from di_advisor.domain.allocation import Allocation
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Allocation", "IndexWeights", "Target", "TargetComponent"]

_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class IndexWeights:
    """Weights of an index from a date on.

    Attributes
    ----------
    effective : date
        First day on which they hold.
    weights : Mapping of str to float
        Weight by security id; each at least 0, sum 1.

    Raises
    ------
    InputError
        If a weight is negative or not finite, or the sum is not 1 (nothing is renormalised silently).
    """

    effective: date
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        wrong = [k for k, w in self.weights.items() if not math.isfinite(w) or w < 0]
        if wrong:
            raise InputError(
                f"Index weights are negative or not finite for {', '.join(wrong[:5])}.",
                hint="Correct them at the source; an index weight is at least 0.",
                securities=wrong,
            )
        total = math.fsum(self.weights.values())
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise InputError(
                f"Index weights effective {self.effective} sum to {total:.6f}, not 1.",
                hint="Pass weights that sum to 1, or call IndexWeights.rescaled to say that you want them rescaled.",
                total=total,
            )
        object.__setattr__(self, "weights", FrozenMap(self.weights))

    @classmethod
    def rescaled(cls, effective: date, weights: Mapping[str, float]) -> IndexWeights:
        """Weights rescaled to sum 1, on purpose (caps, or a sheet that sums to 99.9 percent)."""
        total = math.fsum(weights.values())
        if not total > 0:
            raise InputError("Index weights sum to zero or less.", hint="Pass at least one positive weight.")
        return cls(effective, {k: w / total for k, w in weights.items()})


@dataclass(frozen=True)
class TargetComponent:
    """An index, the fraction of the account that tracks it, and its path.

    Attributes
    ----------
    index : str
        Name of the index.
    fraction : float
        Share of the account, in [0, 1], until the target's first dated allocation; 0 for an index that a
        later allocation brings in.
    path : tuple of IndexWeights
        By effective date, at least one.

    Raises
    ------
    InputError
        If the fraction is none, or there are no weights, or two different sets for one day.
    """

    index: str
    fraction: float
    path: tuple[IndexWeights, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.fraction <= 1:
            raise InputError(f"Component {self.index} has the fraction {self.fraction}.", hint="Use one in [0, 1].")
        if not self.path:
            raise InputError(f"Component {self.index} has no weights.", hint="Give at least one dated set.")
        path = tuple(sorted(self.path, key=lambda w: w.effective))
        object.__setattr__(self, "path", path)
        for before, after in pairwise(path):
            if before.effective == after.effective and before.weights != after.weights:
                raise InputError(
                    f"Index {self.index} has two sets of weights effective {after.effective}.",
                    hint="Keep the one that holds from that day on.",
                )

    def on(self, day: date) -> IndexWeights:
        """The weights in force on a day.

        Raises
        ------
        InputError
            If the path starts later.
        """
        held = [w for w in self.path if w.effective <= day]
        if not held:
            raise InputError(
                f"Index {self.index} has no weights on {day}; the first are effective {self.path[0].effective}.",
                hint="Load an earlier set, or choose a later date.",
            )
        return held[-1]


@dataclass(frozen=True, repr=False)
class Target:
    """Composite target.

    Attributes
    ----------
    components : tuple of TargetComponent
        Fractions sum to 1.
    allocations : tuple of Allocation
        Dated changes of the fractions, by effective date.

    Raises
    ------
    InputError
        If fractions do not sum to 1, or allocations name an index that is no component, or two hold from one day.
    """

    components: tuple[TargetComponent, ...]
    allocations: tuple[Allocation, ...] = ()

    def __post_init__(self) -> None:
        known = [c.index for c in self.components]
        strangers = sorted({k for a in self.allocations for k in a.fractions} - set(known))
        days = [a.effective for a in self.allocations]
        if strangers or len(set(days)) < len(days) or (days and len(set(known)) < len(known)):
            what = f"names {', '.join(strangers)}, no component" if strangers else "is not one for each day and index"
            raise InputError(
                f"The dated allocation {what}.",
                hint=f"Give one for each day, over these components with distinct names: {', '.join(known)}.",
            )
        object.__setattr__(self, "allocations", tuple(sorted(self.allocations, key=lambda a: a.effective)))
        total = math.fsum(c.fraction for c in self.components)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise InputError(
                f"The target's components sum to {total:.6f} of the account, not 1.",
                hint="Adjust the fractions, or add the missing component.",
            )

    def __repr__(self) -> str:
        parts = ", ".join(f"{c.fraction:g} {c.index} ({len(c.path)} dated sets of weights)" for c in self.components)
        dated = f"; {len(self.allocations)} dated allocations" if self.allocations else ""
        return f"Target({parts}{dated})"

    @classmethod
    def single(cls, index: str, weights: Mapping[str, float], effective: date) -> Target:
        """Target of one index."""
        return cls((TargetComponent(index, 1.0, (IndexWeights(effective, weights),)),))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, index: str = "index", effective: date | None = None) -> Target:
        """From a frame with columns ``security_id`` and ``weight``; see `domain.frames.target_from_frame`."""
        from di_advisor.domain.frames import target_from_frame

        return target_from_frame(frame, index=index, effective=effective)

    def weights_on(self, day: date) -> dict[str, float]:
        """Weight by security id on a day, all components together."""
        total: dict[str, float] = {}
        fractions = self.fractions_on(day)
        for c in self.components:
            if not fractions[c.index]:
                continue
            fraction = fractions[c.index] if self.allocations else c.fraction
            for k, w in c.on(day).weights.items():
                total[k] = total.get(k, 0.0) + fraction * w
        return total

    def fractions_on(self, day: date) -> dict[str, float]:
        """Fraction of the account by index on a day."""
        held = [a for a in self.allocations if a.effective <= day]
        if held:
            return {c.index: held[-1].fractions.get(c.index, 0.0) for c in self.components}
        fractions: dict[str, float] = {}
        for c in self.components:
            fractions[c.index] = fractions.get(c.index, 0.0) + c.fraction
        return fractions

    @property
    def effective_days(self) -> tuple[date, ...]:
        """Days from which new weights or a new allocation hold, ascending."""
        days = {w.effective for c in self.components for w in c.path}
        return tuple(sorted(days | {a.effective for a in self.allocations}))

    def to_frame(self) -> pd.DataFrame:
        """One row a component, effective date and security; dated allocations are not in it."""
        import pandas as pd

        rows = [
            (c.index, c.fraction, w.effective, k, v)
            for c in self.components
            for w in c.path
            for k, v in w.weights.items()
        ]
        return pd.DataFrame(rows, columns=["index", "fraction", "effective", "security_id", "weight"])
