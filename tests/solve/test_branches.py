"""Closing the gap: never worse than where it began, bounds that hold, and gaps that are small at size."""

import statistics

import numpy as np
import pytest

from di_advisor.errors import UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.solve import search_for
from di_advisor.solve.branches import close_gap
from di_advisor.solve.choices import relaxed
from di_advisor.solve.discrete import Search
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.testing.random_cases import random_case


def begun(seed: int, minimum: float, names: int = 60, shared_groups: int = 0) -> tuple[Search, Solution]:
    """A search after one round."""
    case = random_case(seed, names=names, shared_groups=shared_groups)
    mandate = case.mandate.with_changes(tracking_error_max=None, min_trade_weight=minimum, turnover_max=None)
    block = formulate(case.signals, mandate, case.tax).block
    search = Search(block, lambda: False, 12)
    first = search.note(QuadraticProgram(block, relaxed(block), hot=search.hot).solve(block.aversion).known_prices)
    return search, search.rounds_from(first, 1).solution


def nothing_asked() -> None:
    return None


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("minimum", [0.0, 0.001, 0.005])
def test_the_plan_gets_no_worse_and_the_bound_stays_below_it(seed: int, minimum: float) -> None:
    search, start = begun(seed, minimum, shared_groups=seed % 3)
    closed = close_gap(search.names, search.shared, search.hot, start, ask=nothing_asked, solves_max=12)
    assert closed.objective <= start.objective
    assert start.bound <= closed.bound <= closed.objective + 1e-9
    assert closed.residual <= FEASIBLE
    net = closed.plan.net(search.block.holdings.lot_name)
    sold_out = -net >= search.block.holdings.held * (1 - 1e-6)
    assert (np.abs(net)[(np.abs(net) > 1e-9) & ~sold_out] >= minimum - 1e-9).all()


def test_the_budget_of_solves_is_kept() -> None:
    search, start = begun(3, 0.005)
    for budget in (0, 1, 5):
        before = search.hot.counts.solves
        close_gap(search.names, search.shared, search.hot, start, ask=nothing_asked, solves_max=budget)
        assert search.hot.counts.solves - before <= budget + 1


def test_a_cancelled_search_stops_before_the_next_solve() -> None:
    search, start = begun(3, 0.005)
    before = search.hot.counts.solves

    def stop() -> None:
        raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed.")

    with pytest.raises(UnfinishedError):
        close_gap(search.names, search.shared, search.hot, start, ask=stop)
    assert search.hot.counts.solves == before


def test_the_gap_is_a_sliver_of_the_benefit_on_realistic_accounts() -> None:
    gaps = []
    for seed in range(9):
        case = random_case(seed, names=250, styles=13)
        mandate = case.mandate.with_changes(tracking_error_max=None, min_trade_weight=5e-4)
        solution = search_for(formulate(case.signals, mandate, case.tax).block, lambda: False, 12).run()
        gaps.append(solution.gap / (solution.nothing - solution.objective))
    assert statistics.median(gaps) <= 1e-4
    assert max(gaps) <= 2e-3
