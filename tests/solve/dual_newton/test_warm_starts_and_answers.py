"""Warm starts change the way, not the answer; bounds hold at any prices; refusals are typed and true."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.mandate import Band
from di_advisor.domain.market import FloatArray
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.solve import search_for, solve
from di_advisor.solve.choices import Choice, relaxed
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.dual_newton import Certified, NotCertified, Warm, prepare
from di_advisor.solve.dual_newton.line import Climb, Place
from di_advisor.solve.dual_newton.newton import STEPS_MAX, Position
from di_advisor.solve.dual_newton.pieces import Stack
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.tracking import smallest_tracking_error, solve_capped
from di_advisor.testing.random_cases import random_case


def block_of(seed: int, **changes: object) -> Block:
    case = random_case(seed, shared_groups=seed % 3)
    mandate = case.mandate.with_changes(tracking_error_max=None, **changes)
    return formulate(case.signals, mandate, case.tax).block


def certified(found: Certified | NotCertified) -> Certified:
    assert isinstance(found, Certified), found
    return found


@pytest.mark.parametrize("seed", range(8))
def test_any_start_ends_at_the_same_objective(seed: int) -> None:
    prepared = prepare(block_of(seed))
    cold = certified(prepared.solve())
    g = np.random.default_rng(seed)
    position = cold.warm.position
    lost = Warm(
        cold.warm.rules,
        Position(
            0.2 * g.standard_normal(len(position.prices)),
            0.1 * g.standard_normal(len(position.exposures)),
            position.sides,
        ),
    )
    again = certified(prepared.solve(warm=cold.warm))
    assert again.steps == 0
    for other in (again, certified(prepared.solve(warm=lost))):
        assert other.objective == pytest.approx(cold.objective, abs=1e-9 * max(abs(cold.objective), 1e-3))


@pytest.mark.parametrize("seed", range(6))
def test_a_moved_dial_starts_from_the_last_answer_and_ends_at_its_own(seed: int) -> None:
    case = random_case(seed)
    first = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax).block
    prepared = prepare(first)
    warm = certified(prepared.solve()).warm
    moved = case.mandate.with_changes(
        tracking_error_max=None, sector_band=Band.within(0.03), turnover_max=0.2, risk_aversion=30.0
    )
    second = formulate(case.signals, moved, case.tax).block
    cold, hot = certified(prepare(second).solve()), certified(prepared.retuned(second).solve(warm=warm))
    assert hot.objective == pytest.approx(cold.objective, abs=1e-9 * max(abs(cold.objective), 1e-3))


def test_a_step_that_ends_at_a_kink_is_taken_at_the_first_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    at = Climb.at

    def counted(self: Climb, prices: FloatArray, exposures: FloatArray, near: Stack | None = None) -> Place:
        asked.append(1)
        return at(self, prices, exposures, near)

    monkeypatch.setattr(Climb, "at", counted)
    for seed in range(12):
        block = block_of(seed)
        prepared = prepare(block)
        warm = certified(prepared.solve()).warm
        asked.clear()
        steps = certified(prepared.solve(risk=1.01 * block.aversion, warm=warm)).steps
        assert len(asked) <= 2 * steps + 2


@given(seed=st.integers(0, 40), draw=st.integers(0, 10_000), scale=st.sampled_from([1e-3, 1e-2, 1.0]))
@settings(max_examples=40, deadline=None)
def test_the_dual_at_any_prices_is_no_more_than_the_optimum(seed: int, draw: int, scale: float) -> None:
    restricted = prepare(block_of(seed)).restricted()
    best = certified(restricted.solve())
    g = np.random.default_rng(draw)
    p = best.prices
    noisy = replace(
        p,
        exposures=p.exposures + scale * g.standard_normal(len(p.exposures)),
        rows=p.rows + scale * g.standard_normal(len(p.rows)),
        point=p.point + scale * g.standard_normal(len(p.point)),
    )
    assert restricted.dual(noisy) <= best.objective + 1e-9
    assert restricted.dual(p) == pytest.approx(best.bound, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_called_infeasible_is_so(seed: int) -> None:
    case = random_case(seed)
    mandate = case.mandate.with_changes(
        tracking_error_max=None, cash_min=0.2, cash_max=0.3, turnover_max=0.02 * (seed + 1), participation_max=None
    )
    block = formulate(case.signals, mandate, case.tax).block
    found = prepare(block).solve()
    program = QuadraticProgram(block, relaxed(block))
    program._by_dual_newton = lambda *_: program._nothing("failed", "PIQP")  # type: ignore[method-assign]
    other = program.solve(block.aversion).status
    assert isinstance(found, Certified) == (other == "solved")
    if isinstance(found, NotCertified) and found.infeasible:
        assert other == "infeasible"


@pytest.mark.parametrize("seed", range(4))
def test_a_contradiction_is_proved_in_a_few_steps_from_any_start(seed: int) -> None:
    case = random_case(seed)
    free = case.mandate.with_changes(tracking_error_max=None, participation_max=None, turnover_max=None)
    tight = free.with_changes(cash_min=0.2, cash_max=0.3, turnover_max=0.02)
    block = formulate(case.signals, tight, case.tax).block
    warm = prepare(formulate(case.signals, free, case.tax).block).solve()
    assert isinstance(warm, Certified)
    for start in (None, warm.warm):
        found = prepare(block).solve(warm=start)
        assert isinstance(found, NotCertified)
        assert found.infeasible
        assert found.steps <= STEPS_MAX // 3, "the dual rose past every objective long before the budget ended"


def test_without_a_price_of_risk_the_word_goes_to_another_solver() -> None:
    found = prepare(block_of(1)).solve(risk=0.0)
    assert isinstance(found, NotCertified)
    assert not found.infeasible
    assert "no price of risk" in found.reason


def test_a_name_without_room_is_a_proof() -> None:
    block = block_of(2)
    choices = np.full(len(block.active_lower), int(Choice.BUY))
    found = prepare(block).restricted(choices, np.full(len(choices), 5.0)).solve()
    assert isinstance(found, NotCertified)
    assert found.infeasible


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_cap_is_met_to_the_gap_that_is_asked_for(seed: int, share: float) -> None:
    block = block_of(seed)
    program = QuadraticProgram(block, relaxed(block))
    free = program.solve(block.aversion)
    wide = block.risk.tracking_error(free.active)
    least = smallest_tracking_error(program)
    cap = least + share * (wide - least)
    capped = replace(block, tracking_error_max=cap)
    program = QuadraticProgram(capped, relaxed(capped))
    found = solve_capped(program, gap=1e-8)
    assert found is not None
    active = block.holdings.active + np.bincount(
        block.segments.name, weights=block.segments.sign * found.amounts, minlength=len(block.active_lower)
    )
    assert block.risk.tracking_error(active) <= cap
    assert block.risk.tracking_error(active) == pytest.approx(cap, rel=1e-6)
    assert found.prices.risk > block.aversion


def test_counts_name_the_solvers_and_add_up() -> None:
    counts = SolverCounts().plus("dual Newton").plus("dual Newton").plus("Clarabel").plus("PIQP")
    assert (counts.solves, counts.fallbacks) == (4, 2)
    assert str(counts) == "4 convex solves: 2 by dual Newton, 1 by PIQP, 1 by Clarabel"
    case = random_case(3)
    solution = solve(formulate(case.signals, case.mandate, case.tax))
    assert solution.counts.dual_newton == solution.solves
    assert solution.fallbacks == 0


def test_a_search_started_from_a_neighbour_finds_as_good_a_plan() -> None:
    case = random_case(4)
    problem = formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), case.tax)
    first = search_for(problem.block, lambda: False, 6)
    one = first.run()
    neighbour = formulate(
        case.signals, case.mandate.with_changes(tracking_error_max=None, risk_aversion=40.0), case.tax
    )
    cold = search_for(neighbour.block, lambda: False, 6).run()
    hot = search_for(neighbour.block, lambda: False, 6, HotPath(neighbour.block, first.hot.warm)).run()
    assert hot.objective == pytest.approx(cold.objective, abs=hot.gap + cold.gap + 1e-9)
    assert one.solver == hot.solver == "dual Newton"
