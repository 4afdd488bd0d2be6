"""Every limit of a mandate is checked apart from the solver: final orders made without it are seen to break it.

For each field of `Mandate` that limits, a committed seed of the generator draws it where it decides. That world is
planned without the one wish, and `broken_wishes` reads the orders against the mandate as it was drawn. Plans over
several dates are read against a model of all dates in the same way. Fields that are added are missed here by name.
Limits: what only prices, and the least benefit, which `keeps_every_wish` reckons by the terms.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.signals import Signals
from di_advisor.domain.transition import TransitionWish
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.solve.staged.search import solve_staged
from di_advisor.testing.rule_check import TOLERANCE, FinalOrders, broken_wishes
from tests.solve.agreement import tax_of
from tests.solve.staged.random_transitions import random_transition
from tests.solve.staged.reference import broken_over_stages
from tests.solve.staged.transitions import staged_outcome
from tests.solve.whole_worlds import World, whole_world

PRICES = {
    "risk_aversion",
    "cash_drag_per_year",
    "factor_tilts",
    "wash_deferral_years",
    "discount_rate_per_year",
}
"""Fields that no plan can break."""

OTHERWISE = {
    "replacements": "its width is the limit",
    "wash_policy": "no proposal can be made without it; by hand in the tests of the check",
    "benefit_min_usd": "by the terms, in keeps_every_wish",
}

FREE = {"cash_max": 1.0, "rounding": Rounding.FRACTIONAL, "share_decimals": 9, "replacement_width": 10.0}
"""What takes a wish away where that is not its default."""

CALLED = {
    "min_trade_usd": "min_trade",
    "min_trade_weight": "min_trade",
    "share_decimals": "rounding",
    "replacement_width": "replacements",
}
"""Wishes that the check calls by the name of a related field."""

LOCKING = {"do_not_buy", "do_not_sell", "do_not_hold", "min_holding_days"}
"""Fields that signals turn into locks."""

# fmt: off
DECIDES = {
    "tracking_error_max": 20, "name_band": 5, "sector_band": 29, "cash_min": 10, "cash_max": 15, "min_trade_usd": 103,
    "max_trade_usd": 10, "min_trade_weight": 48, "rounding": 12, "share_decimals": 10, "do_not_buy": 5,
    "do_not_sell": 38, "do_not_hold": 15, "min_holding_days": 11, "mode": 18, "turnover_max": 14,
    "gain_budget_usd": 359, "tax_budget_usd": 238, "max_names": 117, "max_trades": 10, "withdrawal_usd": 5, "esg": 24,
    "exclusions": 69, "group_bands": 251, "country_band": 81, "industry_band": 42, "factor_bands": 63,
    "participation_max": 108, "replacement_width": 204,
}
# fmt: on
"""A seed in which the plan is another one without the wish."""

DATES = {"later", "horizon", "expected_return_per_year"}
"""Fields of a wish over several dates that no plan can break."""

DECIDES_OVER_DATES = {
    "gain_budget_usd": 0,
    "stage_gain_budget_usd": 14,
    "tax_budget_usd": 11,
    "tracking_error_max": 14,
}
_SEEN = 1e-4


def test_every_field_of_a_mandate_is_a_price_or_has_a_seed_in_which_it_decides() -> None:
    assert {f.name for f in fields(Mandate)} == PRICES | set(OTHERWISE) | set(DECIDES)


def without_locks(signals: Signals) -> Signals:
    """The signals with nothing locked, which lists and holding days are otherwise part of."""
    account = signals.account
    locks = {name: np.ones_like(getattr(account, name)) for name in ("can_buy", "can_sell", "lot_sellable")}
    return replace(signals, account=replace(account, **locks))


def seen(world: World, *, without: str = "") -> set[str]:
    """The wishes of a world that orders break, made without one of them."""
    signals, mandate = world.signals, world.mandate
    if without:
        free = {without: FREE.get(without, getattr(Mandate(), without))}
        signals = without_locks(signals) if without in LOCKING else signals
        mandate = mandate.with_changes(**free)
    planned = plan_for(signals, mandate, world.tax, Clock(silent), never, world.own, named=False)
    orders = FinalOrders(planned.orders.sells, planned.orders.buys)
    return {b.wish for b in broken_wishes(world.signals, world.mandate, orders, tax_of(world))}


@pytest.mark.parametrize("field", sorted(DECIDES))
def test_orders_made_without_a_wish_are_seen_to_break_it_and_those_with_it_are_not(field: str) -> None:
    world = whole_world(DECIDES[field])
    assert CALLED.get(field, field) in seen(world, without=field)
    assert not seen(world)


def test_every_field_of_a_wish_over_dates_has_a_seed_in_which_it_decides() -> None:
    assert {f.name for f in fields(TransitionWish)} == DATES | set(DECIDES_OVER_DATES)


@pytest.mark.parametrize("field", sorted(DECIDES_OVER_DATES))
def test_plans_over_dates_made_without_a_wish_are_seen_to_break_it_and_those_with_it_are_not(field: str) -> None:
    seed = DECIDES_OVER_DATES[field]
    drawn, kept = random_transition(seed), staged_outcome(seed)
    wish = replace(drawn.wish, **{field: None})
    free = solve_staged(formulate_transition(drawn.signals, drawn.mandate, drawn.tax, wish))
    assert broken_over_stages(kept.problem, free.plans) > _SEEN
    assert kept.solution is not None
    assert broken_over_stages(kept.problem, kept.solution.plans) <= TOLERANCE
