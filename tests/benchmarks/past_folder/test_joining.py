"""Strands of invented vendors: how they are joined, and what they show of splits and spin-offs."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.past_folder.joining import join, unexplained_moves
from benchmarks.past_folder.main_file import level_of
from benchmarks.past_folder.open_past import exchange_sessions
from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.strands import Strand

SESSIONS = exchange_sessions(date(2019, 1, 2), date(2019, 12, 31))
T = len(SESSIONS)


def strand(rows: np.ndarray, close: np.ndarray, *, raw: bool = True, origin: str = "one") -> Strand:
    return Strand(rows, close, close * 1e6, np.zeros(len(rows)), np.zeros(len(rows)), raw=raw, origin=origin)


def walk(seed: int) -> np.ndarray:
    return 40 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, T)))


@given(factor=st.floats(0.05, 20), cut=st.integers(60, 180))
def test_days_that_one_vendor_lacks_come_from_the_other_at_its_level(factor: float, cut: int) -> None:
    true = walk(1)
    rows = np.arange(T)
    first = strand(rows[cut:], true[cut:])
    other = strand(rows, true / factor, raw=False, origin="two")
    done = join("US:X", [first, other], T, Quality())
    assert np.allclose(done.close_usd, true)
    assert done.meets[1:].all()
    assert not done.raw


def test_another_company_under_the_same_ticker_is_refused() -> None:
    quality = Quality()
    rows = np.arange(T)
    done = join("US:X", [strand(rows[100:], walk(1)[100:]), strand(rows, walk(2), origin="two")], T, quality)
    assert not np.isfinite(done.close_usd[:100]).any()
    assert quality.notes["strands refused: another company's"] == ["US:X two"]


def test_vendors_that_share_no_day_meet_without_a_return() -> None:
    rows, true = np.arange(T), walk(1)
    done = join(
        "US:X", [strand(rows[150:], true[150:]), strand(rows[:150], true[:150] * 3, origin="two")], T, Quality()
    )
    assert not done.meets[150]
    assert done.meets[151:].all()


@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(3, 2), Fraction(1, 4)])
def test_a_split_that_the_raw_column_lacks_is_seen_in_another_vendors_prices(ratio: Fraction) -> None:
    rows, true = np.arange(T), walk(1)
    printed = np.where(rows < 120, true * float(ratio), true)
    raw, quality = strand(rows, printed), Quality()
    unexplained_moves("US:X", raw, strand(rows, true, raw=False), SESSIONS, quality)
    assert raw.split == {120: ratio}
    assert not raw.spun.any()


def test_a_spin_off_is_worth_what_another_vendor_divided_by() -> None:
    rows, true = np.arange(T), walk(1)
    raw, quality = strand(rows, np.where(rows < 120, true * 1.18, true)), Quality()
    unexplained_moves("US:X", raw, strand(rows, true, raw=False), SESSIONS, quality)
    assert not raw.split
    assert raw.spun[120] == pytest.approx(0.18)
    assert np.count_nonzero(raw.spun) == 1


def test_a_slip_that_comes_back_is_no_action() -> None:
    rows, true = np.arange(T), walk(1)
    slipped = true.copy()
    slipped[120] *= 1.1
    raw = strand(rows, slipped)
    unexplained_moves("US:X", raw, strand(rows, true, raw=False), SESSIONS, Quality())
    assert not raw.split
    assert not raw.spun.any()


def test_a_level_needs_a_source_that_is_of_one_mind() -> None:
    rows, true = np.arange(T), walk(1)
    mine = strand(rows, true)
    assert level_of(mine, []) is None
    assert level_of(mine, [("sample", rows[:60], true[:60] * 10)]) == pytest.approx(10)
    assert level_of(mine, [("sample", rows[:60], true[:60] * 1.0001)]) == 1.0
    torn = np.where(rows < 100, 2.0, 3.0) * true
    assert level_of(mine, [("sample", rows, torn)]) is None
    assert level_of(mine, [("sample", rows, torn), ("wiki", rows, true * 3)]) == pytest.approx(3)
