"""The picture of an account: groups that add up, words that stay words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.signals import LockKind
from di_advisor.domain.universe import Security
from di_advisor.report.account_view import account_html, account_markdown, account_text, gains_table, lots_table
from di_advisor.signals.standing import AccountStanding, LotStanding, WashDate
from tests.report.fakes import NASTY

AS_OF = date(2026, 3, 31)


def lot(i: int, gain: float | None, *, long: bool, basis: str = "100", name: str = "NAME") -> LotStanding:
    held = TaxLot(f"L{i}", "main", "S1", Decimal(1), Decimal(basis), AS_OF - timedelta(days=400))
    value = None if gain is None else float(basis) + gain
    return LotStanding(held, Security("S1", name), value, gain, long, AS_OF)


def account(*lots: LotStanding, dates: tuple[WashDate, ...] = ()) -> AccountStanding:
    return AccountStanding("main", AccountKind.TAXABLE, AS_OF, Decimal(5), (), lots, dates, ("main",))


def figure(text: object) -> float:
    return float(str(text).replace(",", ""))


@given(st.lists(st.tuples(st.floats(-99, 900), st.booleans()), max_size=30))
def test_groups_by_size_hold_every_lot_once_and_add_up_to_the_total(gains: list[tuple[float, bool]]) -> None:
    table = gains_table(account(*(lot(i, gain, long=long) for i, (gain, long) in enumerate(gains))))
    (total,) = table.totals
    assert sum(figure(row[1]) for row in table.rows) == len(gains) == figure(total[1])
    for column in (2, 3, 4):
        assert sum(figure(row[column]) for row in table.rows) == pytest.approx(figure(total[column]), abs=0.05)


def test_lots_without_a_price_are_a_group_of_their_own_and_those_without_basis_gain_without_limit() -> None:
    table = gains_table(account(lot(1, None, long=True), lot(2, 50.0, long=True, basis="0")))
    assert [row[0] for row in table.rows] == ["gain over 100 %", "not known"]


def test_no_loss_and_no_gain_is_no_loss() -> None:
    assert gains_table(account(lot(1, 0.0, long=False))).rows[0][0] == "gain 0 to 10 %"


def test_names_stay_words_in_every_form() -> None:
    names = [n for pair in NASTY for n in pair]
    lots = [lot(i, -1.0 - i, long=False, name=n) for i, n in enumerate(names)]
    dates = tuple(WashDate(x.security, LockKind.NO_BUY, AS_OF, 0, 0.0, f"because {x.security.ticker}") for x in lots)
    standing = account(*lots, dates=dates)
    html = account_html(standing, notes=names)
    assert "<img" not in html
    assert "<script" not in html
    assert "mathjax_ignore" in html
    assert "<img" not in account_markdown(standing, names)
    assert "\x1b" not in account_text(standing, names) + html


def test_beyond_fifty_lots_the_first_are_shown_and_it_is_said_how_many_there_are() -> None:
    many = account(*(lot(i, float(-i), long=False) for i in range(51)))
    assert "The first 20 of 51 lots" in account_html(many)
    assert len(lots_table(many).rows) == 51
    assert "All 50 lots" in account_html(account(*(lot(i, 1.0, long=False) for i in range(50))))
