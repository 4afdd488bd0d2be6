"""Minimum trades and numbers of trades and of names at every stage: equal to trying all of them, and certified."""

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.search import solve_staged
from tests.solve.staged.reference import broken_over_stages
from tests.solve.staged.worlds import signals

TAX = TaxProfile(ConstantRates(0.40, 0.20))
OLD = date(2020, 1, 2)
LATER = (date(2026, 9, 30), date(2026, 12, 31))
MANDATE = Mandate(risk_aversion=8.0, cash_max=0.05)
LOTS = [(0, 600, 3000, OLD), (1, 200, 1400, OLD), (2, 200, 1900, OLD)]


def staged(stages: int, mandate: Mandate, **wishes: Any) -> StagedProblem:
    """The legacy name may only be sold, the two of the index only be bought: sides are for the grid to try."""
    held = signals([0.0, 0.5, 0.5], LOTS)
    flags = np.array([True, False, False])
    buyable = np.array([False, True, True])
    locked = replace(held, account=replace(held.account, can_sell=flags, lot_sellable=flags, can_buy=buyable))
    return formulate_transition(locked, mandate, TAX, TransitionWish(LATER[: stages - 1], **wishes))


def tried(problem: StagedProblem) -> float:
    """The best objective over all patterns of trades: none, or at least the minimum, or all of what is sold."""
    stages, least, best = range(len(problem.legs)), problem.min_trade, np.inf
    everything = Open.everything(problem)
    of_stage = list(itertools.product(("none", "sell", "exit"), ("none", "buy"), ("none", "buy")))
    for pattern in itertools.product(of_stage, repeat=len(problem.legs)):
        if problem.trades_max is not None and any(
            sum(what != "none" for what in one) > problem.trades_max for one in pattern
        ):
            continue
        changed = {name: getattr(everything, name).copy() for name in ("sell", "buy", "least_sold", "least_bought")}
        out = everything.out.copy()
        for s, one in zip(stages, pattern, strict=True):
            for name, what in enumerate(one):
                changed["sell"][s, name] = what in ("sell", "exit")
                changed["buy"][s, name] = what == "buy"
                changed["least_sold"][s, name] = least if what == "sell" else 0.0
                changed["least_bought"][s, name] = least if what == "buy" else 0.0
                out[s, name] = what == "exit"
        choices = replace(everything, **changed, out=out)
        free = replace(problem, trades_max=None, names_max=None)
        layout = build(free, choices)
        try:
            plans = layout.plans(solve_layout(free, layout).v, problem)
        except InfeasibleError:
            continue
        held = problem.holdings.target + problem.active_path(plans)[-1]
        if problem.names_max is None or (held > 1e-7).sum() <= problem.names_max:
            best = min(best, problem.objective(plans))
    return best


CASES = [
    ({"min_trade_weight": 0.2}, {"gain_budget_usd": "1800"}),
    ({"min_trade_weight": 0.15, "max_trades": 2}, {"stage_gain_budget_usd": "1500"}),
    ({"max_trades": 2}, {"gain_budget_usd": "2200"}),
    ({"min_trade_weight": 0.1, "max_names": 2, "max_trades": 2}, {}),
]


@pytest.mark.parametrize(("changes", "wishes"), CASES)
@pytest.mark.parametrize("stages", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_choices_of_trades_equal_trying_them_all(stages: int, changes: dict[str, Any], wishes: dict[str, Any]) -> None:
    problem = staged(stages, MANDATE.with_changes(**changes), **wishes)
    solution = solve_staged(problem, nodes=2000)
    best = tried(problem)
    benefit = problem.objective(problem.nothing()) - best
    assert benefit > 0
    assert solution.objective <= best + 2e-4 * benefit
    assert solution.objective >= best - 1e-7
    assert solution.bound <= best + 1e-9
    assert solution.gap <= 2e-4 * benefit
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    assert broken_over_stages(problem, solution.plans) <= 1e-6
    plain = solve_staged(replace(problem, min_trade=0.0, trades_max=None, names_max=None))
    assert plain.objective <= solution.objective + 1e-9


@pytest.mark.parametrize("changes", [{"max_trades": 4}, {"max_names": 3}, {"max_names": 4, "max_trades": 4}])
def test_counts_hold_at_every_stage_with_a_bound_below(changes: dict[str, Any]) -> None:
    lots = [(0, 400, 2000, OLD), (1, 150, 900, OLD), (2, 200, 1900, OLD), (3, 100, 1200, OLD), (4, 150, 1000, OLD)]
    held = signals([0.0, 0.3, 0.3, 0.2, 0.2], lots)
    mandate = MANDATE.with_changes(min_trade_weight=0.02, **changes)
    problem = formulate_transition(held, mandate, TAX, TransitionWish(LATER, gain_budget_usd="3000"))
    solution = solve_staged(problem)
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    of_lot = problem.holdings.lot_name
    for plan in solution.plans:
        assert (np.abs(plan.net(of_lot)) > 1e-7).sum() <= changes.get("max_trades", 5)
    held_then = problem.active_path(solution.plans)[-1] + problem.holdings.target
    assert (held_then > 1e-7).sum() <= changes.get("max_names", 5)
    many = solve_staged(problem, nodes=300)
    assert solution.bound <= many.objective + 1e-9
    assert many.bound >= solution.bound - 1e-9


def test_todays_orders_keep_the_number_of_trades_and_the_last_stage_that_of_names() -> None:
    held = signals([0.0, 0.4, 0.3, 0.3], [(0, 6000, 20000, OLD), (1, 2500, 20000, OLD), (2, 1000, 9000, OLD)])
    mandate = MANDATE.with_changes(max_trades=2, max_names=3, min_trade_usd=Decimal(1000))
    wish = TransitionWish(LATER, gain_budget_usd="25000")
    plan = plan_transition(held, mandate, TAX, wish, Clock(silent), never)
    assert 0 < len({t.ticker for t in plan.today.trade_list}) <= 2
    assert any(c.rule == "number of trades" for c in plan.today.checks)
    for on in LATER:
        assert len({t.ticker for t in plan.later if t.on == on}) <= 2
        by_name = [
            sum(t.value_usd for t in plan.later if t.on == on and t.ticker == n) for n in ("T0", "T1", "T2", "T3")
        ]
        assert all(v == 0 or v >= Decimal("999.9") for v in by_name[1:])
    assert plan.certificate.rounded_gap_usd <= 0.05 * float(plan.benefit_usd)
