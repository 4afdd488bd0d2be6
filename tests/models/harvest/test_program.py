"""The program of one lot: the published table to the digit, its laws, and what it refuses."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.harvest import ClientProfile
from di_advisor.errors import InputError
from di_models.harvest.program import Grid, LotMarket, LotProgram, solve, value_bps_per_year
from di_models.harvest.rules import any_loss, loss_beyond, never, rules_of_thumb, volatility_threshold

SHORT = ClientProfile(0.408, 0.238)
LONG = ClientProfile(0.238, 0.238)
COARSE = Grid(nodes=137)
TABLE_GRID = Grid(nodes=241, points=11, refined=False)
"""The grid behind the reference table: no node at a new lot's basis, and volatility a little too high."""

# bps a year over never: best, any loss, -5, -10, -20 %; then the first node that is harvested at 5, 26, 44, 50 weeks.
TABLE = [
    ("short gains", SHORT, 0.20, (40.8, 36.8, 38.6, 33.4, 19.0), (5.1, 5.1, 3.8, 1.0)),
    ("short gains", SHORT, 0.45, (148.3, 143.6, 143.6, 140.7, 125.3), (10.3, 9.1, 3.8, 1.0)),
    (
        "short gains, step-up",
        dataclasses.replace(SHORT, step_up_share=1.0),
        0.30,
        (120.1, 116.1, 117.2, 111.3, 90.0),
        (6.4, 6.4, 3.8, 1.0),
    ),
    ("long gains only", LONG, 0.20, (14.4, 9.2, 13.4, 13.9, 11.0), (7.8, 7.8, 7.8, 7.8)),
    ("long gains only", LONG, 0.45, (72.3, 66.0, 68.8, 71.1, 70.5), (11.6, 11.6, 11.6, 11.6)),
]


def month(
    profile: ClientProfile = SHORT, *, volatility: float = 0.3, cost: float = 0.002, lock: int = 31
) -> LotProgram:
    market = LotMarket(volatility, harvest_cost=cost, lock_days=lock)
    return solve(profile, market, step_days=28, grid=COARSE)


@pytest.mark.parametrize(("client", "profile", "volatility", "values", "triggers"), TABLE)
def test_the_reference_table_comes_out_to_a_tenth_of_a_basis_point_on_its_own_grid(
    client: str, profile: ClientProfile, volatility: float, values: tuple[float, ...], triggers: tuple[float, ...]
) -> None:
    market = LotMarket(volatility)
    best = solve(profile, market, grid=TABLE_GRID)
    nothing = solve(profile, market, grid=TABLE_GRID, rule=never)
    rules = [any_loss(profile, market), *(loss_beyond(t) for t in (0.05, 0.10, 0.20))]
    ours = [best, *(solve(profile, market, grid=TABLE_GRID, rule=r) for r in rules)]
    assert [value_bps_per_year(p, nothing) for p in ours] == pytest.approx(values, abs=0.06), client
    nodes = 100 * (1 - np.exp(-TABLE_GRID.z()))
    first = [nodes[np.flatnonzero(best.today.acts[week])[0]] for week in (5, 26, 44, 50)]
    assert first == pytest.approx(triggers, abs=0.06), client


def test_the_table_charges_a_new_lot_a_hidden_gain_and_so_harvests_too_late() -> None:
    assert math.exp(TABLE_GRID.z()[TABLE_GRID.start()]) == pytest.approx(0.9958, abs=1e-4)
    assert Grid().z()[Grid().start()] == pytest.approx(0.0, abs=1e-12)
    market = LotMarket(0.3)
    table, ours = (solve(SHORT, market, grid=g, step_days=28) for g in (TABLE_GRID, Grid()))
    assert ours.value > table.value
    assert ours.trigger(140) < table.trigger(140)


def test_the_table_values_a_volatile_lot_that_is_never_sold_too_low_and_ours_exactly() -> None:
    exact = -0.238 * math.exp(-0.7) * (math.exp(0.7) - 1)
    table, ours = (solve(SHORT, LotMarket(0.45), grid=g, rule=never, step_days=28).value for g in (TABLE_GRID, Grid()))
    assert ours == pytest.approx(exact, rel=1e-9)
    assert table < exact - 0.01


def test_no_rule_beats_the_program() -> None:
    market = LotMarket(0.35, harvest_cost=0.003)
    best = solve(SHORT, market, step_days=28, grid=COARSE)
    for name, rule in rules_of_thumb(SHORT, market).items():
        assert solve(SHORT, market, step_days=28, grid=COARSE, rule=rule).value < best.value, name


def test_without_cost_lock_or_a_better_rate_to_come_every_loss_is_harvested_at_once() -> None:
    equal = dataclasses.replace(LONG, short_exit_rate=0.238)
    program = solve(equal, LotMarket(0.3, harvest_cost=0.0, lock_days=0), step_days=28, grid=COARSE)
    losses = COARSE.z() > 1e-9
    assert program.today.acts[:, losses].all()
    assert [program.trigger(d) for d in (0, 140, 360)] == pytest.approx([0.0] * 3, abs=1e-6)


