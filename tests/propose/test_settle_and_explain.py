"""From signals to a proposal: whole shares, cash, rules after rounding, and dollars that add up to the cent."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.errors import SettlementError
from di_advisor.formulate import formulate
from di_advisor.formulate.account_rules import CashRange
from di_advisor.propose import Orders, Proposal, explain, settle
from di_advisor.propose.settle import TOLERANCE, still_kept
from di_advisor.solve import Solution, solve
from di_advisor.testing.random_cases import RandomCase, random_case


def proposed(case: RandomCase, mandate: Mandate) -> tuple[object, Solution, Orders, Proposal]:
    problem = formulate(case.signals, mandate, case.tax)
    solution = solve(problem, rounds=4)
    orders = settle(problem, solution, case.signals, mandate)
    return problem, solution, orders, explain(problem, solution, orders, case.signals, mandate)


def wishes(case: RandomCase, rounding: Rounding) -> Mandate:
    return case.mandate.with_changes(rounding=rounding, tracking_error_max=None, turnover_max=None)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
def test_every_rule_holds_after_rounding_and_cash_is_never_negative(seed: int, rounding: Rounding) -> None:
    case = random_case(seed, shared_groups=seed % 2)
    problem, _, orders, proposal = proposed(case, wishes(case, rounding))
    for rule in problem.rules:  # type: ignore[attr-defined]
        assert rule.slack(orders.plan) >= -TOLERANCE, rule.sentence
    assert orders.cash_usd >= 0
    price, account = case.signals.market.price_usd, case.signals.account
    cash = account.cash_usd - orders.cost_usd
    for t in proposal.trade_list:
        cash += t.value_usd * (1 if t.side is Side.SELL else -1)
    assert cash == orders.cash_usd
    assert orders.cash_usd == orders.cash_usd.quantize(Decimal("0.01"))
    assert all(price[i] > 0 for i in orders.buys)


@pytest.mark.parametrize("seed", range(10))
def test_orders_are_whole_shares_unless_a_position_is_sold_out(seed: int) -> None:
    case = random_case(seed)
    _, _, orders, _ = proposed(case, wishes(case, Rounding.WHOLE_SHARES))
    account = case.signals.account
    assert all(q == q.to_integral_value() and q > 0 for q in orders.buys.values())
    sold: dict[int, Fraction] = {}
    for lot, q in orders.sells.items():
        assert 0 < q <= Fraction(account.lots[lot].shares)
        name = int(account.lot_name[lot])
        sold[name] = sold.get(name, Fraction(0)) + Fraction(q)
    for name, q in sold.items():
        held = sum(Fraction(account.lots[i].shares) for i in np.flatnonzero(account.lot_name == name))
        assert q.denominator == 1 or q == held


@pytest.mark.parametrize("seed", range(10))
def test_the_dollars_of_the_trades_sum_to_the_change_of_the_objective_to_the_cent(seed: int) -> None:
    case = random_case(seed, shared_groups=1)
    problem, _, orders, proposal = proposed(case, wishes(case, Rounding.WHOLE_SHARES))
    nothing = problem.block.holdings.nothing()  # type: ignore[attr-defined]
    for term in problem.terms:  # type: ignore[attr-defined]
        exact = term.value_usd(orders.plan) - term.value_usd(nothing)
        shown = sum((t.dollars[term.name] for t in proposal.trade_list), Decimal(0))
        assert abs(float(shown) - exact) <= 0.0051
        assert proposal.after.objective_usd[term.name] - proposal.before.objective_usd[term.name] == shown
    assert proposal.benefit_usd == sum((t.benefit_usd for t in proposal.trade_list), Decimal(0))
    frame = proposal.trades
    assert len(frame) == len(proposal.trade_list)
    assert sum(frame["benefit_usd"], Decimal(0)) == proposal.benefit_usd


@pytest.mark.parametrize("seed", range(6))
def test_tax_of_each_sale_is_its_gain_at_the_rate_of_its_term(seed: int) -> None:
    case = random_case(seed)
    _, _, _, proposal = proposed(case, wishes(case, Rounding.WHOLE_SHARES))
    sales = [t for t in proposal.trade_list if t.side is Side.SELL]
    assert sales
    for t in sales:
        assert t.gain_usd is not None
        rate = case.tax.rates.long_term if t.long_term else case.tax.rates.short_term
        assert float(t.dollars["tax"]) == pytest.approx(rate * float(t.gain_usd), abs=0.02)
        assert "loss" in t.sentence if t.gain_usd < 0 else "loss" not in t.sentence
        assert ("no repurchase before" in t.facts) == (t.gain_usd < 0)


def test_a_cap_holds_exactly_after_whole_shares() -> None:
    case = random_case(0)
    mandate = wishes(case, Rounding.WHOLE_SHARES).with_changes(tracking_error_max=0.012)
    problem, _, orders, _ = proposed(case, mandate)
    cap = next(r for r in problem.rules if r.name == "tracking error cap")  # type: ignore[attr-defined]
    assert cap.slack(orders.plan) >= 0
    assert cap.slack(orders.plan) < 1e-4, "the cap binds"


def test_a_plan_that_rounding_cannot_save_is_refused_with_the_rule_named() -> None:
    case = random_case(1, names=12, value_usd=3e3)
    mandate = Mandate(risk_aversion=50, cash_min=0.0, cash_max=0.0005)
    problem = formulate(case.signals, mandate, case.tax)
    solution = solve(problem)
    with pytest.raises(SettlementError, match=r"'cash' is passed by [\d.]+ dollars ") as caught:
        settle(problem, solution, case.signals, mandate)
    assert "fractional" in caught.value.hint


def test_the_certificate_counts_what_rounding_cost() -> None:
    case = random_case(4)
    problem, solution, orders, proposal = proposed(case, wishes(case, Rounding.WHOLE_SHARES))
    value = problem.block.holdings.value_usd  # type: ignore[attr-defined]
    certificate = proposal.certificate
    assert certificate.gap_usd == pytest.approx(certificate.objective_usd - certificate.bound_usd, abs=1e-6)
    rounded = sum(t.value_usd(orders.plan) for t in problem.terms)  # type: ignore[attr-defined]
    assert certificate.rounding_usd == pytest.approx(rounded - solution.objective * value, abs=1e-6)
    assert rounded >= certificate.bound_usd - 1e-6


@pytest.mark.parametrize("seed", [2, 5, 7, 10])
def test_no_share_is_given_up_for_a_part_of_a_cent_of_the_least_cash(seed: int) -> None:
    case = random_case(seed)
    mandate = wishes(case, Rounding.WHOLE_SHARES)
    problem, _, orders, _ = proposed(case, mandate)
    value_usd = case.signals.account.value_usd
    exact = next(r for r in problem.rules if isinstance(r, CashRange)).measure(orders.plan)  # type: ignore[attr-defined]
    least_usd = float(orders.cash_usd) + 0.004
    assert exact * value_usd > least_usd  # the plan keeps it, and its cents alone do not
    for least, kept in ((least_usd, True), (least_usd + 0.01, False)):
        with_least = formulate(case.signals, mandate.with_changes(cash_min=least / value_usd), case.tax)
        assert still_kept(with_least, case.signals, orders.sells, orders.buys) is kept
