"""The fast path and the cvxpy reference agree on random ESG wishes of every kind; settled plans keep every rule."""

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Rounding
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import slack_in_rows
from di_advisor.propose import settle
from di_advisor.propose.settle import TOLERANCE
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.random_wishes import random_esg_wishes

SEEDS = range(36)


def wished(seed: int) -> RandomCase:
    case = random_case(seed, names=40, lots_a_name=3)
    wishes = random_esg_wishes(np.random.default_rng(5000 + seed), case.signals)
    return RandomCase(wishes.signals, case.mandate.with_changes(**wishes.changes), case.tax)


def problem_of(case: RandomCase) -> Problem:
    return formulate(case.signals, case.mandate, case.tax)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fast_path_agrees_with_cvxpy_on_every_esg_wish(seed: int) -> None:
    problem = problem_of(wished(seed))
    try:
        solution = search_for(problem.block, lambda: False, 3).run()
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solve_reference(problem, np.full(len(problem.block.active_lower), int(Choice.EITHER)))
        return
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    for rule in problem.rules:  # the cash row leaves the quadratic part of impact to settlement
        assert rule.name == "cash" or slack_in_rows(rule, solution.plan) >= -FEASIBLE, rule.sentence


def test_the_random_wishes_use_every_kind() -> None:
    names, terms, screens = set(), set(), set()
    for seed in SEEDS:
        case = wished(seed)
        problem = problem_of(case)
        names |= {r.name.partition(":")[0] for r in problem.rules}
        terms |= {" ".join(t.name.split()[:2]) for t in problem.terms}
        screens |= {e.screen for e in case.mandate.exclusions}
    clauses = ("uplift", "points", "cut", "floor", "ceiling", "pathway", "coverage")
    assert {f"ESG {clause}" for clause in clauses} <= names
    assert {"sector weight", "name weight", "sector band"} <= names
    assert {"ESG tilt", "factor tilt"} <= terms
    assert screens == {"a list", "a list that glides", "coal", "power"}


def solution_of(problem: Problem) -> Solution | None:
    """None where no plan keeps all rules, which the test above confirms by the reference."""
    try:
        return search_for(problem.block, lambda: False, 4).run()
    except InfeasibleError:
        return None


@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
@pytest.mark.parametrize("seed", range(8))
def test_after_rounding_every_rule_holds_and_excluded_names_are_gone_exactly(seed: int, rounding: Rounding) -> None:
    case = wished(seed)
    mandate = case.mandate.with_changes(rounding=rounding)
    problem = formulate(case.signals, mandate, case.tax)
    solution = solution_of(problem)
    if solution is None:
        return
    orders = settle(problem, solution, case.signals, mandate)
    for rule in problem.rules:
        assert slack_in_rows(rule, orders.plan) >= -TOLERANCE, rule.sentence
    account = case.signals.account
    sold: dict[int, Decimal] = dict(orders.sells)
    for exclusion in mandate.exclusions:
        for name in exclusion.security_ids:
            at = case.signals.market.universe.positions[name]
            assert at not in orders.buys
            free = account.can_sell[at] and account.lot_sellable[account.lot_name == at].all()
            if free and exclusion.glide is None and mandate.participation_max is None:
                lots = np.flatnonzero(account.lot_name == at).tolist()
                assert {i: sold.get(i) for i in lots} == {i: account.lots[i].shares for i in lots}
