"""The largest withdrawal: a plan raises it, and by the reference model no rules leave room for more."""

from dataclasses import replace
from decimal import Decimal

import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InfeasibleError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.account_rules import CashRange
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.withdrawal import largest_withdrawal, losses_only, plan_or_largest
from di_advisor.testing.random_cases import RandomCase, random_case
from tests.solve.contradictions import can_hold
from tests.test_workspace import opened

WISHES = (
    Mandate(cash_min=0.002, turnover_max=0.15),
    Mandate(sector_band=Band.within(0.05), tracking_error_max=0.02, rounding=Rounding.FRACTIONAL),
    Mandate(max_trade_usd=Decimal(9000), name_band=NameBand(0.3, 2.5, floor=0.01)),
    Mandate(mode="raise_cash", turnover_max=0.2),
    Mandate(mode="liquidate"),
)


def most(case: RandomCase, mandate: Mandate, **how: bool):
    return largest_withdrawal(case.signals, mandate, case.tax, cancel=never, **how)


def possible(case: RandomCase, mandate: Mandate, amount: Decimal) -> bool:
    """Whether any plan keeps the rules but for whole shares and sides, by cvxpy and Clarabel."""
    problem = formulate(case.signals, mandate.with_changes(withdrawal_usd=amount), case.tax)
    rules = [replace(r, reserve=0.0) if isinstance(r, CashRange) else r for r in problem.rules]
    return can_hold(problem, rules)


@pytest.mark.parametrize("at", range(len(WISHES)))
@pytest.mark.parametrize("seed", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_what_is_shown_can_be_raised_and_what_is_proved_cannot_be_passed(seed: int, at: int) -> None:
    case, mandate = random_case(seed, names=16, lots_a_name=2), WISHES[at]
    found = most(case, mandate)
    assert Decimal(0) < found.amount_usd <= found.at_most_usd
    again = plan_for(
        case.signals, mandate.with_changes(withdrawal_usd=found.amount_usd), case.tax, Clock(silent), never
    )
    assert again.proposal.after.cash_usd >= 0
    assert found.proposal is not None
    assert again.proposal.trade_list == found.proposal.trade_list
    value = Decimal(repr(case.signals.account.value_usd))
    above = found.at_most_usd + value / 1000
    if above < value:
        assert not possible(case, mandate, above)
    assert possible(case, mandate, found.amount_usd)


def test_only_the_cash_that_is_there() -> None:
    case = random_case(2, names=12)
    found = most(case, Mandate(cash_min=0.004), only_cash=True)
    account = case.signals.account
    cash, value = account.cash_usd, Decimal(repr(account.value_usd))
    exact = (cash - Decimal("0.004") * value) / (1 - Decimal("0.004"))
    assert 0 <= exact - found.amount_usd < Decimal("0.02")
    assert found.at_most_usd == found.amount_usd
    assert found.proposal is None
    assert str(found) == f"Without a trade, ${found.amount_usd:,} can be withdrawn."


def test_without_gains_no_lot_at_a_gain_is_sold() -> None:
    case = random_case(1, names=20, lots_a_name=2)
    mandate = Mandate(cash_max=0.02)
    losses = most(replace(case, signals=losses_only(case.signals)), mandate)
    assert losses.proposal is not None
    assert all((t.gain_usd or 0) <= 0 for t in losses.proposal.trade_list if t.side is Side.SELL)
    assert losses.amount_usd < most(case, mandate).amount_usd


def test_a_withdrawal_that_is_too_large_says_which_one_is_not() -> None:
    case, mandate = random_case(3, names=16, lots_a_name=2), WISHES[0]
    largest = most(case, mandate)
    with pytest.raises(InfeasibleError, match=r"Without breaking a rule, \$[0-9,.]+ can be withdrawn") as caught:
        plan_or_largest(case.signals, mandate.with_changes(withdrawal_usd="600000"), case.tax, Clock(silent), never)
    assert caught.value.facts["largest_withdrawal_usd"] == largest.amount_usd
    assert caught.value.hint.startswith(f"Withdraw ${largest.amount_usd:,} at most.")
    assert "cash" in caught.value.facts["rules"]


def test_rules_that_nothing_keeps_leave_no_withdrawal() -> None:
    case = random_case(3, names=16, lots_a_name=2)
    with pytest.raises(InfeasibleError, match="not even one of nothing"):
        most(case, Mandate(tracking_error_max=1e-4))


def test_the_search_can_be_cancelled() -> None:
    case = random_case(3, names=16, lots_a_name=2)
    with pytest.raises(UnfinishedError):
        largest_withdrawal(case.signals, WISHES[0], case.tax, cancel=lambda: True)


def test_a_workspace_answers_and_an_impossible_question_says_what_is_possible() -> None:
    workspace = opened(3, Mandate(turnover_max=0.1))
    assert workspace.max_withdrawal(only_cash=True).amount_usd == Decimal("10000.00")
    free, careful = workspace.max_withdrawal(), workspace.max_withdrawal(without_gains=True)
    # what is shown can be raised, by a plan that a search found: only what is proved grows with what is allowed
    assert max(careful.amount_usd, free.amount_usd) <= free.at_most_usd
    assert workspace.what_if(withdrawal_usd=free.amount_usd).after.set_aside_usd == free.amount_usd
    with pytest.raises(InfeasibleError, match="can be withdrawn"):
        workspace.what_if(withdrawal_usd=free.at_most_usd + 5_000)
