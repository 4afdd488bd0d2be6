"""From books to fills and to replacements: which shares that are gone can still wash a loss, and whose they were."""

from datetime import date

import pytest

from di_advisor.domain.events import Buy, Event, OpenAccount, Sell
from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.recent_trades import SoldReplacement
from di_advisor.ledger.replay import replay
from di_advisor.ledger.tax_optimal import free_replacements, tax_optimal

AS_OF = date(2025, 6, 20)


def buy(lot: str, on: date, amount: int, account: str = "A") -> Buy:
    return Buy(event_id=lot, on=on, account_id=account, security_id="X", shares=10, amount_usd=amount)


def sell(name: str, on: date, amount: int, account: str = "A") -> Sell:
    return Sell(event_id=name, on=on, account_id=account, security_id="X", shares=10, amount_usd=amount)


def books_of(*events: Event, counts: bool = True) -> Books:
    opened = [OpenAccount(event_id=f"o{a}", on=date(2020, 1, 2), account_id=a) for a in "AB"]
    sold = SoldReplacement.COUNTS if counts else SoldReplacement.DOES_NOT_COUNT
    return replay([*opened, *events], as_of=AS_OF, policies=LedgerPolicies(sold_replacement=sold))


def bought_fills(books: Books) -> dict[str, list[str]]:
    return {a.account_id: [f.lot_id for f in a.fills if f.side is Side.BUY] for a in books.portfolio().accounts}


def test_a_purchase_that_was_sold_at_a_gain_is_a_fill_of_its_own_account_alone() -> None:
    books = books_of(buy("L", date(2025, 6, 2), 100, "B"), sell("S", date(2025, 6, 3), 150, "B"))
    assert bought_fills(books) == {"A": [], "B": ["L"]}


def test_a_purchase_that_was_sold_at_a_washed_loss_washes_nothing_more() -> None:
    books = books_of(
        buy("L", date(2025, 6, 2), 100), sell("S", date(2025, 6, 3), 50), buy("R", date(2025, 6, 4), 60, "B")
    )
    assert books.disallowed_usd == 50
    assert bought_fills(books) == {"A": [], "B": ["R"]}


@pytest.mark.parametrize(("counts", "free"), [(True, ["L", "R"]), (False, ["R"])])
def test_shares_that_are_sold_are_free_to_replace_only_where_the_setting_counts_them(
    counts: bool, free: list[str]
) -> None:
    books = books_of(
        buy("L", date(2025, 6, 2), 100),
        sell("S", date(2025, 6, 3), 150),
        buy("R", date(2025, 6, 4), 60, "B"),
        counts=counts,
    )
    assert [r.purchase_id for r in free_replacements(books, "X", AS_OF)] == free


def test_the_best_lots_for_no_shares_are_not_asked_for() -> None:
    books = books_of(buy("L", date(2025, 6, 2), 100))
    with pytest.raises(InputError, match="Sell more than zero"):
        tax_optimal(books.lots, 0, 10, tax=lambda s, g: s + g, on=AS_OF)
