"""A name with nothing to buy is sold as far as that pays: every assignment of sides to a few names, one by one."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from di_advisor.domain.signals import Signals
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.solve.batch import solve_together
from di_advisor.solve.choices import Choice
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import objective_of
from di_advisor.testing.random_cases import random_case

_NAMES = 8
_ENOUGH = 5e-4


def _problem(seed: int) -> Problem:
    """Every second name cannot be bought, and waiting with its gains costs more than tax and trading."""
    case = random_case(seed, names=_NAMES, lots_a_name=2)
    account = case.signals.account
    closed = np.arange(_NAMES) % 2 == 0
    of_closed = closed[account.lot_name]
    gain = np.where(of_closed, np.abs(account.lot_gain_usd), account.lot_gain_usd)
    worth = np.where(of_closed, 0.4 * gain + 0.03 * account.lot_value_usd, 0.0)
    shut = replace(account, lot_gain_usd=gain, can_buy=~closed, continuation_usd=worth)
    mandate = case.mandate.with_changes(
        tracking_error_max=None, sector_band=None, factor_bands={}, turnover_max=None, cash_max=0.4
    )
    return formulate(Signals(case.signals.market, shut), mandate, case.tax)


def _best_by_hand(problem: Problem) -> float:
    """Least objective over all sides of the names that hold losses."""
    block = problem.block
    torn = np.flatnonzero(block.segments.names_with_losses(_NAMES))
    found = []
    for sides in product((Choice.SELL, Choice.BUY), repeat=len(torn)):
        choices = np.full(_NAMES, int(Choice.BUY))
        choices[torn] = [int(side) for side in sides]
        answer = QuadraticProgram(block, choices).solve(block.aversion)
        if answer.status == "solved":
            found.append(objective_of(block, answer.amounts, answer.active))
    return min(found)


@pytest.mark.parametrize("seed", range(5))
def test_its_sales_are_not_held_back_and_its_bound_is_one(seed: int) -> None:
    problem = _problem(seed)
    block, best = problem.block, _best_by_hand(problem)
    sold_only = set(block.segments.name[block.segments.sell]) - set(block.segments.name[~block.segments.sell])
    assert sold_only - set(np.flatnonzero(block.segments.names_with_losses(_NAMES)))
    (found,) = solve_together([problem])
    assert found is not None
    room = 1e-9 * max(abs(best), abs(found.benefit))
    assert found.bound <= best + room
    assert best - room <= found.objective <= best + _ENOUGH * abs(found.benefit)
