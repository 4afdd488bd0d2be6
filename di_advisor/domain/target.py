"""Target: which weights the account should track, now and after announced changes.

A target is made of components (an index and the fraction of the account that tracks it), and each
index has a path: weights from their effective dates on, so that an announced change is known
before it takes effect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IndexWeights", "Target", "TargetComponent"]

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
        Share of the account, in (0, 1].
    path : tuple of IndexWeights
        By effective date, at least one.
    """

    index: str
    fraction: float
    path: tuple[IndexWeights, ...]

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InputError(f"Component {self.index} has the fraction {self.fraction}.", hint="Use one in (0, 1].")
        if not self.path:
            raise InputError(f"Component {self.index} has no weights.", hint="Give at least one dated set.")
        object.__setattr__(self, "path", tuple(sorted(self.path, key=lambda w: w.effective)))

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
    """

    components: tuple[TargetComponent, ...]

    def __post_init__(self) -> None:
        total = math.fsum(c.fraction for c in self.components)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise InputError(
                f"The target's components sum to {total:.6f} of the account, not 1.",
                hint="Adjust the fractions, or add the missing component.",
            )

    def __repr__(self) -> str:
        parts = ", ".join(f"{c.fraction:g} {c.index} ({len(c.path)} dated sets of weights)" for c in self.components)
        return f"Target({parts})"

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
        for c in self.components:
            for k, w in c.on(day).weights.items():
                total[k] = total.get(k, 0.0) + c.fraction * w
        return total

    def to_frame(self) -> pd.DataFrame:
        """One row a component, effective date and security."""
        import pandas as pd

        rows = [
            (c.index, c.fraction, w.effective, k, v)
            for c in self.components
            for w in c.path
            for k, v in w.weights.items()
        ]
        return pd.DataFrame(rows, columns=["index", "fraction", "effective", "security_id", "weight"])
