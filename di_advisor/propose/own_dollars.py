"""Dollars of a user's own terms among the trades, with what quadrature leaves over as a line of its own.

A term shares its change along the straight line from nothing to the plan. Where the shares do not add
up to the change (kinks of a convex function that quadrature does not see), the trades keep what was
reckoned for them and the remainder stands beside them, so that all of it adds up to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from di_advisor.domain.amounts import cents_that_add_up, to_decimal
from di_advisor.formulate.problem import Problem

__all__ = ["REMAINDER", "own_notes", "shared_cents"]

REMAINDER = "{}, not shared out"
"""Name of the line that holds a remainder, with the term's name."""

_CENTS = 2
_ROUND_OFF_USD = 0.005


def shared_cents(parts_usd: Sequence[float], change_usd: float) -> tuple[list[Decimal], Decimal]:
    """Shares in cents, and what they leave over of the change; nothing where that is less than half a cent."""
    left_over = change_usd - sum(parts_usd)
    if not len(parts_usd):
        return [], to_decimal(change_usd, _CENTS)
    if abs(left_over) < _ROUND_OFF_USD:
        return cents_that_add_up(parts_usd, change_usd), Decimal("0.00")
    cents = cents_that_add_up(parts_usd)
    return cents, to_decimal(change_usd, _CENTS) - sum(cents, Decimal(0))


def own_notes(problem: Problem, left_over: dict[str, Decimal]) -> tuple[str, ...]:
    """What a reader must know of own terms and rules that only a cone solver understands."""
    notes = [
        f"The dollars of '{term.name}', your own term, are shared among the trades by quadrature along the line from "
        f"no trade to the plan; ${left_over.get(term.name, Decimal('0.00')):,} of it is left unshared."
        for term in problem.opaque_terms
    ]
    if problem.is_opaque:
        notes.append(
            f"Solved by cvxpy and Clarabel, since these of your own are not affine: {', '.join(problem.opaque_names)}. "
            "Shadow prices are not reckoned then; ask what_if instead."
        )
    return tuple(notes)
