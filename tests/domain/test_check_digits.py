"""Check digits: known identifiers are sound, a slip is found, and a CUSIP and its ISIN are each other's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.check_digits import (
    cusip_check_digit,
    cusip_of_isin,
    defect_of,
    figi_check_digit,
    isin_check_digit,
    isin_of_cusip,
    lei_check_digits,
    require_sound,
    sedol_check_digit,
)
from di_advisor.domain.identifiers import Identifier
from di_advisor.errors import InputError

DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
PUBLISHED = (
    ("isin", "US0378331005"),
    ("isin", "GB0002634946"),
    ("isin", "AU0000XVGZA3"),
    ("cusip", "037833100"),
    ("cusip", "38259P508"),
    ("sedol", "0263494"),
    ("sedol", "B0YBKJ7"),
    ("lei", "HWUPKR0MPOU8FGXBT394"),
    ("figi", "BBG000BLNNH6"),
    ("figi", "BBG000B9XRY4"),
)


def text(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, min_size=size, max_size=size)


@pytest.mark.parametrize(("scheme", "value"), PUBLISHED)
def test_identifiers_that_are_in_use_are_sound(scheme, value):
    identifier = Identifier(scheme, value)
    assert defect_of(identifier) == ""
    assert require_sound(identifier) is identifier


@pytest.mark.parametrize(("scheme", "value"), PUBLISHED)
def test_any_other_last_digit_is_a_slip_that_is_named(scheme, value):
    for digit in set(DIGITS) - {value[-1]}:
        wrong = Identifier(scheme, value[:-1] + digit)
        assert "check digit" in defect_of(wrong)
        with pytest.raises(InputError, match="and would be") as caught:
            require_sound(wrong)
        assert "leading zeros" in caught.value.hint


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("isin", "US37833100"),
        ("isin", "U10378331005"),
        ("cusip", "37833100"),
        ("sedol", "A263494"),
        ("lei", "HWUPKR0MPOU8FGXBT39"),
        ("figi", "BSG000BLNNH6"),
        ("figi", "BBX000BLNNH6"),
    ],
)
def test_a_wrong_shape_is_named_before_its_digits(scheme, value):
    assert f"the {scheme.upper()} {value} is not " in defect_of(Identifier(scheme, value))


@pytest.mark.parametrize("scheme", ["ticker", "name", "cik", "security_id"])
def test_schemes_without_check_digits_have_no_defect(scheme):
    assert defect_of(Identifier(scheme, "320193")) == ""


@given(text(LETTERS, 2), text(LETTERS + DIGITS, 9))
def test_an_isin_with_its_own_digit_is_sound_and_one_changed_digit_is_not(country, body):
    value = country + body + isin_check_digit(country + body)
    assert defect_of(Identifier("isin", value)) == ""
    for place, sign in enumerate(value):
        if sign in DIGITS:
            other = value[:place] + str((int(sign) + 1) % 10) + value[place + 1 :]
            assert defect_of(Identifier("isin", other))


@given(text(LETTERS + DIGITS, 8))
def test_a_cusip_and_its_isin_lead_to_each_other(body):
    cusip = body + cusip_check_digit(body)
    for country in ("US", "CA"):
        isin = isin_of_cusip(cusip, country)
        assert defect_of(isin) == ""
        assert isin.value.startswith(country)
        assert cusip_of_isin(isin.value) == Identifier("cusip", cusip)


@given(text(CONSONANTS + DIGITS, 6))
def test_a_sedol_with_its_own_digit_is_sound_and_no_other_digit_is(body):
    digit = sedol_check_digit(body)
    assert [d for d in DIGITS if not defect_of(Identifier("sedol", body + d))] == [digit]


@given(text(LETTERS + DIGITS, 18), st.integers(0, 17))
def test_an_lei_finds_a_digit_changed_for_a_digit_and_a_letter_for_a_letter_wherever_it_is(body, place):
    value = body + lei_check_digits(body)
    assert defect_of(Identifier("lei", value)) == ""
    # A letter counts as two digits, so one in the place of a digit moves all before it: mod 97 may miss that.
    kind = DIGITS if value[place] in DIGITS else LETTERS
    other = kind[(kind.index(value[place]) + 1) % len(kind)]
    assert defect_of(Identifier("lei", value[:place] + other + value[place + 1 :]))


@given(text(CONSONANTS + DIGITS, 8))
def test_a_figi_with_its_own_digit_is_sound_and_no_other_digit_is(body):
    digit = figi_check_digit(f"BBG{body}")
    assert [d for d in DIGITS if not defect_of(Identifier("figi", f"BBG{body}{d}"))] == [digit]


def test_only_countries_that_number_by_cusip_have_an_isin_of_one():
    with pytest.raises(InputError, match="does not number its securities by CUSIP"):
        isin_of_cusip("037833100", "GB")
    with pytest.raises(InputError, match="check digit of the CUSIP 037833101"):
        isin_of_cusip("037833101")
    assert cusip_of_isin("GB0002634946") is None
    body = "00000*@#"
    with pytest.raises(InputError, match="private placement"):
        isin_of_cusip(body + cusip_check_digit(body))