@given(
    low=st.floats(0.15, 0.5),
    more=st.floats(1.15, 1.6),
    cost=st.floats(0.0005, 0.004),
    short=st.floats(0.25, 0.5),
    exit_rate=st.floats(0.15, 0.3),
)
@settings(max_examples=12)
def test_the_trigger_rises_with_volatility_and_with_cost(
    low: float, more: float, cost: float, short: float, exit_rate: float
) -> None:
    profile = ClientProfile(short, min(short, exit_rate), short, exit_rate)
    here = month(profile, volatility=low, cost=cost).trigger(56)
    assert month(profile, volatility=low * more, cost=cost).trigger(56) >= here - 1e-3
    assert month(profile, volatility=low, cost=2 * cost).trigger(56) >= here - 1e-3


def test_the_trigger_rises_with_the_lock() -> None:
    triggers = [month(lock=d).trigger(196) for d in (0, 31, 84, 168)]
    assert triggers == sorted(triggers)
    assert triggers[-1] > triggers[0] + 0.005


def test_just_before_a_loss_turns_long_term_the_trigger_falls_to_the_cost() -> None:
    program = solve(SHORT, LotMarket(0.3, harvest_cost=0.001), step_days=7)
    triggers = [program.trigger(7 * w) for w in (5, 26, 44, 51)]
    assert triggers == sorted(triggers, reverse=True)
    assert triggers[-1] <= 0.001 / 0.408


def test_a_finer_grid_changes_the_value_by_less_than_a_basis_point_a_year() -> None:
    market = LotMarket(0.3)

    def worth(nodes: int) -> float:
        grid = Grid(nodes=nodes)
        best, nothing = (solve(SHORT, market, step_days=28, grid=grid, rule=r) for r in (None, never))
        return value_bps_per_year(best, nothing)

    assert worth(273) == pytest.approx(worth(545), abs=1.0)


def test_the_grid_moves_prices_by_the_markets_drift_and_volatility() -> None:
    market = LotMarket(0.25, drift_per_year=0.06)
    row = Grid().transition(market, 28 / 364)[Grid().start()]
    moves = -Grid().z()
    chance = row / np.exp(moves)
    assert row.sum() == pytest.approx(math.exp(0.06 * 28 / 364), rel=1e-12)
    mean = chance @ moves / chance.sum()
    assert chance @ (moves - mean) ** 2 / chance.sum() == pytest.approx(0.25**2 * 28 / 364, rel=1e-3)


def test_never_harvesting_costs_the_tax_at_the_horizon_and_nothing_else() -> None:
    profile = dataclasses.replace(SHORT, horizon_years=5.0, discount_per_year=0.03)
    program = solve(profile, LotMarket(0.3, drift_per_year=0.06), step_days=28, rule=never)
    growth, discount = math.exp(0.06 * 5), math.exp(-0.03 * 5)
    assert program.value == pytest.approx(-0.238 * discount * (growth - 1), rel=1e-9)


def test_the_advantage_is_its_parts_and_changes_sign_where_the_program_acts() -> None:
    program = month()
    unlocked = np.arange(len(program.today.hold)) >= 2
    losses = COARSE.z() > 1e-9
    says = program.advantage() > 0
    assert np.array_equal(says[unlocked][:, losses], program.today.acts[unlocked][:, losses])
    assert program.advantage(cost_now=0.0) - program.advantage() == pytest.approx(0.002)


def test_values_between_the_nodes_are_linear_and_beyond_them_constant() -> None:
    program = month()
    z = COARSE.z()
    between = np.exp(np.array([z[60], (z[60] + z[61]) / 2, z[61], 9.0]))
    hold = program.hold_at(between, np.array([3, 3, 3, 3]))
    row = program.today.hold[3]
    assert hold == pytest.approx([row[60], (row[60] + row[61]) / 2, row[61], row[-1]])


def test_ages_count_from_the_purchase_and_then_back_from_the_day_a_sale_is_long_term() -> None:
    program = month()
    ages = program.ages(np.array([0, 30, 200, 364, 365, 366, 4000]), np.array([366, 336, 166, 2, 1, 0, 0]))
    assert ages.tolist() == [0, 1, 7, 12, 12, 13, 13]


def test_snapshots_are_kept_at_the_dates_asked_for() -> None:
    program = solve(SHORT, LotMarket(0.3), step_days=28, grid=COARSE, years_left=(1.0, 4.0))
    assert [s.years_left for s in program.snapshots] == pytest.approx([10.0, 4.0, 1.0])
    shorter = solve(dataclasses.replace(SHORT, horizon_years=4.0), LotMarket(0.3), step_days=28, grid=COARSE)
    assert program.snapshots[1].restart == pytest.approx(shorter.value)


def test_the_volatility_threshold_is_a_months_move() -> None:
    assert volatility_threshold(0.3) == pytest.approx(1 - math.exp(-0.3 * math.sqrt(31 / 365)))


@pytest.mark.parametrize(
    ("build", "word"),
    [
        (lambda: ClientProfile(1.4, 0.2), "short_use_rate"),
        (lambda: ClientProfile(0.4, 0.2, step_up_share=2), "step-up"),
        (lambda: ClientProfile(0.4, 0.2, horizon_years=0), "horizon"),
        (lambda: ClientProfile(0.4, 0.2, discount_per_year=7), "discount"),
        (lambda: LotMarket(30.0), "volatility"),
        (lambda: LotMarket(0.3, harvest_cost=10), "cost"),
        (lambda: LotMarket(0.3, lock_days=-1), "lock"),
        (lambda: solve(SHORT, LotMarket(0.3), step_days=0), "interval"),
        (lambda: solve(SHORT, LotMarket(0.02), step_days=1), "nodes"),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(build: object, word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        build()  # type: ignore[operator]
    assert caught.value.hint
