"""Plans that few choices leave: found, or proved not to be there, against every combination of choices."""

import itertools
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from di_advisor import sample
from di_advisor.domain.mandate import Band, Mandate, NameBand
from di_advisor.errors import InfeasibleError, SolveError, UndecidedError
from di_advisor.fleet.generated import SampleFleet, sample_facts_of
from di_advisor.fleet.solving import workspace_for
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.solve import integer_program, solve
from di_advisor.solve.choices import Choice
from di_advisor.solve.complete import Places, complete
from di_advisor.solve.counting import Counting
from di_advisor.solve.discrete_diagnosis import diagnose_discrete
from di_advisor.solve.feasible import shared_groups
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, residual_of, variance_of
from di_advisor.solve.tracking import RISK_ALONE
from di_advisor.testing.random_cases import random_case

CHOICES = (Choice.NOTHING, Choice.SELL, Choice.BUY, Choice.EXIT)
NAMES = 3


def never() -> None:
    """Nobody cancels."""


def tiny_problem(seed: int) -> Problem:
    """Three names, large minimum trades, numbers, a narrow range of cash, and now and then a cap."""
    g = np.random.default_rng([seed, 41])
    case = random_case(seed, names=NAMES, lots_a_name=2, styles=1)
    limited = g.random(4) < (0.5, 0.5, 0.4, 0.4)
    low = float(g.uniform(0.0, 0.15))
    mandate = case.mandate.with_changes(
        min_trade_weight=float(g.uniform(0.02, 0.3)),
        max_names=int(g.integers(1, NAMES + 1)) if limited[0] else None,
        max_trades=int(g.integers(1, NAMES + 1)) if limited[1] else None,
        turnover_max=float(g.uniform(0.05, 0.4)) if limited[2] else None,
        tracking_error_max=float(g.uniform(0.02, 0.25)) if limited[3] else None,
        cash_min=low,
        cash_max=low + float(g.uniform(0.001, 0.1)),
        name_band=NameBand(active_max=float(g.uniform(0.3, 0.9))),
        sector_band=None,
        factor_bands={},
        participation_max=None,
    )
    free = np.ones(len(case.signals.account.lots), dtype=np.bool_)
    account = replace(case.signals.account, lot_sellable=free, can_sell=np.ones(NAMES, dtype=np.bool_))
    return formulate(replace(case.signals, account=account), mandate, case.tax)


def some_plan(problem: Problem) -> bool:
    """Whether any combination of choices leaves a plan, by a convex solve of each."""
    block, counting = problem.block, Counting(problem.block)
    losses = block.segments.names_with_losses(NAMES)
    for combination in itertools.product(CHOICES, repeat=NAMES):
        choices = np.array(combination, dtype=np.int64)
        if ((choices == Choice.EXIT) & ~counting.can_leave).any():
            continue
        if block.names_max is not None and counting.held(choices) > block.names_max:
            continue
        if block.trades_max is not None and counting.traded(choices) > block.trades_max:
            continue
        sells = np.isin(choices, (Choice.SELL, Choice.EXIT)) & losses
        if any(sells[m].any() and (choices[m] == Choice.BUY).any() for m in shared_groups(block.groups)):
            continue
        answer = QuadraticProgram(block, choices).solve(RISK_ALONE, trading=0.0)
        if answer.status != "solved":
            continue
        cap = block.tracking_error_max
        if cap is not None and np.sqrt(variance_of(block, answer.active)) > cap:
            continue
        bare = replace(block, tracking_error_max=None)
        if residual_of(bare, choices, answer.amounts, answer.active) <= FEASIBLE:
            return True
    return False


@pytest.mark.parametrize("first", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (10, 20, 30))])
def test_a_plan_is_found_wherever_a_combination_leaves_one_and_else_none_is_proved(first: int) -> None:
    for seed in range(first, first + 10):
        problem = tiny_problem(seed)
        truth = some_plan(problem)
        if truth:
            assert solve(problem).residual <= FEASIBLE, seed
        found = complete(problem.block, Places(), never)
        assert (found.choices is not None) == truth, seed
        assert found.proved == (not truth), seed


@cache
def clashing(first: int) -> list[tuple[Problem, InfeasibleError]]:
    """Problems whose conflict needs a discrete wish."""
    found = []
    for seed in range(first, first + 14):
        problem = tiny_problem(seed)
        try:
            solve(problem)
        except InfeasibleError as error:
            if error.facts.get("irreducible"):
                found.append((problem, error))
    return found


def test_a_conflict_is_irreducible_and_names_discrete_wishes() -> None:
    cases = clashing(0)
    assert len(cases) >= 2
    for problem, error in cases:
        rules = [next(r for r in problem.rules if r.name == name) for name in error.facts["rules"]]
        assert {r.name for r in rules} & {"minimum trade", "number of names", "number of trades"}
        only = replace(problem, rules=tuple(r for r in problem.rules if r in rules or r.name == "locks"))
        told = diagnose_discrete(only, never)
        assert told is not None
        for rule in rules:
            fewer = replace(only, rules=tuple(r for r in only.rules if r is not rule or r.name == "locks"))
            if rule.name != "locks":
                assert diagnose_discrete(fewer, never) is None, rule.name


def test_enough_names_are_enough_and_one_fewer_is_not() -> None:
    for problem, error in clashing(0):
        for text, enough in zip(error.facts["relaxations"], error.facts["enough"], strict=True):
            if enough and "names held" in text:
                more = int(text.split()[2])
                solve(replace(problem, blocks=(replace(problem.block, names_max=more),)))
                fewer = replace(problem.block, names_max=more - 1)
                assert complete(fewer, Places(), never).proved


def test_a_budget_that_runs_out_claims_nothing() -> None:
    seed = next(s for s in range(60) if not some_plan(tiny_problem(s)))
    found = complete(tiny_problem(seed).block, Places(), never, nodes_max=0)
    assert found.choices is None
    assert not found.proved
    assert issubclass(UndecidedError, SolveError)
    assert not issubclass(UndecidedError, InfeasibleError)


def test_no_large_integer_program_is_begun_where_linear_ones_were_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """One node of it takes a minute, and its budget is asked after the node only."""
    world = sample.load()
    wishes = Mandate(tracking_error_max=7e-4, sector_band=Band.within(0.02), min_trade_usd=Decimal(500))
    account = SampleFleet(world, 1, seed=12, wishes=(wishes,)).account(0)

    def begun(*_: object, **__: object) -> None:
        pytest.fail("an integer program of 500 names was begun")

    monkeypatch.setattr(integer_program, "solve_program", begun)
    with pytest.raises(UndecidedError, match="it is not proved that there is none") as told:
        workspace_for(sample_facts_of(world), account).propose()
    assert "Allow more tracking error than 7.0 bps" in str(told.value)
