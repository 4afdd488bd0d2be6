"""How often each solver had the last word."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["SolverCounts"]

_FIELDS = {"dual Newton": "dual_newton", "PIQP": "piqp", "Clarabel": "clarabel"}


@dataclass(frozen=True)
class SolverCounts:
    """Convex solves by the solver that answered.

    Attributes
    ----------
    dual_newton : int
        The hot path.
    piqp, clarabel : int
        The fallbacks, in this order.
    """

    dual_newton: int = 0
    piqp: int = 0
    clarabel: int = 0

    @property
    def solves(self) -> int:
        """All of them."""
        return self.dual_newton + self.fallbacks

    @property
    def fallbacks(self) -> int:
        """Those that the hot path did not certify."""
        return self.piqp + self.clarabel

    def plus(self, solver: str) -> SolverCounts:
        """One more, by the solver's name."""
        field = _FIELDS[solver]
        return replace(self, **{field: getattr(self, field) + 1})

    def and_more(self, other: SolverCounts) -> SolverCounts:
        """These and those of another search."""
        return SolverCounts(*(getattr(self, field) + getattr(other, field) for field in _FIELDS.values()))

    def __str__(self) -> str:
        """As in "12 convex solves: 11 by dual Newton, 1 by PIQP"."""
        parts = [f"{getattr(self, field)} by {name}" for name, field in _FIELDS.items() if getattr(self, field)]
        return (
            f"{self.solves} convex solve{'' if self.solves == 1 else 's'}" + (": " if parts else "") + ", ".join(parts)
        )
