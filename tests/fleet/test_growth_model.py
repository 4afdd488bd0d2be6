"""The model of a fleet's growth: a line through the medians of each size, which one slow run does not move."""

import pytest

from benchmarks.fleet_growth import fitted

SIZES = [10, 100, 300, 1_000]


def test_a_straight_line_is_found_again() -> None:
    start, each = fitted(SIZES, [5.0 + 0.03 * n for n in SIZES])
    assert (start, each) == pytest.approx((5.0, 0.03))


def test_one_slow_run_of_three_does_not_move_the_line() -> None:
    sizes = SIZES * 3
    seconds = [5.0 + 0.03 * n for n in sizes]
    seconds[3] *= 4.0  # the first run of 1,000
    assert fitted(sizes, seconds) == pytest.approx((5.0, 0.03))


def test_the_largest_runs_say_more_about_the_slope_than_the_smallest() -> None:
    seconds = [5.0 + 0.03 * n for n in SIZES]
    late = [s + (0.1 * s) * (n == 1_000) for s, n in zip(seconds, SIZES, strict=True)]
    early = [s + (0.1 * s) * (n == 10) for s, n in zip(seconds, SIZES, strict=True)]
    assert abs(fitted(SIZES, early)[1] - 0.03) < abs(fitted(SIZES, late)[1] - 0.03)
