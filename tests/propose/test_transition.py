"""From a wish to orders: today in whole shares with its dollars, the rest as a plan, and what waiting is worth."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding, TradingMode
from di_advisor.domain.portfolio import Account, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import UnsupportedWishError
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.transition import TransitionPlan
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.report.transition_view import transition_html, transition_markdown, transition_text
from di_advisor.testing.random_cases import random_case
from di_advisor.workspace import Workspace
from tests.solve.staged.worlds import signals

TAX = TaxProfile(ConstantRates(0.40, 0.20))
OLD = date(2020, 1, 2)
MANDATE = Mandate(risk_aversion=8.0, cash_max=0.02)
LATER = (date(2026, 9, 30), date(2026, 12, 31), date(2027, 3, 31))


LOTS = [(0, 7000, 20000, OLD), (1, 1000, 14000, OLD), (0, 500, 4000, date(2025, 8, 1)), (2, 1500, 14000, OLD)]
YOUNG_GAIN = [(0, 500, 4900, OLD), (1, 1000, 9000, OLD), (0, 500, 1000, date(2025, 8, 1)), (2, 1500, 14000, OLD)]


def planned(mandate: Mandate = MANDATE, lots: list[tuple] = LOTS, **wishes: object) -> TransitionPlan:
    held = signals([0.0, 0.5, 0.5], lots)
    wish = TransitionWish(LATER, **{"gain_budget_usd": "15000", **wishes})
    return plan_transition(held, mandate, TAX, wish, Clock(silent), never)


@pytest.fixture(scope="module")
def plan() -> TransitionPlan:
    return planned()


def test_today_is_whole_shares_and_its_dollars_add_up_to_what_waiting_costs(plan: TransitionPlan) -> None:
    today = plan.today
    assert today.trade_list
    assert all(t.shares == t.shares.to_integral_value() for t in today.trade_list)
    by_trades = sum((t.benefit_usd for t in today.trade_list), Decimal(0))
    assert by_trades == today.benefit_usd
    waiting = next(a.saves_usd for a in plan.alternatives if a.name == "wait")
    assert waiting is not None
    assert abs(today.benefit_usd - waiting) <= Decimal("0.05")
    assert "cost of doing it later" in today.terms_usd


def test_budgets_of_every_year_are_kept_by_the_plan_and_by_todays_orders(plan: TransitionPlan) -> None:
    assert [y.year for y in plan.years] == [2026, 2027]
    assert all(y.gain_usd <= Decimal("15000.05") for y in plan.years)
    gain = sum((t.gain_usd for t in plan.today.trade_list if t.gain_usd is not None), Decimal(0))
    assert gain <= 15000
    assert any(c.rule == "gain budget" for c in plan.today.checks)
    assert gain == plan.stages[0].gain_short_usd + plan.stages[0].gain_long_usd


def test_the_plan_is_better_than_every_other_way_by_what_it_says(plan: TransitionPlan) -> None:
    assert {a.name for a in plan.alternatives} == {"never", "all today", "today only", "wait"}
    assert all(a.saves_usd > 0 for a in plan.alternatives if a.name in ("never", "today only", "wait") and a.saves_usd)
    assert plan.benefit_usd > 0
    assert plan.certificate.rounded_gap_usd <= 0.01 * float(plan.benefit_usd)


def test_stages_add_up_to_the_objective(plan: TransitionPlan) -> None:
    costs = [(s.tax_usd, s.cost_usd, s.risk_usd) for s in plan.stages]
    for column, term in enumerate(("tax", "trading cost", "active risk")):
        assert abs(sum(c[column] for c in costs) - plan.terms_usd[term]) <= Decimal("0.05")
    errors = [(s.tracking_error_before, s.tracking_error_after) for s in plan.stages]
    assert all(before == after for (_, before), (after, _) in pairwise(errors))
    assert 0 < plan.stages[0].done < plan.stages[-1].done <= 1


def test_the_lot_that_turns_is_named(plan: TransitionPlan) -> None:
    del plan
    # L2 turns long-term on 2026-08-02: half the tax on a gain of 4,000 is worth more than a quarter of its risk
    free = planned(mandate=MANDATE.with_changes(risk_aversion=6.0), lots=YOUNG_GAIN, gain_budget_usd=None)
    turned = [t for t in free.later if t.turned]
    assert {t.lot_id for t in turned} == {"L2"}
    assert not [t for t in free.today.trade_list if t.lot_id == "L2"]
    assert any("short-term today and sold once long-term" in sentence for sentence in free.sentences)


def test_the_frames_have_a_row_a_stage_and_a_row_a_trade(plan: TransitionPlan) -> None:
    assert plan.table["provisional"].tolist() == [False, True, True, True]
    assert len(plan.later_trades) == len(plan.later)
    assert "4 stages" in repr(plan)


def test_every_view_says_the_same(plan: TransitionPlan) -> None:
    html, markdown, text = transition_html(plan), transition_markdown(plan), transition_text(plan)
    for view in (html, markdown, text):
        assert "Tracking error by stage" in view
        assert "provisional" in view
        assert "Not tax advice" in view
    assert "<script" not in html
    assert "<style" not in html
    assert html.count("2026-12-31") >= 2


def test_names_from_a_file_are_escaped_in_every_cell(plan: TransitionPlan) -> None:
    wicked = replace(
        plan, later=(replace(plan.later[0], ticker="<b onload=x>"),), sentences=("<script>alert(1)</script>",)
    )
    html = transition_html(wicked)
    assert "<b onload" not in html
    assert "<script" not in html


def test_one_stage_gives_the_trades_of_a_single_proposal() -> None:
    case = random_case(4, names=25, lots_a_name=2)
    account = case.signals.account
    gains = replace(case.signals, account=replace(account, lot_gain_usd=np.abs(account.lot_gain_usd)))
    mandate = case.mandate.with_changes(tracking_error_max=None, rounding=Rounding.FRACTIONAL)
    plan = plan_transition(gains, mandate, case.tax, TransitionWish(), Clock(silent), never)
    single = plan_for(gains, mandate, case.tax, Clock(silent), never).proposal
    assert abs(plan.today.benefit_usd - single.benefit_usd) <= Decimal("0.02") + abs(single.benefit_usd) / 100_000
    assert {t.side for t in plan.today.trade_list} == {Side.BUY, Side.SELL}
    assert plan.later == ()


def test_a_workspace_plans_a_transition_and_a_single_proposal_points_to_it() -> None:
    case = random_case(2, names=20, lots_a_name=2)
    market = case.signals.market
    weights = dict(zip(market.universe.security_ids, case.signals.account.target_weight.tolist(), strict=True))
    portfolio = Portfolio("random", (Account("random", case.signals.account.lots),))
    mandate = Mandate(mode=TradingMode.TRANSITION)
    workspace = Workspace(portfolio, Target.single("index", weights, market.as_of), mandate, case.tax, case.signals)
    with pytest.raises(UnsupportedWishError, match=r"workspace\.transition"):
        workspace.propose()
    plan = workspace.transition(TransitionWish.quarterly(market.as_of, 2))
    assert len(plan.stages) == 2
    assert plan.today.as_of == market.as_of
