"""Own terms and rules in the solve: the affine route equals the opaque one, and the opaque one is certified."""

from dataclasses import replace
from itertools import product
from typing import Any

import clarabel  # noqa: F401 - an expected solver that is missing fails here
import cvxpy as cp
import numpy as np
import own_wishes_under_test as wishes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_opaque import OpaqueRule, OpaqueTerm
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.solve import solve
from di_advisor.solve.choices import Choice, relaxed
from di_advisor.solve.opaque import objective_on, residual_on
from di_advisor.solve.own_model import solve_convex
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.random_cases import random_case


def problem(
    seed: int, terms: tuple[Any, ...] = (), rules: tuple[Any, ...] = (), names: int = 24, **wish: Any
) -> Problem:
    case = random_case(seed, names=names, lots_a_name=2, styles=2)
    return formulate(case.signals, case.mandate.with_changes(**wish), case.tax, own=OwnWishes(terms, rules))


def some_plan(found: Problem, seed: int) -> Plan:
    g = np.random.default_rng(seed)
    holdings = found.block.holdings
    return Plan(g.random(len(holdings.lot_name)) * holdings.lot_weight, 0.02 * g.random(len(holdings.held)))


@pytest.mark.parametrize("seed", range(4))
def test_affine_wishes_mean_the_same_in_both_forms(seed: int) -> None:
    fast = problem(seed, (wishes.Taste(),), (wishes.FewBuys(),))
    slow = problem(seed, (wishes.OpaqueTaste(),), (wishes.OpaqueFewBuys(),))
    assert not fast.is_opaque
    assert slow.opaque_names == ("taste", "few buys")
    for s in range(3):
        plan = some_plan(fast, s)
        assert fast.terms[-1].value_usd(plan) == pytest.approx(slow.terms[-1].value_usd(plan), abs=1e-6)
        assert fast.rules[-1].slack(plan) == pytest.approx(slow.rules[-1].slack(plan), abs=1e-9)
        shares = [p.terms[-1].attribute_usd(plan) for p in (fast, slow)]
        assert shares[0].sells == pytest.approx(shares[1].sells, abs=1e-5)
        assert shares[0].buys == pytest.approx(shares[1].buys, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_affine_route_equals_the_opaque_route_under_the_same_choices(seed: int) -> None:
    wish = {"min_trade_weight": 1e-3 if seed % 2 else 0.0, "turnover_max": None}
    fast = problem(seed, (wishes.Taste(),), (wishes.FewBuys(),), **wish)
    slow = problem(seed, (wishes.OpaqueTaste(),), (wishes.OpaqueFewBuys(),), **wish)
    solution = solve(fast)
    value = fast.block.holdings.value_usd
    start = fast.terms[-1].value_usd(fast.block.holdings.nothing()) / value
    cones = solve_convex(slow, solution.choices)
    size = max(abs(solution.nothing - solution.objective), abs(solution.objective))
    assert objective_on(slow, cones.plan) == pytest.approx(solution.objective + start, abs=2e-6 * size)
    assert cones.bound <= objective_on(slow, cones.plan) + 1e-12
    assert cones.bound == pytest.approx(objective_on(slow, cones.plan), abs=1e-5 * size)
    other = solve(slow)
    assert other.bound <= solution.objective + start + 1e-9
    assert solution.bound + start <= other.objective + 1e-9


@pytest.mark.parametrize(
    ("seed", "own"),
    list(product(range(2), [((wishes.Crowding(),), ()), ((wishes.Kinked(),), ()), ((), (wishes.Disk(0.9),))])),
)
def test_an_opaque_plan_keeps_every_rule_and_its_bound_lies_below_other_plans(seed: int, own: Any) -> None:
    asked = problem(seed, *own, min_trade_weight=1e-3, turnover_max=None)
    solution = solve(asked)
    assert solution.residual <= FEASIBLE
    assert residual_on(asked, solution.plan) == solution.residual
    assert "cvxpy and Clarabel" in solution.solver
    assert solution.counts.clarabel >= 1
    assert solution.objective == pytest.approx(objective_on(asked, solution.plan))
    net = np.abs(solution.plan.net(asked.block.holdings.lot_name))
    assert net[net > 1e-9].min(initial=1.0) >= 1e-3 - 1e-8
    g = np.random.default_rng(seed)
    for _ in range(3):  # other choices: none of their plans is below the bound
        turned = solution.choices.copy()
        at = g.choice(len(turned), 3, replace=False)
        turned[at] = g.choice([Choice.NOTHING, Choice.SELL, Choice.BUY], 3)
        try:
            other = solve_reference(asked, turned)
        except (InfeasibleError, UncertifiedError):  # these choices may leave no plan
            continue
        assert other.objective >= solution.bound - 1e-8


def test_the_bound_is_true_against_every_choice_on_a_tiny_account() -> None:
    asked = problem(7, (wishes.Crowding(),), (wishes.Disk(0.8),), names=4, min_trade_weight=0.01, turnover_max=None)
    case = replace(asked, blocks=(replace(asked.block, tracking_error_max=None),))
    solution = solve(case)
    best = np.inf
    for picked in product([Choice.NOTHING, Choice.SELL, Choice.BUY], repeat=4):
        try:
            best = min(best, solve_reference(case, np.array(picked, dtype=np.int64)).objective)
        except (InfeasibleError, UncertifiedError):
            continue
    assert solution.bound <= best + 1e-8
    assert solution.objective >= best - 1e-7
    assert solution.objective - best <= 0.02 * (solution.nothing - best) + 1e-8


def test_the_conic_bound_is_the_value_of_the_relaxation() -> None:
    for own in (((wishes.Crowding(),), ()), ((wishes.Kinked(),), ()), ((), (wishes.Disk(),)), ((entropy(),), ())):
        asked = problem(2, *own)
        free = relaxed(asked.block)
        found = solve_convex(asked, free)
        told = solve_reference(asked, free).objective
        assert found.bound <= told + 1e-7
        assert found.bound == pytest.approx(told, abs=2e-7)


def entropy() -> Any:
    return wishes.term(lambda s: -0.001 * s.value_usd * cp.sum(cp.entr(s.weights + 1e-3)), "spread out")


def test_a_cancelled_call_is_typed() -> None:
    asked = problem(2, (wishes.Crowding(),))
    with pytest.raises(UnfinishedError, match="cancelled"):
        solve(asked, cancel=lambda: True)


@pytest.mark.parametrize("own", [wishes.Crowding(), wishes.Kinked(), entropy()])
def test_shares_along_the_line_add_up_to_the_change(own: Any) -> None:
    asked = problem(5, (own,))
    term = asked.opaque_terms[0]
    for s in range(2):
        plan = some_plan(asked, s)
        share = term.attribute_usd(plan)
        change = term.value_usd(plan) - term.value_usd(asked.block.holdings.nothing())
        size = np.abs(share.sells).sum() + np.abs(share.buys).sum()
        exact = 0.005 if own.name != "evenness" else 2e-3 * size
        assert float(share.sells.sum() + share.buys.sum()) == pytest.approx(change, abs=exact)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["crowding", "evenness", "spread out"]), st.booleans())
