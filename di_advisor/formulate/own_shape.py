"""The shape of an own expression: its values and slopes on a plan, and its coefficients where it is affine.

Slopes are taken in the four leaves that a user may write with and chained by hand to lots sold, names
bought and active weights; factor exposures are folded into the active weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.own_symbols import OwnSymbols, Scope
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.symbolic import assign, symbolic_plan

__all__ = ["Coefficients", "Leaves", "affine_coefficients"]

_AGREES = 1e-9


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Slopes of m figures; where these are affine, the figures are ``constant`` plus all three products.

    Attributes
    ----------
    constant : ndarray of shape (m,)
        With all variables at zero (active weights too).
    on_sells : ndarray of shape (m, L)
        Per unit of weight sold of each lot.
    on_buys, on_active : ndarray of shape (m, n)
        Per unit of weight bought, and of active weight after trading.
    """

    constant: FloatArray
    on_sells: FloatArray
    on_buys: FloatArray
    on_active: FloatArray

    def at(self, plan: Plan, active: FloatArray) -> FloatArray:
        """The affine figures on a plan with these active weights, shape (m,)."""
        value = self.constant + self.on_sells @ plan.sells + self.on_buys @ plan.buys + self.on_active @ active
        return np.asarray(value, dtype=np.float64)

    def by_trade(self, lot_name: FloatArray | Any) -> Plan:  # noqa: ANN401 - positions
        """Slope of the first figure per unit sold of each lot and bought of each name."""
        return Plan(self.on_sells[0] - self.on_active[0][lot_name], self.on_buys[0] + self.on_active[0])


@dataclass(frozen=True, eq=False)
class Leaves:
    """Variables that stand for a plan's figures, on which own expressions are evaluated; never solved for."""

    scope: Scope

    @cached_property
    def symbols(self) -> SymbolicPlan:
        """The variables."""
        return symbolic_plan(self.scope.holdings, self.scope.risk)[0]

    @cached_property
    def own(self) -> OwnSymbols:
        """The same as a user sees them."""
        return OwnSymbols(self.symbols, self.scope)

    def variables(self) -> set[int]:
        """Ids of the variables that an own expression may hold."""
        s = self.symbols
        return {v.id for v in (s.sells, s.buys, s.active, s.exposures)}

    def put(self, plan: Plan) -> None:
        """Stand for a plan from now on."""
        assign(self.symbols, plan, self.scope.holdings, self.scope.risk)

    def put_zero(self) -> None:
        """All variables at zero, active weights too."""
        for variable in (self.symbols.sells, self.symbols.buys, self.symbols.active, self.symbols.exposures):
            variable.value = np.zeros(variable.shape)

    def slopes(self, expression: Any) -> Coefficients | None:  # noqa: ANN401 - a cvxpy expression
        """Slopes of an expression of m figures where the leaves stand; None where there is no gradient."""
        s, m = self.symbols, expression.size
        found = expression.grad
        parts = []
        for variable in (s.sells, s.buys, s.active, s.exposures):
            if variable not in found:
                parts.append(np.zeros((m, variable.size)))
                continue
            slope = found[variable]
            if slope is None:
                return None
            dense = slope.toarray() if hasattr(slope, "toarray") else np.asarray(slope)
            dense = np.asarray(dense, dtype=np.float64).reshape(variable.size, m).T
            if not np.isfinite(dense).all():
                return None
            parts.append(dense)
        active = parts[2] + parts[3] @ self.scope.risk.exposures.T
        value = np.asarray(expression.value, dtype=np.float64).reshape(-1, order="F")
        return Coefficients(value, parts[0], parts[1], active)


def affine_coefficients(leaves: Leaves, expression: Any) -> Coefficients | None:  # noqa: ANN401 - a cvxpy expression
    """Coefficients of an affine expression, proved on two plans; None where it is not affine."""
    if not expression.is_affine():
        return None
    leaves.put_zero()
    found = leaves.slopes(expression)
    if found is None:
        return None
    holdings = leaves.scope.holdings
    g = np.random.default_rng(0)  # any plan will do: affine figures agree on all of them
    for _ in range(2):
        plan = Plan(g.random(len(holdings.lot_name)), g.random(len(holdings.held)))
        leaves.put(plan)
        told = found.at(plan, holdings.active + plan.net(holdings.lot_name))
        value = np.asarray(expression.value, dtype=np.float64).reshape(-1, order="F")
        if not np.allclose(told, value, rtol=_AGREES, atol=_AGREES * float(1.0 + np.abs(value).max(initial=0.0))):
            return None
    return found
