"""What own terms and rules are written with at one stage of a plan: five leaves, their values and slopes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.own_symbols import OwnSymbols, Scope
from di_advisor.formulate.plan import Plan, SymbolicPlan

__all__ = ["Slopes", "StageLeaves", "StageSymbols", "Standing", "symbols_of"]

_PARTS = ("sells", "buys", "active", "exposures", "cash")


class StageSymbols(OwnSymbols):
    """The decision of one stage: what is traded is by the stage, and so is the cash that it leaves."""

    def __init__(self, symbols: SymbolicPlan, scope: Scope, cash: Any) -> None:  # noqa: ANN401 - cvxpy
        super().__init__(symbols, scope)
        self._cash = cash

    @property
    def trades(self) -> Any:  # noqa: ANN401
        """Net trade of each name at this stage, shape (n,)."""
        return self.buys - self.sold

    @property
    def cash(self) -> Any:  # noqa: ANN401
        """Cash after the stage's trades and before their costs."""
        return self._cash


@dataclass(frozen=True)
class Standing:
    """A stage's trades and what they lead to: active weights, exposures, and cash before the stage's costs."""

    plan: Plan
    active: FloatArray
    exposures: FloatArray
    cash: float

    @property
    def figures(self) -> dict[str, FloatArray]:
        """Values of the five leaves."""
        return {
            "sells": self.plan.sells,
            "buys": self.plan.buys,
            "active": self.active,
            "exposures": self.exposures,
            "cash": np.array([self.cash]),
        }


@dataclass(frozen=True)
class Slopes:
    """Slopes of m affine figures by leaf, each of shape (m, size), and their constants, shape (m,)."""

    by: dict[str, FloatArray]
    constant: FloatArray


@dataclass(frozen=True, eq=False)
class StageLeaves:
    """Variables for one stage, never solved for."""

    scope: Scope

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The five, by name."""
        cp, h = cvxpy(), self.scope.holdings
        sizes = (len(h.lot_name), len(h.held), len(h.held), len(self.scope.risk.factors), 1)
        return {name: cp.Variable(size, name=name) for name, size in zip(_PARTS, sizes, strict=True)}

    @cached_property
    def symbols(self) -> StageSymbols:
        """As a user sees them."""
        v = self.variables
        return symbols_of(v["sells"], v["buys"], v["active"], v["exposures"], v["cash"], self.scope)

    def put(self, at: Standing) -> None:
        """Stand for a stage from now on."""
        for name, figures in at.figures.items():
            self.variables[name].value = figures

    def used(self, expressions: list[Any]) -> set[str]:
        """Which leaves expressions hold."""
        ids = {v.id for e in expressions for v in e.variables()}
        return {name for name, v in self.variables.items() if v.id in ids}

    def slopes(self, expression: Any) -> Slopes | None:  # noqa: ANN401 - a cvxpy expression
        """Of an expression where the leaves stand."""
        m, found, by = expression.size, expression.grad, {}
        for name, variable in self.variables.items():
            slope = found.get(variable, 0)
            if slope is None:
                return None
            dense = slope.toarray() if hasattr(slope, "toarray") else np.asarray(slope, dtype=np.float64)
            full = np.zeros((variable.size, m)) if dense.size == 1 and not dense.any() else dense
            by[name] = np.asarray(full, dtype=np.float64).reshape(variable.size, m).T
        value = np.asarray(expression.value, dtype=np.float64).reshape(-1, order="F")
        return Slopes(by, value)

    def affine(self, expression: Any) -> Slopes | None:  # noqa: ANN401 - a cvxpy expression
        """Slopes and constant of an affine expression; None where it is not affine."""
        if not expression.is_affine():
            return None
        for variable in self.variables.values():
            variable.value = np.zeros(variable.shape)
        return self.slopes(expression)


def symbols_of(sells: Any, buys: Any, active: Any, exposures: Any, cash: Any, scope: Scope) -> StageSymbols:  # noqa: ANN401
    """The symbols of one stage from cvxpy variables or affine expressions."""
    h = scope.holdings
    lots, n = len(h.lot_name), len(h.held)
    gather = sp.csr_matrix((np.ones(lots), (h.lot_name, np.arange(lots))), (n, lots))
    plan = SymbolicPlan(sells, buys, active, exposures, gather @ sells)
    return StageSymbols(plan, scope, cvxpy().sum(cash))
