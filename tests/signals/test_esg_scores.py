"""Scores on declared scales, within sectors, of several providers; what fills gaps; a tilt with its reasons."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgTable
from di_advisor.domain.esg_wishes import Uncovered
from di_advisor.domain.exclusions import Condition, Exclusion
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.signals.esg import (
    MissingScore,
    ScoreTilt,
    consensus,
    filled,
    in_points,
    score_tilt,
    sector_relative,
)
from di_advisor.signals.screens import screened_by_table

LOWER, HIGHER = Direction.LOWER_IS_BETTER, Direction.HIGHER_IS_BETTER
NAN = float("nan")
DAY = date(2026, 3, 31)


def names(*sectors: str) -> Universe:
    return Universe(tuple(Security(f"N{i:02d}", sector=s) for i, s in enumerate(sectors)))


SIX_A_SECTOR = names(*("S" * 6 + "T" * 6 + "U" * 6 + "V" * 6))
N = len(SIX_A_SECTOR)
EQUAL = dict.fromkeys(SIX_A_SECTOR.security_ids, 1.0 / N)


def measure(
    values: FloatArray | list[float],
    name: str = "risk",
    direction: Direction = LOWER,
    bounds: tuple[float, float] | None = (0.0, 100.0),
    universe: Universe = SIX_A_SECTOR,
) -> EsgMeasure:
    figures = dict(zip(universe.security_ids, [float(v) for v in values], strict=False))
    return EsgMeasure(name, figures, direction, f"provider of {name}", DAY, topic="score", bounds=bounds)


def spread(seed: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(1.0, 99.0, N)


# --- scales ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "direction", "bounds", "points"),
    [
        (25.0, HIGHER, (0.0, 100.0), 25.0),
        (25.0, LOWER, (0.0, 100.0), 75.0),
        (3.0, HIGHER, (0.0, 6.0), 50.0),
        (15.0, LOWER, (0.0, 60.0), 75.0),
    ],
)
def test_points_follow_the_declared_scale_and_direction(
    raw: float, direction: Direction, bounds: tuple[float, float], points: float
) -> None:
    one = names("S", "S")
    got = in_points(measure([raw], direction=direction, bounds=bounds, universe=one), one)
    assert got[0] == pytest.approx(points)
    assert np.isnan(got[1])


def test_a_score_without_a_declared_scale_is_not_mixed_with_others() -> None:
    with pytest.raises(InputError, match="declares no scale"):
        consensus([measure(spread(1)), measure(spread(2), "other", bounds=None)], SIX_A_SECTOR)


@pytest.mark.parametrize(("bounds", "said"), [((0.0, 50.0), "outside its scale 0 to 50"), ((1.0, 1.0), "is none")])
def test_figures_outside_the_scale_and_scales_that_are_none_are_refused(bounds: tuple[float, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure([51.0], bounds=bounds)


def test_measures_of_two_topics_are_not_one_score() -> None:
    other = EsgMeasure("coal", {"N00": 1.0}, LOWER, topic="coal", bounds=(0.0, 1.0))
    with pytest.raises(InputError, match="coal, score, which are not the same thing"):
        consensus([measure(spread(1)), other], SIX_A_SECTOR)


# --- within sectors --------------------------------------------------------------------------------------------------


def test_a_large_sector_is_compared_with_itself() -> None:
    got = sector_relative(np.r_[np.arange(6.0), 50.0 + np.arange(6.0), np.full(12, NAN)], SIX_A_SECTOR)
    np.testing.assert_allclose(got[:6], got[6:12])
    assert got[:6].mean() == pytest.approx(0.0, abs=1e-12)
    assert got[:6].std() == pytest.approx(1.0)
    assert np.isnan(got[12:]).all()


def test_a_small_sector_leans_on_all_names() -> None:
    universe = names(*("S" * 10 + "T" * 2))
    points = np.r_[np.arange(10.0), 20.0, 22.0]
    got = sector_relative(points, universe)
    weight = 2 / 12
    mean = weight * 21.0 + (1 - weight) * points.mean()
    deviation = np.sqrt(weight * 1.0 + (1 - weight) * points.var())
    np.testing.assert_allclose(got[10:], (points[10:] - mean) / deviation)
    assert (got[10:] > 1.0).all(), "two good names are not middling because they are each other's sector"


def test_outliers_end_at_three_and_equal_scores_are_all_in_the_middle() -> None:
    universe = names(*("S" * 20))
    assert sector_relative(np.r_[np.zeros(19), 100.0], universe).max() == 3.0
    np.testing.assert_array_equal(sector_relative(np.full(20, 7.3), universe), 0.0)


def test_names_that_a_screen_takes_out_count_in_no_mean() -> None:
    points = spread(3)
    among = np.ones(N, dtype=np.bool_)
    among[:2] = False
    got = sector_relative(points, SIX_A_SECTOR, among)
    changed = sector_relative(np.r_[99.0, 1.0, points[2:]], SIX_A_SECTOR, among)
    np.testing.assert_array_equal(got, changed)
    assert np.isnan(got[:2]).all()


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(0, N - 1), st.floats(0.1, 60.0), st.integers(1, 6))
def test_a_better_score_never_lowers_a_distance(seed: int, at: int, more: float, small: int) -> None:
    sectors = ["S"] * small + ["T"] * 9 + ["U"] * (N - 9 - small)
    universe, before = names(*sectors), spread(seed)
    after = before.copy()
    after[at] += more
    assert sector_relative(after, universe)[at] >= sector_relative(before, universe)[at] - 1e-12


# --- several providers -----------------------------------------------------------------------------------------------


def test_what_providers_say_is_averaged_in_their_good_directions_whatever_their_scales() -> None:
    good = spread(5)
    one = measure(good, "one", HIGHER)
    two = measure(60.0 * (1.0 - good / 100.0), "two", LOWER, (0.0, 60.0))
    made = consensus([one, two], SIX_A_SECTOR)
    np.testing.assert_allclose(made.distances[0], made.distances[1], atol=1e-12)
    np.testing.assert_allclose(made.mean, made.distances[0], atol=1e-12)
    np.testing.assert_allclose(made.dispersion, 0.0, atol=1e-12)
    assert made.correlations[0].correlation == pytest.approx(1.0)
    assert not made.disagreed.any()


def test_dispersion_correlation_and_disagreement_are_told() -> None:
    good, other = spread(5), spread(5)
    best, worst = int(np.argmax(good[:6])), int(np.argmin(good[:6]))
    other[[best, worst]] = other[[worst, best]]
    made = consensus([measure(good, "one", HIGHER), measure(other, "two", HIGHER)], SIX_A_SECTOR)
    assert set(np.flatnonzero(made.disagreed).tolist()) == {best, worst}
    gap = np.abs(made.distances[0] - made.distances[1])
    np.testing.assert_allclose(made.dispersion, gap / 2)
    assert (made.disagreed == (gap > 1.5)).all()
    table = made.correlation_frame()
    told = made.correlations[0].correlation
    assert told < 1.0
    np.testing.assert_array_equal(table.to_numpy(), [[1.0, told], [told, 1.0]])
    assert made.correlations[0].both == N


def test_a_name_counts_by_the_providers_that_cover_it() -> None:
    one, two = spread(1), spread(2)
    one[0], two[0], two[1] = NAN, NAN, NAN
    made = consensus([measure(one, "one"), measure(two, "two")], SIX_A_SECTOR)
    assert made.opinions[:3].tolist() == [0, 1, 2]
    assert np.isnan([made.mean[0], made.dispersion[0]]).all()
    assert made.mean[1] == made.distances[0, 1]
    assert made.dispersion[1] == 0.0


def test_a_careful_score_takes_off_disagreement_but_never_punishes_a_better_score() -> None:
    made = consensus([measure(spread(i), f"p{i}") for i in range(3)], SIX_A_SECTOR)
    np.testing.assert_allclose(made.robust(0.5), made.mean - 0.5 * made.dispersion)
    assert made.caution_max == pytest.approx(1 / np.sqrt(2))
    with pytest.raises(InputError, match="would punish a name for a better score"):
        made.robust(0.8)


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.integers(0, N - 1), st.integers(0, 2), st.floats(0.1, 60.0), st.floats(0, 1))
def test_a_worse_risk_score_of_any_provider_never_raises_the_combined_score(
    seed: int, at: int, provider: int, more: float, part: float
) -> None:
    raw = [spread(seed + i) for i in range(3)]
    worse = [values.copy() for values in raw]
    worse[provider][at] = min(worse[provider][at] + more, 100.0)
    before = consensus([measure(v, f"p{i}") for i, v in enumerate(raw)], SIX_A_SECTOR)
    after = consensus([measure(v, f"p{i}") for i, v in enumerate(worse)], SIX_A_SECTOR)
    kappa = part * before.caution_max
    assert after.robust(kappa)[at] <= before.robust(kappa)[at] + 1e-12


# --- a tilt ----------------------------------------------------------------------------------------------------------


def tilt_with_gaps(policy: str, gaps: int = 4) -> ScoreTilt:
    values = spread(9)
    values[:gaps] = NAN
    return score_tilt([measure(values)], SIX_A_SECTOR, EQUAL, missing=MissingScore(policy))


def test_each_policy_fills_the_gap_that_it_says() -> None:
    scores = consensus([measure(np.r_[np.full(4, NAN), spread(9)[4:]])], SIX_A_SECTOR).mean
    known = scores[np.isfinite(scores)]
    assert tilt_with_gaps("sector_median").measure.values["N00"] == pytest.approx(np.median(scores[4:6]))
    assert tilt_with_gaps("benchmark_neutral").measure.values["N00"] == 0.0
    assert tilt_with_gaps("worst_quartile").measure.values["N00"] == pytest.approx(np.quantile(known, 0.25))
    left = tilt_with_gaps("exclude")
    assert "N00" not in left.measure.values
    [leaving] = left.exclusions
    assert leaving.security_ids == {"N00", "N01", "N02", "N03"} == set(left.unscored)
    assert leaving.says("listed").startswith("no score: esg score; rule a score is asked for; evidence no provider")


def test_the_worst_quartile_of_a_raw_measure_is_its_bad_end() -> None:
    values = np.r_[NAN, np.arange(1.0, 6.0)]
    universe = names(*("S" * 6))
    assert filled(values, universe, Uncovered.WORST_QUARTILE, LOWER)[0][0] == 4.0
    assert filled(values, universe, Uncovered.WORST_QUARTILE, HIGHER)[0][0] == 2.0


def test_coverage_is_told_by_names_and_by_weight_and_too_little_is_refused_unless_forced() -> None:
    found = tilt_with_gaps("sector_median", gaps=8)
    assert found.coverage_names == found.coverage_weight == pytest.approx(16 / 24)
    assert "scored: 0.667 of the names and 0.667 of the weight" in found.sentence
    heavy = {i: (10.0 if at < 8 else 1.0) for at, i in enumerate(SIX_A_SECTOR.security_ids)}
    values = np.r_[np.full(8, NAN), spread(9)[8:]]
    with pytest.raises(IncompleteDataError, match=r"covers 0.167 of the weight, and a tilt asks for 0.60"):
        score_tilt([measure(values)], SIX_A_SECTOR, heavy)
    forced = score_tilt([measure(values)], SIX_A_SECTOR, heavy, forced=True)
    assert forced.coverage_weight == pytest.approx(16 / 96)


def test_screens_come_before_scores_and_coverage_is_of_what_they_leave() -> None:
    values = spread(9)
    values[:2] = NAN
    tobacco = EsgMeasure("tobacco", {"N00": 0.5, "N01": 0.9, "N05": 0.06} | {"N09": 0.0}, LOWER)
    table = EsgTable((measure(values), tobacco))
    [screen] = screened_by_table([Exclusion("tobacco", conditions=(Condition("tobacco", 0.05),))], table, SIX_A_SECTOR)
    out = [SIX_A_SECTOR.security_ids[i] for i in np.flatnonzero(screen.out).tolist()]
    assert out == ["N00", "N01", "N05"]
    found = score_tilt(table.measures[:1], SIX_A_SECTOR, EQUAL, screened_out=out)
    assert not set(out) & set(found.measure.values)
    assert found.unscored == ()
    assert found.coverage_weight == 1.0


def test_every_score_carries_what_stands_behind_it() -> None:
    good, other = spread(5), spread(6)
    other[0], good[1], other[1] = NAN, NAN, NAN
    found = score_tilt([measure(good, "one", HIGHER), measure(other, "two")], SIX_A_SECTOR, EQUAL, kappa=0.5)
    assert "one opinion only" in found.measure.evidence["N00"]
    assert "no provider scores it, sector median stands in" in found.measure.evidence["N01"]
    both = found.measure.evidence["N02"]
    assert f"provider of one {good[2]:g} (" in both
    assert f"provider of two {other[2]:g} (" in both
    assert "known by 2026-03-31" in both
    assert "dispersion" in both
    assert "0.5 of it taken off" in both
    assert found.measure.provider == "provider of one and provider of two"
    assert found.wish(delta_min=0.1).measure == "esg score"
