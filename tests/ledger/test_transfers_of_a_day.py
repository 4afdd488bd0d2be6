"""Transfers between accounts on days with trades: before them where the shares are there, after them where not."""

from datetime import date
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.errors import InputError
from di_advisor.ledger.forward import WashQuestions
from tests.ledger.actions.ledgers import books, bought, lots, opened, sold

DAY = "2020-03-05"
BOTH = (opened("A"), opened("B"), opened("C"))


def moved(shares: object, to: str = "B", *, out_of: str = "A", name: str = "t", lot: str = "") -> ev.Event:
    choice = ev.LotChoice(ev.LotMethod.SPECIFIC, (ev.LotShares(lot),)) if lot else ev.BY_LAW
    return ev.Transfer(
        event_id=name,
        on=date.fromisoformat(DAY),
        account_id=out_of,
        to_account_id=to,
        security_id="X",
        shares=shares,
        choice=choice,
    )


def test_shares_bought_today_can_be_moved_today() -> None:
    found = books(*BOTH, bought("L", 10, 60, DAY), moved(10))
    assert (lots(found), lots(found, account="B")) == ({}, {"L": (10, 60)})
    assert found.lots[0].bought_on == date.fromisoformat(DAY)


def test_a_lot_bought_today_can_be_named_while_older_ones_stay() -> None:
    found = books(*BOTH, bought("old", 5, 50), bought("L", 10, 60, DAY), moved(10, lot="L"))
    assert (lots(found), lots(found, account="B")) == ({"old": (5, 50)}, {"L": (10, 60)})


def test_shares_that_are_there_in_the_morning_move_before_the_trades_and_can_be_sold_where_they_arrive() -> None:
    found = books(*BOTH, bought("old", 5, 50), bought("L", 10, 60, DAY), moved(5), sold("s", 5, 55, DAY, account="B"))
    assert [(r.lot_id, r.account_id) for r in found.realized] == [("old", "B")]
    assert lots(found) == {"L": (10, 60)}


def test_a_transfer_of_more_than_the_morning_holds_comes_after_all_trades() -> None:
    found = books(*BOTH, bought("old", 5, 50), bought("L", 10, 60, DAY), sold("s", 5, 55, DAY), moved(10))
    assert [r.lot_id for r in found.realized] == ["old"]
    assert lots(found, account="B") == {"L": (10, 60)}


def test_a_sale_of_what_arrives_after_the_trades_says_so() -> None:
    with pytest.raises(InputError, match="Transfer 't' brings shares that are bought that day in account A") as refused:
        books(*BOTH, bought("L", 10, 60, DAY), moved(10), sold("s", 5, 55, DAY, account="B"))
    assert "where the shares were bought" in str(refused.value)


def test_a_transfer_of_shares_that_never_come_is_refused_with_what_is_missing() -> None:
    with pytest.raises(InputError, match="Transfer 't' on 2020-03-05: 11 shares of X in account A, of which 10 are"):
        books(*BOTH, bought("L", 10, 60, DAY), moved(11))
    with pytest.raises(InputError, match="Transfer 't' on 2020-03-05: 1 shares of X in account A without lots"):
        books(*BOTH, moved(1), bought("later", 1, 6, "2020-03-06"))


@pytest.mark.parametrize("names", [("1", "2"), ("2", "1")])
def test_transfers_that_follow_each_other_work_in_any_order(names: tuple[str, str]) -> None:
    chain = (moved(10, name=names[0]), moved(6, "C", out_of="B", name=names[1]))
    found = books(*BOTH, bought("L", 10, 60, DAY), *chain)
    assert (sum(n for n, _ in lots(found, account="B").values()), len(lots(found, account="C"))) == (4, 1)
    in_the_morning = books(*BOTH, bought("L", 10, 60), *chain)
    assert sum(n for n, _ in lots(in_the_morning, account="C").values()) == 6


def test_dividends_and_gifts_of_the_day_see_the_shares_where_they_went() -> None:
    gift = ev.GiftGiven(
        event_id="g",
        on=date.fromisoformat(DAY),
        account_id="B",
        security_id="X",
        shares=10,
        recipient=ev.Recipient.PERSON,
    )
    found = books(*BOTH, gift, moved(10), bought("L", 10, 60, DAY))
    assert [(b.lot.lot_id, b.lot.account_id) for b in found.departed] == [("L", "B")]


def test_a_purchase_moved_on_its_day_still_washes_the_loss_of_that_day() -> None:
    found = books(*BOTH, bought("old", 10, 100), sold("s", 10, 50, DAY), bought("L", 10, 60, DAY), moved(10, lot="L"))
    assert found.disallowed_usd == 50
    assert lots(found, account="B") == {"L": (10, Fraction(110))}


def test_the_order_in_which_a_day_is_recorded_does_not_matter() -> None:
    day = [bought("old", 5, 50), bought("L", 10, 60, DAY), sold("s", 4, 20, DAY), moved(9), moved(2, "C", name="u")]
    assert books(*BOTH, *day).digest() == books(*BOTH, *reversed(day)).digest()


def test_a_question_after_it_finds_the_lot_in_its_new_account() -> None:
    found = books(*BOTH, bought("L", 10, 60, DAY), moved(10), as_of=date(2020, 3, 6))
    assert WashQuestions(found).sell("B", "L", price_usd=Fraction(5), on=date(2020, 3, 9)).gain_usd == -10
