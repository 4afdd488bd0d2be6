"""An answer to "what if I sold, or bought" is what replaying the journal with that trade gives, to the cent."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, Event, LotChoice, LotMethod, LotShares, Sell
from di_advisor.domain.lots import TaxLot
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.forward import PlannedPurchase, SaleVerdict, WashQuestions
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.replay import replay
from tests.ledger.wash.books_of_rows import LONG_AFTER, events_of, policies_of
from tests.ledger.wash.naive import Rules
from tests.ledger.wash.random_rows import random_rows, random_rules

ZERO = Fraction(0)
ONE_DAY = timedelta(days=1)
draws = st.randoms(use_true_random=False)


@dataclass
class Case:
    """A random journal, its books on the last day, and purchases that are planned."""

    draw: random.Random
    rules: Rules
    events: list[Event]
    books: Books
    planned: list[PlannedPurchase]

    def replayed(self, *asked: Event) -> Books:
        coming = [
            Buy(
                event_id=f"planned {n}",
                sequence=10**8 + n,
                on=p.on,
                account_id=p.account_id,
                security_id=p.security_id,
                shares=p.shares,
                amount_usd=ZERO,
            )
            for n, p in enumerate(self.planned)
        ]
        return self._replay([*self.events, *coming, *asked], LONG_AFTER)

    def questions(self, on: date) -> WashQuestions:
        if on > self.books.as_of:
            return WashQuestions(self.books, planned=self.planned)
        groups = IdenticalGroups(dict(self.rules.groups))
        return WashQuestions.from_events(
            self.events, on=on, planned=self.planned, policies=policies_of(self.rules), groups=groups
        )

    def _replay(self, events: list[Event], as_of: date) -> Books:
        groups = IdenticalGroups(dict(self.rules.groups))
        return replay(events, as_of=as_of, policies=policies_of(self.rules), groups=groups)


def case_of(draw: random.Random) -> Case:
    rules = random_rules(draw)
    rows = random_rows(draw, rules, most=10)
    if not rows:
        reject()
    events = events_of(rows, rules)
    as_of = max(r.on for r in rows)
    case = Case(draw, rules, events, None, [])  # type: ignore[arg-type]
    case.books = case._replay(events, as_of)
    for _ in range(draw.choice((0, 0, 1, 2))):
        account = draw.choice([a for a, _ in rules.kinds])
        on = as_of + timedelta(days=draw.choice((1, 7, 25, 33, 60)))
        shares = Fraction(draw.randint(1, 12), draw.choice((1, 1, 4)))
        case.planned.append(PlannedPurchase(account, draw.choice("XY"), on, shares))
    return case


def sale_of(on: date, shares: Fraction, price: int, lot: TaxLot) -> Sell:
    return Sell(
        event_id="asked",
        sequence=10**9,
        on=on,
        account_id=lot.account_id,
        security_id=lot.security_id,
        shares=shares,
        amount_usd=shares * price,
        choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot.lot_id, shares),)),
    )


def recognized(books: Books) -> Fraction:
    return sum((r.recognized_usd for r in books.realized if r.taxed), ZERO)


@given(draws)
@settings(max_examples=150)
def test_a_sale_is_answered_as_it_would_be_booked(draw: random.Random) -> None:
    case = case_of(draw)
    if not case.books.lots:
        reject()
    lot = draw.choice(case.books.lots).lot
    on = case.books.as_of + timedelta(days=draw.choice((0, 0, 1, 5, 20, 31)))
    shares, price = lot.shares / draw.choice((1, 1, 2)), draw.randint(0, 12)
    asked = sale_of(on, shares, price, lot)
    try:
        booked = case.replayed(asked)
    except InputError:
        # A piece that comes into being when the day is over cannot be sold on that day.
        with pytest.raises(InputError):
            case.questions(on).sell(lot.account_id, lot.lot_id, price_usd=Fraction(price), on=on, shares=shares)
        return
    answer = case.questions(on).sell(lot.account_id, lot.lot_id, price_usd=Fraction(price), on=on, shares=shares)
    pieces = [r for r in booked.realized if r.event_id == "asked"]
    assert answer.gain_usd == sum((r.gain_usd for r in pieces), ZERO)
    assert answer.disallowed_usd == sum((r.disallowed_usd for r in pieces), ZERO)
    assert answer.lost_for_good_usd == sum((r.lost_for_good_usd for r in pieces), ZERO)
    assert answer.recognized_usd == sum((r.recognized_usd for r in pieces), ZERO)
    assert {answer.term} == {r.term for r in pieces}
    facts = [
        (m.match.replacement_purchase_id, m.match.replacement_shares, m.match.disallowed_usd) for m in answer.moves
    ]
    washes = [w for w in booked.washes if w.loss_event_id == "asked"]
    assert facts == [(w.replacement_purchase_id, w.replacement_shares, w.disallowed_usd) for w in washes]
    change = recognized(booked) - recognized(case.replayed())
    own = answer.recognized_usd if answer.verdict is not SaleVerdict.NOT_TAXED else ZERO
    assert change == own + answer.elsewhere_usd
    held = {b.lot.lot_id: b.lot for b in booked.lots if b.is_replacement}
    for m in answer.moves:
        new = held.get(m.match.replacement_lot_id)
        if new is not None and m.held_since is not None:
            assert new.held_since == m.held_since


@given(draws)
@settings(max_examples=150)
def test_a_purchase_is_answered_as_it_would_be_booked(draw: random.Random) -> None:
    case = case_of(draw)
    account = draw.choice([a for a, _ in case.rules.kinds])
    on = case.books.as_of + timedelta(days=draw.choice((0, 0, 1, 10, 31)))
    shares = Fraction(draw.choice((1, 3, 10, 40)))
    answer = case.questions(on).buy(account, "X", shares=shares, on=on)
    purchase = Buy(
        event_id="asked", sequence=10**9, on=on, account_id=account, security_id="X", shares=shares, amount_usd=ZERO
    )
    booked = case.replayed(purchase)
    washes = [w for w in booked.washes if w.replacement_purchase_id == "asked"]
    assert answer.disallowed_usd == sum((w.disallowed_usd for w in washes), ZERO)
    assert answer.lost_for_good_usd == sum((w.disallowed_usd for w in washes if w.lost_for_good), ZERO)
    assert answer.shares_that_wash == sum((w.replacement_shares for w in washes), ZERO)
    assert answer.change_usd == recognized(booked) - recognized(case.replayed())


@given(draws)
@settings(max_examples=40)
def test_the_first_safe_day_to_sell_is_safe_and_no_earlier_day_is(draw: random.Random) -> None:
    case = case_of(draw)
    lots = [b.lot for b in case.books.lots if case.rules.kind(b.lot.account_id) in {"taxable", "spouse"}]
    if not lots:
        reject()
    lot = draw.choice(lots)
    on = case.books.as_of + ONE_DAY
    answer = case.questions(on).sell(lot.account_id, lot.lot_id, price_usd=Fraction(0), on=on)
    day = on
    while True:
        sale = sale_of(day, lot.shares, 0, lot)
        if not any(w.loss_event_id == "asked" for w in case.replayed(sale).washes):
            break
        day += ONE_DAY
    assert answer.safe_from == day


@given(draws)
@settings(max_examples=40)
def test_the_first_safe_day_to_buy_is_safe_and_no_earlier_day_is(draw: random.Random) -> None:
    case = case_of(draw)
    account, on = draw.choice([a for a, _ in case.rules.kinds]), case.books.as_of
    answer = case.questions(on).buy(account, "X", shares=Fraction(5), on=on)
    day = on
    while True:
        purchase = Buy(
            event_id="asked", sequence=10**9, on=day, account_id=account, security_id="X", shares=5, amount_usd=ZERO
        )
        if not any(w.replacement_purchase_id == "asked" for w in case.replayed(purchase).washes):
            break
        day += ONE_DAY
    assert answer.safe_from == day
