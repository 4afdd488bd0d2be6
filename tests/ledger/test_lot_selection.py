"""Which lots a sale takes: by law, by method, by name; and what is refused rather than guessed."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import BY_LAW, Buy, LotChoice, LotMethod, LotShares, OpenAccount, Sell, TransferIn
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.lot_selection import in_order
from di_advisor.ledger.replay import replay

ON = date(2025, 6, 2)
OPEN = OpenAccount(event_id="o", on=date(2015, 1, 2), account_id="A")


def bought(lot: str, on: date, shares: object, amount: object) -> Buy:
    return Buy(event_id=lot, on=on, account_id="A", security_id="X", shares=shares, amount_usd=amount)


LOTS = (
    bought("L1", date(2023, 1, 3), 10, 1000),
    bought("L2", date(2024, 1, 3), 10, 3000),
    bought("L3", date(2025, 1, 3), 10, 2000),
)


def sold(shares: object, choice: LotChoice = BY_LAW, on: date = ON, **more: object) -> Sell:
    return Sell(
        event_id="S", on=on, account_id="A", security_id="X", shares=shares, amount_usd=2500, choice=choice, **more
    )


def taken(*events: object, sale: Sell) -> dict[str, Fraction]:
    books = replay([OPEN, *(events or LOTS), sale], as_of=date(2026, 12, 31))
    return {r.lot_id: r.shares for r in books.realized}


def named(*lots: tuple[str, object] | str, rest: LotMethod | None = None, on: date | None = ON) -> LotChoice:
    pairs = [x if isinstance(x, tuple) else (x, None) for x in lots]
    return LotChoice(LotMethod.SPECIFIC, tuple(LotShares(a, n) for a, n in pairs), rest=rest, chosen_on=on)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (BY_LAW, {"L1": 10, "L2": 5}),
        (LotChoice(LotMethod.LIFO), {"L3": 10, "L2": 5}),
        (LotChoice(LotMethod.HIFO), {"L2": 10, "L3": 5}),
        (named("L3", ("L1", 5)), {"L3": 10, "L1": 5}),
        (named(("L3", 2), rest=LotMethod.HIFO), {"L3": 5, "L2": 10}),
        (named(("L3", 2), rest=LotMethod.FIFO), {"L1": 10, "L3": 2, "L2": 3}),
    ],
)
def test_each_method_takes_its_lots(choice: LotChoice, expected: dict[str, int]) -> None:
    found: dict[str, Fraction] = {}
    books = replay([OPEN, *LOTS, sold(15, choice)], as_of=ON)
    for r in books.realized:
        found[r.root_id] = found.get(r.root_id, Fraction(0)) + r.shares
    assert found == expected


def test_a_lot_whose_date_is_not_known_is_first_in_and_one_without_basis_last_by_highest_basis() -> None:
    moved = {"on": date(2024, 6, 3), "account_id": "A", "security_id": "X", "shares": 10}
    undated = TransferIn(event_id="T1", basis_total_usd=5, acquired=None, **moved)
    no_basis = TransferIn(event_id="T2", basis_total_usd=None, acquired=date(2022, 6, 3), **moved)
    assert taken(*LOTS, undated, sale=sold(11)) == {"T1": 10, "L1": 1}
    assert taken(*LOTS, no_basis, sale=sold(31, LotChoice(LotMethod.HIFO)))["T2"] == 1


def test_a_late_choice_counts_as_none_and_is_noted() -> None:
    books = replay([OPEN, *LOTS, sold(5, named("L3", on=date(2025, 6, 4)))], as_of=ON)
    assert [r.lot_id for r in books.realized] == ["L1"]
    (identified,) = books.identifications
    assert (identified.asked, identified.used, identified.accepted) == (LotMethod.SPECIFIC, LotMethod.FIFO, False)
    assert identified.deadline == date(2025, 6, 3)
    (notice,) = [n for n in books.notices if n.about == "late_choice"]
    assert "2025-06-04" in notice.sentence
    assert "first in, first out" in notice.sentence


def test_a_standing_order_is_in_time() -> None:
    assert taken(sale=sold(5, named("L3", on=None))) == {"L3": 5}


def test_a_lot_bought_after_the_sale_is_not_open_to_it() -> None:
    with pytest.raises(InputError, match="10 are missing"):
        taken(*LOTS, bought("L4", date(2025, 7, 1), 10, 1), sale=sold(40))


@pytest.mark.parametrize(
    ("shares", "choice", "said"),
    [
        (5, named("L9"), ("lot L9 is not open", "L1 (10)", "Nothing else is sold in its place")),
        (15, named(("L1", 6)), ("cover 6 of 15 shares", "rest=fifo")),
        (12, named(("L1", 12)), ("12 shares of lot L1 are named, and 10 are open",)),
    ],
)
def test_named_lots_that_do_not_fit_are_an_error_and_never_first_in_first_out(
    shares: int, choice: LotChoice, said: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        taken(sale=sold(shares, choice))
    for text in said:
        assert text in str(caught.value)


def test_a_lot_that_was_sold_out_cannot_be_named_again() -> None:
    first = Sell(
        event_id="S0",
        on=date(2025, 5, 1),
        account_id="A",
        security_id="X",
        shares=10,
        amount_usd=1,
        choice=named("L2", on=None),
    )
    with pytest.raises(InputError, match="lot L2 is not open"):
        taken(*LOTS, first, sale=sold(5, named("L2")))


def test_an_oversold_position_names_what_is_missing_and_a_sale_without_lots_what_to_add() -> None:
    with pytest.raises(InputError, match=r"40 shares of X in account A, of which 30 are held; 10 are missing"):
        taken(sale=sold(40))
    with pytest.raises(InputError, match="opening lot"):
        replay([OPEN, sold(10)], as_of=ON)


def test_named_lots_are_no_order() -> None:
    with pytest.raises(InputError, match="names its lots"):
        in_order([], LotMethod.SPECIFIC)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 999)), min_size=1, max_size=6),
    st.sampled_from([LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO]),
    st.integers(1, 60),
)
def test_every_method_takes_exactly_what_is_sold_and_highest_basis_first_the_highest_basis(
    rows: list[tuple[int, int]], method: LotMethod, wanted: int
) -> None:
    events = [bought(f"L{i}", date(2023, 1, 2 + i), n, n * per) for i, (n, per) in enumerate(rows)]
    held = sum(n for n, _ in rows)
    wanted = min(wanted, held)
    basis = {}
    for each in (method, LotMethod.LIFO):
        books = replay([OPEN, *events, sold(wanted, LotChoice(each))], as_of=ON)
        assert sum(r.shares for r in books.realized) == wanted
        assert sum(b.lot.shares for b in books.lots) == held - wanted
        basis[each] = sum(r.basis_usd for r in books.realized)
    if method is LotMethod.HIFO:
        assert basis[method] >= basis[LotMethod.LIFO]


def cases(shared: Path) -> dict[str, dict[str, Any]]:
    read = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    return {c["id"]: c for c in read if c["id"].startswith("ID-")}


def booked(case: dict[str, Any]) -> Books:
    given_, sale = case["input"], case["input"]["sell"]
    day = date.fromisoformat(sale.get("date", "2024-06-03"))
    events: list[Any] = [OPEN]
    for n, row in enumerate(given_["lots"]):
        acquired = date.fromisoformat(row["acquired"]) if "acquired" in row else date(2023, 10 + 2 * n, 2)
        events.append(bought(row["lot"], acquired, row["shares"], row["basis"]))
    amount = sale.get("proceeds") or Decimal(sale["shares"]) * Decimal(sale["price"])
    method = LotMethod(given_["method"].casefold())
    lots = tuple(LotShares(x) for x in given_.get("lots_named", ()))
    choice = LotChoice(method, tuple(LotShares(x.lot_id, sale["shares"]) for x in lots))
    events.append(
        Sell(
            event_id="S",
            on=day,
            account_id="A",
            security_id="X",
            shares=sale["shares"],
            amount_usd=amount,
            choice=choice,
        )
    )
    return replay(events, as_of=date(2026, 12, 31))


@pytest.mark.parametrize("case_id", ["ID-001", "ID-002", "ID-004", "ID-005"])
def test_published_cases_of_identification_come_out(shared: Path, case_id: str) -> None:
    case = cases(shared)[case_id]
    books, expected = booked(case), case["expected"]
    assert sum(r.recognized_usd for r in books.realized) == Fraction(expected["gain"])
    if "basis" in expected:
        assert sum(r.basis_usd for r in books.realized) == Fraction(expected["basis"])
    if "remaining" in expected:
        left = {b.root_id: b.lot.shares for b in books.lots}
        assert left == {k: Fraction(v) for k, v in expected["remaining"].items()}


def test_the_published_late_identification_falls_back_to_first_in_first_out(shared: Path) -> None:
    case = cases(shared)["ID-007"]
    day = date.fromisoformat(case["input"]["trade_date"])
    choice = named("L3", on=date.fromisoformat(case["input"]["identified_on"]))
    books = replay([OPEN, *LOTS, sold(5, choice, on=day)], as_of=date(2026, 1, 2))
    assert books.identifications[0].accepted is case["expected"]["accepted"]
    assert books.identifications[0].used.value.upper() == case["expected"]["method_used"]


def test_the_published_year_end_trade_counts_in_the_year_of_its_trade_date(shared: Path) -> None:
    case = cases(shared)["ID-008"]
    day = date.fromisoformat(case["input"]["trade_date"])
    sale = sold(5, on=day, settles_on=date.fromisoformat(case["input"]["settlement_date"]))
    books = replay([OPEN, *LOTS, sale], as_of=date(2026, 6, 1))
    assert len(books.realized_in(case["expected"]["tax_year"])) == 1


def test_shares_acquired_after_the_day_are_never_taken_in_place_of_those_that_are_missing() -> None:
    from di_advisor.ledger.lot_selection import chosen_parts
    from di_advisor.ledger.parts import Part, Purchase

    day = date(2025, 3, 3)
    parts = [
        Part(n, n, "A", "X", Fraction(5), Fraction(50), on, on, Purchase(n, on))
        for n, on in (("L1", day), ("L2", date(2025, 3, 4)))
    ]
    with pytest.raises(InputError, match="3 of 8 shares were acquired after 2025-03-03"):
        chosen_parts(parts, Fraction(8), LotChoice(), "Sell 's'", day)
