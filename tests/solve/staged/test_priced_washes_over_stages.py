"""Wash sales at a price in a plan over stages: equal to trying every side of every width, and to a grid."""

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.domain.washes import FreePurchase, WashQuantities
from di_advisor.errors import InfeasibleError, UnsupportedWishError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.judge import breaches, washes
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.priced_washes import Width
from di_advisor.solve.staged.search import solve_staged
from tests.solve.staged.worlds import AS_OF, signals

TAX = TaxProfile(ConstantRates(0.40, 0.20))
OLD = date(2020, 1, 2)
LATER = (date(2026, 9, 30), date(2026, 12, 31))
MANDATE = Mandate(risk_aversion=3.0, cash_max=1.0, wash_policy=WashPolicy.PRICE, wash_deferral_years=20.0)
LOTS = [(0, 300, 4500, OLD), (1, 300, 2000, OLD), (2, 200, 2600, OLD), (2, 200, 1900, OLD)]


def held(sell_usd: tuple[float, ...], buy_usd: tuple[float, ...], on: date = date(2026, 6, 20)) -> Signals:
    """Recent purchases of names 0 and 2, whose shares a loss today would meet; recent losses of name 1."""
    made = signals([0.2, 0.5, 0.3], LOTS)
    losing = made.account.lot_gain_usd < 0
    purchase = FreePurchase("tiny", "T0", "T0", on, Decimal(10), "P0")
    found = WashQuantities(
        purchases=(purchase,),
        losses=(),
        purchase_of={},
        group=("T0", "T1", "T2"),
        lot_washable=losing,
        sell_usd=np.array(sell_usd),
        sell_lost=np.zeros(3, dtype=np.bool_),
        buy_usd=np.array(buy_usd),
        buy_loss=np.where(np.array(buy_usd) > 0, 0.3, 0.0),
    )
    return replace(made, account=replace(made.account, washes=found))


def staged(sell_usd: tuple[float, ...], buy_usd: tuple[float, ...], mandate: Mandate = MANDATE) -> StagedProblem:
    return formulate_transition(held(sell_usd, buy_usd), mandate, TAX, TransitionWish(LATER))


WIDTHS = [((900.0, 0, 500.0), (0, 600.0, 0)), ((2500.0, 0, 100.0), (0, 0, 0)), ((0, 0, 0), (0, 1500.0, 0))]


@pytest.mark.parametrize(("sell_usd", "buy_usd"), WIDTHS)
def test_priced_washes_equal_trying_every_side_of_every_width(sell_usd: Any, buy_usd: Any) -> None:
    problem = staged(sell_usd, buy_usd)
    assert problem.wash is not None
    solution = solve_staged(problem, nodes=300)
    benefit = problem.objective(problem.nothing()) - solution.objective
    best = np.inf
    # sides of the widths, and of the wash windows of the plan itself: a loss or a purchase at each stage
    sides = [(Width.WITHIN, Width.BEYOND) if w else (Width.FREE,) for w in (sell_usd[0], sell_usd[2], buy_usd[1])]
    for zero, two, one in itertools.product(*sides):
        for lose in itertools.product((True, False), repeat=6):
            choices = Open.everything(problem)
            loss, buy, washed = choices.loss.copy(), choices.buy.copy(), choices.washed.copy()
            washed[0, 0], washed[0, 2], washed[1, 1] = zero, two, one
            for at, flag in enumerate(lose):
                stage, name = divmod(at, 2)
                loss[stage, 2 * name], buy[stage, 2 * name] = flag, not flag
            layout = build(problem, replace(choices, loss=loss, buy=buy, washed=washed))
            try:
                answer = solve_layout(problem, layout)
            except InfeasibleError:
                continue
            plans = layout.plans(answer.v, problem)
            assert not washes(problem, plans)
            assert problem.objective(plans) == pytest.approx(answer.bound, abs=1e-7)
            best = min(best, problem.objective(plans))
    assert solution.objective == pytest.approx(best, abs=2e-4 * benefit + 1e-8)
    assert solution.bound <= best + 1e-9
    assert max(breaches(problem, solution.plans).values()) <= 1e-6


