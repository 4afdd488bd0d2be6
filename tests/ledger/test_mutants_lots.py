"""What a changed sign or bound in the choice and the booking of lots would break, case by case."""

from datetime import date
from fractions import Fraction

import pytest

from di_advisor.domain.events import (
    BY_LAW,
    Buy,
    Deposit,
    Dividend,
    Event,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Sell,
    Transfer,
    TransferIn,
    Withdrawal,
)
from di_advisor.errors import InputError
from di_advisor.ledger.lot_selection import chosen_parts
from di_advisor.ledger.parts import Part, Purchase
from di_advisor.ledger.replay import replay

ON = date(2025, 6, 2)
OPEN = OpenAccount(event_id="o", on=date(2015, 1, 2), account_id="A")


def part(lot_id: str, shares: object, acquired: date | None = date(2024, 1, 2)) -> Part:
    root = lot_id.split("~", maxsplit=1)[0]
    purchase = Purchase(root, acquired, (0, root))
    return Part(lot_id, root, "A", "X", Fraction(shares), Fraction(100), acquired, acquired, purchase)


def named(*lots: tuple[str, object], rest: LotMethod | None = None) -> LotChoice:
    return LotChoice(LotMethod.SPECIFIC, tuple(LotShares(a, n) for a, n in lots), rest=rest)


def taken(parts: list[Part], shares: object, choice: LotChoice) -> list[tuple[str, Fraction]]:
    return [(p.lot_id, n) for p, n in chosen_parts(parts, Fraction(shares), choice, "Sell 'S'", ON)]


def test_a_lot_acquired_after_the_day_is_passed_over_and_one_of_that_day_or_of_no_known_day_is_not() -> None:
    parts = [part("undated", 1, None), part("old", 1), part("same day", 1, ON), part("later", 1, date(2025, 6, 3))]
    assert taken(parts, 3, BY_LAW) == [("undated", 1), ("old", 1), ("same day", 1)]
    assert taken(parts, 1, LotChoice(LotMethod.LIFO)) == [("same day", 1)]
    with pytest.raises(InputError, match="lot later is not open"):
        taken(parts, 1, named(("later", None)))


def test_a_lot_that_was_named_whole_is_not_in_the_rest_again() -> None:
    parts = [part("L1", 10), part("L2", 10)]
    assert taken(parts, 15, named(("L1", None), rest=LotMethod.FIFO)) == [("L1", 10), ("L2", 5)]


def test_pieces_of_a_named_lot_that_are_not_needed_are_not_taken() -> None:
    assert taken([part("L1", 10), part("L1~1", 5)], 10, named(("L1", 10))) == [("L1", 10)]


def test_a_piece_and_its_lot_may_both_be_named_and_no_share_counts_twice() -> None:
    parts = [part("L1", 10), part("L1~1", 5)]
    assert taken(parts, 13, named(("L1~1", 3), ("L1", 10))) == [("L1~1", 3), ("L1", 10)]
    assert taken(parts, 15, named(("L1~1", 3), ("L1", 12))) == [("L1~1", 3), ("L1", 10), ("L1~1", 2)]
    with pytest.raises(InputError, match=r"13 shares of lot L1 are named, and 12 are open") as caught:
        taken(parts, 16, named(("L1~1", 3), ("L1", 13)))
    assert caught.value.facts["missing"] == 1


def test_a_fraction_of_a_share_can_be_named() -> None:
    assert taken([part("L1", 10)], "1/3", named(("L1", Fraction(1, 3)))) == [("L1", Fraction(1, 3))]


def test_a_name_without_lots_at_all_says_that_none_is_open() -> None:
    with pytest.raises(InputError, match="Open lots: none"):
        taken([], 1, named(("L1", None)))


@pytest.mark.parametrize(
    "event",
    [
        Deposit(event_id="e", on=ON, account_id="B", amount_usd=1),
        Withdrawal(event_id="e", on=ON, account_id="B", amount_usd=1),
        Dividend(event_id="e", on=ON, account_id="B", security_id="X", amount_usd=1),
        Buy(event_id="e", on=ON, account_id="B", security_id="X", shares=1, amount_usd=1),
        Sell(event_id="e", on=ON, account_id="B", security_id="X", shares=1, amount_usd=1),
    ],
    ids=lambda e: type(e).__name__,
)
def test_no_event_is_booked_in_an_account_that_was_never_opened(event: Event) -> None:
    with pytest.raises(InputError, match="'B' was never opened"):
        replay([OPEN, event], as_of=ON)


