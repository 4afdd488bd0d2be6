"""The convex problem of fixed choices with own terms and rules, in cvxpy, solved by Clarabel and checked here.

The plan is cleaned to its choices, the lower bound comes from `conic_bound` and not from the solver's
word, and a status that is neither solved nor infeasible is a typed error. Budgets are iterations.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
from di_advisor.formulate.account_rules import RESERVE, CashRange, TrackingErrorCap
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Rule
from di_advisor.formulate.symbolic import symbolic_plan
from di_advisor.solve.choices import Choice, Choices, is_any
from di_advisor.solve.conic_bound import conic_bound
from di_advisor.solve.reference import choice_constraints, washes_under

__all__ = ["ConvexModel", "ConvexPlan", "solve_convex", "solve_priced"]

_SCALE = 1e3
_TOLERANCES = (1e-9, 1e-8, 3e-8)
_ITERATIONS_MAX = 200
_DUST = 1e-9
_INSIDE = 1e-6
"""How far inside its cap the tracking error is held while a plan is sought, relative."""


@dataclass(frozen=True)
class ConvexPlan:
    """A plan, and a lower bound on the objective of any plan under the same choices (fractions)."""

    plan: Plan
    bound: float


def _as_bound(rule: Rule) -> Rule:
    """A rule without the reserves that solving keeps: what a bound may count on."""
    return replace(rule, lower=rule.lower - RESERVE) if isinstance(rule, CashRange) else rule


def _as_plan(rule: Rule) -> Rule:
    return replace(rule, upper=rule.upper * (1.0 - _INSIDE)) if isinstance(rule, TrackingErrorCap) else rule


def solve_convex(
    problem: Problem,
    choices: Choices,
    *,
    bounding: bool = False,
    rules: tuple[Rule, ...] | None = None,
    further: Any = None,  # noqa: ANN401 - a callable from symbols to cvxpy constraints
) -> ConvexPlan:
    """Solve under fixed choices; see `solve_priced`."""
    return solve_priced(problem, choices, bounding=bounding, rules=rules, further=further)[0]


def solve_priced(
    problem: Problem,
    choices: Choices,
    *,
    bounding: bool = False,
    rules: tuple[Rule, ...] | None = None,
    further: Any = None,  # noqa: ANN401 - a callable from symbols to cvxpy constraints
) -> tuple[ConvexPlan, list[float]]:
    """Solve under fixed choices.

    Returns the plan and the multipliers of ``further``, in objective per unit.

    Parameters
    ----------
    problem : Problem
        Terms and rules.
    choices : ndarray of int, shape (n,)
        One each name.
    bounding : bool
        Whether the bound is what is wanted: rules without reserves.
    rules : tuple of Rule, optional
        Instead of the problem's.
    further : callable, optional
        More constraints, given the symbols.

    Raises
    ------
    InfeasibleError, UnboundedError
        If Clarabel proves it.
    UnfinishedError
        If its iterations run out.
    UncertifiedError
        If it ends otherwise.
    """
    model = ConvexModel(problem, choices, bounding=bounding, rules=rules, further=further)
    found = model.solve()
    return found, model.multipliers()


class ConvexModel:
    """The convex problem of fixed choices, laid out for Clarabel once: twenty times what solving a small one takes.

    Parameters
    ----------
    problem, choices, bounding, rules, further
        As of `solve_priced`.
    """

    def __init__(
        self,
        problem: Problem,
        choices: Choices,
        *,
        bounding: bool = False,
        rules: tuple[Rule, ...] | None = None,
        further: Any = None,  # noqa: ANN401 - a callable from symbols to cvxpy constraints
    ) -> None:
        cp = cvxpy()
        self.problem, self.choices = problem, choices
        self._symbols, constraints = symbolic_plan(problem.block.holdings, problem.block.risk)
        for rule in problem.rules if rules is None else rules:
            constraints += (_as_bound(rule) if bounding else _as_plan(rule)).constraints(self._symbols)
        constraints += choice_constraints(problem, choices, self._symbols)
        self._more = [] if further is None else further(self._symbols)
        constraints += self._more
        objective: Any = sum(term.expression(self._symbols) for term in problem.terms)
        objective = objective + washes_under(problem, choices, self._symbols)
        self._model = cp.Problem(cp.Minimize(_SCALE * objective), constraints)
        self._data, self._chain, self._inverse = self._model.get_problem_data(
            cp.CLARABEL, ignore_dpp=True, solver_opts={}
        )

    def solve(self, lot_slope: FloatArray | None = None) -> ConvexPlan:
        """The plan and its bound.

        Parameters
        ----------
        lot_slope : ndarray of shape (L,), optional
            What a unit sold of each lot is charged beside the problem's terms, a fraction of the account.

        Raises
        ------
        InfeasibleError, UnboundedError, UnfinishedError, UncertifiedError
            As `solve_priced`.
        """
        data = self._data if lot_slope is None else self._sloped(lot_slope)
        raw: Any = None
        for tolerance in _TOLERANCES:
            options = {
                "tol_gap_abs": tolerance,
                "tol_gap_rel": tolerance,
                "tol_feas": tolerance,
                "max_iter": _ITERATIONS_MAX,
            }
            raw = self._chain.solver.solve_via_data(data, warm_start=False, verbose=False, solver_opts=options)
            if str(raw.status) in ("Solved", "PrimalInfeasible", "DualInfeasible"):
                break
        _refuse(str(raw.status), self.problem)
        with warnings.catch_warnings():  # a nearly solved one is judged by its bound, not by its status
            warnings.filterwarnings("ignore", message="Solution may be inaccurate")
            self._model.unpack_results(raw, self._chain, self._inverse)
        offset = float(self._model.solution.opt_val) - float(raw.obj_val)
        bound = conic_bound(data, np.array(raw.x), np.array(raw.z)) + offset
        return ConvexPlan(_cleaned(self.problem, self.choices, self._symbols), bound / _SCALE)

    def multipliers(self) -> list[float]:
        """Of ``further``, as solved last, in objective per unit."""
        return [float(np.sum(one.dual_value)) / _SCALE for one in self._more]

    def _sloped(self, lot_slope: FloatArray) -> dict[str, Any]:
        """What Clarabel is given, with a slope more on what is sold: variables without attributes keep their place."""
        cost = np.array(self._data["c"], dtype=np.float64)
        at = int(self._data["param_prob"].var_id_to_col[self._symbols.sells.id])
        cost[at : at + len(lot_slope)] += _SCALE * lot_slope
        return {**self._data, "c": cost}


def _refuse(status: str, problem: Problem) -> None:
    own = ", ".join(problem.opaque_names) or "none"
    if status in ("PrimalInfeasible", "AlmostPrimalInfeasible"):
        raise InfeasibleError("The rules contradict each other: no plan keeps all of them.", hint="Widen a rule.")
    if status in ("DualInfeasible", "AlmostDualInfeasible"):
        raise UnboundedError(
            f"The objective has no minimum with the own terms and rules {own}.",
            hint="A term must not pay without end; check its sign.",
        )
    if status in ("MaxIterations", "MaxTime"):
        raise UnfinishedError(
            f"Clarabel's {_ITERATIONS_MAX} iterations ran out on the own terms and rules {own}.",
            hint="Scale their figures, or write them with fewer and simpler functions.",
        )
    if status not in ("Solved", "AlmostSolved"):
        raise UncertifiedError(
            f"Clarabel ended with {status} on the own terms and rules {own}.",
            hint="No trades are proposed. Check their figures for extreme sizes.",
        )


def _cleaned(problem: Problem, choices: Choices, symbols: SymbolicPlan) -> Plan:
    """The variables' values without round-off, and without what the choices forbid."""
    of_lot = choices[problem.block.holdings.lot_name]
    sells, buys = _above_dust(symbols.sells.value), _above_dust(symbols.buys.value)
    minimum = problem.block.min_trade
    trims = is_any(choices, Choice.BUY, Choice.BUY_BEYOND) & (minimum <= 0)
    may_sell = is_any(choices, Choice.SELL, Choice.EITHER, Choice.SELL_GAINS, Choice.EXIT, Choice.SELL_BEYOND) | trims
    sells = np.where(may_sell[problem.block.holdings.lot_name], sells, 0.0)
    sells = np.where(is_any(of_lot, Choice.NOTHING), 0.0, sells)
    return Plan(sells, np.where(is_any(choices, Choice.BUY, Choice.EITHER, Choice.BUY_BEYOND), buys, 0.0))


def _above_dust(values: Any) -> FloatArray:  # noqa: ANN401 - a variable's value
    values = np.asarray(values, dtype=np.float64)
    return np.where(values > _DUST, values, 0.0)
