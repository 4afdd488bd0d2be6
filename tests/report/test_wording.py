"""Figures as people read them."""

from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.ledger.papers.words import shares_text
from di_advisor.report.wording import bps, count_of, joined, money, percent, printable, shares, signed, usd


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("-0.01"), "-$0.01"),
        (Decimal("-0.001"), "$0.00"),
        (0.1 + 0.2, "$0.30"),
        (-1e6, "-$1,000,000.00"),
    ],
)
def test_dollars_have_cents_and_no_negative_zero(amount: Decimal | float, text: str) -> None:
    assert usd(amount) == text


def test_percent_and_bps_never_show_a_negative_zero() -> None:
    assert (percent(-1e-9), bps(-1e-9)) == ("0.00", "0.0")
    assert (percent(0.0123), bps(0.0123)) == ("1.23", "123.0")


@pytest.mark.parametrize(("text", "expected"), [("1.0", "+1.0"), ("-1.0", "-1.0"), ("0.00", "0.00"), ("-0.00", "0.00")])
def test_a_plus_stands_before_positive_figures_only(text: str, expected: str) -> None:
    assert signed(text) == expected


def test_shares_lose_trailing_zeros_but_no_digits() -> None:
    assert shares(Decimal(1200)) == "1,200"
    assert shares(Decimal("12.5000")) == "12.5"
    assert shares(Decimal("1E+2")) == "1" + "00"
    assert shares(Fraction(1, 3)) == "0.333333"


def test_amounts_of_any_length_are_shown_in_full() -> None:
    assert usd(Decimal("-1e28")) == "-$10" + ",000" * 9 + ".00"
    assert shares(Fraction(10**30 + 1, 3)) == ",".join(["333"] * 10) + ".666667"
    assert shares_text(Fraction(10**30 + 1, 3)) == "3" * 30 + ".666667"
    assert cents_of_parts([Fraction(10**30), Fraction(1, 3)]) == [Decimal(10**30), Decimal("0.33")]


def test_hidden_characters_become_visible_on_one_line() -> None:
    assert printable("a\x1b[2J\n\u202eb\ud800") == "a\\x1b[2J\\n\\u202eb\\ud800"
    assert printable("Zürich — 東京") == "Zürich — 東京"


def test_counts_and_lists_read_as_words() -> None:
    assert [count_of(n, "lot") for n in (0, 1, 2)] == ["0 lots", "1 lot", "2 lots"]
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a"]) == "a"
    assert money(1234.567) == "1,234.57"
