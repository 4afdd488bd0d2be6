"""Amounts of long fractions: cut to a grid where they are handed on, and nothing is lost by it."""

from datetime import date
from fractions import Fraction

import pytest

from tests.ledger.wash.books_of_rows import replayed
from tests.ledger.wash.naive import Row, Rules

GRID = 10**15


@pytest.mark.parametrize(("tail", "cut"), [(Fraction(1, 3**10), False), (Fraction(1, 3**165), True)])
def test_an_amount_of_a_long_fraction_is_cut_down_and_leaves_the_loss_as_it_enters_the_basis(
    tail: Fraction, cut: bool
) -> None:
    shares = Fraction(1, 2) + tail
    rows = [
        Row("buy", date(2024, 1, 2), "old", shares=Fraction(1), usd=Fraction(100)),
        Row("sell", date(2024, 6, 3), "loss", shares=Fraction(1), usd=Fraction(30), lots=(("old", None),)),
        Row("buy", date(2024, 6, 5), "new", shares=shares, usd=Fraction(20)),
    ]
    books = replayed(rows, Rules())
    (match,) = books.washes
    exact = shares * 70
    assert 0 <= exact - match.disallowed_usd < Fraction(1, GRID)
    assert (match.disallowed_usd != exact) is cut
    assert (GRID % match.disallowed_usd.denominator == 0) is cut
    (held,) = books.lots
    assert held.lot.basis_total_usd == 20 + match.disallowed_usd
    assert sum(r.recognized_usd for r in books.realized) == -70 + match.disallowed_usd
