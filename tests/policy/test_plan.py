"""A plan over dates: what waits, what it is worth, and how it shapes today's trades."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from di_advisor import Mandate, Workspace
from di_advisor.domain.lots import LotState
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates
from di_advisor.errors import InputError
from di_advisor.policy.plan import MultiPeriodPlan, plan_ahead
from di_advisor.policy.plan_cases import planned_names
from di_advisor.policy.plan_model import PlanTerms
from di_advisor.policy.plan_search import best_schedule
from di_advisor.report.calendar_view import plan_text
from tests.policy.trading_world import RATES, RISK, TODAY, UNIVERSE, net_shares, owner, workspace

TARGET = Target.single("index", dict.fromkeys("ABCDEFGH", 0.125), date(2020, 1, 1))
REST = "\n".join(f"{k}1 120 {k} @ 100.00 on 2020-01-02" for k in "BCDEFGH")
TURNS = f"A1 100 A @ 10.00 on 2020-01-02\n A2 150 A @ 90.00 on 2025-12-01\n {REST}"
"""A stands at 250 of 137 shares; 150 of them have a short-term gain of 1,500 that is long-term from 2 December."""
WISHES = Mandate(cash_max=0.2, risk_aversion=30.0)


def opened(book: str = TURNS, fills: tuple[Fill, ...] = (), mandate: Mandate = WISHES) -> Workspace:
    return workspace(owner(book, fills=fills), TARGET, mandate=mandate)


def of_name(plan: MultiPeriodPlan, security_id: str):
    return next(n for n in plan.names if n.name.security_id == security_id)


def test_a_gain_about_to_turn_waits_and_waiting_has_its_price_in_dollars() -> None:
    plan = of_name(plan_ahead(opened()), "A")
    assert [(s.on, s.lots) for s in plan.steps if "A2" in s.lots] == [(date(2026, 12, 2), ("A2",))]
    # A fifth of 1,500 is saved, discounted from 15 April; twelve days of risk are paid for it.
    before, after = plan.at_once.parts, plan.best.parts
    assert before.tax_usd - after.tax_usd == pytest.approx(300 / 1.05 ** (146 / 365))
    assert after.risk_usd > before.risk_usd
    assert plan.waiting_usd == pytest.approx(before.total_usd - after.total_usd)
    assert "on 2026-12-02 (long-term by then) sell lot A2 ($15,000.00)" in plan.sentence
    assert f"Waiting is worth ${plan.waiting_usd:,.2f} over acting now or not at all" in plan.sentence


def test_the_locks_of_the_plan_keep_todays_proposal_from_selling_what_waits() -> None:
    plan = plan_ahead(opened())
    (lock,) = plan.locks()
    assert (lock.security_id, lock.kind) == ("A", LockKind.NO_SELL)
    assert lock.reason == of_name(plan, "A").sentence
    assert net_shares(opened().propose())["A"] < 0
    locked = workspace(owner(TURNS), TARGET, mandate=WISHES, locks=plan.locks())
    assert "A" not in net_shares(locked.propose())


def test_a_purchase_waits_for_the_end_of_its_wash_window() -> None:
    sold = Fill("A", Side.SELL, Decimal(10), date(2026, 11, 10), Decimal(-900))
    plan = of_name(plan_ahead(opened(REST, (sold,))), "A")
    assert [(s.on, s.why) for s in plan.steps] == [(date(2026, 12, 11), "a purchase washes no loss any more")]
    assert plan.at_once.schedule.buy == 1  # today it is not allowed
    assert plan.waiting_usd > 0


def test_a_loss_is_taken_now_and_bought_back_after_thirty_days() -> None:
    book = f"A1 125 A @ 140.00 on 2020-01-02\n {REST}"
    plan = of_name(plan_ahead(opened(book)), "A")
    assert [(s.on, s.lots, s.why) for s in plan.steps] == [
        (TODAY, ("A1",), "now"),
        (date(2026, 12, 21), (), "more than 30 days after the loss"),
    ]
    assert plan.best.parts.tax_usd == pytest.approx(-0.2 * 5000 / 1.05 ** (146 / 365))
    priced = opened(book, mandate=WISHES.with_changes(wash_policy=WashPolicy.PRICE))
    assert of_name(plan_ahead(priced), "A").steps == plan.steps


def test_known_later_rates_and_expected_returns_move_the_dates() -> None:
    soon = date(2027, 3, 1)
    lower = {2027: ConstantRates(short_term=0.1, long_term=0.05)}
    plan = of_name(plan_ahead(opened(), soon, later_rates=lower), "A")
    assert next(s.on for s in plan.steps if "A2" in s.lots) == date(2027, 1, 4)
    falling = plan_ahead(opened(), expected_return_per_year={"A": -3.0})
    assert next(s.on for s in of_name(falling, "A").steps if "A2" in s.lots) == TODAY


def test_the_account_adds_up_and_the_frame_has_every_step() -> None:
    plan = plan_ahead(opened())
    assert plan.waiting_usd == pytest.approx(sum(n.waiting_usd for n in plan.names))
    assert all(n.waiting_usd >= 0 for n in plan.names)
    assert len(plan.to_frame()) == len(plan.now) + len(plan.later)
    assert [s.on for s in plan.later] == sorted(s.on for s in plan.later)
    assert all(n.best.exact for n in plan.names)
    assert [n.name.security_id for n in plan_ahead(opened(), names=["A"]).names] == ["A"]
    assert "25" not in plan.model[0].split("times")[0]
    assert plan.model[-1].endswith("Not tax advice.")


def test_nothing_waits_for_tax_where_nothing_is_taxed() -> None:
    held = owner(TURNS).accounts[0]
    ira = Portfolio("someone", (Account("account", held.lots, held.cash, (), AccountKind.IRA),))
    plan = plan_ahead(workspace(ira, TARGET, mandate=WISHES))
    assert not plan.later
    assert plan.waiting_usd == pytest.approx(0.0, abs=1e-9)


def test_the_price_of_one_position_is_that_of_the_whole_account_with_the_others_as_they_stand() -> None:
    work = opened()
    signals = work.signals
    terms = PlanTerms(TODAY, date(2027, 11, 20), signals.account.value_usd, 30.0, RATES)
    name = next(n for n in planned_names(signals, terms, {}) if n.security_id == "A")
    full = RISK.exposures @ RISK.factor_covariance_per_year @ RISK.exposures.T + np.diag(
        RISK.specific_variance_per_year
    )
    value = signals.account.value_usd
    active = signals.account.held_usd() / value - signals.account.target_weight

    def whole(usd: float) -> float:
        along = np.eye(8)[UNIVERSE.positions["A"]] - signals.account.target_weight
        moved = active + (usd - name.active_usd) / value * along
        return float(30.0 * value * moved @ full @ moved)

    for usd in (-3000.0, 0.0, 8000.0):
        by_name = terms.risk_usd(name, usd, 365) - terms.risk_usd(name, name.active_usd, 365)
        assert by_name == pytest.approx(whole(usd) - whole(name.active_usd))


def test_a_horizon_of_the_past_is_refused() -> None:
    with pytest.raises(InputError, match="ends after today"):
        plan_ahead(opened(), TODAY)


def test_lots_that_are_locked_or_unknown_are_held_as_they_are() -> None:
    held = owner(TURNS).accounts[0]
    lots = tuple(
        replace(x, basis_total_usd=None, state=LotState.BASIS_PENDING) if x.lot_id == "A2" else x for x in held.lots
    )
    unknown = Portfolio("someone", (replace(held, lots=lots),))
    plan = plan_ahead(workspace(unknown, TARGET, mandate=WISHES))
    assert all("A2" not in s.lots for s in (*plan.now, *plan.later))
    never = opened(mandate=WISHES.with_changes(do_not_sell=frozenset({"A"})))
    assert all(s.security_id != "A" or not s.lots for s in (*plan_ahead(never).now, *plan_ahead(never).later))


def test_what_a_harvest_model_says_of_waiting_counts_on_the_lot_and_can_keep_it() -> None:
    work = opened(f"A1 125 A @ 125.00 on 2020-01-02\n {REST}")
    assert any("A1" in s.lots for s in plan_ahead(work).now)  # a loss of 3,125 saves 625
    account = work.signals.account
    keeps = np.array([-700.0 if lot.lot_id == "A1" else 0.0 for lot in account.lots])
    signals = replace(work.signals, account=replace(account, continuation_usd=keeps))
    terms = PlanTerms(TODAY, date(2027, 11, 20), account.value_usd, 30.0, RATES)
    name = next(n for n in planned_names(signals, terms, {}) if n.security_id == "A")
    assert name.lots[0].option_usd == -700
    best = best_schedule(name, terms, (TODAY, date(2026, 12, 31)))
    assert best.schedule.sells == (2,)  # what is given up by selling is more than the tax saved


def test_the_mandates_gain_budget_is_shared_by_all_names_and_told() -> None:
    free = plan_ahead(opened())
    assert free.shared.sentence == ""
    tight = plan_ahead(opened(mandate=WISHES.with_changes(gain_budget_usd=1000)))
    gains = {year: sum(s.gain_usd for n in tight.names for s in n.steps if s.on.year == year) for year in (2026, 2027)}
    assert all(gains[y] == pytest.approx(tight.shared.gain_usd[y]) for y in gains)
    assert all(g <= 1000 for g in gains.values())
    assert tight.shared.given_up_usd > 0
    assert "All names share one budget of net gains a tax year" in plan_text(tight, "mine")
    same = plan_ahead(opened(), gain_budget_usd={2026: 1000.0, 2027: 1000.0})
    assert same.shared.total_usd == pytest.approx(tight.shared.total_usd)
    assert tight.waiting_usd >= 0


def test_an_account_that_pays_no_tax_has_no_gain_budget() -> None:
    held = owner(TURNS).accounts[0]
    ira = Portfolio("someone", (Account("account", held.lots, held.cash, (), AccountKind.IRA),))
    plan = plan_ahead(workspace(ira, TARGET, mandate=WISHES), gain_budget_usd=0.0)
    assert plan.shared.sentence == ""
    assert any(s.lots for s in plan.now)