def test_tangents_lie_below_everywhere_on_kinks_too(seed: int, name: str, at_a_kink: bool) -> None:
    own = {"crowding": wishes.Crowding(), "evenness": wishes.Kinked(), "spread out": entropy()}[name]
    asked = problem(seed % 7, (own,), (wishes.Disk(),), names=8)
    term, rule, holdings = asked.opaque_terms[0], asked.opaque_rules[0], asked.block.holdings
    assert isinstance(term, OpaqueTerm)
    assert isinstance(rule, OpaqueRule)
    here = some_plan(asked, seed)
    if at_a_kink:  # names bought up to equal weights, where that is a purchase
        here = Plan(np.zeros_like(here.sells), np.maximum(1 / 8 - holdings.held, 0.0))
    found = term.slopes(here)
    assert found is not None
    slope, cuts = found.by_trade(holdings.lot_name), rule.cuts(here)
    assert cuts
    for more in range(4):
        there = some_plan(asked, seed + 1 + more)
        moved = float(slope.sells @ (there.sells - here.sells) + slope.buys @ (there.buys - here.buys))
        assert term.value_usd(there) >= term.value_usd(here) + moved - 1e-6
        active = holdings.active + there.net(holdings.lot_name)
        for cut in cuts:
            figure = cut.constant + float(
                cut.slopes.on_sells[cut.at] @ there.sells
                + cut.slopes.on_buys[cut.at] @ there.buys
                + cut.slopes.on_active[cut.at] @ active
            )
            assert figure <= rule.measure(there) * rule._sizes[0] + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_on_every_name_becomes_their_boxes_and_means_the_same(seed: int) -> None:
    def limits(s: Any) -> list[Any]:
        return [s.weights <= np.maximum(s.weights_now, 0.03), 2.0 * s.active >= -2.0 * np.maximum(s.target, 0.01)]

    def opaque(s: Any) -> list[Any]:
        return [*limits(s), cp.norm(s.active, 2) <= 100.0]

    wide: Any = {"turnover_max": None, "tracking_error_max": None}
    fast = problem(seed, (), (wishes.rule(limits),), names=48, **wide)
    slow = problem(seed, (), (wishes.rule(opaque),), names=48, **wide)
    plain = problem(seed, (), (), names=48, **wide)
    assert not fast.is_opaque
    assert fast.block.rows[-1].rule == plain.block.rows[-1].rule
    assert (fast.block.active_upper < plain.block.active_upper - 1e-9).any()
    solution = solve(fast)
    assert fast.rules[-1].slack(solution.plan) >= -FEASIBLE
    cones = solve_convex(slow, solution.choices)
    size = max(abs(solution.nothing - solution.objective), abs(solution.objective))
    assert objective_on(slow, cones.plan) == pytest.approx(solution.objective, abs=2e-6 * size)
    for s in range(3):
        plan = some_plan(fast, s)
        assert fast.rules[-1].slack(plan) == pytest.approx(min(slow.rules[-1].slack(plan), 1e9), abs=1e-9)
