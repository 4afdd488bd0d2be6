"""The model of a fleet's growth: a line through the medians of each size, which one slow run does not move."""

from dataclasses import replace

import pytest

from benchmarks.fleet_growth import Fit, Grown, fitted, off_by

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


def grown(accounts: int) -> Grown:
    """A run of so many accounts whose CPU grows along straight lines."""
    return Grown(accounts, 5.0 + 0.03 * accounts, 0.02 * accounts, 2.0 + 0.004 * accounts, 9.0, 0.1, 1.0, 1.0, 1.0, 0)


def test_a_run_is_compared_with_what_smaller_ones_predict_and_not_with_itself() -> None:
    fit, largest = Fit.of([grown(n) for n in SIZES]), grown(10_000)
    assert fit.expected(10_000) == pytest.approx({"workers": 305.0, "main": 42.0, "all": 347.0})
    assert off_by(fit, largest) == pytest.approx({"workers": 0.0, "main": 0.0, "all": 0.0}, abs=1e-12)
    slow = replace(largest, workers_cpu=largest.workers_cpu * 1.2)
    assert off_by(fit, slow) == pytest.approx({"workers": 0.2, "main": 0.0, "all": 0.2 * 305.0 / 347.0}, abs=1e-12)
    assert fit.solving == pytest.approx(0.02)