def test_cash_is_what_came_less_what_went_costs_included() -> None:
    events: list[Event] = [
        OPEN,
        Deposit(event_id="d", on=date(2025, 1, 2), account_id="A", amount_usd=1000),
        Buy(event_id="b", on=date(2025, 1, 3), account_id="A", security_id="X", shares=10, amount_usd=500, fees_usd=1),
        Dividend(event_id="v", on=date(2025, 2, 3), account_id="A", security_id="X", amount_usd=7),
        Sell(event_id="s", on=date(2025, 3, 3), account_id="A", security_id="X", shares=4, amount_usd=240, fees_usd=2),
        Withdrawal(event_id="w", on=date(2025, 4, 3), account_id="A", amount_usd=100),
    ]
    books = replay(events, as_of=ON)
    assert books.cash_usd["A"] == 1000 - 501 + 7 + 238 - 100
    assert books.realized[0].gain_usd == 238 - Fraction(501 * 4, 10)


def test_a_transfer_to_an_account_that_was_never_opened_is_refused_and_one_to_an_open_account_moves_the_lot() -> None:
    bought = Buy(event_id="b", on=date(2025, 1, 3), account_id="A", security_id="X", shares=10, amount_usd=500)
    moved = Transfer(
        event_id="t", on=date(2025, 2, 3), account_id="A", to_account_id="B", security_id="X", shares=4, choice=BY_LAW
    )
    with pytest.raises(InputError, match="'B' was never opened"):
        replay([OPEN, bought, moved], as_of=ON)
    other = OpenAccount(event_id="o2", on=date(2015, 1, 2), account_id="B")
    lots = replay([OPEN, other, bought, moved], as_of=ON).lots
    assert [(b.lot.account_id, b.lot.shares, b.lot.basis_total_usd) for b in lots] == [("A", 6, 300), ("B", 4, 200)]


def test_a_sale_whose_costs_eat_all_of_it_is_booked_and_one_whose_costs_exceed_it_refused() -> None:
    bought = Buy(event_id="b", on=date(2025, 1, 3), account_id="A", security_id="X", shares=10, amount_usd=500)
    base = {"event_id": "s", "on": ON, "account_id": "A", "security_id": "X", "shares": 10, "fees_usd": 5}
    (piece,) = replay([OPEN, bought, Sell(amount_usd=5, **base)], as_of=ON).realized
    assert (piece.proceeds_usd, piece.gain_usd) == (0, -500)
    with pytest.raises(InputError, match="exceed the amount of 4"):
        replay([OPEN, bought, Sell(amount_usd=4, **base)], as_of=ON)


def test_a_transferred_lot_without_date_or_basis_is_noted_and_one_with_both_is_not() -> None:
    base = {"on": date(2025, 1, 3), "account_id": "A", "security_id": "X", "shares": 10}
    known = date(2024, 1, 2)
    for name, acquired, basis, about in (
        ("all", known, 100, []),
        ("undated", None, 100, ["term_unknown"]),
        ("no basis", known, None, ["basis_pending"]),
    ):
        arrived = TransferIn(event_id=name, acquired=acquired, basis_total_usd=basis, **base)
        assert [n.about for n in replay([OPEN, arrived], as_of=ON).notices] == about, name


@pytest.mark.parametrize("since", [None, date(2023, 5, 4)])
def test_a_transferred_lot_is_held_since_the_day_that_is_told_or_else_since_it_was_acquired(since: date | None) -> None:
    acquired = date(2024, 1, 2)
    arrived = TransferIn(
        event_id="T",
        on=date(2025, 1, 3),
        account_id="A",
        security_id="X",
        shares=10,
        basis_total_usd=100,
        acquired=acquired,
        held_since=since,
    )
    (booked,) = replay([OPEN, arrived], as_of=ON).lots
    assert (booked.lot.acquired, booked.lot.held_since) == (acquired, since or acquired)
