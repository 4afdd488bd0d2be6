"""Corporate action files as typed events: what is an event, what is an error of its row, what is refused."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from di_advisor.domain.events import CashMerger, Delisting, MixedMerger, ReverseSplit, SpinOff, Split, StockMerger
from di_advisor.errors import InputError, RowsError
from di_data.corporate_actions import (
    RAW_COLUMNS,
    SCALED_COLUMNS,
    Stated,
    Treatments,
    delisting_events,
    delisting_rows,
    spin_off_events,
    spin_off_rows,
    split_events,
    vendor_days,
)
from di_data.corporate_actions.ratios import share_ratio, split_ratio
from tests.data_adapters.corporate_actions.action_files import day, delisting_file, scaled_file, spin_off_file, write

FREE = Treatments(otherwise=Stated("tax_free", "Form 8937"))
TAXABLE = Treatments(otherwise=Stated("taxable", "issuer's letter"))


def ids(ticker: str, _on: date) -> str:
    return f"US:{ticker.partition('-')[0]}"


@pytest.mark.parametrize(
    ("written", "ratio"),
    [
        ("0.333333", Fraction(1, 3)),
        ("0.090909", Fraction(1, 11)),
        ("0.142857", Fraction(1, 7)),
        ("0.25", Fraction(1, 4)),
        ("0.241917", Fraction(241917, 10**6)),
        ("0.8824", Fraction(8824, 10**4)),
        ("0.33", Fraction(33, 100)),
    ],
)
def test_decimals_that_stand_for_a_small_fraction_are_that_fraction(written: str, ratio: Fraction) -> None:
    assert share_ratio(written) == ratio


def test_a_third_written_in_decimals_is_a_reverse_split() -> None:
    assert split_ratio("0.33333333333333") == Fraction(1, 3)
    assert split_ratio("1.048") is None


def test_a_plain_ratio_is_a_split_and_a_spin_off_factor_is_an_error(tmp_path: Path) -> None:
    days, spun = vendor_days(scaled_file(tmp_path), SCALED_COLUMNS), spin_off_rows(spin_off_file(tmp_path))
    read = split_events(days, ids, spun, partial=True)
    assert [(type(e), e.security_id, e.new_per_old) for e in read.events] == [
        (ReverseSplit, "US:THIRD", Fraction(1, 3)),
        (Split, "US:SPLIT", 2),
    ]
    assert read.events[1].source == "scaled.csv, line 28"
    assert [e.facts["field"] for e in read.errors] == ["factor"] * 4
    with pytest.raises(RowsError, match=r"the factor 1\.324 of OLD on 2021-08-23 belongs to a spin-off"):
        split_events(days, ids, spun)


def test_a_plain_factor_on_the_day_of_a_spin_off_is_no_split(tmp_path: Path) -> None:
    path = write(tmp_path / "raw.csv", "ticker,date,ex_dividend,split_ratio", [("QUIET", day(300), "0", "1.5")])
    days, spun = vendor_days(path, RAW_COLUMNS), spin_off_rows(spin_off_file(tmp_path))
    assert split_events(days, ids, spun, partial=True).events == ()
    assert len(split_events(days, ids).events) == 1


def test_a_spin_off_has_values_but_no_percentages(tmp_path: Path) -> None:
    rows = spin_off_rows(spin_off_file(tmp_path))
    read = spin_off_events(rows, ids, FREE, partial=True)
    first = next(e for e in read.events if e.security_id == "US:OLD")
    assert isinstance(first, SpinOff)
    assert (first.parent_fraction, first.by_value) == (None, False)
    assert (first.value_per_old_usd, first.value_per_new_usd) == (Fraction("19.63"), Fraction("18.66"))
    assert first.source == "spin_offs.csv, line 2; Form 8937"


def test_a_spin_off_with_a_reverse_split_makes_two_events(tmp_path: Path) -> None:
    rows = [row for row in spin_off_rows(spin_off_file(tmp_path)) if row.parent == "FIRM"]
    split, spin_off = sorted(spin_off_events(rows, ids, FREE).events, key=lambda e: type(e).__name__)
    assert (type(split), split.new_per_old) == (ReverseSplit, Fraction(1, 3))
    assert (type(spin_off), spin_off.new_per_old) == (SpinOff, 1)


def test_a_parent_that_becomes_an_odd_number_of_shares_is_an_error(tmp_path: Path) -> None:
    read = spin_off_events(spin_off_rows(spin_off_file(tmp_path)), ids, FREE, partial=True)
    (error,) = read.errors
    assert error.what.startswith("line 6, parent_shares: one share of FOX-202011 is 736817/1000000 afterwards")


def test_a_treatment_that_nobody_stated_is_an_error_of_the_row(tmp_path: Path) -> None:
    rows = spin_off_rows(spin_off_file(tmp_path))
    stated = Treatments({("US:OLD", day(600)): Stated("taxable", "issuer's letter")})
    read = spin_off_events(rows, ids, stated, partial=True)
    (only,) = read.events
    assert only.tax_treatment == "taxable"
    assert len(read.errors) == 5
    with pytest.raises(RowsError, match="tax treatment of what US:TWICE did on 2020-09-07 is not stated"):
        spin_off_events(rows, ids, stated)
    with pytest.raises(InputError, match="without a source"):
        Stated("tax_free", " ")


def test_deals_are_told_apart_by_what_is_paid_and_taxed_as_stated(tmp_path: Path) -> None:
    rows = delisting_rows(delisting_file(tmp_path))
    read = delisting_events(rows, ids, TAXABLE, partial=True)
    assert [(type(e), e.security_id) for e in read.events] == [
        (CashMerger, "US:CASH"),
        (StockMerger, "US:STOCK"),
        (MixedMerger, "US:BOTH"),
        (Delisting, "US:BROKE"),
    ]
    assert [e.what.partition(": ")[0] for e in read.errors] == [
        "line 7, payout_per_share",
        "line 8, payout_per_share",
        "line 9, acquirer_ticker",
        "line 10, acquirer_price",
    ]
    boot = Treatments(otherwise=Stated("reorganisation_with_boot", "Form 8937"))
    both = [row for row in rows if row.ticker == "BOTH"]
    assert delisting_events(both, ids, boot).events[0].tax_treatment == "reorganisation_with_boot"
    unstated = delisting_events(rows, ids, Treatments(), partial=True)
    assert [type(e) for e in unstated.events] == [CashMerger, Delisting]


def test_a_deal_cannot_be_treated_as_its_shape_forbids(tmp_path: Path) -> None:
    rows = [row for row in delisting_rows(delisting_file(tmp_path)) if row.ticker == "BOTH"]
    with pytest.raises(RowsError, match="tax_treatment"):
        delisting_events(rows, ids, FREE)


def test_a_ticker_that_means_no_company_is_an_error_of_its_row(tmp_path: Path) -> None:
    def ambiguous(ticker: str, on: date) -> str:
        if ticker == "STOCK":
            raise InputError(f"{ticker} meant two companies around {on}.", hint="Name the company.")
        return ticker

    rows = delisting_rows(delisting_file(tmp_path))
    read = delisting_events(rows, ambiguous, TAXABLE, partial=True)
    assert "STOCK meant two companies around 2020-01-21" in read.errors[0].what


@pytest.mark.parametrize(
    ("row", "field", "what"),
    [
        ((" ", "2020-01-01", "0", "2"), "ticker", "ticker is empty"),
        (("A", "2020-13-01", "0", "2"), "", "2020-13-01"),
        (("A", "2020-01-01", "NaN", "2"), "ex_dividend", "not finite"),
        (("A", "2020-01-01", "0", "two"), "split_ratio", "not a number"),
        (("A", "2020-01-01", "0", "-2"), "split_ratio", "below zero"),
        (("A", "2020-01-01", "-0.1", "1"), "ex_dividend", "below zero"),
    ],
)
def test_a_cell_that_cannot_be_read_names_file_line_and_column(
    tmp_path: Path, row: tuple, field: str, what: str
) -> None:
    good = ("B", "2020-01-01", "0.1", "1.0")
    path = write(tmp_path / "raw.csv", "ticker,date,ex_dividend,split_ratio", [good, row])
    with pytest.raises(RowsError, match=what) as caught:
        vendor_days(path, RAW_COLUMNS)
    (error,) = caught.value.errors
    assert (error.facts["source"], error.facts["row"], error.facts["field"]) == ("raw.csv", "line 3", field)


def test_a_ratio_of_zero_or_a_missing_column_is_refused(tmp_path: Path) -> None:
    path = spin_off_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("0.241917", "0"), encoding="utf-8")
    with pytest.raises(RowsError, match="line 2, ratio: ratio is not more than zero"):
        spin_off_rows(path)
    with pytest.raises(InputError, match="ex_dividend, split_ratio are missing"):
        vendor_days(scaled_file(tmp_path), RAW_COLUMNS)
