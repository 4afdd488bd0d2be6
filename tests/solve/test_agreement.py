"""The fast path and the cvxpy reference agree on the convex problem, whatever terms and rules it has."""

import numpy as np
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.testing.random_cases import RandomCase, random_case

SEEDS = range(40)


def solved(case: RandomCase, rounds: int = 3) -> tuple[object, Solution]:
    problem = formulate(case.signals, case.mandate, case.tax)
    return problem, search_for(problem.block, lambda: False, rounds).run()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fast_path_agrees_with_cvxpy_and_clarabel(seed: int) -> None:
    case = random_case(seed, shared_groups=seed % 3)
    problem = formulate(case.signals, case.mandate, case.tax)
    try:
        solution = search_for(problem.block, lambda: False, 3).run()
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solve_reference(problem, np.full(len(problem.block.active_lower), int(Choice.EITHER)))
        return
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    # the fast path holds the cap a millionth inside, and its impact is the same chords
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    for rule in problem.rules:
        assert rule.slack(solution.plan) >= -FEASIBLE, rule.sentence


@pytest.mark.parametrize("seed", range(12))
def test_minimum_trades_agree_too(seed: int) -> None:
    case = random_case(100 + seed)
    mandate = case.mandate.with_changes(min_trade_weight=5e-4, turnover_max=None)
    problem = formulate(case.signals, mandate, case.tax)
    solution = search_for(problem.block, lambda: False, 4).run()
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)
    net = solution.plan.net(problem.block.holdings.lot_name)
    sold_out = -net >= problem.block.holdings.held * (1 - 1e-6)
    assert (np.abs(net)[(np.abs(net) > 1e-9) & ~sold_out] >= 5e-4 - 1e-9).all()


def test_the_random_cases_use_every_rule() -> None:
    names = set()
    for seed in SEEDS:
        case = random_case(seed)
        names |= {r.name.partition(":")[0] for r in formulate(case.signals, case.mandate, case.tax).rules}
    assert names == {"cash", "name limits", "locks", "sector band", "factor band", "turnover", "tracking error cap"}
