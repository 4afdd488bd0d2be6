"""Questions on lots that are out of the ordinary: without purchase, without date, without a loss left."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain.events import Buy, Event, Inheritance, OpenAccount, TransferIn
from di_advisor.ledger.forward import SaleAnswer, SaleVerdict, WashQuestions
from di_advisor.ledger.realized import Term
from di_advisor.ledger.replay import replay

TODAY = date(2024, 6, 3)
OPEN = OpenAccount(event_id="open", on=date(2020, 1, 2), account_id="A")


def arrived(lot: str, acquired: date | None) -> TransferIn:
    return TransferIn(
        event_id=lot,
        on=date(2024, 1, 2),
        account_id="A",
        security_id="X",
        shares=10,
        basis_total_usd=200,
        acquired=acquired,
    )


def bought(lot: str, on: date, shares: int, usd: int) -> Buy:
    return Buy(event_id=lot, on=on, account_id="A", security_id="X", shares=shares, amount_usd=usd)


def asked(lot: str, price: str, *events: Event, **more: object) -> SaleAnswer:
    books = replay([OPEN, *events], as_of=date(2024, 6, 2))
    return WashQuestions(books).sell("A", lot, price_usd=Decimal(price), on=TODAY, **more)  # type: ignore[arg-type]


def test_a_lot_that_no_purchase_brought_can_be_harvested_at_once() -> None:
    inherited = Inheritance(
        event_id="I",
        on=date(2024, 5, 20),
        account_id="A",
        security_id="X",
        shares=10,
        value_at_death_usd=200,
        died_on=date(2024, 5, 2),
    )
    answer = asked("I", "12", inherited)
    assert (answer.gain_usd, answer.term, answer.verdict) == (-80, Term.LONG, SaleVerdict.LOSS_COUNTS)
    assert answer.blocks == ()
    assert answer.harvest_from == TODAY


def test_a_lot_without_a_date_has_no_known_term_and_its_loss_can_still_be_computed() -> None:
    answer = asked("T", "12", arrived("T", None))
    assert (answer.gain_usd, answer.term) == (-80, Term.UNKNOWN)


@pytest.mark.parametrize(("price", "until"), [("20", None), ("21", None), ("19.99", date(2024, 7, 3))])
def test_only_a_loss_that_is_left_is_provisional(price: str, until: date | None) -> None:
    answer = asked("T", price, arrived("T", date(2021, 1, 4)))
    assert answer.provisional_until == until
    assert (answer.verdict is SaleVerdict.NO_LOSS) is (until is None)


def test_a_loss_that_is_washed_whole_is_not_provisional() -> None:
    answer = asked("T", "12", arrived("T", date(2021, 1, 4)), bought("new", date(2024, 5, 20), 10, 150))
    assert (answer.verdict, answer.recognized_usd, answer.provisional_until) == (SaleVerdict.WASHED, 0, None)


@pytest.mark.parametrize(("on", "blocked"), [(date(2024, 5, 4), True), (date(2024, 5, 3), False)])
def test_a_purchase_blocks_its_own_lot_on_the_thirtieth_day_and_not_on_the_next(on: date, blocked: bool) -> None:
    answer = asked("new", "12", bought("new", on, 10, 200))
    assert [b.about for b in answer.blocks] == (["bought_recently"] if blocked else [])


def test_costs_and_a_part_of_the_lot_count_in_the_gain() -> None:
    answer = asked("T", "25", arrived("T", date(2021, 1, 4)), shares=Decimal(4), costs_usd=Decimal(1))
    assert (answer.shares, answer.proceeds_usd, answer.basis_usd, answer.gain_usd) == (4, 99, 80, 19)
