"""What several rules share: room below an upper limit, and what a discrete rule leaves to the choices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row

__all__ = ["KeptByChoices", "UpperLimit"]


class UpperLimit(ABC):
    """A rule that keeps its measure below ``upper``, in the measure's own unit."""

    upper: float

    @abstractmethod
    def measure(self, plan: Plan) -> float:
        """The limited quantity."""

    def slack(self, plan: Plan) -> float:
        """Room left."""
        return self.upper - self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM


class KeptByChoices:
    """A discrete rule: no row and no constraint keeps it, the choices of the search do."""

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: the discrete choices keep it."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """None: it is not convex; the reference is given the choices."""
        del symbols
        return []
