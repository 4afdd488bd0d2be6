"""What a predicted trading cost is made of, and how far one trade's cost may lie from it.

Problem: "this costs 7 bps" cannot be checked by anybody. Decision: a prediction carries its parts, which add
up to it, and the interval of a *trade's* cost where the model has one. Limits: the interval is of one order,
wide by nature; how well the mean is known is another, narrower question.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.errors import InputError

__all__ = ["CostPart", "CostPrediction"]

_ADDS_UP_BPS = 1e-6


@dataclass(frozen=True, slots=True)
class CostPart:
    """One part of a predicted cost: a name with its figures, and what it adds, bps."""

    name: str
    cost_bps: float


@dataclass(frozen=True, slots=True)
class CostPrediction:
    """The predicted average cost of one order.

    Attributes
    ----------
    cost_bps : float
        Of the order's value.
    parts : tuple of CostPart
        They add up to ``cost_bps``.
    interval_bps : tuple of two floats, or None
        What a trade's cost lies between, with probability ``coverage``; None where the model has no interval.
    coverage : float
        A fraction.
    provenance : str
        Which model, what it rests on.

    Raises
    ------
    InputError
        If the parts do not add up to the prediction.
    """

    cost_bps: float
    parts: tuple[CostPart, ...]
    interval_bps: tuple[float, float] | None = None
    coverage: float = 0.9
    provenance: str = ""

    def __post_init__(self) -> None:
        total = sum(p.cost_bps for p in self.parts)
        if not abs(total - self.cost_bps) <= _ADDS_UP_BPS * max(1.0, abs(self.cost_bps)):
            raise InputError(
                f"The parts of a predicted cost add up to {total} bps, and it is {self.cost_bps} bps.",
                hint="Name what is left as a part of its own.",
            )
