"""Arithmetic of ESG wishes: pathways, thresholds, directions; and wishes that contradict themselves are refused."""

import math
from datetime import date

import numpy as np
import pytest

from di_advisor.domain.esg_standards import ClimateData, climate_transition, paris_aligned
from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway, exposure_cap, share_floor
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.screen_presets import PRESETS, USCCB_2021, screen, sharia, usccb_2021
from di_advisor.errors import InputError


@pytest.mark.parametrize(("years", "left"), [(1, 0.9300), (2, 0.8649), (3, 0.8044), (5, 0.6957), (10, 0.4840)])
def test_seven_percent_a_year_is_geometric(years: int, left: float) -> None:
    path = Pathway(100.0, date(2020, 12, 31))
    assert path.ceiling(date(2020 + years, 12, 31)) / 100.0 == pytest.approx(left, abs=5e-5)


def test_after_a_missed_year_the_target_is_still_that_of_the_old_path() -> None:
    path = Pathway(100.0, date(2020, 12, 31))
    actual_after_one_year = 99.0  # missed: the path asked for 93
    assert path.ceiling(date(2022, 12, 31)) == pytest.approx(86.49)
    assert path.ceiling(date(2022, 12, 31)) != pytest.approx(0.93 * actual_after_one_year, abs=0.1)


def test_within_a_year_the_path_falls_day_by_day_and_a_leap_day_has_its_anniversary() -> None:
    path = Pathway(100.0, date(2020, 2, 29))
    assert path.years(date(2021, 2, 28)) == 1.0
    days = [path.ceiling(date(2021, m, 15)) for m in range(3, 13)]
    assert days == sorted(days, reverse=True)
    with pytest.raises(InputError, match="starts on 2020-02-29"):
        path.ceiling(date(2020, 1, 1))


def test_a_ceiling_on_raw_intensities_per_evic_falls_by_the_inflation_of_evic() -> None:
    plain, dearer = Pathway(100.0, date(2020, 1, 1)), Pathway(100.0, date(2020, 1, 1), evic_inflation=1.2)
    on = date(2021, 1, 1)
    assert dearer.ceiling(on) == pytest.approx(plain.ceiling(on) / 1.2)


@pytest.mark.parametrize(
    ("condition", "figure", "out"),
    [
        (Condition("coal", 0.01), 0.01, True),
        (Condition("coal", 0.01), 0.0099, False),
        (Condition("weapons", 0.0, Operator.MORE_THAN), 0.0, False),
        (Condition("weapons", 0.0, Operator.MORE_THAN), 1e-6, True),
        (Condition("weapons", 0.0, Operator.MORE_THAN), math.nan, False),
    ],
)
def test_one_percent_or_more_is_out_and_less_is_in(condition: Condition, figure: float, out: bool) -> None:
    assert bool(condition.holds(np.array([figure]))[0]) is out


def test_power_is_out_only_where_both_the_share_and_the_intensity_are_passed() -> None:
    data = ClimateData("carbon", {"power": ("share", "grams")})
    power = paris_aligned(data, base_value=1.0, base_date=date(2024, 1, 1)).exclusions[0]
    share, grams = (c.holds for c in power.conditions)
    assert bool((share(np.array([0.5])) & grams(np.array([100.0])))[0]) is False
    assert bool((share(np.array([0.5])) & grams(np.array([100.1])))[0]) is True
    assert bool((share(np.array([0.499])) & grams(np.array([900.0])))[0]) is False


def test_a_standard_without_its_data_is_inspired_by_and_says_what_is_missing() -> None:
    found = paris_aligned(ClimateData("carbon", {"coal": "coal"}), base_value=100.0, base_date=date(2024, 1, 1))
    assert found.claim.startswith("Inspired by EU Paris-aligned Benchmarks")
    assert "must not be called Paris-aligned" in found.claim
    assert {"Scope 3 emissions", "EVIC", "gas", "high-climate-impact sectors"} <= set(found.missing)
    assert found.exclusions[0].conditions == (Condition("coal", 0.01),)
    assert found.esg[0].cut_min == 0.5
    assert found.esg[0].pathway == Pathway(100.0, date(2024, 1, 1), 0.07)


def test_a_standard_with_all_its_data_has_all_its_exclusions_and_still_awards_no_label() -> None:
    names = ("controversial weapons", "tobacco production", "norms violations", "significant harm", "coal", "oil")
    screens: dict[str, str | tuple[str, str]] = {n: n for n in (*names, "gas")}
    data = ClimateData("carbon", screens | {"power": ("share", "grams")}, "nace", with_scope_3=True, per_evic=True)
    found = paris_aligned(data, base_value=1.0, base_date=date(2024, 1, 1))
    assert found.missing == ()
    assert found.claim.startswith("Built to the rules")
    assert len(found.exclusions) == 8
    transition = climate_transition(data, base_value=1.0, base_date=date(2024, 1, 1))
    assert [e.screen for e in transition.exclusions] == list(names[:4])
    assert transition.esg[0].cut_min == 0.3
    mandate = transition.added_to(Mandate())
    assert len(mandate.esg) == 2
    assert mandate.exclusions == transition.exclusions


