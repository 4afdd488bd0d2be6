"""The tax-optimal choice: never worse than the others, the least there is where that can be checked."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, GiftReceived, LotMethod, OpenAccount, Sell, TransferIn
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger import tax_optimal as module
from di_advisor.ledger.realized import BookedLot
from di_advisor.ledger.replay import replay
from di_advisor.ledger.tax_optimal import Replacement, free_replacements, tax_optimal

ON = date(2025, 6, 20)
LONG, SHORT = date(2024, 1, 2), date(2025, 1, 6)


def lot(lot_id: str, shares: object, per_share: object, acquired: date = LONG) -> BookedLot:
    basis = Fraction(per_share) * Fraction(shares)
    held = TaxLot(lot_id, "A", "X", Fraction(shares), basis, acquired)
    return BookedLot(held, lot_id, lot_id, acquired, False, False, basis, "")


def rates(short: str = "0.40", long: str = "0.20"):
    return lambda s, g: Fraction(short) * s + Fraction(long) * g


def netted(s: Fraction, g: Fraction) -> Fraction:
    """Tax with netting, a loss limit of 30 and a bracket at 100 of gain: not smooth, never falling in gain."""
    if s >= 0 and g >= 0:
        pay = Fraction(2, 5) * s + Fraction(1, 5) * g + Fraction(1, 5) * max(s + g - 100, 0)
    else:
        net = s + g
        pay = Fraction(2, 5) * max(net, -30) if net < 0 else (Fraction(2, 5) if s > 0 else Fraction(1, 5)) * net
    return pay


def names(found) -> dict[str, Fraction]:
    return {n.lot_id: Fraction(n.shares) for n in found.choice.lots}


def test_highest_basis_is_not_least_tax() -> None:
    lots = [lot("low, long", 100, 60), lot("high, short", 100, 80, SHORT)]
    found = tax_optimal(lots, Fraction(100), 100, tax=rates("0.45", "0.15"), on=ON)
    assert names(found) == {"low, long": 100}
    assert found.cost_usd == 600
    assert found.others_usd[LotMethod.HIFO] == 900
    assert found.proved


def test_the_choice_is_ready_for_the_event_of_the_sale() -> None:
    opened = OpenAccount(event_id="o", on=date(2020, 1, 2), account_id="A")
    common = {"account_id": "A", "security_id": "X"}
    buys = [
        Buy(event_id=f"L{n}", on=day, shares=10, amount_usd=usd, **common)
        for n, (day, usd) in enumerate([(LONG, 500), (SHORT, 990), (SHORT, 1200)])
    ]
    held = replay([opened, *buys], as_of=ON).lots_of("A", "X")
    found = tax_optimal(held, Fraction(12), 100, tax=rates(), on=ON, chosen_by="ann")
    sale = Sell(event_id="S", on=ON, shares=12, amount_usd=1200, choice=found.choice, **common)
    books = replay([opened, *buys, sale], as_of=ON)
    (identified,) = books.identifications
    assert identified.used is LotMethod.TAX_OPTIMAL
    assert (identified.chosen_by, identified.chosen_on, identified.deadline) == ("ann", ON, date(2025, 6, 23))
    assert dict(identified.lots) == names(found) == {"L2": 10, "L1": 2}
    assert sum(r.recognized_usd for r in books.realized) == found.short_gain_usd + found.long_gain_usd


def test_a_loss_that_a_recent_purchase_washes_counts_for_nothing() -> None:
    lots = [lot("loss", 10, 120), lot("small gain", 10, 99, SHORT)]
    recent = Replacement("other", Fraction(10), date(2025, 6, 1))
    free = tax_optimal(lots, Fraction(10), 100, tax=rates(), on=ON)
    assert names(free) == {"loss": 10}
    washed = tax_optimal(lots, Fraction(10), 100, tax=rates(), on=ON, replacements=[recent], given_up_usd={"loss": 1})
    assert names(washed) == {"small gain": 10}
    half = Replacement("other", Fraction(4), date(2025, 6, 1))
    found = tax_optimal(lots, Fraction(10), 100, tax=rates(), on=ON, replacements=[half])
    assert (names(found), found.washed_usd, found.long_gain_usd) == ({"loss": 10}, 80, -120)


def test_shares_of_the_same_purchase_and_shares_that_are_sold_too_wash_nothing() -> None:
    lots = [lot("old", 10, 120), lot("new", 10, 110, date(2025, 6, 2))]
    new = Replacement("new", Fraction(10), date(2025, 6, 2))
    both = tax_optimal(lots, Fraction(20), 100, tax=rates(), on=ON, replacements=[new])
    assert (both.washed_usd, both.long_gain_usd, both.short_gain_usd) == (0, -200, -100)
    only_new = tax_optimal(lots[1:], Fraction(10), 100, tax=rates(), on=ON, replacements=[new])
    assert only_new.washed_usd == 0


def test_what_would_be_washed_is_what_the_books_find_when_the_sale_is_booked() -> None:
    day = date(2025, 6, 2)
    events = [
        OpenAccount(event_id="o", on=date(2020, 1, 2), account_id="A"),
        OpenAccount(event_id="i", on=date(2020, 1, 2), account_id="I", kind=AccountKind.IRA),
        Buy(event_id="old", on=LONG, account_id="A", security_id="X", shares=20, amount_usd=2400),
        Buy(event_id="new", on=day, account_id="A", security_id="X", shares=3, amount_usd=270),
        Buy(event_id="ira", on=day, account_id="I", security_id="X", shares=4, amount_usd=440),
        Buy(event_id="gone", on=date(2025, 5, 20), account_id="I", security_id="X", shares=9, amount_usd=990),
    ]
    before = replay(events, as_of=ON)
    replacements = free_replacements(before, "X", ON)
    assert [(r.purchase_id, r.shares) for r in replacements] == [("ira", 4), ("new", 3)]
    found = tax_optimal(before.lots_of("A", "X"), Fraction(12), 100, tax=rates(), on=ON, replacements=replacements)
    sale = Sell(event_id="S", on=ON, account_id="A", security_id="X", shares=12, amount_usd=1200, choice=found.choice)
    after = replay([*events, sale], as_of=ON)
    assert after.disallowed_usd == found.washed_usd
    assert sum(r.recognized_usd for r in after.realized) == found.short_gain_usd + found.long_gain_usd
    assert free_replacements(before, "Y", ON) == ()


def test_what_is_given_up_can_outweigh_the_tax() -> None:
    lots = [lot("a", 10, 90), lot("b", 10, 80)]
    assert names(tax_optimal(lots, Fraction(10), 100, tax=rates(), on=ON)) == {"a": 10}
    found = tax_optimal(lots, Fraction(10), 100, tax=rates(), on=ON, given_up_usd={"a": 5})
    assert names(found) == {"b": 10}


def test_a_gift_between_its_two_bases_has_neither_gain_nor_loss() -> None:
    gift = GiftReceived(
        event_id="G",
        on=date(2025, 2, 3),
        account_id="A",
        security_id="X",
        shares=10,
        donor_basis_usd=1100,
        value_usd=900,
        donor_held_since=LONG,
    )
    held = replay([OpenAccount(event_id="o", on=LONG, account_id="A"), gift], as_of=ON).lots_of("A", "X")
    for price, short, long in (("100", 0, 0), ("80", -100, 0), ("120", 0, 100)):
        found = tax_optimal(held, Fraction(10), Decimal(price), tax=rates(), on=ON)
        assert (found.short_gain_usd, found.long_gain_usd) == (short, long)


def test_lots_that_are_not_known_are_not_chosen_and_not_guessed() -> None:
    unknown = TransferIn(
        event_id="T", on=LONG, account_id="A", security_id="X", shares=10, basis_total_usd=None, acquired=None
    )
    events = [
        OpenAccount(event_id="o", on=LONG, account_id="A"),
        unknown,
        Buy(event_id="L", on=SHORT, account_id="A", security_id="X", shares=5, amount_usd=100),
    ]
    held = replay(events, as_of=ON).lots_of("A", "X")
    assert {b.lot.state for b in held} == {LotState.BASIS_PENDING, LotState.KNOWN}
    found = tax_optimal(held, Fraction(5), 100, tax=rates(), on=ON)
    assert names(found) == {"L": 5}
    assert found.others_usd == {}
    with pytest.raises(IncompleteDataError, match="hold 5"):
        tax_optimal(held, Fraction(6), 100, tax=rates(), on=ON)
    with pytest.raises(InputError, match="1 are missing"):
        tax_optimal(held, Fraction(16), 100, tax=rates(), on=ON)


def test_lots_of_two_accounts_are_refused() -> None:
    other = BookedLot(TaxLot("B1", "B", "X", Fraction(1), Fraction(1), LONG), "B1", "B1", LONG, False, False, None, "")
    with pytest.raises(InputError, match="several accounts"):
        tax_optimal([lot("a", 1, 1), other], Fraction(1), 2, tax=rates(), on=ON)


small_lots = st.lists(
    st.tuples(st.integers(1, 6), st.integers(60, 140), st.sampled_from([LONG, SHORT, date(2025, 6, 2)])),
    min_size=1,
    max_size=4,
)
recent = st.lists(st.tuples(st.sampled_from(["L0", "L1", "other", "IRA"]), st.integers(0, 6)), max_size=2)
any_tax = st.sampled_from([rates(), rates("0.10", "0.35"), netted])


def brute_force(lots, wanted: int, price: int, tax, replacements, given_up) -> Fraction:
    """The least cost over every choice in whole shares, computed anew."""
    costs = []
    for choice in product(*(range(int(x.lot.shares) + 1) for x in lots)):
        if sum(choice) != wanted:
            continue
        free = {
            r.purchase_id: r.shares
            - sum(n for x, n in zip(lots, choice, strict=True) if x.purchase_id == r.purchase_id)
            for r in replacements
        }
        gain = {True: Fraction(0), False: Fraction(0)}
        cost = Fraction(0)
        by_age = sorted(zip(lots, choice, strict=True), key=lambda pair: pair[0].lot.acquired)
        for held, n in by_age:
            each = price - held.lot.basis_total_usd / held.lot.shares
            counts = Fraction(n)
            if each < 0:
                for r in sorted(replacements, key=lambda r: (r.bought, r.purchase_id)):
                    if r.purchase_id != held.purchase_id:
                        matched = min(max(free[r.purchase_id], Fraction(0)), counts)
                        free[r.purchase_id] -= matched
                        counts -= matched
            gain[held.lot.acquired < date(2024, 6, 20)] += each * counts
            cost += given_up.get(held.lot.lot_id, 0) * n
        costs.append(cost + tax(gain[False], gain[True]))
    return min(costs)


@given(st.data(), small_lots, st.integers(80, 120), any_tax)
@pytest.mark.parametrize("enumerated", [True, False], ids=["enumerated", "searched"])
def test_no_choice_in_whole_shares_costs_less(enumerated: bool, data, rows, price: int, tax) -> None:
    """Without washes and given-up value also where the search, not the enumeration, must find it."""
    lots = [lot(f"L{i}", n, per, day) for i, (n, per, day) in enumerate(rows)]
    wanted = data.draw(st.integers(1, sum(n for n, _, _ in rows)))
    replacements, given_up = [], {}
    if enumerated:
        bought = dict(data.draw(recent))
        replacements = [Replacement(p, Fraction(n), date(2025, 6, 2)) for p, n in bought.items()]
        given_up = data.draw(st.dictionaries(st.sampled_from(["L0", "L2"]), st.integers(-5, 20), max_size=2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ENUMERATED", 3_000 if enumerated else 0)
        found = tax_optimal(
            lots, Fraction(wanted), price, tax=tax, on=ON, replacements=replacements, given_up_usd=given_up
        )
    assert found.proved
    assert found.cost_usd == brute_force(lots, wanted, price, tax, replacements, given_up)


large_lots = st.lists(
    st.tuples(
        st.fractions(min_value=Fraction(1, 7), max_value=900, max_denominator=7),
        st.integers(50, 150),
        st.integers(1, 900),
    ),
    min_size=1,
    max_size=9,
)


@given(st.data(), large_lots, any_tax)
def test_it_never_costs_more_than_first_in_last_in_or_highest_basis(data, rows, tax) -> None:
    lots = sorted(
        (lot(f"L{i}", n, per, ON - timedelta(days=age)) for i, (n, per, age) in enumerate(rows)),
        key=lambda b: b.lot.acquired,
    )
    held = sum(b.lot.shares for b in lots)
    part = data.draw(st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=50))
    replacements = [Replacement("r", Fraction(data.draw(st.integers(0, 500))), date(2025, 6, 2))]
    given_up = {"L0": data.draw(st.integers(-3, 9))}
    found = tax_optimal(lots, held * part, 100, tax=tax, on=ON, replacements=replacements, given_up_usd=given_up)
    assert set(found.others_usd) == {LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO}
    assert all(found.cost_usd <= other for other in found.others_usd.values())
    assert sum(Fraction(n.shares) for n in found.choice.lots) == held * part


def test_a_kink_far_inside_thousands_of_shares_is_found() -> None:
    lots = [lot("long", 50_000, 90), lot("short", 50_000, 95, SHORT)]

    def tax(s: Fraction, g: Fraction) -> Fraction:
        return Fraction(1, 10) * s + Fraction(3, 10) * max(s - 61_725, 0) + Fraction(1, 5) * g / 2

    found = tax_optimal(lots, Fraction(50_000), 100, tax=tax, on=ON)
    assert names(found) == {"short": 12_345, "long": 50_000 - 12_345} or found.cost_usd <= min(
        found.others_usd.values()
    )
    nearby = [tax(Fraction(5 * k), Fraction(10 * (50_000 - k))) for k in range(12_000, 12_700)]
    assert found.cost_usd <= min(nearby)
