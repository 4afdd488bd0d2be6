"""Positions smaller than the minimum trade: all of one is sold, or none; bounds hold against every combination."""

import itertools
import math
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.formulate import Problem, formulate
from di_advisor.propose.settle import settle
from di_advisor.solve import solve
from di_advisor.solve.choices import Choice
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import objective_of
from di_advisor.testing.final_account import FinalOrders
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.rule_check import broken_wishes

NAMES = 5


def small(seed: int) -> tuple[RandomCase, Problem, Mandate]:
    """A few names, of which about half are smaller than the minimum trade and may be sold whole."""
    case = random_case(seed, names=NAMES, lots_a_name=2, styles=1)
    account = case.signals.account
    held = np.bincount(account.lot_name, weights=account.lot_value_usd, minlength=NAMES)
    least = float(np.median(held[held > 0]) * 1.05)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        risk_aversion=3.0,
        min_trade_usd=Decimal(f"{least:.2f}"),
        min_trade_weight=0.0,
        name_band=NameBand(lower_multiple=0.0, upper_multiple=math.inf, active_max=math.inf),
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        cash_min=0.0,
        cash_max=1.0,
    )
    return case, formulate(case.signals, mandate, case.tax), mandate


def options(problem: Problem, name: int) -> list[Choice]:
    """What a name may do by the rule in words: nothing, buy or sell the minimum, or be sold out."""
    block = problem.block
    sellable = float(block.sellable[name])
    held = float(block.holdings.held[name])
    found = [Choice.NOTHING, Choice.BUY]
    if sellable >= block.min_trade[name]:
        found.append(Choice.SELL)
    elif sellable > 0 and abs(sellable - held) <= 1e-9 * held:
        found.append(Choice.EXIT)
    return found


@pytest.mark.parametrize("seed", [0, 7])
def test_no_combination_beats_the_bound_and_the_proof_finds_the_best(seed: int) -> None:
    _, problem, _ = small(seed)
    losses = problem.block.segments.names_with_losses(NAMES)
    groups = problem.identical_groups
    best = np.inf
    for combination in itertools.product(*(options(problem, i) for i in range(NAMES))):
        choices = np.array(combination, dtype=np.int64)
        selling = {int(groups[i]) for i in range(NAMES) if choices[i] in (Choice.SELL, Choice.EXIT) and losses[i]}
        if selling & {int(groups[i]) for i in range(NAMES) if choices[i] == Choice.BUY}:
            continue
        answer = QuadraticProgram(problem.block, choices).solve(problem.block.aversion)
        if answer.status == "solved":
            best = min(best, objective_of(problem.block, answer.amounts, answer.active))
    assert problem.block.sells_out.any()
    found, proved = solve(problem), solve(problem, exact=True)
    for solution in (found, proved):
        assert solution.bound <= best + 1e-9
        assert solution.objective >= best - 1e-7
    assert proved.objective <= best + 1e-7


@pytest.mark.parametrize("seed", [0, 8])
def test_the_reference_agrees_where_small_positions_are_sold(seed: int) -> None:
    _, problem, _ = small(seed)
    solution = solve(problem)
    nothing = sum(t.value_usd(problem.block.holdings.nothing()) for t in problem.terms)
    anyway = nothing / problem.block.holdings.value_usd - solution.nothing
    reference = solve_reference(problem, solution.choices)
    assert reference.objective == pytest.approx(solution.objective + anyway, abs=1e-6)


def test_a_small_position_at_a_large_loss_is_sold_whole() -> None:
    sold = 0
    for seed in (0, 4, 7):
        case, problem, mandate = small(seed)
        account, block = case.signals.account, problem.block
        orders = settle(problem, solve(problem), case.signals, mandate)
        given = FinalOrders(orders.sells, orders.buys)
        assert not [b for b in broken_wishes(case.signals, mandate, given) if b.wish == "min_trade"]
        for name in np.flatnonzero(block.sells_out & (orders.net < 0)).tolist():
            mine = np.flatnonzero(account.lot_name == name)
            assert all(orders.sells.get(int(i)) == account.lots[int(i)].shares for i in mine)
            sold += 1
    assert sold >= 2


def test_the_rule_says_so_and_a_part_of_a_small_position_is_still_too_small() -> None:
    _, problem, _ = small(0)
    rule = next(r for r in problem.rules if r.name == "minimum trade")
    assert rule.sentence.endswith("or all of a position that is smaller.")
    name = int(np.flatnonzero(problem.block.sells_out)[0])
    plan = problem.block.holdings.nothing()
    whole = np.where(problem.block.holdings.lot_name == name, problem.block.holdings.lot_weight, 0.0)
    assert rule.slack(type(plan)(whole, plan.buys)) >= 0
    assert rule.slack(type(plan)(0.5 * whole, plan.buys)) < 0
