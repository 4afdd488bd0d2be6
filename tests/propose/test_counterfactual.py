"""The plan without one trade: as an independent model has it, and never better but for the gap."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InfeasibleError, UnfinishedError, UnknownSecurityError
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.propose.counterfactual import Place, counterfactual, counterfactuals, place_of, without
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_cases import random_case
from tests.solve.filers import best_by_cells, random_filer


def planned(seed: int, *, names: int = 24, lots: int = 3, **changes: object) -> Planned:
    case = random_case(seed, names=names, lots_a_name=lots)
    wishes = {"turnover_max": None, "rounding": Rounding.FRACTIONAL, **changes}
    return plan_for(case.signals, case.mandate.with_changes(**wishes), case.tax, Clock(silent), never)


def lot_locked(problem: Problem, lot: int) -> Problem:
    """The problem with one lot that may not be sold, for a model that knows no segments."""
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    sell_max = locked.sell_max.copy()
    sell_max[lot] = 0.0
    rules = tuple(replace(locked, sell_max=sell_max) if r is locked else r for r in problem.rules)
    return replace(problem, rules=rules)


def reference_without(plan: Planned, place: Place) -> float:
    """Objective in USD of the best plan without a trade, by cvxpy: idle, or other lots of the name."""
    idle: Choices = plan.solution.choices.copy()
    idle[place.name] = Choice.NOTHING
    tried = [(plan.problem, idle)]
    if place.lot >= 0:
        tried.append((lot_locked(plan.problem, place.lot), plan.solution.choices))
    found = []
    for problem, choices in tried:
        try:
            found.append(solve_reference(problem, choices).objective)
        except InfeasibleError:
            continue
    return min(found, default=np.inf) * plan.problem.block.holdings.value_usd


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("minimum", [0.0, 3e-3])
def test_the_plan_without_a_trade_is_the_one_of_an_independent_model(seed: int, minimum: float) -> None:
    plan = planned(seed, min_trade_weight=minimum)
    value = plan.problem.block.holdings.value_usd
    trades = plan.proposal.trade_list
    for trade in [*trades[:3], *trades[-2:]]:
        place = place_of(plan, trade)
        expected = reference_without(plan, place)
        found = counterfactual(plan, trade)
        if not np.isfinite(expected):
            assert found.worse_usd is None
            continue
        here = sum(t.value_usd(plan.solution.plan) for t in plan.problem.terms)
        assert found.worse_usd is not None
        assert float(found.worse_usd) == pytest.approx(expected - here, abs=2e-7 * value)
        neighbour = without(plan, place)
        made = neighbour.plan.buys[place.name] if place.lot < 0 else neighbour.plan.sells[place.lot]
        assert made == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_no_plan_without_a_trade_is_better_but_for_the_gap_and_dollars_add_up(seed: int) -> None:
    plan = planned(seed, min_trade_weight=(0.0, 2e-3)[seed % 2])
    done: list[tuple[int, int]] = []
    found = counterfactuals(plan, progress=lambda i, n: done.append((i, n)))
    trades = plan.proposal.trade_list
    assert len(found) == len(trades) == len(done)
    assert done[-1] == (len(trades), len(trades)) if trades else not done
    gap = plan.proposal.certificate.gap_usd
    for one, trade in zip(found, trades, strict=True):
        assert (one.side, one.security_id, one.lot_id) == (trade.side, trade.security_id, trade.lot_id)
        if one.worse_usd is None:
            assert one.needed_by
            assert one.needed_by[0] in one.sentence
            continue
        assert float(one.worse_usd) >= -gap - 0.02
        assert sum(one.dollars.values(), Decimal(0)) == one.worse_usd
        assert set(one.dollars) == {t.name for t in plan.problem.terms}
        if one.worse_usd > 0 and "rounding" not in one.sentence:
            assert one.sentence.endswith(f"the plan is worth ${one.worse_usd:,} less.")


def test_a_sale_that_the_rules_need_names_the_rule() -> None:
    case = random_case(3, names=12, lots_a_name=1)
    value = case.signals.account.value_usd
    best = case.signals.account.lot_value_usd / value
    big = int(np.argmax(np.where(case.signals.account.lot_sellable, best, 0)))
    # only the largest lot can raise the cash that is wished for
    locked = np.zeros(len(best), dtype=np.bool_)
    locked[big] = True
    account = replace(case.signals.account, lot_sellable=locked)
    wishes = Mandate(cash_min=0.02, cash_max=0.05, rounding=Rounding.FRACTIONAL, risk_aversion=1.0)
    plan = plan_for(replace(case.signals, account=account), wishes, case.tax, Clock(silent), never)
    sale = next(t for t in plan.proposal.trade_list if t.side is Side.SELL)
    found = counterfactual(plan, sale)
    assert found.worse_usd is None
    assert found.needed_by == ("cash",)
    assert "needed by cash" in found.sentence
    with pytest.raises(InfeasibleError):
        without(plan, place_of(plan, sale))


def test_a_trade_that_is_not_in_the_plan_is_refused_and_cancelling_stops() -> None:
    plan = planned(1)
    trade = plan.proposal.trade_list[0]
    with pytest.raises(UnknownSecurityError, match="does not sell"):
        counterfactual(plan, replace(trade, side=Side.SELL, lot_id="no such lot"))
    with pytest.raises(UnfinishedError):
        counterfactuals(plan, cancel=lambda: True)


@pytest.mark.parametrize("seed", [1])
def test_under_the_whole_schedule_d_a_counterfactual_is_the_law_s_and_not_the_plan_s_rates(seed: int) -> None:
    """Equal to brute force over the cells of the tax by cvxpy."""
    case = random_case(seed, names=8, lots_a_name=2)
    wishes = Mandate(risk_aversion=20.0, rounding=Rounding.FRACTIONAL, cash_min=0.001, cash_max=0.1)
    plan = plan_for(case.signals, wishes, random_filer(np.random.default_rng(seed)), Clock(silent), never)
    tax = schedule_d_of(plan.problem)
    assert tax is not None
    value = plan.problem.block.holdings.value_usd
    here = sum(t.value_usd(plan.solution.plan) for t in plan.problem.terms)
    for trade in [t for t in plan.proposal.trade_list if t.side is Side.SELL][:2]:
        place = place_of(plan, trade)
        idle: Choices = plan.solution.choices.copy()
        idle[place.name] = Choice.NOTHING
        kept = best_by_cells(lot_locked(plan.problem, place.lot), tax, plan.solution.choices)
        expected = min(kept, best_by_cells(plan.problem, tax, idle)) * value - here
        found = counterfactual(plan, trade)
        assert found.worse_usd is not None
        assert float(found.worse_usd) == pytest.approx(expected, abs=2e-6 * value)


@pytest.mark.parametrize("seed", range(3))
def test_with_numbers_of_names_and_trades_limited_no_counterfactual_has_more(seed: int) -> None:
    case = random_case(seed, names=16, lots_a_name=2)
    held = len(set(case.signals.account.lot_name.tolist()))
    wishes = Mandate(risk_aversion=5.0, rounding=Rounding.FRACTIONAL, max_names=held - 2, max_trades=8, cash_max=0.1)
    plan = plan_for(case.signals, wishes, case.tax, Clock(silent), never)
    needed = 0
    for trade, found in zip(plan.proposal.trade_list, counterfactuals(plan), strict=True):
        needed += found.worse_usd is None
        if found.worse_usd is not None:
            after = without(plan, place_of(plan, trade))
            holdings = plan.problem.block.holdings
            assert int((after.active + holdings.target > 1e-9).sum()) <= held - 2
    assert needed, "some name must leave, so its sale is needed"
    assert any("names" in f.sentence for f in counterfactuals(plan) if f.worse_usd is None)
