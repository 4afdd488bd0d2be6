"""The ETF twin by hand: growth, expense, a dividend reinvested, a withdrawal of the dearest lots, its taxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.backtest.record import DayRow, Replayed
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.twin import etf_twin, value_history
from di_advisor.domain.events import Dividend
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError

RATES = TaxProfile(ConstantRates(0.4, 0.2))
DAYS = (date(2023, 12, 28), date(2023, 12, 29), date(2024, 1, 2), date(2024, 4, 15), date(2024, 4, 16))


def _row(day: date, value: float, flow: float = 0.0, growth: float = 0.0, paid: float = 0.0) -> DayRow:
    return DayRow(
        day=day, value_usd=value, cash_usd=0, flow_usd=flow, dividend_usd=0, cost_usd=0, tax_usd=0, short_term_usd=0,
        long_term_usd=0, washed_usd=0, bought_usd=0, sold_usd=0, unrealised_usd=0, harvested_usd=0, tracking_error=0,
        index_return=growth, index_yield=paid,
    )  # fmt: skip


ROWS = (
    _row(DAYS[0], 1_000, 1_000),
    _row(DAYS[1], 1_100, growth=0.10, paid=0.02),  # price 1.08; 20 are paid, and buy at 1.08
    _row(DAYS[2], 1_600, flow=500, growth=0.0),  # 500 buy at 1.08
    _row(DAYS[3], 1_600, growth=-0.25),  # price 0.81; tax of 2023 is due
    _row(DAYS[4], 1_500, flow=-81, growth=0.0),  # 100 shares leave, of those that cost 1.08
)


def _replayed(rows: tuple[DayRow, ...]) -> Replayed:
    return Replayed("by hand", "by hand", "none", rows, (), ())


def test_the_twin_by_hand() -> None:
    twin = etf_twin(_replayed(ROWS), RATES, expense_ratio=0.0)
    shares = 1_000 + 20 / 1.08 + 500 / 1.08
    values = [1_000, 1_100, 1_600, shares * 0.81, (shares - 100) * 0.81]
    assert twin.value_usd == pytest.approx(values)
    assert twin.flow_usd == pytest.approx([1_000, 0, 500, 0, -81])
    # 20 of qualified dividends in 2023 are due in April; the loss of 2024 falls due on the last day.
    assert twin.tax_usd == pytest.approx([0, 0, 0, 20 * 0.2, -100 * (1.08 - 0.81) * 0.4])
    left = (shares - 100) * 0.81 - (1_000 + 520 - 108)
    assert twin.liquidation_tax_end_usd == pytest.approx(0.4 * left)


def test_an_expense_ratio_is_taken_off_day_by_day() -> None:
    free = etf_twin(_replayed(ROWS[:2]), RATES, expense_ratio=0.0)
    dear = etf_twin(_replayed(ROWS[:2]), RATES, expense_ratio=0.252)
    assert free.value_usd[1] - dear.value_usd[1] == pytest.approx(1_000 * 0.001, rel=0.05)


def test_taxes_of_an_unfinished_year_can_be_left_out() -> None:
    settings = ReplaySettings(accrues_last_year=False)
    assert etf_twin(_replayed(ROWS), RATES, settings, expense_ratio=0.0).tax_usd[-1] == 0


def test_more_than_the_fund_is_worth_cannot_leave_it() -> None:
    rows = (ROWS[0], _row(DAYS[1], 1, flow=-2_000))
    with pytest.raises(InputError, match=r"2,000\.00 USD are to leave a fund"):
        etf_twin(_replayed(rows), RATES)


def test_an_expense_ratio_in_percent_is_refused() -> None:
    with pytest.raises(InputError, match="expense ratio is 3"):
        etf_twin(_replayed(ROWS), RATES, expense_ratio=3.0)


def test_a_replay_as_a_history_has_its_rows() -> None:
    history = value_history(_replayed(ROWS))
    assert history.value_usd.tolist() == [row.value_usd for row in ROWS]
    assert history.flow_usd.tolist() == [row.flow_usd for row in ROWS]


def test_a_dividend_counts_for_the_year_in_which_it_is_paid_and_buys_then() -> None:
    owed = Dividend(
        event_id="d", on=date(2024, 1, 2), account_id="a", security_id="A", amount_usd=Decimal(1), ex_on=DAYS[1]
    )
    replayed = replace(_replayed(ROWS[:3]), events=(owed,))
    twin = etf_twin(replayed, RATES, ReplaySettings(accrues_last_year=True), expense_ratio=0.0)
    # Ex on 29 December at 1.08 with 20 owed, paid on 2 January: nothing is due for 2023.
    assert twin.value_usd == pytest.approx([1_000, 1_100, 1_600])
    # Held for five days only by the end: ordinary, at 0.4, as the ledger sees it on that day.
    assert twin.tax_usd == pytest.approx([0, 0, 20 * 0.4])


def test_shares_sold_within_sixty_days_of_their_purchase_earned_no_qualified_dividend() -> None:
    days = (date(2024, 1, 2), date(2024, 1, 10), date(2024, 2, 1), date(2024, 2, 15), date(2024, 12, 31))
    rows = (
        _row(days[0], 1_000, 1_000),
        _row(days[1], 2_000, flow=1_000),
        _row(days[2], 2_000, paid=0.01),  # 20 are paid; the price falls to 0.99
        _row(days[3], 1_010, flow=-990),  # 1,000 shares leave: the 20.2 reinvested ones cost 0.99, so the others
        _row(days[4], 1_010),
    )
    tax = TaxProfile(ConstantRates(0.4, 0.2))
    twin = etf_twin(_replayed(rows), tax, expense_ratio=0.0)
    # Of one price, the later ones leave first: those of 10 January, held for 36 days, earned 10 of the 20.
    gain = 1_000 * (0.99 - 1.0)
    assert twin.tax_usd[-1] == pytest.approx(0.4 * gain + 10 * 0.4 + 10 * 0.2)
