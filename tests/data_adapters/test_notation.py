"""Amounts and dates as files write them: one reading each, or an error."""

import contextlib
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_data.notation import FileNotation

POINT, COMMA = FileNotation(), FileNotation(decimal_mark=",")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("2351.96", "2351.96"),
        ("$2,351.96", "2351.96"),
        (" $ 1,234,567.8 ", "1234567.8"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("($5.00)", "-5.00"),
        ("US$7", "7"),
        ("7 USD", "7"),
        ("USD 7", "7"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("0.1234567891", "0.1234567891"),
        ("2,351", "2351"),
    ],
)
def test_an_amount_with_separators_or_a_dollar_sign_is_exact(written, amount):
    assert POINT.amount(written) == Decimal(amount)


def test_a_ratio_of_shares_stays_a_ratio():
    assert POINT.amount("1/3") == Fraction(1, 3)


@pytest.mark.parametrize("written", ["2.351,96", "1,5", "12,34", "1,2345", "1.234.567", "0,5"])
def test_a_decimal_comma_is_refused_unless_it_is_stated(written):
    with pytest.raises(InputError, match="is not an amount"):
        POINT.amount(written)


def test_the_hint_for_a_decimal_comma_says_how_to_state_it():
    with pytest.raises(InputError, match=r"The decimal mark is '\.'.*state decimal_mark=',' for the file"):
        POINT.amount("2.351,96")


def test_a_stated_decimal_comma_is_read():
    assert [COMMA.amount(w) for w in ("2.351,96", "0,5", "7", "$1.000")] == [
        Decimal("2351.96"),
        Decimal("0.5"),
        Decimal(7),
        Decimal(1000),
    ]
    with pytest.raises(InputError):
        COMMA.amount("2,351.96")


@pytest.mark.parametrize(
    "written", ["NaN", "inf", "-Infinity", "1_000", "0x10", "abc", ".", "-", "1 000", "1'000", "--5", "1e9999", "١٢"]
)
def test_what_is_no_amount_is_refused(written):
    with pytest.raises(InputError, match="is not an amount"):
        POINT.amount(written)


@pytest.mark.parametrize(
    ("written", "currency"), [("€5", "€"), ("5 GBp", "GBp"), ("£3", "£"), ("CHF 10", "CHF"), ("C$4", r"C\$")]
)
def test_another_currency_is_named_and_never_converted(written, currency):
    with pytest.raises(InputError, match=f"is in {currency}, and amounts are in USD"):
        POINT.amount(written)


def test_percent_is_refused_with_the_fraction_to_write():
    with pytest.raises(InputError, match=r"Write a fraction: 0\.0705 for 7\.05 %"):
        POINT.amount("7.05%")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4))
def test_both_notations_read_what_python_writes(amount):
    assert POINT.amount(f"{amount:,}") == amount
    assert COMMA.amount(f"{amount:,}".translate(str.maketrans(",.", ".,"))) == amount


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_typed_error(written):
    with contextlib.suppress(InputError):
        assert POINT.amount(written) == POINT.amount(f" {written} ")


def test_dates_are_iso_unless_a_format_is_stated_once():
    assert POINT.day("2024-03-04") == date(2024, 3, 4)
    with pytest.raises(InputError, match="could be March or April"):
        POINT.day("03/04/2024")
    assert FileNotation(date_format="%d/%m/%Y").day("03/04/2024") == date(2024, 4, 3)
    assert FileNotation(date_format="%m/%d/%Y").day("03/04/2024") == date(2024, 3, 4)


@pytest.mark.parametrize("written", ["2024-03-04", "31/02/2024", "13/13/2024", ""])
def test_a_date_that_does_not_fit_the_stated_format_is_refused(written):
    with pytest.raises(InputError, match="is not a date in the stated format %d/%m/%Y"):
        FileNotation(date_format="%d/%m/%Y").day(written)


def test_a_notation_that_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="The decimal mark is ';'"):
        FileNotation(decimal_mark=";")
    with pytest.raises(InputError, match="lacks the day or the year with four digits"):
        FileNotation(date_format="%m/%y")
