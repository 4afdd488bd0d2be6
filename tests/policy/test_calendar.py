"""The calendar ahead: each thing on its day, exact for each lot, nothing of the past, nothing unannounced."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.portfolio import AccountKind, Fill, Side
from di_advisor.errors import InputError
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.policy.calendar import Calendar, CalendarKind, ExDate, look_ahead
from di_advisor.policy.index_events import AnnouncedAction
from di_advisor.policy.sessions import Cadence, early_closes, last_session
from tests.policy.world import AS_OF, HELD, WEIGHTS, Day

UNTIL = date(2027, 1, 31)


def ahead(until: date = UNTIL, **day) -> Calendar:
    more = {k: day.pop(k) for k in ("actions", "ex_dates") if k in day}
    return look_ahead(Day(**day).facts(), until, **more)


def said(calendar: Calendar, kind: CalendarKind) -> list[tuple[date, str]]:
    return [(i.on, i.sentence) for i in calendar.of(kind)]


def test_lots_turn_long_term_to_the_day_gains_and_losses_apart() -> None:
    book = """
        A1 100 A @ 80.00 on 2025-12-01
        A2 50 A @ 90.00 on 2025-12-01
        A3 10 A @ 110.00 on 2025-12-01
        B1 10 B @ 100.00 on 2026-02-28
        C1 10 C @ 60.00 on 2020-01-02
    """
    calendar = ahead(until=date(2027, 3, 31), book=book)
    items = calendar.of(CalendarKind.LONG_TERM)
    assert [(i.on, i.lots, i.amount_usd) for i in items] == [
        (date(2026, 12, 2), ("A1", "A2"), pytest.approx(2500)),
        (date(2026, 12, 2), ("A3",), pytest.approx(-100)),
        (date(2027, 3, 1), ("B1",), 0.0),
    ]
    assert items[0].sentence == (
        "2 lots of T-A turn long-term on 2026-12-02, with a gain of $2,500.00 today: "
        "from then on it is taxed at the long-term rate."
    )
    assert items[1].sentence.endswith("with a loss of $100.00 today: short-term for the last time on 2026-12-01.")
    assert items[0].sessions_left == 7  # the 26th is a holiday
    assert not ahead(book=book, kind=AccountKind.IRA).of(CalendarKind.LONG_TERM)


def test_wash_windows_end_on_the_first_safe_session() -> None:
    sold = Fill("B", Side.SELL, Decimal(5), date(2026, 11, 12), Decimal(-100))
    bought = "\n A9 5 A @ 100.00 on 2026-11-13"
    calendar = ahead(book=HELD.replace("500 A @ 100.00", "500 A @ 120.00") + bought, fills=(sold,))
    assert said(calendar, CalendarKind.WASH_ENDS) == [
        (date(2026, 12, 14), "Losses in T-A can be taken from 2026-12-14: the wash window ends on 2026-12-13."),
        (date(2026, 12, 14), "T-B can be bought again from 2026-12-14: its wash window ends on 2026-12-12."),
    ]


def test_flows_target_actions_and_dividends_come_on_their_days() -> None:
    merger = ev.CashMerger(
        event_id="m",
        on=date(2026, 12, 15),
        security_id="A",
        source="letter",
        tax_treatment=TaxTreatment.TAXABLE,
        cash_per_share_usd="120",
    )
    path = {date(2020, 1, 1): WEIGHTS, date(2026, 12, 21): {"A": 0.5, "B": 0.5}}
    calendar = ahead(
        path=path,
        actions=[AnnouncedAction(merger, AS_OF), AnnouncedAction(merger, AS_OF + timedelta(days=1))],
        ex_dates=[ExDate("B", date(2026, 12, 4), Decimal("0.50"), date(2026, 12, 18)), ExDate("Z", UNTIL, Decimal(1))],
    )
    assert said(calendar, CalendarKind.RECONSTITUTION) == [
        (date(2026, 12, 21), "The target changes on 2026-12-21, 3,000.0 bps of turnover (leave: T-C).")
    ]
    assert said(calendar, CalendarKind.ACTION) == [
        (date(2026, 12, 15), "CashMerger of T-A on 2026-12-15 (announced 2026-11-20).")
    ]
    assert said(calendar, CalendarKind.EX_DATE) == [
        (date(2026, 12, 4), "T-B is ex dividend on 2026-12-04: $150.00 on what is held, paid on 2026-12-18.")
    ]


def test_known_flows_are_in_it_and_past_ones_are_not() -> None:
    from dataclasses import replace

    from di_advisor.domain.portfolio import CashItem

    facts = Day().facts()
    cash = (*facts.account.cash, CashItem(Decimal(500), date(2026, 12, 1)), CashItem(Decimal(-900), date(2027, 1, 4)))
    facts = replace(facts, account=replace(facts.account, cash=cash))
    assert said(look_ahead(facts, UNTIL), CalendarKind.FLOW) == [
        (date(2026, 12, 1), "Cash of $500.00 can be spent on 2026-12-01."),
        (date(2027, 1, 4), "Cash of $900.00 is to be paid out on 2027-01-04."),
    ]


def test_the_end_of_the_year_counts_by_trade_date_and_settles_in_the_next() -> None:
    calendar = ahead(until=date(2027, 4, 1))
    assert said(calendar, CalendarKind.YEAR_END) == [
        (
            date(2026, 12, 31),
            (
                "2026-12-31 is the last trade date of 2026: a sale settles on 2027-01-04 and counts for 2026, because "
                "the trade date counts; after 1 December a loss is safe only in January."
            ),
        )
    ]
    assert [i.on for i in calendar.of(CalendarKind.QUARTER_END)] == [date(2027, 3, 31)]
    assert [i.on for i in calendar.of(CalendarKind.EARLY_CLOSE)] == [date(2026, 11, 27), date(2026, 12, 24)]


def test_the_last_sessions_of_periods() -> None:
    assert last_session(date(2021, 12, 10), Cadence.ANNUAL) == date(2021, 12, 31)
    assert last_session(date(2022, 12, 10), Cadence.MONTHLY) == date(2022, 12, 30)
    assert last_session(date(2024, 3, 28), Cadence.QUARTERLY) == date(2024, 3, 28)
    assert early_closes(date(2024, 7, 1), date(2024, 7, 31)) == (date(2024, 7, 3),)


def test_a_calendar_that_ends_today_is_refused() -> None:
    with pytest.raises(InputError, match="ends on 2026-11-20"):
        ahead(until=AS_OF)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=6), st.integers(1, 200))
def test_a_lot_is_in_the_calendar_exactly_where_its_term_changes(ages, days) -> None:
    acquired = [AS_OF - timedelta(days=a) for a in ages]
    book = "\n".join(f"L{i} 10 A @ 90.00 on {d}" for i, d in enumerate(acquired))
    until = AS_OF + timedelta(days=days)
    turns = {lot: i.on for i in ahead(until, book=book).of(CalendarKind.LONG_TERM) for lot in i.lots}
    for i, d in enumerate(acquired):
        changes = not is_long_term(d, AS_OF) and is_long_term(d, until)
        assert (f"L{i}" in turns) == changes
        if changes:
            on = turns[f"L{i}"]
            assert is_long_term(d, on)
            assert not is_long_term(d, on - timedelta(days=1))


def test_the_frame_has_one_row_an_item_in_order() -> None:
    frame = ahead(until=date(2027, 4, 1)).to_frame()
    assert list(frame["on"]) == sorted(frame["on"])
    assert set(frame["kind"]) == {"early close", "quarter end", "year end"}


@pytest.mark.parametrize(("usd", "paid"), [("-1", None), ("0", None), ("1", AS_OF), ("NaN", None)])
def test_a_dividend_that_is_none_is_refused(usd: str, paid: date | None) -> None:
    with pytest.raises(InputError):
        ExDate("A", AS_OF + timedelta(days=3), Decimal(usd), paid)
