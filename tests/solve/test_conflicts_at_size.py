"""Conflicts of discrete wishes in accounts of 60 to 100 names: irreducible, and each member's leaving checked apart."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, NameBand, Rounding
from di_advisor.errors import InfeasibleError, UndecidedError
from di_advisor.formulate import formulate
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.solve import solve, solve_localised
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.rule_check import FinalOrders, broken_wishes

WISHES: dict[str, dict[str, Any]] = {
    "tracking error cap": {"tracking_error_max": None},
    "number of trades": {"max_trades": None},
    "number of names": {"max_names": None},
    "minimum trade": {"min_trade_weight": 0.0, "min_trade_usd": Decimal(0)},
    "turnover": {"turnover_max": None},
    "cash": {"withdrawal_usd": Decimal(0), "cash_max": 1.0},
    "name limits": {"name_band": NameBand(active_max=1.0)},
}
EVERY_OTHER: dict[str, Any] = {"sector_band": None, "factor_bands": {}, "participation_max": None}
CASES: list[tuple[int, int, dict[str, Any]]] = [
    (0, 60, {"max_trades": 2, "tracking_error_max": 0.006}),
    (1, 80, {"max_trades": 3, "withdrawal_usd": Decimal(300_000)}),
    (2, 100, {"min_trade_weight": 0.05, "tracking_error_max": 0.006}),
    (3, 60, {"max_names": 8, "tracking_error_max": 0.01}),
    (4, 100, {"max_trades": 3, "withdrawal_usd": Decimal(300_000)}),
    (5, 100, {"min_trade_weight": 0.05, "turnover_max": 0.1, "tracking_error_max": 0.006}),
]


@cache
def case_of(which: int) -> RandomCase:
    seed, names, changes = CASES[which]
    case = random_case(seed, names=names, lots_a_name=2, styles=4)
    account = case.signals.account
    open_ones = np.ones(len(account.lots), dtype=np.bool_)
    every = np.ones(names, dtype=np.bool_)
    free = replace(account, lot_sellable=open_ones, can_buy=every, can_sell=every)
    given: dict[str, Any] = {"tracking_error_max": None, "turnover_max": None, "cash_min": 0.0, "cash_max": 0.05}
    given |= {"name_band": NameBand(active_max=0.2), "rounding": Rounding.FRACTIONAL, **EVERY_OTHER, **changes}
    return RandomCase(replace(case.signals, account=free), case.mandate.with_changes(**given), case.tax)


def only(mandate: Mandate, members: set[str]) -> Mandate:
    """The mandate with the wishes of a conflict, all others open."""
    changes = {k: v for name, given in WISHES.items() if name not in members for k, v in given.items()}
    return mandate.with_changes(**changes)


@cache
def conflict_of(which: int) -> InfeasibleError:
    case = case_of(which)
    with pytest.raises(InfeasibleError) as caught:
        solve(formulate(case.signals, case.mandate, case.tax))
    return caught.value


MORE = [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 4))]
"""The first of them in the everyday suite."""


@pytest.mark.parametrize("which", MORE)
def test_the_set_named_is_irreducible_and_clashes_alone(which: int) -> None:
    case, error = case_of(which), conflict_of(which)
    members = set(error.facts["rules"])
    assert error.facts["irreducible"]
    assert members & {"number of trades", "number of names", "minimum trade"}
    assert members <= set(WISHES)
    with pytest.raises(InfeasibleError):
        solve(formulate(case.signals, only(case.mandate, members), case.tax))


@pytest.mark.parametrize("which", MORE)
def test_without_any_one_member_there_are_orders_that_keep_the_others(which: int) -> None:
    case, members = case_of(which), set(conflict_of(which).facts["rules"])
    for name in sorted(members):
        mandate = only(case.mandate, members - {name})
        planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
        orders = FinalOrders(planned.orders.sells, planned.orders.buys)
        assert broken_wishes(case.signals, mandate, orders, case.tax.rates) == [], name


@pytest.mark.parametrize("which", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_a_tracking_error_that_is_said_to_be_enough_is_enough(which: int) -> None:
    case, facts = case_of(which), conflict_of(which).facts
    texts = zip(facts["relaxations"], facts["amounts"], facts["enough"], strict=True)
    amount = next(a for text, a, enough in texts if enough and text.startswith("tracking error"))
    cap = (case.mandate.tracking_error_max or 0.0) + amount
    roomy = case.mandate.with_changes(tracking_error_max=cap * (1 + 1e-6))
    assert solve(formulate(case.signals, roomy, case.tax)).residual < 1e-6


def relaxations_of(which: int) -> dict[str, tuple[float, bool, str]]:
    """By wish: how much it gives, whether that is enough for everything, and in words."""
    facts = conflict_of(which).facts
    assert len(facts["rules"]) == len(facts["relaxations"]) == len(facts["amounts"]) == len(facts["enough"])
    each = zip(facts["amounts"], facts["enough"], facts["relaxations"], strict=True)
    return dict(zip(facts["rules"], each, strict=True))


def has_plan(case: RandomCase, mandate: Mandate) -> bool:
    try:
        solve_localised(formulate(case.signals, mandate, case.tax), named=False)
    except (InfeasibleError, UndecidedError):
        return False
    return True


def test_in_a_large_account_what_a_withdrawal_must_give_is_enough_and_what_is_needed_is_needed() -> None:
    case, (amount, enough, text) = case_of(4), relaxations_of(4)["cash"]
    assert enough
    assert "less to withdraw" in text
    value = case.signals.account.value_usd - float(case.mandate.withdrawal_usd)  # what weights are fractions of
    less = Decimal(amount * value).quantize(Decimal("0.01")) + 1
    assert has_plan(case, case.mandate.with_changes(withdrawal_usd=case.mandate.withdrawal_usd - less))
    assert "perhaps" not in text  # within a few hundredths of what the convex relaxation proves to be needed
    short = case.mandate.withdrawal_usd - Decimal("0.9") * less
    assert not has_plan(case, case.mandate.with_changes(withdrawal_usd=short))


@pytest.mark.parametrize("which", [4, pytest.param(5, marks=pytest.mark.slow)])
def test_in_a_large_account_every_wish_of_a_conflict_has_a_relaxation(which: int) -> None:
    error, each = conflict_of(which), relaxations_of(which)
    assert error.facts["irreducible"]
    assert all(text and (amount > 0) for amount, _, text in each.values())
    assert all(text in error.hint for _, _, text in each.values())


@pytest.mark.slow
def test_in_a_large_account_a_smaller_minimum_trade_that_is_said_to_be_enough_is_enough() -> None:
    case, (amount, enough, _) = case_of(5), relaxations_of(5)["minimum trade"]
    assert enough
    assert has_plan(case, case.mandate.with_changes(min_trade_weight=case.mandate.min_trade_weight - amount - 1e-6))
