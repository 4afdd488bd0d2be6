"""Counts of steps by compiled loops are those of arrays, and stay within every limit."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Block
from di_advisor.formulate.rules import Locked
from di_advisor.propose import order_columns, rounded, sale_curve
from di_advisor.propose.rounded import _counts
from di_advisor.propose.sale_curve import SaleCurve

_N = 5
_WEIGHT = st.one_of(st.just(0.0), st.floats(1e-5, 0.3))
_PATCHED = (rounded, order_columns, sale_curve)


def _by_loops(patch: pytest.MonkeyPatch, compiled: bool) -> None:
    for module in _PATCHED:
        patch.setattr(module, "is_compiled", lambda: compiled)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Block, Locked, FloatArray, FloatArray, Any]:
    def some(of: st.SearchStrategy[float], size: int = _N) -> FloatArray:
        return np.array(draw(st.lists(of, min_size=size, max_size=size)))

    lots = draw(st.integers(0, 8))
    lot_name = np.array(draw(st.lists(st.integers(0, _N - 1), min_size=lots, max_size=lots)), dtype=np.int64)
    lot_weight = some(st.floats(1e-4, 0.1), lots)
    sell_max = lot_weight * some(st.sampled_from([0.0, 0.4, 1.0]), lots)
    held = np.asarray(np.bincount(lot_name, weights=lot_weight, minlength=_N), dtype=np.float64)
    sellable = np.bincount(lot_name, weights=sell_max, minlength=_N)
    target = some(_WEIGHT)
    holdings = Holdings(1e6, 0.01, held, target, lot_name, lot_weight)
    upper = (held - target) * some(st.sampled_from([0.0, 0.5, 1.0])) + some(_WEIGHT)
    lower = (held - target) - some(_WEIGHT)
    buy_max = some(_WEIGHT)
    min_trade = some(st.sampled_from([0.0, 1e-3, 0.05]))
    block = SimpleNamespace(holdings=holdings, active_lower=lower, active_upper=upper, min_trade=min_trade)
    locked = SimpleNamespace(sell_max=sell_max, buy_max=buy_max)
    share = some(st.sampled_from([-1.0, -0.6, -1e-9, 0.0, 0.3, 1.0]))
    net = np.where(share < 0, share * sellable, share * buy_max)
    unit = some(st.floats(1e-6, 5e-3))
    kept = np.array(draw(st.lists(st.booleans(), min_size=_N, max_size=_N)))
    return cast(Block, block), cast(Locked, locked), net, unit, kept


@given(_cases())
def test_counts_by_loops_are_those_by_arrays(case: tuple[Block, Locked, FloatArray, FloatArray, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _by_loops(patch, compiled=True)
        looped = _counts(*case)
        _by_loops(patch, compiled=False)
        by_arrays = _counts(*case)
    for name, found, expected in zip(looped._fields, looped, by_arrays, strict=True):
        assert found.tolist() == expected.tolist(), name
    block, locked, _, unit, kept = case
    bought = (looped.counts * unit)[looped.direction > 0]
    assert (bought <= locked.buy_max[looped.direction > 0] + 1e-8).all()
    assert not looped.counts[kept].any()
    small = (looped.counts > 0) & (looped.counts * unit < block.min_trade - 1e-8)
    assert not (small & ~looped.forced).any()


@given(
    st.lists(st.tuples(st.integers(0, 3), _WEIGHT, st.sampled_from([-0.1, 0.0, 0.1])), max_size=9),
    st.lists(st.one_of(st.just(0.0), st.just(np.inf), st.integers(1, 40).map(float)), min_size=4, max_size=4),
    st.integers(1, 100),
)
def test_lots_are_filled_by_loops_as_by_arrays(
    lots: list[tuple[int, float, float]], counts: list[float], each: int
) -> None:
    name = np.array([i for i, _, _ in lots], dtype=np.int64)
    width, slope = np.array([w for _, w, _ in lots]), np.array([s for _, _, s in lots])
    held = np.arange(1, len(lots) + 1, dtype=np.int64) * 37
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for compiled in (True, False):
            _by_loops(patch, compiled=compiled)
            sale = SaleCurve.of(name, width, slope)
            curve = (sale.lot, sale.name, sale.start, sale.width, sale.slope)
            filled = order_columns._filled(sale, np.array(counts), held[sale.lot], each)
            found.append([column.tolist() for column in (*curve, *filled)])
    assert found[0] == found[1]
