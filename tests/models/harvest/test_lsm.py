"""Least-squares Monte Carlo: the program's answer on one lot, and the laws of the states that only it can hold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from di_advisor.domain.harvest import ClientProfile
from di_advisor.errors import InputError
from di_models.harvest.lsm import Drawn, carried_losses, one_lot, two_lots
from di_models.harvest.program import Grid, LotMarket, solve
from di_models.harvest.rules import never

SHORT = ClientProfile(0.408, 0.238, horizon_years=3.0)
EQUAL = dataclasses.replace(SHORT, short_use_rate=0.238, short_exit_rate=0.238)
MARKET = LotMarket(0.3)


@pytest.mark.parametrize(("profile", "seed"), [(SHORT, 0), (SHORT, 5), (EQUAL, 1)])
def test_on_one_lot_value_and_triggers_are_the_programs(profile: ClientProfile, seed: int) -> None:
    exact, nothing = (solve(profile, MARKET, step_days=28, grid=Grid(nodes=545), rule=r) for r in (None, never))
    found = one_lot(profile, MARKET, step_days=28, drawn=Drawn(seed=seed))
    assert found.value - nothing.value == pytest.approx(exact.value - nothing.value, rel=0.01)
    for age in (2, 6, 10, 13):
        assert found.trigger(age) == pytest.approx(exact.trigger(28 * age), abs=0.005)


def test_the_same_seed_gives_the_same_value() -> None:
    drawn = Drawn(states=60, moves=8, seed=3)
    assert (
        one_lot(SHORT, MARKET, step_days=91, drawn=drawn).value
        == one_lot(SHORT, MARKET, step_days=91, drawn=drawn).value
    )


def test_with_gains_enough_a_carried_balance_changes_nothing_and_without_it_is_worth_less() -> None:
    drawn = Drawn(states=900, moves=16, seed=2)
    free = one_lot(EQUAL, MARKET, step_days=91, drawn=drawn)
    plenty, some, none = (
        carried_losses(EQUAL, MARKET, gains_per_year=g, step_days=91, drawn=drawn) for g in (50.0, 0.05, 0.0)
    )
    nothing = solve(EQUAL, MARKET, step_days=91, rule=never).value
    assert plenty.value - nothing == pytest.approx(free.value - nothing, rel=0.02)
    assert none.value < some.value < plenty.value
    empty, full = some.advantage(np.array([2, 2]), np.log([1.1, 1.1]), np.array([0.0, 0.8]))
    assert full < empty  # who already carries losses gains less from more of them


def test_two_lots_that_do_not_lock_each_other_are_worth_twice_one_and_less_if_they_do() -> None:
    unlocked = LotMarket(0.3, lock_days=0)
    drawn = Drawn(states=400, moves=16, seed=4)
    nothing = solve(SHORT, unlocked, step_days=91, rule=never).value
    one = solve(SHORT, unlocked, step_days=91, grid=Grid(nodes=545)).value - nothing
    both = two_lots(SHORT, unlocked, step_days=91, drawn=drawn).value - 2 * nothing
    assert both == pytest.approx(2 * one, rel=0.03)
    locked = two_lots(SHORT, LotMarket(0.3, lock_days=182), step_days=91, drawn=drawn).value - 2 * nothing
    assert locked < both


def test_gains_below_zero_and_a_review_of_a_year_are_refused() -> None:
    with pytest.raises(InputError, match="gains of a year"):
        carried_losses(SHORT, MARKET, gains_per_year=-1.0, step_days=28)
    with pytest.raises(InputError, match="review interval is 365 days"):
        one_lot(SHORT, MARKET, step_days=365)
