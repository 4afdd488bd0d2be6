"""The bound of a cone solver's figures: multipliers are moved into the dual cones, and what ends otherwise is typed."""

from types import SimpleNamespace
from typing import Any

import cvxpy as cp
import numpy as np
import own_wishes_under_test as wishes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.errors import InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.problem import Problem
from di_advisor.solve import opaque, own_model, solve
from di_advisor.solve.conic_bound import conic_bound, in_dual_cones
from di_advisor.testing.random_cases import random_case


def sizes(**given: Any) -> Any:
    nothing: dict[str, Any] = {"zero": 0, "nonneg": 0, "soc": [], "psd": [], "exp": 0, "p3d": [], "pnd": []}
    return SimpleNamespace(**nothing | given)


def psd_points(g: np.random.Generator) -> np.ndarray:
    root = g.standard_normal((3, 3))
    matrix = root @ root.T
    return np.array([matrix[r, c] * (1.0 if r == c else np.sqrt(2.0)) for c in range(3) for r in range(c + 1)])


def exponential_points(g: np.random.Generator) -> np.ndarray:
    y, x = g.uniform(0.01, 3.0), g.standard_normal()
    return np.array([x, y, y * np.exp(x / y) + g.exponential()])


def power_points(g: np.random.Generator) -> np.ndarray:
    x, y = g.exponential(size=2)
    return np.array([x, y, g.uniform(-1, 1) * x**0.3 * y**0.7])


def lorentz_points(g: np.random.Generator) -> np.ndarray:
    x = g.standard_normal(3)
    return np.r_[np.linalg.norm(x) + g.exponential(), x]


CONES = {
    "psd": (sizes(psd=[3]), 6, psd_points),
    "exp": (sizes(exp=1), 3, exponential_points),
    "power": (sizes(p3d=[0.3]), 3, power_points),
    "lorentz": (sizes(soc=[4]), 4, lorentz_points),
    "nonneg": (sizes(nonneg=3), 3, lambda g: g.exponential(size=3)),
}


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(sorted(CONES)))
def test_what_was_moved_is_in_the_dual_cone_and_what_was_in_stays(seed: int, name: str) -> None:
    dims, length, points = CONES[name]
    g = np.random.default_rng(seed)
    moved = in_dual_cones(dims, g.standard_normal(length))
    scale = 1.0 + np.abs(moved).max()
    for _ in range(30):
        point = points(g)
        assert moved @ point >= -1e-9 * scale * (1.0 + np.abs(point).max())
    assert in_dual_cones(dims, moved) == pytest.approx(moved, abs=1e-9 * scale)


def test_cones_that_are_not_checked_are_refused() -> None:
    with pytest.raises(UncertifiedError, match="power cone of many dimensions"):
        in_dual_cones(sizes(pnd=[[0.2, 0.3, 0.5]]), np.zeros(4))


@pytest.mark.parametrize(
    "curve",
    [cp.sum_squares, lambda x: cp.norm(x, 2), lambda x: cp.sum(cp.exp(x)), lambda x: cp.sum(cp.power(cp.pos(x), 1.5))],
)
def test_the_bound_is_below_and_close_whatever_the_cone(curve: Any) -> None:
    x = cp.Variable(4)
    model = cp.Problem(cp.Minimize(curve(x) + np.arange(4) @ x), [cp.sum(x) == 1.0, x >= -2.0, x <= 3.0])
    data, chain, inverse = model.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})
    raw = chain.solver.solve_via_data(data, warm_start=False, verbose=False, solver_opts={"tol_gap_rel": 1e-9})
    model.unpack_results(raw, chain, inverse)
    told = conic_bound(data, np.array(raw.x), np.array(raw.z)) + model.solution.opt_val - raw.obj_val
    assert told <= model.value + 1e-9
    assert told == pytest.approx(model.value, abs=2e-5)
    worse = conic_bound(data, np.array(raw.x), np.array(raw.z) * 1.3) + model.solution.opt_val - raw.obj_val
    assert worse <= model.value + 1e-9  # wrong multipliers are no danger, only of less use


def asked() -> Problem:
    case = random_case(2, names=8, lots_a_name=2, styles=2)
    return formulate(case.signals, case.mandate, case.tax, own=OwnWishes((wishes.Crowding(),)))


def test_running_out_of_iterations_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_model, "_ITERATIONS_MAX", 1)
    with pytest.raises(UnfinishedError, match=r"iterations ran out.*crowding"):
        solve(asked())


@pytest.mark.parametrize(
    ("status", "error"),
    [("PrimalInfeasible", InfeasibleError), ("DualInfeasible", UnboundedError), ("NumericalError", UncertifiedError)],
)
def test_every_other_end_is_typed(status: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        own_model._refuse(status, asked())


def test_a_plan_that_breaks_a_rule_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opaque, "residual_on", lambda *_: 1e-3)
    with pytest.raises(UncertifiedError, match=r"breaks a rule by 1\.00e-03"):
        solve(asked())
