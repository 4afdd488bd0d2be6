"""Flows before an account's start, taxes that wait, and carryovers in the months before a return is due."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.advisor import Advisor
from di_advisor.backtest.comparison import compare_policies
from di_advisor.backtest.past import Payout
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.sample_past import sample_past
from di_advisor.backtest.settings import Flow, LossUse, ReplaySettings, TaxPaid
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.policy.policies import Policy, policy_named
from di_advisor.policy.triggers import CashOutside
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

RATES = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))
WISHES = Mandate(mode=TradingMode.TAX_UNAWARE, wash_policy=WashPolicy.IGNORE, risk_aversion=1e8)


def _replayed(sessions: tuple[date, ...], closes: tuple[str, ...], settings: ReplaySettings) -> Replayed:
    past = HandPast(sessions, {"A": closes, "B": ("50",) * len(sessions)}, {sessions[0]: {"A": 0.5, "B": 0.5}})
    policy = Policy("cash", (CashOutside(least_weight=0.01),))
    advisor = Advisor(OneFactor(), FlatCosts())
    return replay(past, sessions[0], sessions[-1], policy, WISHES, RATES, settings, advisor=advisor)


def test_money_that_flowed_up_to_the_start_is_in_what_the_account_begins_with() -> None:
    sessions = tuple(date(2024, 1, day) for day in (8, 9, 10, 11))
    flows = (Flow(date(2020, 1, 1), Decimal(5_000)), Flow(sessions[0], Decimal(700)), Flow(sessions[2], Decimal(900)))
    replayed = _replayed(sessions, ("100",) * 4, ReplaySettings(cash_usd=Decimal(10_000), flows=flows))
    assert [row.flow_usd for row in replayed.days] == [10_000, 0, 900, 0]


def test_a_tax_that_is_due_and_waits_for_cash_counts_also_where_the_last_year_does_not() -> None:
    # 100 A are sold for a withdrawal at twice what they cost; in April more is due than an account of 1 USD has.
    sessions = (date(2024, 1, 8), date(2024, 1, 9), date(2025, 4, 14), date(2025, 4, 15), date(2025, 4, 16))
    settings = ReplaySettings(
        cash_usd=Decimal(10_000),
        flows=(Flow(date(2024, 1, 9), Decimal(-14_000)),),
        tax_paid=TaxPaid.ACCOUNT,
        accrues_last_year=False,
    )
    replayed = _replayed(sessions, ("1", "3", "0.01", "0.01", "0.01"), settings)
    gain = replayed.days[1].short_term_usd
    assert gain > 0
    assert not [event for event in replayed.events if event.event_id.startswith("tax-")]  # it was never paid
    assert sum(row.tax_usd for row in replayed.days) == round(0.4 * gain, 2)


def test_until_a_return_is_due_proposals_see_what_its_year_has_left() -> None:
    inputs = ReturnInputs(tax_year=2025, ordinary_income_usd=Decimal(200_000), carryover_short_usd=Decimal(40_000))
    years = TaxYears(inputs, LossUse.ELSEWHERE)
    gained = YearOfAccount(short_usd=Fraction(25_000))
    seen = years.taxpayer_on(date(2026, 2, 2), YearOfAccount(), [(2025, gained)])
    assert isinstance(seen, FilerTax)
    assert seen.inputs.carryover_short_usd == 40_000 - 25_000 - 3_000
    assert years.carried_usd == (Fraction(40_000), Fraction(0))  # asking closes nothing
    years.close(2025, gained)
    closed = years.taxpayer_on(date(2026, 5, 4), YearOfAccount())
    assert isinstance(closed, FilerTax)
    assert closed.inputs == seen.inputs


def test_a_run_too_short_to_be_measured_ends_no_comparison() -> None:
    ends = {date(2023, 1, 3): date(2023, 1, 4), date(2023, 2, 1): date(2023, 2, 10)}
    found = compare_policies(
        sample_past(7, 8), [policy_named("monthly")], list(ends), ends.__getitem__, Mandate(), RATES
    )
    assert [run.run.start for run in found.runs] == [date(2023, 2, 1)]
    assert list(found.failures) == ["monthly-2023-01-03-wash"]
    assert "2 sessions" in found.failures["monthly-2023-01-03-wash"]


def test_two_dividends_of_one_ex_date_are_two_events() -> None:
    sessions = tuple(date(2024, 1, day) for day in (8, 9, 10))
    paid = tuple(Payout("B", sessions[1], sessions[1], Decimal(each)) for each in ("0.5", "0.7"))
    past = HandPast(sessions, {"B": ("50",) * 3}, {sessions[0]: {"B": 1.0}}, paid=paid)
    advisor = Advisor(OneFactor(), FlatCosts())
    settings = ReplaySettings(cash_usd=Decimal(10_010))
    replayed = replay(past, sessions[0], sessions[-1], Policy("cash", (CashOutside(least_weight=0.5),)), WISHES, RATES,
                      settings, advisor=advisor)  # fmt: skip
    assert replayed.days[1].dividend_usd == 200 * 1.2
    assert len({event.event_id for event in replayed.events}) == len(replayed.events)
