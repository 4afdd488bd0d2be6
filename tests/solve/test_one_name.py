"""A name laid out by itself and put among the others: what laying out the whole account anew gives."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from di_advisor.domain.mandate import Rounding
from di_advisor.formulate.build import formulate
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.segments import Segments
from di_advisor.solve import solve
from di_advisor.solve.choices import Choice, Choices, Restriction, restrict
from di_advisor.solve.dual_newton.filling import Links
from di_advisor.solve.dual_newton.pieces import Pieces
from di_advisor.solve.one_name import Around, Layout, stuck
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.testing.random_cases import random_case

SIDES = (Choice.NOTHING, Choice.SELL, Choice.BUY, Choice.SELL_GAINS)


def problem_of(seed: int) -> Problem:
    case = random_case(seed, names=18, lots_a_name=3)
    wishes = {"rounding": Rounding.FRACTIONAL, "min_trade_weight": (0.0, 4e-3)[seed % 2]}
    return formulate(case.signals, case.mandate.with_changes(**wishes), case.tax)


def random_choices(block: Block, seed: int) -> Choices:
    """Choices that leave no name stuck outside its limits."""
    drawn = np.random.default_rng(seed).choice(SIDES, size=len(block.holdings.held)).astype(np.int64)
    return np.where(stuck(block, restrict(block, drawn)), int(Choice.EITHER), drawn)


def same_links(one: Links | None, other: Links | None) -> None:
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.place == other.place).all()
        assert (one.change == other.change).all()


def same_pieces(found: Pieces, expected: Pieces) -> None:
    same_links(found.links, expected.links)
    for field in fields(Pieces):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if field.name in ("still", "start", "end", "sold_out"):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-15, err_msg=field.name)
        else:
            assert (one is None) == (other is None)
            np.testing.assert_array_equal(one, other, err_msg=field.name)


def powered(block: Block) -> Block:
    power = np.stack([np.linspace(0.0, 0.02, len(block.impact)), np.linspace(0.01, 0.0, len(block.impact))], axis=1)
    return replace(block, power=power)


def same_limits(one: Restriction, other: Restriction) -> None:
    np.testing.assert_array_equal(one.open_segments, other.open_segments)
    np.testing.assert_array_equal(one.active_lower, other.active_lower)
    np.testing.assert_array_equal(one.active_upper, other.active_upper)


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_name_under_another_choice_stands_as_if_all_names_were_laid_out_anew(seed: int, power: bool) -> None:
    problem = problem_of(seed)
    block = powered(problem.block) if power else problem.block
    choices = random_choices(block, seed)
    around, tried = Around(block, choices, HotPath(block)), 0
    for choice in (*SIDES, Choice.EITHER):
        layout = Layout.of(block, np.full_like(choices, int(choice)), around.matrix)
        for name in range(len(choices)):
            found = around.with_name(name, layout)
            after = choices.copy()
            after[name] = choice
            whole = QuadraticProgram(block, after)
            assert (found is None) == bool(stuck(block, whole.limits).any())
            if found is None:
                continue
            tried += 1
            assert found.block is block
            assert (found.program.choices == after).all()
            same_limits(found.kept, whole.limits)
            same_limits(found.program.limits, whole.limits)
            same_pieces(found.program.restricted.pieces, whole.restricted.pieces)
            assert (found.program.restricted.prepared.order == whole.restricted.prepared.order).all()
    assert tried > len(choices)


@pytest.mark.parametrize("seed", range(4))
def test_a_name_with_fewer_segments_stands_as_if_the_account_had_them_and_with_what_rows_count(seed: int) -> None:
    problem = problem_of(seed)
    block = problem.block
    choices = random_choices(block, seed + 50)
    around, segments = Around(block, choices, HotPath(block)), block.segments
    g = np.random.default_rng(seed)
    keep = g.random(len(segments)) < 0.6

    def thinned(keep: NDArray[np.bool_], dearer: NDArray[np.bool_]) -> Block:
        fewer = Segments(**{f.name: getattr(segments, f.name)[keep] for f in fields(Segments)})
        counted = np.where(dearer, 1.01, 1.0)
        rows = tuple(
            r if r.on_segments is None else replace(r, on_segments=(counted * r.on_segments)[keep]) for r in block.rows
        )
        return replace(block, segments=fewer, rows=rows)

    open_ = np.full_like(choices, int(Choice.EITHER))
    layout, tried = Layout.of(thinned(keep, np.ones_like(keep)), open_, around.matrix), 0
    for name in range(len(choices)):
        found = around.with_name(name, layout)
        if found is None:
            continue
        tried += 1
        mine = segments.name == name
        expected = thinned(keep | ~mine, mine)
        for field in fields(Segments):
            np.testing.assert_array_equal(
                getattr(found.block.segments, field.name), getattr(expected.segments, field.name)
            )
        for row, other in zip(found.block.rows, expected.rows, strict=True):
            np.testing.assert_array_equal(row.on_segments, other.on_segments)
        after = choices.copy()
        after[name] = Choice.EITHER
        same_pieces(found.program.restricted.pieces, QuadraticProgram(expected, after).restricted.pieces)
    assert tried > len(choices) // 2


def test_what_is_shut_is_not_among_the_pieces_and_a_stuck_name_leaves_no_program() -> None:
    problem = problem_of(2)
    block = problem.block
    choices = np.full(len(block.holdings.held), int(Choice.EITHER))
    around, name = Around(block, choices, HotPath(block)), int(block.segments.name[block.segments.sell][0])
    found = around.with_name(name, Layout.of(block, choices, around.matrix, shut=block.segments.sell))
    assert found is not None
    sold = block.segments.sell & (block.segments.name == name)
    assert found.kept.open_segments[sold].any()
    assert not found.program.limits.open_segments[sold].any()
    assert not np.isin(np.flatnonzero(sold), found.program.restricted.pieces.segment).any()
    above = block.active_upper.copy()
    above[name] = block.holdings.active[name] - 1e-3  # it must be sold
    tight = replace(block, active_upper=above)
    forced = Around(tight, choices, HotPath(tight))
    for choice, there in ((Choice.SELL, True), (Choice.NOTHING, False)):
        layout = Layout.of(tight, np.full_like(choices, int(choice)), forced.matrix)
        assert (forced.with_name(name, layout) is not None) == there
    still = np.where(np.arange(len(choices)) == name, int(Choice.NOTHING), choices)
    other = (name + 1) % len(choices)
    assert Around(tight, still, HotPath(tight)).with_name(other, Layout.of(tight, choices, forced.matrix)) is None


def test_what_a_name_is_worth_is_what_the_bound_gains_by_its_trade() -> None:
    problem = problem_of(0)
    block = problem.block
    prices = solve(problem).prices
    choices = np.full(len(block.holdings.held), int(Choice.EITHER))
    around = Around(block, choices, HotPath(block))
    nothing = Layout.of(block, np.full_like(choices, int(Choice.NOTHING)), around.matrix)
    worth = around.base.worth(prices)
    whole = QuadraticProgram(block, choices).bound(prices)
    assert (worth <= 0).all()
    assert (nothing.worth(prices) == 0).all()
    tried = 0
    for name in np.flatnonzero(worth < 0).tolist():
        idle = around.with_name(name, nothing)
        if idle is not None:
            tried += 1
            assert whole - idle.program.bound(prices) == pytest.approx(worth[name], abs=1e-12)
    assert tried
