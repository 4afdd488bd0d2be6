"""Segments are the same cost as lots sold cheapest first plus the cost curve's chords."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.universe import Security, Universe
from di_advisor.formulate import cost_knots, segments
from di_advisor.formulate.cost_knots import MAX_KNOTS, TOLERANCE_BPS, chords
from di_advisor.formulate.segments import cut

universe = Universe((Security("A"), Security("B"), Security("C")))
positive = st.floats(1e-5, 0.05)


def curves(power: float) -> CostCurves:
    return CostCurves(universe, np.array([2e-4, 5e-4, 1e-3]), np.full(3, power), np.zeros(3))


@given(
    widths=st.lists(positive, min_size=6, max_size=6),
    slopes=st.lists(st.floats(-0.4, 0.4), min_size=6, max_size=6),
    power=st.floats(0, 3e-5),
    share=st.floats(0.0, 1.0),
)
def test_filling_segments_in_order_costs_what_the_lots_and_the_curve_cost(
    widths: list[float], slopes: list[float], power: float, share: float
) -> None:
    name = np.array([0, 0, 0, 1, 1, 2])
    width, slope = np.array(widths), np.array(slopes)
    held = np.bincount(name, weights=width)
    buy = np.array([0.02, 0.0, 0.03])
    curve = chords(curves(power), np.maximum(held, buy), 1e6)
    found = cut(name, width, slope, slope < 0, buy, curve)
    for i in range(3):
        mine = (found.name == i) & found.sell
        assert found.width[mine].sum() == pytest.approx(held[i], rel=1e-9)
        assert (np.diff(found.slope[mine]) >= -1e-12).all()
        amount = share * held[i]
        end = np.cumsum(found.width[mine])
        filled = np.clip(amount - (end - found.width[mine]), 0, found.width[mine])
        order = np.argsort(slope[name == i])
        w = width[name == i][order]
        e = np.cumsum(w)
        tax = (np.clip(amount - (e - w), 0, w) * slope[name == i][order]).sum()
        amounts = np.zeros(3)
        amounts[i] = amount
        assert (filled * found.slope[mine]).sum() == pytest.approx(tax + curve.cost(amounts)[i], abs=1e-9)
    assert not ((found.name == 1) & ~found.sell).any()


@given(power=st.floats(0, 3e-5), largest=st.floats(1e-6, 0.2), share=st.floats(0, 1))
def test_chords_lie_above_the_curve_by_no_more_than_they_say(power: float, largest: float, share: float) -> None:
    curve = chords(curves(power), np.full(3, largest), 1e6)
    traded = np.full(3, share * largest)
    truth = curves(power).cost_usd(traded * 1e6) / 1e6
    error = curve.cost(traded) - truth
    assert (error >= -1e-15).all()
    assert (error <= curve.worst_error_bps * 1e-4 * largest + 1e-15).all()
    assert curve.knots.shape[1] <= MAX_KNOTS + 1
    if curve.knots.shape[1] <= MAX_KNOTS:
        assert curve.worst_error_bps <= 1.5 * TOLERANCE_BPS


@given(traded=st.lists(st.one_of(st.just(0.0), st.floats(0.0, 0.2)), min_size=3, max_size=3), power=st.floats(0, 3e-5))
def test_a_name_costs_what_it_costs_alone_whoever_else_trades(traded: list[float], power: float) -> None:
    curve = chords(curves(power), np.array([0.05, 0.02, 0.1]), 1e6)
    found = curve.cost(np.array(traded))
    for i, amount in enumerate(traded):
        filled = np.clip(amount - curve.knots[i, :-1], 0.0, np.diff(curve.knots[i]))
        beyond = max(amount - curve.knots[i, -1], 0.0)
        assert found[i] == pytest.approx(filled @ curve.slopes[i] + beyond * curve.slopes[i, -1], rel=1e-12)


@given(
    widths=st.lists(st.one_of(st.just(0.0), positive), min_size=7, max_size=7),
    buys=st.lists(st.one_of(st.just(0.0), positive), min_size=3, max_size=3),
)
def test_segments_stand_by_name_sales_first(widths: list[float], buys: list[float]) -> None:
    name, width = np.array([2, 0, 1, 0, 2, 2, 1]), np.array(widths)
    curve = chords(curves(2e-5), np.full(3, 0.2), 1e6)
    found = cut(name, width, np.linspace(-0.2, 0.3, 7), np.arange(7) < 3, np.array(buys), curve)
    order = list(zip(found.name.tolist(), (~found.sell).tolist(), strict=True))
    assert order == sorted(order)
    assert (found.name[found.sell] == name[found.lot[found.sell]]).all()
    assert (found.lot[~found.sell] == -1).all()
    assert found.width[~found.sell].sum() == pytest.approx(sum(buys), rel=1e-9)
    assert found.width[found.sell].sum() == pytest.approx(sum(widths), rel=1e-9)


@given(
    lots=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.one_of(st.just(0.0), st.just(1e-13), positive),
            st.sampled_from([-0.3, -0.1, 0.0, 0.2]),
        ),
        max_size=9,
    ),
    buys=st.lists(st.one_of(st.just(0.0), positive), min_size=3, max_size=3),
    power=st.floats(0, 3e-5),
    largest=st.floats(0.0, 0.2),
    by_power=st.booleans(),
)
def test_compiled_loops_cut_the_same_segments_to_the_last_bit(
    lots: list[tuple[int, float, float]], buys: list[float], power: float, largest: float, by_power: bool
) -> None:
    name = np.array([i for i, _, _ in lots], dtype=np.int64)
    width, slope = np.array([w for _, w, _ in lots]), np.array([s for _, _, s in lots])
    one = curves(power)
    two = CostCurves(universe, one.linear, one.three_halves, one.quadratic, selling=curves(power / 2))
    curve = chords(two, np.full(3, largest), 1e6, np.array([0.004, 0.01, 0.02]))
    asked = (name, width, slope, slope < 0, np.array(buys), curve, np.array([1e-4, 2e-4, 3e-4]) if by_power else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "is_compiled", lambda: True)
        looped = cut(*asked)
        patch.setattr(segments, "is_compiled", lambda: False)
        by_arrays = cut(*asked)
    for field in fields(looped):
        found, expected = getattr(looped, field.name), getattr(by_arrays, field.name)
        assert found.dtype == expected.dtype
        assert found.tolist() == expected.tolist(), field.name


@given(
    usual=st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 0.05)), min_size=3, max_size=3),
    times=st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.0 + 1e-12, 3.0]), min_size=3, max_size=3),
    power=st.floats(0, 3e-4),
    square=st.floats(0, 1e-7),
    by_side=st.booleans(),
)
def test_compiled_loops_draw_the_same_chords_to_the_last_bit(
    usual: list[float], times: list[float], power: float, square: float, by_side: bool
) -> None:
    one = curves(power)
    other = CostCurves(universe, one.linear * 2, one.three_halves / 2, np.array([0.0, square, square / 2]))
    costs = CostCurves(universe, one.linear, one.three_halves, np.zeros(3), selling=other if by_side else None)
    asked = (costs, np.array(usual) * np.array(times), 1e6, np.array(usual))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_knots, "is_compiled", lambda: True)
        looped = chords(*asked)
        patch.setattr(cost_knots, "is_compiled", lambda: False)
        by_arrays = chords(*asked)
    assert looped.knots.tolist() == by_arrays.knots.tolist()
    assert looped.slopes.tolist() == by_arrays.slopes.tolist()
    assert looped.side(selling=True).slopes.tolist() == by_arrays.side(selling=True).slopes.tolist()
    assert looped.worst_error_bps == by_arrays.worst_error_bps
