"""PIQP stands behind dual Newton, and Clarabel behind PIQP: same answer, and statuses are never taken at their word."""

import sys

import numpy as np
import pytest

import di_advisor.solve as solving
from di_advisor.errors import InfeasibleError, SolveError
from di_advisor.formulate import formulate
from di_advisor.solve import quadratic, solve
from di_advisor.solve.choices import relaxed
from di_advisor.solve.quadratic import ConvexAnswer, QuadraticProgram
from di_advisor.testing.random_cases import random_case
from tests.solve.agreement import outcome


def failing(self: QuadraticProgram, *_: object) -> ConvexAnswer:
    return self._nothing("failed", "PIQP")


@pytest.mark.parametrize("seed", range(4))
def test_the_fallbacks_give_the_same_plan(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_case(seed)
    problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax)
    monkeypatch.setattr(solving, "_sides_alone", lambda *_: None)
    hot = solve(problem)
    assert hot.solver == "dual Newton"
    assert hot.fallbacks == 0
    monkeypatch.setattr(quadratic.QuadraticProgram, "_by_dual_newton", failing)
    fast = solve(problem)
    assert fast.solver == "PIQP"
    assert fast.fallbacks == fast.solves == fast.counts.piqp
    monkeypatch.setattr(quadratic.QuadraticProgram, "_by_piqp", failing)
    slow = solve(problem)
    assert slow.solver == "Clarabel"
    assert slow.fallbacks == slow.solves == slow.counts.clarabel
    size = abs(hot.nothing - hot.objective)
    for other in (fast, slow):
        assert other.objective == pytest.approx(hot.objective, abs=max(2 * (hot.gap + other.gap), 1e-6 * size))


def test_a_solver_that_is_not_installed_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "piqp", None)
    monkeypatch.setattr(quadratic.QuadraticProgram, "_by_dual_newton", failing)
    case = random_case(0)
    with pytest.raises(SolveError, match="The solver piqp cannot be imported") as caught:
        solve(formulate(case.signals, case.mandate, case.tax))
    assert "pip install piqp" in caught.value.hint


def test_infeasible_is_said_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_case(7)
    mandate = case.mandate.with_changes(cash_min=0.5, cash_max=0.6, turnover_max=0.01, tracking_error_max=None)
    problem = formulate(case.signals, mandate, case.tax)
    solvers = []
    for taken_away in ("", "_by_dual_newton", "_by_piqp"):
        if taken_away:
            monkeypatch.setattr(quadratic.QuadraticProgram, taken_away, failing)
        answer = QuadraticProgram(problem.block, relaxed(problem.block)).solve(10.0)
        assert answer.status == "infeasible"
        solvers.append(answer.solver)
    assert solvers[1:] == ["Clarabel", "Clarabel"], "what PIQP calls infeasible is confirmed by Clarabel"


def test_another_price_of_risk_re_solves_the_same_program() -> None:
    case = random_case(8)
    problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax)
    program = QuadraticProgram(problem.block, relaxed(problem.block))
    risks = [problem.block.risk.variance_per_year(program.solve(price).active) for price in (1.0, 10.0, 100.0)]
    fresh = QuadraticProgram(problem.block, relaxed(problem.block)).solve(100.0)
    assert risks == sorted(risks, reverse=True)
    assert np.allclose(problem.block.risk.variance_per_year(fresh.active), risks[-1], rtol=1e-6)


def test_a_power_that_clarabel_all_but_solves_is_asked_for_less_closely() -> None:
    """The least tracking error of this world is `AlmostSolved` at the tightest tolerance; the cap is below it."""
    error = outcome(226).error
    assert isinstance(error, InfeasibleError)
    assert error.facts["smallest"] > error.facts["cap"]
