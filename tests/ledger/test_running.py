"""Books that go on from day to day are those of one replay, and show the same portfolio on every day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.events import (
    Buy,
    Deposit,
    Dividend,
    Event,
    LotChoice,
    LotMethod,
    OpenAccount,
    Sell,
    SpinOff,
    Split,
    TaxTreatment,
    Transfer,
    Withdrawal,
    Worthless,
)
from di_advisor.errors import InputError
from di_advisor.ledger.policies import LedgerPolicies, WashLaw
from di_advisor.ledger.replay import booked_on, replay
from di_advisor.ledger.running import RunningBooks
from di_advisor.ledger.to_portfolio import portfolio_of_books

START = date(2024, 11, 1)
NAMES = ("A", "B", "C")


def _event(kind: int, n: int, day: date, name: str, shares: int, held: dict[str, int]) -> Event | None:
    common = {"event_id": f"e{n:03d}", "on": day}
    here = common | {"account_id": "x"}
    if kind <= 2:
        held[name] = held.get(name, 0) + shares
        return Buy(**here, security_id=name, shares=shares, amount_usd=Decimal(shares * (90 + n % 21)))
    if kind <= 5 and held.get(name, 0) > 0:
        sold = min(shares, held[name])
        held[name] -= sold
        method = (LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO)[n % 3]
        amount = Decimal(sold * (85 + n % 23))
        return Sell(**here, security_id=name, shares=sold, amount_usd=amount, choice=LotChoice(method))
    if kind == 6:
        held[name] = 2 * held.get(name, 0)
        return Split(**common, source="s", security_id=name, tax_treatment=TaxTreatment.SPLIT, new_per_old=Decimal(2))
    if kind == 7:
        return Dividend(**here, security_id=name, amount_usd=Decimal(shares), ex_on=day)
    return None


@st.composite
def journals(draw: st.DrawFn) -> list[Event]:
    """Buys, sales by several methods, splits and dividends over some weeks around a year's end."""
    events: list[Event] = [
        OpenAccount(event_id="open", on=START, account_id="x"),
        Deposit(event_id="cash", on=START, account_id="x", amount_usd=Decimal(1_000_000)),
    ]
    held: dict[str, int] = {}
    day, last_kind = START, 0
    for n in range(draw(st.integers(5, 40))):
        kind = draw(st.integers(0, 7))
        step = draw(st.sampled_from((0, 0, 1, 3, 12)))
        # Within a day actions come first, then buys, then sales, then dividends: as one replay orders them.
        rank = {6: -1, 7: 9}.get(kind, kind)
        if rank < last_kind:
            step = max(step, 1)
        day, last_kind = day + timedelta(days=step), rank
        made = _event(kind, n, day, draw(st.sampled_from(NAMES)), draw(st.integers(1, 9)), held)
        if made is not None:
            events.append(made)
    return events


@pytest.mark.parametrize("law", list(WashLaw))
@settings(max_examples=40)
@given(events=journals())
def test_day_by_day_is_one_replay(law: WashLaw, events: list[Event]) -> None:
    policies = LedgerPolicies(wash_law=law)
    running = RunningBooks(policies=policies)
    for day, told in groupby(events, key=lambda e: e.on):
        running.to(day)
        running.portfolio()
        running.apply(told)
        running.close()
        books = replay(events, as_of=day, policies=policies)
        assert running.books().digest() == books.digest()
        assert running.portfolio() == portfolio_of_books(books)
    later = running.day + timedelta(days=20)
    running.to(later)
    assert running.portfolio() == portfolio_of_books(replay(events, as_of=later, policies=policies))
    assert law is WashLaw.APPLIED or not running.book.wash.matches


def _held() -> RunningBooks:
    running = RunningBooks()
    running.to(START)
    running.apply(
        [
            OpenAccount(event_id="open", on=START, account_id="x"),
            Buy(event_id="b1", on=START, account_id="x", security_id="A", shares=8, amount_usd=Decimal(800)),
        ]
    )
    return running


def test_worthless_stock_waits_for_the_end_of_its_year() -> None:
    running = _held()
    lost = Worthless(event_id="w", on=START, source="s", security_id="A", tax_treatment=TaxTreatment.WORTHLESS)
    running.apply([lost])
    assert booked_on(lost) == date(2024, 12, 31)
    running.to(date(2024, 12, 30))
    assert len(running.books().lots) == 1
    running.to(date(2025, 1, 2))
    assert not running.books().lots
    running.close()
    assert running.books().digest() == replay(running.events, as_of=date(2025, 1, 2)).digest()


def test_worthless_stock_is_booked_at_the_close_of_a_session_that_ends_the_year() -> None:
    running = _held()
    last = date(2024, 12, 31)
    running.to(last)
    running.apply([Worthless(event_id="w", on=last, source="s", security_id="A", tax_treatment=TaxTreatment.WORTHLESS)])
    assert len(running.books().lots) == 1
    running.close()
    assert running.books().digest() == replay(running.events, as_of=last).digest()


def test_lots_of_another_name_keep_where_they_were_when_a_split_changes_it() -> None:
    running = _held()
    spin = date(2024, 11, 5)
    running.to(spin)
    common = {"on": spin, "source": "s", "security_id": "A"}
    running.apply(
        [
            SpinOff(**common, event_id="so", tax_treatment=TaxTreatment.TAX_FREE, spun_security_id="B",
                    new_per_old=Decimal("0.5"), parent_fraction=Decimal("0.75")),
        ]
    )  # fmt: skip
    running.portfolio()
    running.to(date(2024, 11, 6))
    running.apply(
        [Split(event_id="sp", on=date(2024, 11, 6), source="s", security_id="A", tax_treatment=TaxTreatment.SPLIT,
               new_per_old=Decimal(3))]
    )  # fmt: skip
    running.close()
    assert running.portfolio() == portfolio_of_books(replay(running.events, as_of=date(2024, 11, 6)))


def test_cash_alone_changes_the_cash_of_the_portfolio() -> None:
    running = _held()
    before = running.portfolio()
    running.apply([Deposit(event_id="d", on=START, account_id="x", amount_usd=Decimal(900))])
    running.apply([Withdrawal(event_id="w", on=START, account_id="x", amount_usd=Decimal(30))])
    after = running.portfolio()
    assert after.accounts[0].lots is before.accounts[0].lots
    assert after.accounts[0].cash_usd(START) == 70


def test_events_of_another_day_and_days_gone_by_are_refused() -> None:
    running = _held()
    with pytest.raises(InputError, match="cannot be applied on 2024-11-01"):
        running.apply([Deposit(event_id="d", on=date(2024, 11, 4), account_id="x", amount_usd=Decimal(1))])
    move = Transfer(event_id="t", on=START, account_id="x", to_account_id="y", security_id="A", shares=1)
    with pytest.raises(InputError, match="need a whole replay"):
        running.apply([move])
    with pytest.raises(InputError, match="is before"):
        running.to(date(2024, 10, 1))