def test_a_threshold_of_a_standard_may_be_made_stricter_only() -> None:
    data = ClimateData("carbon", {"oil": "oil"})
    strict = paris_aligned(data, base_value=1.0, base_date=date(2024, 1, 1), thresholds={"oil": 0.02})
    assert strict.exclusions[0].conditions[0].threshold == 0.02
    with pytest.raises(InputError, match="threshold of oil"):
        paris_aligned(data, base_value=1.0, base_date=date(2024, 1, 1), thresholds={"oil": 0.2})


def test_a_wish_and_data_of_opposite_directions_are_refused() -> None:
    wish = EsgWish("risk", uplift_min=0.1, direction=Direction.HIGHER_IS_BETTER)
    assert EsgWish("risk", uplift_min=0.1).resolved(Direction.LOWER_IS_BETTER) is Direction.LOWER_IS_BETTER
    with pytest.raises(InputError, match="data says lower_is_better"):
        wish.resolved(Direction.LOWER_IS_BETTER)


def test_a_wish_that_cuts_and_rewards_more_of_the_same_is_refused() -> None:
    wish = EsgWish("carbon", cut_min=0.3, usd_per_point=5.0)
    with pytest.raises(InputError, match="rewards more of it"):
        wish.resolved(None)
    assert wish.resolved(Direction.LOWER_IS_BETTER) is Direction.LOWER_IS_BETTER


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "asks for nothing"),
        ({"cut_min": 1.5}, "cut_min is 1.5"),
        ({"usd_per_point": -1.0}, "usd_per_point is -1.0"),
        ({"floor": 3.0, "ceiling": 2.0}, "above its ceiling"),
        ({"floor": 1.0, "uncovered": "median"}, "sector_median"),
        ({"floor": 1.0, "direction": "up"}, "higher_is_better"),
    ],
)
def test_a_wish_without_meaning_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        EsgWish("score", **fields)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_shares_and_caps_are_fractions_shown_as_percent() -> None:
    assert share_floor("sbti", 0.4).unit == "%"
    assert exposure_cap("coal", 0.02).direction is Direction.LOWER_IS_BETTER
    with pytest.raises(InputError, match="cap on coal"):
        exposure_cap("coal", math.inf)


def test_a_mandate_takes_tuples_of_wishes_and_one_tilt_a_measure() -> None:
    wish = EsgWish("score", usd_per_point=1.0)
    assert Mandate(esg=[wish]).esg == (wish,)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"esg=\(\.\.\.,\)"):
        Mandate(esg=wish)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="exclusions holds 'tobacco'"):
        Mandate(exclusions=("tobacco",))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="price the same ESG measure"):
        Mandate(esg=(wish, EsgWish("score", usd_per_point=2.0)))


def test_a_glide_path_falls_on_its_dates() -> None:
    path = GlidePath(((date(2026, 1, 1), 0.75), (date(2026, 7, 1), 0.5), (date(2027, 1, 1), 0.0)))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [path.fraction(d) for d in days] == [1.0, 0.75, 0.5, 0.0]
    with pytest.raises(InputError, match="not a path"):
        GlidePath(((date(2026, 1, 1), 0.5), (date(2026, 7, 1), 0.75)))


def test_a_preset_by_classification_says_that_it_is_a_proxy_and_a_measure_is_none() -> None:
    proxy = screen("tobacco", by_label=True, source="a list of constituents", as_of=date(2026, 8, 8))
    line = proxy.says("industry Tobacco")
    assert line == (
        "tobacco; rule sub-industry; evidence GICS 30203010 Tobacco; industry Tobacco (classification proxy, not "
        "revenue share); source a list of constituents; as of 2026-08-08"
    )
    measured = screen("tobacco", measure="tobacco share", threshold=0.1)
    assert not measured.proxy
    assert "tobacco share >= 0.1" in measured.says("")


def test_a_screen_that_nothing_stands_in_for_needs_a_measure() -> None:
    with pytest.raises(InputError, match="no classification stands in"):
        screen("private prisons", by_label=True)
    with pytest.raises(InputError, match="There is no screen called 'gold'"):
        screen("gold")
    assert len(PRESETS["fossil fuel: all"].labels or {}) == 7


def test_faith_profiles_say_which_screens_have_no_measure() -> None:
    found = usccb_2021({"tobacco": "t", "abortion": "a"})
    assert [e.screen for e in found.exclusions] == ["tobacco", "abortion"]
    assert len(found.missing) == len(USCCB_2021) - 2
    debt, income = sharia(debt="debt", impure_income="income")
    assert bool(debt.conditions[0].holds(np.array([0.30]))[0]) is True
    assert bool(income.conditions[0].holds(np.array([0.049]))[0]) is False


def test_an_exclusion_names_something() -> None:
    with pytest.raises(InputError, match="names nothing"):
        Exclusion("tobacco")
    with pytest.raises(InputError, match="frozenset"):
        Exclusion("tobacco", "PM")  # type: ignore[arg-type]
