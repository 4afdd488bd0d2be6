"""Tax by the whole Schedule D as a term: what the return says, shared among the lots to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.formulate import formulate
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import Holdings, Plan
from di_advisor.formulate.schedule_d import FilerTax, ScheduleDTax, cells_of, law_of, rates_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.terms import LotTax
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, compute_return, tax_on_gains
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_filers import random_carryover_value, random_return

DAY = date(2025, 6, 30)
VALUE = 100_000.0

# One lot of each kind, a tenth of the account each: short loss 50 %, short gain 50 %, long loss, long gain.
GAINS = RealisedGains(np.array([-0.5, 0.5, 0.0, 0.0]), np.array([0.0, 0.0, -0.5, 0.5]))
HOLDINGS = Holdings(
    value_usd=VALUE,
    cash=0.0,
    held=np.full(4, 0.25),
    target=np.full(4, 0.25),
    lot_name=np.arange(4),
    lot_weight=np.full(4, 0.25),
)


def term_of(inputs: ReturnInputs, worth: CarryoverValue | None = None, on: date = DAY) -> ScheduleDTax:
    law = law_of(FilerTax(inputs, carryover_value=worth), on)
    least, most = GAINS.reach(np.ones(4))
    return ScheduleDTax(HOLDINGS, GAINS, law, cells_of(law, least, most, VALUE), (0.0, 0.0))


def selling(*usd: float) -> Plan:
    """So many dollars of gain or loss of each lot: short loss, short gain, long loss, long gain."""
    return Plan(np.array(usd) / (0.5 * VALUE), np.zeros(4))


CARRIES_TEN_THOUSAND = ReturnInputs(
    tax_year=2025,
    filing_status=FilingStatus.SINGLE,
    ordinary_income_usd=Decimal(80_000),  # less 15,750 of standard deduction: in the bracket of 22 percent
    net_short_usd=Decimal(4_000),
    carryover_short_usd=Decimal(10_000),
)
"""Net so far 4,000 - 10,000 = -6,000: 3,000 meet ordinary income this year, 3,000 are carried on."""


@pytest.mark.parametrize(
    ("what", "plan", "tax_usd"),
    [
        ("a further loss is carried on and worth nothing today", selling(5_000, 0, 0, 0), 0),
        ("so is a long-term one", selling(0, 0, 5_000, 0), 0),
        ("3,000 of gain use up what would be carried on", selling(0, 3_000, 0, 0), 0),
        ("3,000 more use up the loss that met ordinary income: 3,000 x 22 %", selling(0, 6_000, 0, 0), 660),
        ("a thousand beyond is taxed at 22 %", selling(0, 7_000, 0, 0), 880),
        ("a long-term thousand beyond at 15 %", selling(0, 6_000, 0, 1_000), 810),
        ("a long-term gain uses up the short-term loss first", selling(0, 0, 0, 7_000), 810),
        ("gains and losses net before anything is taxed", selling(2_000, 8_000, 0, 0), 660),
    ],
)
def test_a_filer_with_ten_thousand_carried_over_by_hand(what: str, plan: Plan, tax_usd: int) -> None:
    assert term_of(CARRIES_TEN_THOUSAND).value_usd(plan) == pytest.approx(tax_usd, abs=1e-6), what


def test_a_loss_carried_on_is_worth_what_the_user_says() -> None:
    worth = CarryoverValue(Decimal("0.2"), Decimal("0.1"))
    assert term_of(CARRIES_TEN_THOUSAND, worth).value_usd(selling(5_000, 0, 0, 0)) == pytest.approx(-1_000)


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0, 20_000), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_term_is_the_change_of_the_return_and_its_shares_sum_to_it(seed: int, usd: list[float]) -> None:
    g = np.random.default_rng(seed)
    inputs, worth = random_return(g, 2025), random_carryover_value(g)
    term, plan = term_of(inputs, worth), selling(*usd)
    change = term.value_usd(plan)
    if worth is None:
        short, long = (Fraction(VALUE * x) for x in GAINS.realised(plan))
        after = replace(
            inputs,
            net_short_usd=Fraction(inputs.net_short_usd) + short,
            net_long_usd=Fraction(inputs.net_long_usd) + long,
        )
        law = tax_on_gains(after, DAY)
        assert change == pytest.approx(float(law.at() - term.law.at()), abs=1e-6)
        if law.label.find("Tax Table") < 0:
            told = compute_return(after).total_usd - compute_return(inputs).total_usd
            assert change == pytest.approx(float(told), abs=1e-6)
    shares = term.attribute_usd(plan)
    assert shares.sells.sum() == pytest.approx(change, abs=1e-6 * (1 + abs(change)))
    assert not shares.buys.any()
    assert (shares.sells[plan.sells == 0] == 0).all()


def test_along_the_way_each_lot_bears_the_rate_of_its_stretch() -> None:
    """7,000 of short gain and 3,500 of loss: along the line net gain grows to 3,500, of which 3,000 cost nothing."""
    term = term_of(CARRIES_TEN_THOUSAND)
    plan = selling(3_500, 7_000, 0, 0)
    shares = term.attribute_usd(plan).sells
    assert term.value_usd(plan) == pytest.approx(500 * 0.22)
    rate = 0.22 * 500 / 3_500  # the last seventh of the way is taxed
    assert shares == pytest.approx([-3_500 * rate, 7_000 * rate, 0, 0])


def test_the_planes_cover_what_can_be_realised_and_agree_with_the_law() -> None:
    g = np.random.default_rng(3)
    for seed in range(6):
        term = term_of(random_return(np.random.default_rng(seed), 2025))
        points = g.uniform(-0.5, 0.5, (50, 2))
        planes = np.array([float(term.cell_at(p).tax(p)) * VALUE for p in points])
        assert planes == pytest.approx(term.change_usd(points[:, 0], points[:, 1]), abs=1e-6)


def test_constant_rates_stay_slopes_by_lot_until_a_budget_limits_them() -> None:
    case = random_case(1, names=12)
    plain = formulate(case.signals, Mandate(), case.tax)
    assert isinstance(plain.terms[0], LotTax)
    assert schedule_d_of(plain) is None
    limited = formulate(case.signals, Mandate(gain_budget_usd=Decimal(100)), case.tax)
    term = schedule_d_of(limited)
    assert term is not None
    assert term.is_constant
    assert "marginal rates given" in term.sentence
    plan = Plan(0.5 * plain.block.holdings.lot_weight, np.zeros(12))
    assert term.value_usd(plan) == pytest.approx(plain.terms[0].value_usd(plan))
    assert term.attribute_usd(plan).sells == pytest.approx(plain.terms[0].attribute_usd(plan).sells, abs=1e-6)


def test_a_return_of_another_year_is_refused() -> None:
    case = random_case(1, names=12)
    with pytest.raises(InputError, match="2025"):
        formulate(case.signals, Mandate(), ReturnInputs(tax_year=2025))


def test_a_retirement_account_is_not_taxed_whoever_files() -> None:
    case = random_case(1, names=12)
    account = replace(case.signals.account, kind=AccountKind.IRA, lot_gain_usd=0 * case.signals.account.lot_gain_usd)
    problem = formulate(replace(case.signals, account=account), Mandate(), ReturnInputs(tax_year=2026))
    assert problem.terms[0].value_usd(Plan(problem.block.holdings.lot_weight, np.zeros(12))) == 0


def test_a_mode_without_taxes_refuses_budgets_of_them() -> None:
    case = random_case(1, names=12)
    mandate = Mandate(mode=TradingMode.TAX_UNAWARE, tax_budget_usd=Decimal(100))
    with pytest.raises(UnsupportedWishError, match="tax_budget_usd"):
        formulate(case.signals, mandate, case.tax)


def test_marginal_rates_of_a_return_for_what_is_priced_by_a_rate() -> None:
    profile = rates_of(CARRIES_TEN_THOUSAND, DAY)
    assert profile.rates.short_term == profile.rates.long_term == 0  # the next gain uses up what is carried on
    assert profile.rates.ordinary_dividend == pytest.approx(0.22)
    assert profile.rates.qualified_dividend == pytest.approx(0.15)
    assert profile.loss_rates is not None
    assert profile.loss_rates.short_term == 0


def test_budgets_measure_themselves_and_say_what_they_limit() -> None:
    term = term_of(CARRIES_TEN_THOUSAND)
    gain, tax = GainBudget(GAINS, 0.05, VALUE), TaxBudget(term, -500 / VALUE)
    plan = selling(2_000, 8_000, 0, 0)
    assert gain.measure(plan) == pytest.approx(0.06)
    assert gain.slack(plan) == pytest.approx(-0.01)
    assert tax.measure(plan) == pytest.approx(660 / VALUE)
    assert not gain.binds(selling(0, 0, 0, 0))
    assert gain.sentence == "Net realised gain of these trades is at most $5,000.00."
    assert tax.sentence == "These trades raise the year's tax by at most -$500.00."


@pytest.mark.parametrize("rounding", ["whole_shares", "fractional"])
def test_a_proposal_says_which_law_it_used_and_its_dollars_add_up(rounding: str) -> None:
    case = random_case(3, names=25)
    mandate = case.mandate.with_changes(rounding=rounding, turnover_max=None)
    filer = FilerTax(random_return(np.random.default_rng(8)))
    planned = plan_for(case.signals, mandate, filer, Clock(silent), never)
    assert "federal tables of 2026" in planned.proposal.notes[0]
    term = schedule_d_of(planned.problem)
    assert term is not None
    owed = sum((t.dollars["tax"] for t in planned.proposal.trade_list), Decimal(0))
    assert float(owed) == pytest.approx(term.value_usd(planned.orders.plan), abs=0.0051)
    plain = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    assert "constant marginal rates" in plain.proposal.notes[0]


@pytest.mark.parametrize("seed", range(4))
def test_budgets_hold_after_rounding_to_shares(seed: int) -> None:
    case = random_case(seed, names=25)
    mandate = case.mandate.with_changes(tracking_error_max=None, turnover_max=None)
    filer = case.tax if seed % 2 else FilerTax(random_return(np.random.default_rng(seed)))
    free = plan_for(case.signals, mandate.with_changes(gain_budget_usd=Decimal(10**9)), filer, Clock(silent), never)
    realised = sum(float(t.gain_usd or 0) for t in free.proposal.trade_list)
    tight = mandate.with_changes(gain_budget_usd=Decimal(round(realised)) - 2_000)
    planned = plan_for(case.signals, tight, filer, Clock(silent), never)
    gains = sum((t.gain_usd or Decimal(0) for t in planned.proposal.trade_list), Decimal(0))
    assert gains <= tight.gain_budget_usd + 1  # type: ignore[operator]
    check = next(c for c in planned.proposal.checks if c.rule == "gain budget")
    assert check.slack >= 0
