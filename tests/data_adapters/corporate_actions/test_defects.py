"""Defects of corporate action files: each kind found where it is, and nowhere else."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from di_data.corporate_actions import (
    SCALED_COLUMNS,
    Defect,
    DefectKind,
    VendorDay,
    delisting_defects,
    delisting_rows,
    dividend_defects,
    factor_defects,
    price_defects,
    spin_off_defects,
    spin_off_rows,
    vendor_days,
)
from tests.data_adapters.corporate_actions.action_files import day, delisting_file, scaled_file, spin_off_file


def found(defects: tuple[Defect, ...]) -> list[tuple[str, str, date]]:
    return [(d.kind.value, d.ticker, d.on) for d in defects]


def vendor_day(ticker: str, on: date, dividend: str = "0", factor: str = "1") -> VendorDay:
    return VendorDay(ticker, on, Fraction(dividend), factor, "invented.csv, line 2")


def test_factors_that_are_no_splits_are_named_with_their_spin_off(tmp_path: Path) -> None:
    days, spun = vendor_days(scaled_file(tmp_path), SCALED_COLUMNS), spin_off_rows(spin_off_file(tmp_path))
    assert found(factor_defects(days, spun)) == [
        ("counted_twice", "TWICE", day(250)),
        ("spin_off_as_split", "TWICE", day(250)),
        ("unexplained_factor", "ODD", day(300)),
        ("spin_off_without_factor", "QUIET", day(300)),
        ("unexplained_factor", "GOOD", day(600)),
        ("spin_off_as_split", "OLD", day(600)),
    ]
    twice = next(d for d in factor_defects(days, spun) if d.kind is DefectKind.COUNTED_TWICE)
    assert twice.sentence.startswith("the factor 1.319 and a dividend of 24.56 USD (0.16 is usual)")


def test_a_spin_off_outside_the_files_days_is_left_alone(tmp_path: Path) -> None:
    spun = spin_off_rows(spin_off_file(tmp_path))
    assert factor_defects([vendor_day("QUIET", day(400), "0.1"), vendor_day("A", day(900), "0.1")], spun) == ()


def test_dividends_that_were_never_scaled_are_found_by_their_roundness(tmp_path: Path) -> None:
    days = vendor_days(scaled_file(tmp_path), SCALED_COLUMNS)
    assert found(dividend_defects(days)) == [("unscaled_dividends", "OLD", day(600))]


def test_the_dividends_before_an_earlier_factor_are_judged_by_all_later_ones() -> None:
    rows = [vendor_day("A", day(n), f"{0.30 / 1.324 / 1.1:.6f}") for n in range(0, 40, 10)]
    rows += [vendor_day("A", day(50), factor="1.1")]
    rows += [vendor_day("A", day(n), "0.52") for n in range(60, 100, 10)]
    rows += [vendor_day("A", day(110), factor="1.324")]
    assert found(dividend_defects(rows)) == [("unscaled_dividends", "A", day(110))]


@pytest.mark.parametrize(("before", "after", "split"), [(90.49, 44.70, "2 for 1"), (10.0, 79.5, "1 for 8")])
def test_a_price_that_jumps_by_a_whole_number_without_an_action_is_found(
    before: float, after: float, split: str
) -> None:
    closes = [("A", day(1), before), ("A", day(2), after), ("B", day(1), 10.0), ("B", day(2), 10.1)]
    (defect,) = price_defects([], closes)
    assert (defect.kind, defect.ticker, defect.on) == (DefectKind.MISSING_SPLIT, "A", day(2))
    assert f"as in a split of {split}" in defect.sentence
    assert price_defects([vendor_day("A", day(2), factor="2")], closes) == ()


def test_a_jump_from_one_ticker_to_the_next_is_none() -> None:
    assert price_defects([], [("A", day(1), 100.0), ("B", day(2), 50.0), ("C", day(3), 25.0)]) == ()


@pytest.mark.parametrize("after", [67.0, 60.0, 47.0, 53.0, 36.0])
def test_a_price_that_falls_by_itself_is_no_split(after: float) -> None:
    assert price_defects([], [("A", day(1), 100.0), ("A", day(2), after)]) == ()


def test_a_dividend_larger_than_any_is_found_beside_its_price() -> None:
    closes = [("K", day(1), 123.66), ("K", day(2), 22.19)]
    (defect,) = price_defects([vendor_day("K", day(2), "103.75")], closes)
    assert defect.kind is DefectKind.OVERSIZED_DIVIDEND
    assert price_defects([vendor_day("K", day(2), "1.10")], [("K", day(1), 123.66), ("K", day(2), 122.0)]) == ()


def test_closes_that_do_not_add_up_are_found_and_two_spin_offs_of_a_day_go_together(tmp_path: Path) -> None:
    rows = spin_off_rows(spin_off_file(tmp_path))
    assert found(spin_off_defects(rows)) == [("values_contradict", "WRONG", day(330))]
    wrong = rows[-1]
    pair = [
        type(wrong)("P", name, day(1), Fraction(1), Fraction(1), Fraction(100), Fraction(50), Fraction(25), "f, line 2")
        for name in ("Q", "R")
    ]
    assert spin_off_defects(pair) == ()
    assert found(spin_off_defects(pair[:1])) == [("values_contradict", "P", day(1))]


def test_cash_that_another_file_or_the_price_contradicts_is_found(tmp_path: Path) -> None:
    rows = delisting_rows(delisting_file(tmp_path))
    assert found(delisting_defects(rows)) == [("cash_unlike_price", "HALF", day(70))]
    other = {("BOTH", day(30)): Fraction(41), ("CASH", day(10)): Fraction(95)}
    assert found(delisting_defects(rows, other)) == [
        ("sources_disagree", "BOTH", day(30)),
        ("cash_unlike_price", "HALF", day(70)),
    ]
