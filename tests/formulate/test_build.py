"""Wishes become rules or refusals; terms are convex, evaluate and attribute alike."""

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand, TradingMode
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.formulate import formulate
from di_advisor.formulate.plan import Plan
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", TradingMode.TRANSITION),
    ],
)
def test_a_wish_that_cannot_be_kept_is_refused_by_name(field: str, value: object) -> None:
    case = random_case(0)
    with pytest.raises(UnsupportedWishError, match=field):
        formulate(case.signals, Mandate(**{field: value}), case.tax)  # type: ignore[arg-type]


def test_a_band_on_an_unknown_factor_lists_the_known_ones() -> None:
    case = random_case(0)
    with pytest.raises(InputError, match=r"momentum.*It has: market"):
        formulate(case.signals, Mandate(factor_bands={"momentum": Band.within(0.1)}), case.tax)


def random_plan(seed: int) -> tuple[object, Plan]:
    case = random_case(seed)
    problem = formulate(case.signals, case.mandate, case.tax)
    g = np.random.default_rng(seed)
    holdings = problem.block.holdings
    buys = g.uniform(0, 0.01, len(holdings.held)) * (g.random(len(holdings.held)) < 0.3)
    return problem, Plan(holdings.lot_weight * g.random(len(holdings.lot_weight)), buys)


@pytest.mark.parametrize("seed", range(8))
def test_what_each_trade_is_charged_sums_to_the_change_of_each_term(seed: int) -> None:
    problem, plan = random_plan(seed)
    nothing = problem.block.holdings.nothing()  # type: ignore[attr-defined]
    for term in problem.terms:  # type: ignore[attr-defined]
        parts = term.attribute_usd(plan)
        change = term.value_usd(plan) - term.value_usd(nothing)
        assert parts.sells.sum() + parts.buys.sum() == pytest.approx(change, rel=1e-9, abs=1e-6)


def test_a_limit_broken_today_binds_where_the_name_already_is() -> None:
    case = random_case(1)
    mandate = Mandate(name_band=NameBand(0.9, 1.1), cash_max=1.0)
    block = formulate(case.signals, mandate, case.tax).block
    z0 = block.holdings.active
    assert (block.active_lower <= z0 + 1e-15).all()
    assert (block.active_upper >= z0 - 1e-15).all()


def test_a_name_that_must_not_be_held_is_sold_as_far_as_locks_allow() -> None:
    case = random_case(2)
    universe = case.signals.market.universe
    name = universe.security_ids[3]
    mandate = Mandate(do_not_hold=frozenset({name}), cash_max=0.5)
    block = formulate(case.signals, mandate, case.tax).block
    lots = case.signals.account.lot_name == 3
    stuck = block.holdings.lot_weight[lots & ~case.signals.account.lot_sellable].sum()
    if not case.signals.account.can_sell[3]:
        stuck = block.holdings.held[3]
    assert block.active_upper[3] == pytest.approx(stuck - block.holdings.target[3])
    assert not ((block.segments.name == 3) & ~block.segments.sell).any()


def test_names_outside_the_target_are_not_bought() -> None:
    case = random_case(4)
    account = case.signals.account
    assert (account.target_weight > 0).all()
    block = formulate(case.signals, Mandate(cash_max=1.0), case.tax).block
    outside = block.holdings.target <= 0
    assert not outside[block.segments.name[~block.segments.sell]].any()