def test_no_sale_on_a_grid_is_better_with_a_width() -> None:
    made = held((900.0, 0, 0), (0, 0, 0))
    only = np.array([True, False, False, False])
    locked = replace(made.account, lot_sellable=only, can_buy=np.array([False, True, True]))
    problem = formulate_transition(Signals(made.market, locked), MANDATE, TAX, TransitionWish(LATER))
    solution = solve_staged(problem, nodes=100)
    found = []
    for parts in itertools.product(np.linspace(0, 1, 21), repeat=3):
        if sum(parts) <= 1:
            plans = []
            for part, own in zip(parts, solution.plans, strict=True):
                sells = np.array([part, 0, 0, 0]) * problem.holdings.lot_weight
                split = own.buys / max(float(own.buys.sum()), 1e-12)
                plans.append(Plan(sells, split * min(float(own.buys.sum()), max(float(sells.sum()) * 0.999 - 2e-6, 0))))
            found.append(problem.objective(tuple(plans)))
    assert min(found) >= solution.bound - 1e-9
    assert min(found) >= solution.objective - 1e-7


def test_a_price_is_between_a_ban_and_nothing() -> None:
    priced = solve_staged(staged((900.0, 0, 500.0), (0, 600.0, 0)), nodes=100)
    free = solve_staged(staged((0, 0, 0), (0, 0, 0)), nodes=100)
    problem = staged((900.0, 0, 500.0), (0, 600.0, 0))
    first = problem.legs[0]
    shut = np.isin(problem.holdings.lot_name, [0, 2]) & first.loss
    banned = replace(
        problem,
        wash=None,
        legs=(
            replace(
                first, sell_max=np.where(shut, 0.0, first.sell_max), buy_max=np.where([0, 1, 0], 0.0, first.buy_max)
            ),
            *problem.legs[1:],
        ),
    )
    ban = solve_staged(banned, nodes=100)
    assert free.objective <= priced.objective + 1e-9
    assert priced.objective <= ban.objective + priced.gap + 1e-9


def test_todays_orders_say_what_they_wash() -> None:
    made, soon = held((100.0, 0, 0), (0, 0, 0)), MANDATE.with_changes(wash_deferral_years=1.0, risk_aversion=1.0)
    plan = plan_transition(made, soon, TAX, TransitionWish(LATER), Clock(silent), never)
    assert [t for t in plan.today.trade_list if t.ticker == "T0"]
    assert "wash sales" in plan.terms_usd
    assert plan.terms_usd["wash sales"] == sum(t.dollars["wash sales"] for t in plan.today.trade_list)
    assert plan.terms_usd["wash sales"] > 0
    kept = "no stage within 30 days of it buys"
    assert sum(kept in note for note in plan.notes) == 1
    banned = signals([0.2, 0.5, 0.3], LOTS)
    plain = plan_transition(
        banned, soon.with_changes(wash_policy=WashPolicy.BAN), TAX, TransitionWish(LATER), Clock(silent), never
    )
    assert not any(kept in note for note in plain.notes)


def test_what_prices_cannot_do_over_stages_is_refused() -> None:
    with pytest.raises(UnsupportedWishError, match="would count losses"):
        formulate_transition(held((900.0, 0, 0), (0, 0, 0)), MANDATE, TAX, TransitionWish(LATER, gain_budget_usd="100"))
    near = TransitionWish((date(2026, 7, 15),))
    with pytest.raises(UnsupportedWishError, match="within 30 days of a known purchase"):
        formulate_transition(held((900.0, 0, 0), (0, 0, 0)), MANDATE, TAX, near)
    assert near.later[0] > AS_OF
