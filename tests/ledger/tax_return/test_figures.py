"""The figures of the tax years: complete, plausible, with sources; the printed table; rate schedules."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return import compute_return, known_tax_years, tax_tables
from di_advisor.ledger.tax_return.filing import filing_status_of
from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.schedules import RateSchedule
from di_advisor.ledger.tax_return.tax_table import table_row, table_tax

SINGLE, JOINT = FilingStatus.SINGLE, FilingStatus.MARRIED_JOINT
SEPARATE, HEAD = FilingStatus.MARRIED_SEPARATE, FilingStatus.HEAD_OF_HOUSEHOLD
YEARS = known_tax_years()


def test_there_are_figures_for_2025_and_2026() -> None:
    assert YEARS == (2025, 2026)


@pytest.mark.parametrize("year", YEARS)
def test_every_section_names_its_law_and_where_it_was_read(year: int) -> None:
    tables = tax_tables(year)
    assert tables.tax_year == year
    assert len(tables.sources) == 6
    for source in tables.sources.values():
        assert "USC" in source
        assert "read in" in source
    assert set(tables.by_status) == set(FilingStatus)
    assert compute_return(ReturnInputs(tax_year=year)).sources == dict(tables.sources)


@pytest.mark.parametrize("year", YEARS)
def test_figures_married_separately_are_half_of_the_joint_ones(year: int) -> None:
    joint, separate = (tax_tables(year).by_status[each] for each in (JOINT, SEPARATE))
    halves = [bracket.from_usd / 2 for bracket in joint.ordinary.brackets]
    assert [bracket.from_usd for bracket in separate.ordinary.brackets] == halves
    for name in ("zero_up_to_usd", "standard_deduction_usd", "amt_exemption_usd", "niit_threshold_usd"):
        assert getattr(separate, name) * 2 == getattr(joint, name), name
    # Rounded to 50 on its own: 300,000 in 2025, where half of the joint figure is 300,025.
    assert 0 <= joint.fifteen_up_to_usd / 2 - separate.fifteen_up_to_usd < 50
    assert separate.amt.top_usd * 2 == joint.amt.top_usd
    assert separate.amt_phase_out_from_usd * 2 == joint.amt_phase_out_from_usd


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("status", list(FilingStatus))
def test_figures_are_plausible_for_each_status(year: int, status: FilingStatus) -> None:
    figures = tax_tables(year).by_status[status]
    assert [float(each.rate) for each in figures.ordinary.brackets] == [0.10, 0.12, 0.22, 0.24, 0.32, 0.35, 0.37]
    assert figures.zero_up_to_usd <= figures.ordinary.brackets[2].from_usd < figures.fifteen_up_to_usd
    assert figures.amt_exemption_gone_usd > figures.amt_phase_out_from_usd
    assert figures.capital_loss_limit_usd == (1_500 if status is SEPARATE else 3_000)


def test_head_of_household_has_brackets_of_its_own() -> None:
    tops = {year: [int(b.from_usd) for b in tax_tables(year).by_status[HEAD].ordinary.brackets[1:]] for year in YEARS}
    assert tops[2025] == [17_000, 64_850, 103_350, 197_300, 250_500, 626_350]
    assert tops[2026] == [17_700, 67_450, 105_700, 201_750, 256_200, 640_600]


@pytest.mark.parametrize(
    ("text", "status"),
    [("mfj", JOINT), ("MFS", SEPARATE), (" hoh ", HEAD), ("single", SINGLE), ("married_joint", JOINT)],
)
def test_abbreviations_are_understood_at_the_edge(text: str, status: FilingStatus) -> None:
    assert filing_status_of(text) is status


@pytest.mark.parametrize(
    ("income", "row", "tax"),
    [
        (0, (0, 5), 0),
        (Fraction("4.99"), (0, 5), 0),
        (5, (5, 15), 1),
        (15, (15, 25), 2),
        (25, (25, 50), 4),
        (2_999, (2_975, 3_000), 299),
        (3_000, (3_000, 3_050), 303),
        (44_250, (44_250, 44_300), 5_075),
        (61_299, (61_250, 61_300), 8_395),
        (99_999, (99_950, 100_000), 16_909),
    ],
)
def test_the_printed_table_row_by_row(income: Fraction, row: tuple[int, int], tax: int) -> None:
    schedule = tax_tables(2025).by_status[SINGLE].ordinary
    assert table_row(Fraction(income)) == row
    assert table_tax(schedule, Fraction(income)) == tax


@given(st.fractions(-1_000, 150_000), st.sampled_from(YEARS), st.sampled_from(FilingStatus))
def test_the_table_stays_within_a_row_of_the_schedule(income: Fraction, year: int, status: FilingStatus) -> None:
    schedule = tax_tables(year).by_status[status].ordinary
    low, high = table_row(income) if 0 < income < 100_000 else (income, income)
    half = Fraction(1, 2)
    assert (
        schedule.tax_on(Fraction(low)) - half <= table_tax(schedule, income) <= schedule.tax_on(Fraction(high)) + half
    )


@pytest.mark.parametrize("brackets", [[], [(5, "0.1")], [(0, "0.1"), (0, "0.2")], [(0, "0.1"), (9, "0.2"), (8, "0.3")]])
def test_brackets_start_at_zero_and_rise(brackets: list) -> None:
    with pytest.raises(InputError, match="A rate schedule starts at"):
        RateSchedule.of(brackets)


@pytest.mark.parametrize("rate", ["-0.1", "1", "9.3"])
def test_a_rate_in_percent_is_refused(rate: str) -> None:
    with pytest.raises(InputError, match=r"0\.093 for 9\.3 percent"):
        RateSchedule.of([(0, rate)])
