"""The decision as cvxpy variables, and the equalities that tie them together."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan

__all__ = ["assign", "symbolic_plan"]


def symbolic_plan(holdings: Holdings, risk: FactorRisk) -> tuple[SymbolicPlan, list[Any]]:
    """New variables, and the constraints that tie active weights and exposures to the trades."""
    cp = cvxpy()

    n, k, lots = len(holdings.held), len(risk.factors), len(holdings.lot_name)
    sells, buys = cp.Variable(lots, name="sells"), cp.Variable(n, name="buys")
    active, exposures = cp.Variable(n, name="active"), cp.Variable(k, name="exposures")
    gather = sp.csr_matrix((np.ones(lots), (holdings.lot_name, np.arange(lots))), shape=(n, lots))
    sold = gather @ sells
    ties = [active == holdings.active + buys - sold, exposures == risk.exposures.T @ active]
    return SymbolicPlan(sells, buys, active, exposures, sold), ties


def assign(symbols: SymbolicPlan, plan: Plan, holdings: Holdings, risk: FactorRisk) -> None:
    """Give the variables the values of a plan, so that expressions in them can be evaluated."""
    active = holdings.active + plan.net(holdings.lot_name)
    symbols.sells.value, symbols.buys.value = plan.sells, plan.buys
    symbols.active.value, symbols.exposures.value = active, risk.exposures.T @ active
