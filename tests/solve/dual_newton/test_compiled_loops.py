"""Compiled loops and arrays come to the same: every part of a solve, and whole solves of every kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor import compiled
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row
from di_advisor.solve.choices import Choice, restrict
from di_advisor.solve.dual_newton import Certified, NotCertified, prepare
from di_advisor.solve.dual_newton.complementarity import Exchanges, Limits, Responses, Sides, fit
from di_advisor.solve.dual_newton.curvature import curvature_of, exchanges_at
from di_advisor.solve.dual_newton.cutting import cut_pieces, filling_order
from di_advisor.solve.dual_newton.pieces import Interleaved, Pieces, Response
from di_advisor.testing.random_cases import random_case

pytest.importorskip("numba")
MODULES = [import_module(f"di_advisor.solve.dual_newton.{m}loops") for m in ("", "fit_", "step_", "cut_")]
KERNELS = [getattr(module, name) for module in MODULES for name in module.__all__]
KERNELS = [kernel for kernel in KERNELS if hasattr(kernel, "signatures")]


@contextmanager
def by(loops: bool) -> Iterator[None]:
    """Everything inside is solved by compiled loops, or by arrays."""
    with patch.object(compiled, "is_compiled", lambda: loops):
        yield


def block_of(seed: int, *, names: int = 60, exact_impact: bool = False, **changes: object) -> Block:
    case = random_case(seed, names=names, lots_a_name=4, styles=4, shared_groups=seed % 3)
    mandate = case.mandate.with_changes(tracking_error_max=None, **changes)
    return formulate(case.signals, mandate, case.tax, exact_impact=exact_impact).block


def without_gains_of_selling(block: Block) -> Block:
    """No sale saves anything, so that no name is better sold and bought at once, which no power allows."""
    return replace(block, segments=replace(block.segments, slope=np.abs(block.segments.slope)))


def with_rows_that_count(block: Block, seed: int) -> Block:
    """A gain budget that changes the order of lots, and a turnover limit."""
    g = np.random.default_rng(seed)
    segments = block.segments
    gain = np.where(segments.sell & ~segments.loss, g.uniform(0.0, 0.6, len(segments)), 0.0)
    budget = Row("gain budget", -np.inf, float(g.uniform(0.0, 0.002)), on_segments=gain)
    turnover = Row("turnover", -np.inf, 0.05, on_segments=np.full(len(segments), 0.5))
    return replace(block, rows=(*block.rows, budget, turnover))


def pieces_of(seed: int, kind: str) -> Pieces:
    block = block_of(seed, names=12, exact_impact=kind == "powers", turnover_max=0.2)
    block = with_rows_that_count(block, seed) if kind == "rows" else block
    block = without_gains_of_selling(block) if kind == "powers" and seed % 2 else block
    choices = np.full(12, int(Choice.EITHER))
    return prepare(block).restricted(choices).pieces


def answered(pieces: Pieces, prices: np.ndarray, near: Response | None) -> Response | None:
    try:
        return pieces.respond(prices, pieces.charges(10.0, 1.0), None if near is None else near.stack)
    except Interleaved:
        return None


@pytest.mark.parametrize("kind", ["plain", "rows", "powers"])
@given(seed=st.integers(0, 60), scale=st.sampled_from([0.0, 0.003, 0.03, 0.3]), draw=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_names_answer_prices_alike(kind: str, seed: int, scale: float, draw: int) -> None:
    pieces = pieces_of(seed, kind)
    g = np.random.default_rng(draw)
    prices = scale * g.standard_normal(len(pieces.base))
    near = prices + 0.1 * scale * g.standard_normal(len(prices))
    with by(loops=False):
        beside = answered(pieces, near, None)
        arrays = answered(pieces, prices, beside)
        if arrays is not None:
            stiffness = pieces.stiffness(arrays.trade, pieces.charges(10.0, 1.0))
            curved, pairs = curvature_of(pieces, arrays, stiffness), exchanges_at(arrays)
    with by(loops=True):
        loops = answered(pieces, prices, answered(pieces, near, None))
    assert (loops is None) == (arrays is None)
    if loops is None or arrays is None:
        return
    assert loops.value == pytest.approx(arrays.value, rel=1e-13, abs=1e-15)
    assert np.allclose(loops.trade, arrays.trade, rtol=0, atol=1e-15)
    assert np.allclose(loops.activity, arrays.activity, rtol=0, atol=1e-13)
    amounts = (pieces.amounts(x.filled, x.stack) for x in (loops, arrays))
    assert np.allclose(*amounts, rtol=0, atol=1e-15)
    with by(loops=True):
        other, others = curvature_of(pieces, arrays, stiffness), exchanges_at(arrays)
    assert np.allclose(other, curved, rtol=1e-12, atol=1e-12 * max(1.0, float(np.abs(curved).max())))
    assert (others is None) == (pairs is None)
    if others is not None and pairs is not None:
        for field in ("giving", "taking", "rows", "change", "cost", "most"):
            assert (getattr(others, field) == getattr(pairs, field)).all(), field


def drawn(seed: int, k: int = 6, r: int = 3) -> tuple[Responses, Limits, Sides]:
    """A small problem with boxes, fixed and open sides, and pairs at a tie that a row tells apart."""
    g = np.random.default_rng(seed)
    root, movers = g.standard_normal((k, k)), g.standard_normal((int(g.integers(0, 20)), k + r))
    lower = -g.random(k + r) * np.where(g.random(k + r) < 0.3, np.inf, 0.1)
    upper = g.random(k + r) * np.where(g.random(k + r) < 0.3, np.inf, 0.1)
    if g.random() < 0.4:
        lower[k] = upper[k] = 0.01
    exchanges, count = None, int(g.integers(0, 4))
    if count:
        places = np.arange(count)
        change, cost = g.standard_normal((count, 2)), np.abs(g.standard_normal(count)) * 1e-12
        exchanges = Exchanges(places, places + 1, np.array([k, k + 2]), change, cost, 0.2 * g.random(count))
    hessian = movers.T @ movers + 1e-3 * np.eye(k + r)
    responses = Responses(g.standard_normal(k + r), g.standard_normal(k + r), hessian, exchanges)
    return responses, Limits(root @ root.T + 0.01 * np.eye(k), lower, upper), Sides(g.integers(-1, 2, k + r))


@given(seed=st.integers(0, 1_000_000), guesses=st.sampled_from([1, 3, 60]))
@settings(max_examples=300, deadline=None)
def test_the_small_problem_is_guessed_alike(seed: int, guesses: int) -> None:
    """Also where the budget of guesses ends before it is settled, and where guesses are corrected one by one."""
    responses, limits, start = drawn(seed)
    with by(loops=False):
        arrays = fit(responses, limits, start, guesses_max=guesses)
    with by(loops=True):
        loops = fit(responses, limits, start, guesses_max=guesses)
    assert loops.settled == arrays.settled
    assert (loops.sides.at == arrays.sides.at).all()
    if not loops.settled:
        return  # wrong guesses can have equations that are all but singular, whose solution is round-off
    size = 1.0 + float(np.abs(arrays.prices).max())
    assert np.allclose(loops.prices, arrays.prices, rtol=0, atol=1e-8 * size)
    assert np.allclose(loops.exposures, arrays.exposures, rtol=0, atol=1e-8 * size)
    assert np.allclose(loops.exchanged, arrays.exchanged, rtol=0, atol=1e-8 * size)


def test_equations_without_a_single_solution_are_refused_by_both() -> None:
    """Two rows that count the same, both bound, and no name that moves."""
    limits = Limits(np.eye(1), np.zeros(3), np.zeros(3))
    responses = Responses(np.zeros(3), np.ones(3), np.zeros((3, 3)), None)
    for loops in (False, True):
        with by(loops=loops), pytest.raises(np.linalg.LinAlgError):
            fit(responses, limits, Sides(np.ones(3, dtype=np.int64)))


@given(seed=st.integers(0, 60), powers=st.booleans(), draw=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_pieces_are_cut_alike(seed: int, powers: bool, draw: int) -> None:
    block = block_of(seed, names=20, exact_impact=powers, turnover_max=0.2)
    choices = np.random.default_rng(draw).integers(0, 5, 20)
    limits = restrict(block, choices)
    matrix = prepare(block).matrix
    found = []
    for loops in (False, True):
        with by(loops=loops):
            order, sides = filling_order(block), filling_order(block, interleaved=False)
            found.append((order, sides, cut_pieces(block, matrix, order, limits)))
    (order, sides, arrays), (other_order, other_sides, by_loops) = found
    assert (order == other_order).all()
    assert (sides == other_sides).all()
    for field in ("segment", "owner", "first", "sell", "slope", "width", "traders", "row_turns"):
        assert (getattr(arrays, field) == getattr(by_loops, field)).all(), field
    for field in ("lower", "upper", "sold_out", "start", "end", "base", "still"):
        assert np.allclose(getattr(arrays, field), getattr(by_loops, field), rtol=0, atol=1e-15), field


def solved_both_ways(block: Block, *, trading: float = 1.0) -> tuple[Certified | NotCertified, ...]:
    found = []
    for loops in (False, True):
        with by(loops=loops):
            found.append(prepare(block).solve(trading=trading))
    return tuple(found)


def assert_the_same(block: Block, *, trading: float = 1.0) -> bool:
    """Both certify and agree, or neither does, for the same reason; whether they do."""
    arrays, loops = solved_both_ways(block, trading=trading)
    if isinstance(arrays, NotCertified) or isinstance(loops, NotCertified):
        assert isinstance(arrays, NotCertified), arrays
        assert isinstance(loops, NotCertified), loops
        assert loops.reason == arrays.reason
        assert loops.infeasible == arrays.infeasible
        return False
    nothing = block.aversion * block.risk.variance_per_year(block.holdings.active)
    size = max(abs(arrays.objective), abs(nothing - arrays.objective))
    assert loops.objective == pytest.approx(arrays.objective, abs=1e-10 * size)
    assert loops.bound == pytest.approx(arrays.bound, abs=1e-10 * size)
    assert np.allclose(loops.active, arrays.active, rtol=0, atol=1e-7)
    assert abs(loops.steps - arrays.steps) <= 1
    return True


@pytest.mark.parametrize("seed", range(12))
def test_whole_solves_agree(seed: int) -> None:
    assert assert_the_same(block_of(seed))


@pytest.mark.parametrize("seed", range(12))
def test_whole_solves_agree_where_rows_count_amounts(seed: int) -> None:
    assert_the_same(with_rows_that_count(block_of(40 + seed, turnover_max=0.06), seed))


@pytest.mark.parametrize("seed", range(12))
def test_whole_solves_agree_under_powers_of_impact(seed: int) -> None:
    block = block_of(80 + seed, exact_impact=True)
    assert assert_the_same(without_gains_of_selling(block))
    assert_the_same(block)  # a loss bought back at once: both hand over


@pytest.mark.parametrize("seed", range(6))
def test_whole_solves_agree_where_risk_alone_counts(seed: int) -> None:
    assert assert_the_same(block_of(120 + seed), trading=0.0)


@pytest.mark.parametrize("seed", range(6))
def test_whole_solves_agree_with_boxes_of_exposures(seed: int) -> None:
    block = block_of(140 + seed)
    now = block.risk.exposures.T @ block.holdings.active
    wide = 0.02 + 0.5 * np.abs(now)
    boxed = replace(block, exposure_lower=-wide, exposure_upper=np.where(np.arange(len(wide)) % 3 == 0, np.inf, wide))
    assert assert_the_same(boxed)


@pytest.mark.parametrize("variance", [1e-4, 1e-8])
def test_whole_solves_agree_for_names_with_next_to_no_risk_of_their_own(variance: float) -> None:
    block = block_of(160)
    own = np.where(np.arange(60) % 9 == 0, variance, block.risk.specific_variance_per_year)
    assert_the_same(replace(block, risk=replace(block.risk, specific_variance_per_year=own)))


def test_both_say_that_limits_contradict_each_other() -> None:
    """The prices run away, and both stop at the same ceiling."""
    block = block_of(170)
    every = np.ones(len(block.active_lower))
    least = float(np.maximum(block.active_upper, block.holdings.active).sum()) + 1.0
    block = replace(block, rows=(*block.rows, Row("more than all", least, np.inf, on_active=every)))
    arrays, loops = solved_both_ways(block)
    for found in (arrays, loops):
        assert isinstance(found, NotCertified)
        assert found.infeasible
    assert arrays.reason == loops.reason


def test_a_start_that_may_not_be_written_to_serves_like_any_other() -> None:
    """Kept answers may be read-only; loops would be compiled once more for them, and fail where they write."""
    prepared = prepare(block_of(180))
    with by(loops=True):
        first = prepared.solve()
        assert isinstance(first, Certified)
        position = first.warm.position
        for kept in (position.prices, position.exposures, position.sides.at):
            kept.flags.writeable = False
        before = {kernel: len(kernel.signatures) for kernel in KERNELS}
        again = prepared.solve(warm=first.warm)
    assert isinstance(again, Certified)
    assert again.objective == pytest.approx(first.objective, rel=1e-10)
    assert {kernel: len(kernel.signatures) for kernel in KERNELS} == before
