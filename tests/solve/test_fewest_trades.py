"""A limit on trades that the cheapest plan is far from: cash is raised from few names."""

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import NameBand, Rounding
from di_advisor.formulate import formulate
from di_advisor.solve import solve
from di_advisor.solve.fewest import fewest_trades
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.random_cases import random_case


def problem_of(seed: int):
    case = random_case(seed, names=12, lots_a_name=1, styles=2)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        name_band=NameBand(),
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        participation_max=None,
        rounding=Rounding.FRACTIONAL,
        cash_min=0.0,
        cash_max=0.1,
        withdrawal_usd=Decimal(150_000),
        max_trades=2,
    )
    return formulate(case.signals, mandate, case.tax)


@pytest.mark.parametrize("seed", range(8, 18))
def test_two_names_raise_what_two_names_can_raise(seed: int) -> None:
    problem = problem_of(seed)
    holdings, segments = problem.block.holdings, problem.block.segments
    sold = np.bincount(segments.name, weights=np.where(segments.sell, segments.width, 0.0), minlength=12)
    assert holdings.cash + np.sort(sold)[-2:].sum() > 0.01  # two sales are enough, costs included
    solution = solve(problem)
    assert solution.residual <= FEASIBLE
    net = solution.plan.net(holdings.lot_name)
    assert (np.abs(net) > 1e-8).sum() <= 2


def test_trades_gather_in_fewer_names_turn_by_turn() -> None:
    traded = [int((choices != 0).sum()) for choices in fewest_trades(problem_of(3).block, [])]
    assert traded[-1] <= traded[0]
    assert traded[-1] <= 2
