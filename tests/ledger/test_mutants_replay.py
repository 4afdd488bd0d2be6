"""What a changed sign, bound or order in the book and the replay would break, case by case."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.replay import replay
from tests.ledger.actions.ledgers import action, books, bought, opened, sold


@pytest.mark.parametrize(("kind", "provisional"), [(AccountKind.TAXABLE, True), (AccountKind.IRA, False)])
def test_a_loss_is_provisional_until_its_window_closes_and_never_in_a_retirement_account(
    kind: AccountKind, provisional: bool
) -> None:
    (piece,) = books(opened(kind=kind), bought("L", 10, 1000, "2025-01-02"), sold("S", 10, 900, "2025-06-02")).realized
    assert piece.window_closes == date(2025, 7, 2)
    assert piece.provisional(date(2025, 7, 1)) is provisional
    assert not piece.provisional(date(2025, 7, 2))


def test_a_gain_and_a_sale_without_basis_are_not_provisional() -> None:
    arrived = ev.TransferIn(
        event_id="T",
        on=date(2025, 1, 3),
        account_id="A",
        security_id="Y",
        shares=1,
        basis_total_usd=None,
        acquired=date(2024, 1, 2),
    )
    sales = books(
        bought("L", 10, 1000, "2025-01-02"),
        arrived,
        sold("S", 10, 1000, "2025-06-02"),
        sold("U", 1, 1, "2025-06-02", "Y"),
    ).realized
    assert [p.provisional(date(2025, 6, 2)) for p in sales] == [False, False]


@pytest.mark.parametrize(("sequence", "gone"), [(0, ["new", "old"]), (2, ["old", "new"])])
def test_what_leaves_on_one_day_leaves_in_its_sequence(sequence: int, gone: list[str]) -> None:
    base = {"on": date(2025, 3, 3), "account_id": "A", "security_id": "X", "shares": 10}
    last_in = ev.LotChoice(ev.LotMethod.LIFO)
    gift = ev.GiftGiven(event_id="gift", sequence=sequence, recipient=ev.Recipient.PERSON, choice=last_in, **base)
    out = ev.TransferOut(event_id="out", sequence=1, **base)
    lots = [bought(name, 10, 100, f"2024-01-0{n}") for n, name in ((2, "old"), (3, "mid"), (4, "new"))]
    assert [d.lot.lot_id for d in books(*lots, gift, out).departed] == gone


def test_pieces_of_one_sale_come_in_the_order_in_which_they_were_washed_and_the_rest_last() -> None:
    sale = [bought("L", 10, 1000, "2025-01-02"), sold("S", 10, 900, "2025-06-02")]
    back = [bought("R1", 2, 100, "2025-06-10"), bought("R2", 3, 100, "2025-06-11")]
    assert [p.disallowed_usd for p in books(*sale, *back).realized] == [20, 30, 0]


def test_shares_of_another_company_are_no_purchase_after_a_merger_and_still_one_within_a_group() -> None:
    merger = action(
        ev.StockMerger, "2025-02-03", TaxTreatment.TAX_FREE, new_security_id="N", new_per_old=Fraction(1, 2)
    )
    events = [bought("L", 10, 1000, "2025-01-02"), merger]
    (apart,) = books(*events).lots
    (same,) = books(*events, groups=IdenticalGroups({"X": "g", "N": "g"})).lots
    assert (apart.lot.security_id, apart.lot.shares, apart.lot.basis_total_usd) == ("N", 5, 1000)
    assert (apart.bought_on, same.bought_on) == (None, date(2025, 1, 2))
    assert apart.lot.acquired == same.lot.acquired == date(2025, 1, 2)
    # Half of it sold: the piece that is sold is no purchase either, and the rest does not wash it.
    (piece,) = books(*events, sold("S", 2, 100, "2025-02-04", "N")).realized
    assert (piece.bought_on, piece.disallowed_usd) == (None, 0)


def test_an_event_of_the_last_day_counts_and_one_of_the_day_after_does_not() -> None:
    events = [opened(), bought("L", 10, 1000, "2025-01-02"), sold("S", 10, 900, "2025-06-02")]
    assert len(replay(events, as_of=date(2025, 6, 2)).realized) == 1
    assert len(replay(events, as_of=date(2025, 6, 2) - timedelta(days=1)).lots) == 1


def test_a_worthless_share_can_still_be_sold_in_its_year_and_is_gone_on_the_last_day() -> None:
    gone = action(ev.Worthless, "2025-03-04", TaxTreatment.WORTHLESS)
    events = [opened(), bought("L", 10, 1000, "2025-01-02"), gone, sold("S", 4, 4, "2025-06-02")]
    assert [p.event_id for p in replay(events, as_of=date(2025, 12, 30)).realized] == ["S"]
    pieces = replay(events, as_of=date(2025, 12, 31)).realized
    assert [(p.sold, p.shares) for p in pieces] == [(date(2025, 6, 2), 4), (date(2025, 12, 31), 6)]
