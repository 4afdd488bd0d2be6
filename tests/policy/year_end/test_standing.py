"""Where the year stands: figures of a small account by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.events import Buy, Deposit, OpenAccount, Sell
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Side
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import Term
from di_advisor.ledger.replay import replay
from di_advisor.policy.year_end import Way, standing, with_realised
from di_advisor.policy.year_end.offers import fill, offered_usd
from di_advisor.testing import lots
from tests.policy.year_end.year import AS_OF, HELD, SINGLE, sold_a, workspace


def test_unrealised_gains_stand_by_term() -> None:
    found = {u.term: u for u in standing(workspace()).unrealised}
    assert (found[Term.SHORT].gain_usd, found[Term.SHORT].loss_usd, found[Term.SHORT].lots) == (2_000, 5_000, 4)
    assert (found[Term.LONG].gain_usd, found[Term.LONG].loss_usd, found[Term.LONG].lots) == (8_000, 1_500, 2)
    assert standing(workspace()).unrealised_usd == 3_500


def test_lots_that_turn_long_term_are_told_before_and_after_the_last_trade_date() -> None:
    stands = standing(workspace())
    # Bought 2025-12-22: long-term from 2026-12-23. Bought 2026-01-12: from 2027-01-13.
    assert [(o.lot.lot_id, o.long_from) for o in stands.turning] == [("B2", date(2026, 12, 23))]
    assert [(o.lot.lot_id, o.long_from) for o in stands.turning_after] == [("C2", date(2027, 1, 13))]


def test_what_lots_offer_counts_a_gain_that_turns_and_a_lock_that_ends_in_time() -> None:
    bought = Fill("C", Side.BUY, Decimal(5), date(2026, 11, 27))  # locks losses on C until 27 December
    offers = standing(workspace(fills=(bought,))).offers
    last = date(2026, 12, 31)
    assert offered_usd(offers, Term.SHORT, losses=True) == 3_000
    assert offered_usd(offers, Term.SHORT, losses=True, until=last) == 5_000
    assert offered_usd(offers, Term.LONG, losses=False) == 8_000
    assert offered_usd(offers, Term.LONG, losses=False, until=last) == 9_000
    assert offered_usd(offers, Term.SHORT, losses=False, until=last) == 1_000
    later = {
        s.offer.lot.lot_id: s.first_day for s in fill(offers, Term.SHORT, Fraction(5_000), losses=True, until=last)
    }
    assert later == {"A2": AS_OF, "C1": date(2026, 12, 28)}


def test_a_lock_that_ends_in_january_offers_nothing_this_year() -> None:
    bought = Fill("C", Side.BUY, Decimal(5), date(2026, 12, 8))
    stands = standing(workspace(fills=(bought,)))
    assert offered_usd(stands.offers, Term.SHORT, losses=True, until=stands.dates.last_trade) == 3_000
    assert {u.term: u.blocked_loss_usd for u in stands.unrealised}[Term.SHORT] == 2_000
    assert [(w.ticker, w.until) for w in stands.purchases] == [("T-C", date(2027, 1, 7))]
    blocked = next(o for o in stands.offers if o.lot.lot_id == "C1")
    assert "2027-01-07" in blocked.blocked
    assert blocked.open_from == date(2027, 1, 8)


def test_priced_wash_sales_do_not_open_what_the_plan_bans() -> None:
    bought = Fill("C", Side.BUY, Decimal(5), date(2026, 12, 8))
    stands = standing(workspace(fills=(bought,), wash_policy="price"))
    assert offered_usd(stands.offers, Term.SHORT, losses=True) == 3_000


def test_a_december_loss_is_provisional_until_january_with_what_could_wash_it() -> None:
    planned = Fill("A", Side.BUY, Decimal(3), date(2026, 12, 28))
    holds = lots("I1 5 A @ 50.00 on 2021-01-04", account_id="ira")
    ira = Account("ira", holds, kind=AccountKind.IRA, reinvests_dividends=True, fills=(planned,))
    stands = standing(workspace(fills=(sold_a(), sold_a("-50")), beside=(ira,)))
    (window,) = stands.january
    assert (window.ticker, window.sold, window.loss_usd) == ("T-A", date(2026, 12, 4), 750)
    assert (window.until, window.safe_from) == (date(2027, 1, 3), date(2027, 1, 4))
    reinvested, bought = window.dangers
    assert "ira reinvests dividends" in reinvested
    assert "for good" in reinvested
    assert "3 shares are planned to be bought in account ira on 2026-12-28" in bought
    assert "2027-01-04" in bought


def test_a_loss_of_november_closes_in_december_and_an_unknown_gain_stays_unknown() -> None:
    stands = standing(workspace(fills=(sold_a(on=date(2026, 11, 20)), sold_a(None, date(2026, 12, 7)))))
    assert [(w.loss_usd, w.until) for w in stands.windows] == [(None, date(2027, 1, 6)), (700, date(2026, 12, 20))]
    assert [w.loss_usd for w in stands.january] == [None]


def books() -> Books:
    """Two accounts: 400 short and a washed 300 in one, a long loss of 500 in the other."""
    day = date
    events = [
        OpenAccount(event_id="o1", on=day(2024, 1, 2), account_id="one"),
        OpenAccount(event_id="o2", on=day(2024, 1, 2), account_id="two"),
        Deposit(event_id="d1", on=day(2024, 1, 2), account_id="one", amount_usd=Decimal(10**6)),
        Deposit(event_id="d2", on=day(2024, 1, 2), account_id="two", amount_usd=Decimal(10**6)),
        _buy("b1", day(2026, 2, 2), "one", "X", 10, 1_000),
        _sell("s1", day(2026, 5, 4), "one", "X", 10, 1_400),
        _buy("b2", day(2026, 6, 1), "one", "Y", 10, 1_000),
        _sell("s2", day(2026, 8, 3), "one", "Y", 10, 700),
        _buy("b3", day(2026, 8, 10), "one", "Y", 10, 700),
        _buy("b4", day(2024, 6, 3), "two", "Z", 10, 1_000),
        _sell("s4", day(2026, 12, 7), "two", "Z", 10, 500),
    ]
    return replay(events, as_of=AS_OF)


def _buy(event_id: str, on: date, account_id: str, security_id: str, shares: int, amount: int) -> Buy:
    return Buy(
        event_id=event_id,
        on=on,
        account_id=account_id,
        security_id=security_id,
        shares=Decimal(shares),
        amount_usd=Decimal(amount),
    )


def _sell(event_id: str, on: date, account_id: str, security_id: str, shares: int, amount: int) -> Sell:
    return Sell(
        event_id=event_id,
        on=on,
        account_id=account_id,
        security_id=security_id,
        shares=Decimal(shares),
        amount_usd=Decimal(amount),
    )


def test_what_books_realised_stands_by_account_and_the_rest_is_outside() -> None:
    outside = replace(SINGLE, net_short_usd=Decimal(1_000), net_long_usd=Decimal(-200))
    stands = standing(workspace(), taxpayer=with_realised(outside, books()), books=books())
    assert (stands.short_usd, stands.long_usd) == (1_400, -700)
    assert stands.outside_usd == (1_000, -200)
    one, two = stands.realised
    assert (one.account_id, one.short_usd, one.long_usd) == ("one", 400, 0)
    assert (one.disallowed_usd, one.deferred_usd, one.lost_usd) == (300, 300, 0)
    assert (two.account_id, two.short_usd, two.long_usd) == ("two", 0, -500)
    assert [(w.security_id, w.loss_usd, w.until) for w in stands.january] == [("Z", 500, date(2027, 1, 6))]


def test_the_next_dollar_falls_where_the_whole_return_says() -> None:
    first = {key: found[0].rate for key, found in standing(workspace()).stretches.items()}
    assert first[Term.SHORT, Way.GAIN] == first[Term.SHORT, Way.LOSS] == Fraction(22, 100)
    assert first[Term.LONG, Way.GAIN] == Fraction(15, 100)
    assert first[Term.LONG, Way.LOSS] == Fraction(22, 100)


def test_what_is_not_known_is_said() -> None:
    stands = standing(workspace(f"{HELD}\nC3 10 C @ ? on 2020-01-02", tax=TaxProfile(ConstantRates(0.4, 0.2))))
    said = " ".join(stands.notes)
    assert "No books are given" in said
    assert "constant rates" in said
    assert "1 lots have a basis or date that is not known" in said
    assert stands.unrealised_usd == 3_500


def test_a_retirement_account_books_of_later_days_and_unknown_gains_are_refused() -> None:
    with pytest.raises(InputError, match="no year end to plan"):
        standing(workspace(kind=AccountKind.IRA))
    with pytest.raises(InputError, match="after 2026-12-10"):
        standing(workspace(), books=replay([], as_of=date(2026, 12, 11)))
    with pytest.raises(InputError, match="The books end on"):
        with_realised(SINGLE, replay([], as_of=date(2025, 12, 11)))
