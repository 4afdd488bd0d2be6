"""Who earned a dividend: lots that are held, were sold, left, moved to another account, or became another name."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import Event, Recipient
from di_advisor.ledger.papers.dividends import DividendsOfYear, dividends_of_year
from tests.ledger.actions.ledgers import BOOT, FREE, action, books, bought, opened, sold, spin_off, split

EX = date(2024, 2, 15)
LONG_HELD = bought("L", 10, 1000, "2023-01-02")
BOTH = (opened("A"), opened("B"))


def dividend(usd: object = 100, ex: date = EX, name: str = "X", account: str = "A") -> Event:
    return ev.Dividend(
        event_id=f"dividend {name} {account} {ex}",
        on=ex + timedelta(days=15),
        account_id=account,
        security_id=name,
        amount_usd=usd,
        ex_on=ex,
    )


def gift(on: str, lot: str = "L", shares: object = 10) -> Event:
    return ev.GiftGiven(
        event_id="gift",
        on=date.fromisoformat(on),
        account_id="A",
        security_id="X",
        shares=shares,
        recipient=Recipient.PERSON,
        choice=ev.LotChoice(ev.LotMethod.SPECIFIC, (ev.LotShares(lot),)),
    )


def moved(on: str, shares: object = 10) -> Event:
    return ev.Transfer(
        event_id="moved", on=date.fromisoformat(on), account_id="A", to_account_id="B", security_id="X", shares=shares
    )


def merger(on: str, ratio: object = 1) -> Event:
    return action(ev.StockMerger, on, FREE, new_security_id="Y", new_per_old=ratio, event_id="deal")


def boot(on: str) -> Event:
    terms = {"new_per_old": 1, "cash_per_share_usd": 1, "value_per_new_usd": 100}
    return action(ev.MixedMerger, on, BOOT, new_security_id="Y", event_id="deal", **terms)


def of_2024(*events: Event) -> DividendsOfYear:
    found = dividends_of_year(books(*BOTH, *events, as_of=date(2024, 12, 31)), 2024)
    assert found.qualified_usd + found.ordinary_usd == sum(Fraction(v) for _, v in found.by_kind_usd)
    return found


@pytest.mark.parametrize(
    "later",
    [
        (),
        (gift("2024-04-01"),),
        (gift("2024-02-15"),),
        (merger("2024-06-01", "1/3"),),
        (boot("2024-02-15"),),
        (moved("2024-02-20"),),
        (moved("2024-02-15"),),
        (moved("2024-02-20"), merger("2024-03-01"), sold("s", 10, 1100, "2024-04-01", "Y", "B")),
        (ev.TransferOut(event_id="o", on=date(2024, 3, 1), account_id="A", security_id="X", shares=10),),
    ],
    ids=["held", "gift", "gift on the ex-date", "merger", "boot", "moved", "moved on it", "all of it", "out"],
)
def test_a_lot_long_held_on_the_ex_date_earned_a_qualified_dividend_whatever_became_of_it(
    later: tuple[Event, ...],
) -> None:
    found = of_2024(LONG_HELD, dividend(), *later)
    assert (found.qualified_usd, found.missing) == (100, ())


def test_the_days_of_a_gift_end_when_it_leaves() -> None:
    """Bought on January 20, so that day 61 is March 21."""
    recent = bought("L", 10, 1000, "2024-01-20")
    assert of_2024(recent, dividend(), gift("2024-03-20")).qualified_usd == 0
    assert of_2024(recent, dividend(), gift("2024-03-21")).qualified_usd == 100


@pytest.mark.parametrize("on", ["2024-02-20", "2024-03-10"])
def test_days_go_on_after_a_merger_and_after_a_move(on: str) -> None:
    recent = bought("L", 10, 1000, "2024-01-20")
    for what, name, account in ((merger(on), "Y", "A"), (moved(on), "X", "B")):
        assert of_2024(recent, dividend(), what).qualified_usd == 100
        early = sold("s", 10, 900, "2024-03-20", name, account)
        assert of_2024(recent, dividend(), what, early).qualified_usd == 0


def test_a_lot_that_left_takes_its_share_of_the_dividend_with_splits_counted() -> None:
    """10 old shares given away, 10 new ones sold too early: half of the dividend, though a split came between."""
    recent = bought("M", 10, 1000, "2024-02-10")
    events = (LONG_HELD, recent, dividend(), gift("2024-03-01"), split("2024-03-04", 2))
    found = of_2024(*events, sold("s", 20, 900, "2024-03-10", lot="M"))
    assert found.qualified_usd == 50


@pytest.mark.parametrize("order", ["2024-02-20", "2024-05-01"])
def test_a_ratio_and_splits_on_either_side_do_not_change_a_lots_share(order: str) -> None:
    """10 shares sold as X too early, 30 exchanged for Y at 2 for 3: three quarters qualify."""
    short = bought("M", 10, 1000, "2024-02-10")
    rest = bought("L", 30, 1000, "2023-01-02")
    deal = merger("2024-04-01", "3/2")
    early = sold("s", 10 if order > "2024-02-25" else 20, 900, "2024-02-25", lot="M")
    name = "X" if order < "2024-04-01" else "Y"
    assert of_2024(short, rest, dividend(), early, deal, split(order, 2, name)).qualified_usd == 75


def test_shares_that_came_later_earned_nothing_before() -> None:
    """Y paid before X became Y, before a spin-off brought Y, and B paid before the shares came there."""
    short = bought("short", 10, 900, "2024-02-10", "Y")
    early = sold("s", 10, 950, "2024-02-20", "Y", lot="short")
    for what in (merger("2024-03-01"), merger("2024-02-15"), spin_off("2024-03-01", 1, parent_fraction="1/2")):
        assert of_2024(LONG_HELD, short, early, dividend(name="Y"), what).qualified_usd == 0
    elsewhere = of_2024(LONG_HELD, moved("2024-03-01"), dividend(account="B"))
    assert [m.what for m in elsewhere.missing] == ["holding_days"]
    after = of_2024(LONG_HELD, moved("2024-02-14"), dividend(account="B"))
    assert (after.qualified_usd, after.missing) == (100, ())


def received(on: str, since: str, value: object = 2000) -> Event:
    return ev.GiftReceived(
        event_id="g",
        on=date.fromisoformat(on),
        account_id="A",
        security_id="X",
        shares=10,
        donor_basis_usd=1000,
        value_usd=value,
        donor_held_since=date.fromisoformat(since),
    )


def test_a_donors_days_count_and_those_of_a_wash_sale_do_not() -> None:
    assert (
        of_2024(received("2024-02-10", "2010-01-01"), dividend(), sold("s", 10, 3000, "2024-03-10")).qualified_usd
        == 100
    )
    assert (
        of_2024(received("2024-02-10", "2024-02-01"), dividend(), sold("s", 10, 3000, "2024-03-10")).qualified_usd == 0
    )
    loss = (bought("P", 10, 2000, "2020-01-02"), bought("L", 10, 1000, "2024-02-10"))
    sales = (sold("s", 10, 1000, "2024-02-14", lot="P"), sold("s2", 10, 1000, "2024-03-20", lot="L"))
    assert of_2024(*loss, *sales, dividend()).qualified_usd == 0


def test_a_gift_sold_at_a_loss_starts_with_the_gift() -> None:
    """The basis is then its value, not the donor's, and so are the days (26 USC 1223(2))."""
    later = sold("s", 10, 100, "2024-03-10")
    assert of_2024(received("2024-02-10", "2010-01-01", 500), dividend(), later).qualified_usd == 0


def test_a_gift_on_the_ex_date_or_later_earned_nothing_whatever_the_donor_held() -> None:
    found = of_2024(received("2024-02-15", "2010-01-01"), dividend())
    assert [m.what for m in found.missing] == ["holding_days"]
