"""Laws that hold for any lots and any actions, against a second, plain reckoning of each lot."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, fields, replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from tests.ledger.actions.ledgers import BOOT, FREE, SPLIT, action, books, bought, opened, sold

FIRST = dt.date(2016, 1, 4)
ratios = st.fractions(Fraction(1, 9), 9, max_denominator=9).filter(lambda r: r != 1)
usd = st.integers(0, 5000).map(lambda c: Fraction(c, 100))
some_usd = st.integers(1, 5000).map(lambda c: Fraction(c, 100))
keeps = st.integers(1, 99).map(lambda p: Fraction(p, 100))


@dataclass
class Lot:
    """One lot in the plain reckoning."""

    name: str
    shares: Fraction
    basis: Fraction
    gain: Fraction = Fraction(0)
    income: Fraction = Fraction(0)


@st.composite
def any_action(draw, number: int, name: str) -> ev.Event:
    """One action on a security, on a day of its own; what is received has a name of its own."""
    new, ratio = f"N{number}", draw(ratios)
    shares, other = {"new_per_old": ratio}, {"new_per_old": ratio, "new_security_id": new}
    boot = {"cash_per_share_usd": draw(usd), "value_per_new_usd": draw(some_usd), "dividend_per_share_usd": draw(usd)}
    values = {"value_per_old_usd": draw(some_usd), "value_per_right_usd": draw(usd), "elected": draw(st.booleans())}
    spun = {"spun_security_id": new, "parent_fraction": draw(keeps)}
    kind, treatment, terms = draw(
        st.sampled_from(
            [
                (ev.Split if ratio > 1 else ev.ReverseSplit, SPLIT, shares),
                (ev.StockDividend, SPLIT, shares),
                (ev.SpinOff, FREE, shares | spun),
                (ev.StockMerger, FREE, other),
                (ev.MixedMerger, BOOT, other | boot),
                (ev.ReturnOfCapital, TaxTreatment.RETURN_OF_CAPITAL, {"amount_per_share_usd": draw(usd)}),
                (ev.Rights, FREE, shares | values | {"rights_security_id": new}),
                (ev.Delisting, TaxTreatment.NONE, {}),
            ]
        )
    )
    on = (FIRST + dt.timedelta(days=40 * number)).isoformat()
    return action(kind, on, treatment, name, event_id=f"a{number}", **terms)


@st.composite
def histories(draw) -> tuple[list[ev.Event], list[ev.Event]]:
    """Some purchases of X, and a chain of actions on what they became."""
    purchases = [
        bought(f"L{n}", draw(st.integers(1, 300)), draw(usd), (FIRST - dt.timedelta(days=1000 - n)).isoformat())
        for n in range(draw(st.integers(1, 4)))
    ]
    chain: list[ev.Event] = []
    name = "X"
    for number in range(draw(st.integers(1, 5))):
        chain.append(draw(any_action(number, name)))
        name = getattr(chain[-1], "new_security_id", name)
    return purchases, chain


def plainly(purchases: list[ev.Event], chain: list[ev.Event]) -> list[Lot]:
    """What every lot becomes, one lot at a time and without a book."""
    held = [Lot(p.security_id, Fraction(p.shares), Fraction(p.amount_usd)) for p in purchases]
    for a in chain:
        for lot in [each for each in held if each.name == a.security_id]:
            if isinstance(a, ev.Split | ev.ReverseSplit):
                lot.shares *= a.new_per_old
            elif isinstance(a, ev.StockDividend):
                lot.shares += lot.shares * a.new_per_old
            elif isinstance(a, ev.ReturnOfCapital):
                came = lot.shares * a.amount_per_share_usd
                lot.gain += max(came - lot.basis, 0)
                lot.basis = max(lot.basis - came, Fraction(0))
            elif isinstance(a, ev.SpinOff):
                held.append(Lot(a.spun_security_id, lot.shares * a.new_per_old, lot.basis * (1 - a.parent_fraction)))
                lot.basis *= a.parent_fraction
            elif isinstance(a, ev.Rights):
                old, rights = a.value_per_old_usd, a.new_per_old * a.value_per_right_usd
                away = rights / (old + rights) if a.elected or rights >= old * Fraction(15, 100) else Fraction(0)
                held.append(Lot(a.rights_security_id, lot.shares * a.new_per_old, lot.basis * away))
                lot.basis *= 1 - away
            elif isinstance(a, ev.StockMerger):
                lot.name, lot.shares = a.new_security_id, lot.shares * a.new_per_old
            elif isinstance(a, ev.MixedMerger):
                cash = lot.shares * a.cash_per_share_usd
                due = lot.shares * (a.new_per_old * a.value_per_new_usd + a.cash_per_share_usd) - lot.basis
                gain = max(min(due, cash), Fraction(0))
                dividend = min(gain, lot.shares * a.dividend_per_share_usd)
                lot.gain, lot.income = lot.gain + gain - dividend, lot.income + dividend
                lot.name, lot.shares, lot.basis = a.new_security_id, lot.shares * a.new_per_old, lot.basis - cash + gain
    return held


@given(histories())
def test_every_lot_keeps_its_own_through_any_chain_of_actions(history) -> None:
    found, expected = books(*history[0], *history[1]), plainly(*history)
    assert sorted((b.lot.security_id, b.lot.shares, b.lot.basis_total_usd) for b in found.lots) == sorted(
        (lot.name, lot.shares, lot.basis) for lot in expected
    )
    assert sum((r.recognized_usd for r in found.realized), Fraction(0)) == sum(lot.gain for lot in expected)
    assert sum((i.amount_usd for i in found.income), Fraction(0)) == sum(lot.income for lot in expected)
    dates = {b.lot.acquired for b in found.lots}
    assert dates <= {p.on for p in history[0]}


@given(histories(), st.lists(some_usd, min_size=5, max_size=5), st.sampled_from(["taxable", "ira", "spouse"]))
def test_basis_and_cash_at_the_end_are_what_was_gained(history, prices, kind) -> None:
    """With fractions paid out, lots sold, and whatever happened in between."""
    purchases, chain = history
    paid = [pays(a, price) for a, price in zip(chain, prices, strict=False)]
    journal = [opened("A", AccountKind(kind)), *purchases, *paid]
    before = books(*journal)
    sales = [
        sold(f"sale of {b.lot.lot_id}", b.lot.shares, b.lot.shares * prices[0], "2018-01-02", b.lot.security_id)
        for b in before.lots[::2]
    ]
    found = books(*journal, *sales)
    basis = sum((b.lot.basis_total_usd for b in found.lots), Fraction(0))
    gain = sum((r.recognized_usd for r in found.realized), Fraction(0)) - found.lost_for_good_usd
    assert found.cash_usd["A"] + basis == gain + sum((i.amount_usd for i in found.income), Fraction(0))
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for b in before.lots:
        totals[b.lot.security_id] += b.lot.shares
    rights = {a.rights_security_id for a in chain if isinstance(a, ev.Rights)}
    assert {name: total for name, total in totals.items() if total.denominator != 1 and name not in rights} == {}


def pays(event: ev.Event, price_usd: Fraction) -> ev.Event:
    """Return an action that pays cash for fractions, if it is one that can."""
    return replace(event, cash_in_lieu_usd=price_usd) if hasattr(event, "cash_in_lieu_usd") else event


@st.composite
def trades(draw) -> list[ev.Event]:
    """Purchases and sales of X in two accounts, close enough to wash each other."""
    made: list[ev.Event] = []
    held: dict[str, int] = defaultdict(int)
    for number in range(draw(st.integers(2, 14))):
        day = (FIRST + dt.timedelta(days=draw(st.integers(0, 9)) + 9 * number)).isoformat()
        account = draw(st.sampled_from("AB"))
        if held[account] and draw(st.booleans()):
            shares = draw(st.integers(1, held[account]))
            made.append(sold(f"s{number:02}", shares, draw(usd), day, account=account))
            held[account] -= shares
        else:
            shares = draw(st.integers(1, 40))
            made.append(bought(f"b{number:02}", shares, draw(usd), day, account=account))
            held[account] += shares
    return made


BOTH = [opened("A"), opened("B", AccountKind.SPOUSE)]


@given(trades(), st.integers(0, 130), ratios)
def test_a_split_between_trades_changes_no_gain_and_no_wash(made, after, ratio) -> None:
    day = FIRST + dt.timedelta(days=after)
    in_new_shares = [replace(t, shares=Fraction(t.shares) * ratio) if t.on >= day else t for t in made]
    event = action(ev.Split if ratio > 1 else ev.ReverseSplit, day.isoformat(), SPLIT, new_per_old=ratio)
    with_split, without = books(*BOTH, *in_new_shares, event), books(*BOTH, *made)
    assert outcome(with_split) == outcome(without)
    scaled = {b.lot.lot_id: Fraction(b.lot.shares) * ratio for b in without.lots}
    assert {b.lot.lot_id: b.lot.shares for b in with_split.lots} == scaled


@given(trades(), st.sampled_from(["merger", "boot", "spin-off"]), ratios)
def test_lots_that_have_replaced_losses_go_over_with_what_they_took_on(made, kind, ratio) -> None:
    day = "2016-09-01"
    shares = {"new_per_old": ratio}
    event = {
        "merger": action(ev.StockMerger, day, FREE, new_security_id="N", **shares),
        "boot": action(
            ev.MixedMerger, day, BOOT, new_security_id="N", cash_per_share_usd=0, value_per_new_usd=1, **shares
        ),
        "spin-off": action(ev.SpinOff, day, FREE, spun_security_id="N", parent_fraction="0.25", **shares),
    }[kind]
    keeps_part = Fraction(3, 4) if kind == "spin-off" else 1
    before, after = books(*BOTH, *made), books(*BOTH, *made, event)
    assert sorted(
        (b.lot.account_id, b.lot.shares, b.lot.basis_total_usd, b.lot.held_since, b.lot.acquired)
        for b in after.lots
        if b.lot.security_id == "N"
    ) == sorted(
        (b.lot.account_id, b.lot.shares * ratio, b.lot.basis_total_usd * keeps_part, b.lot.held_since, b.lot.acquired)
        for b in before.lots
    )
    assert after.washes == before.washes


def outcome(found: Books) -> list[tuple]:
    pieces = [
        (r.event_id, r.lot_id, r.basis_usd, r.proceeds_usd, r.disallowed_usd, r.held_since) for r in found.realized
    ]
    return [*pieces, *((b.lot.lot_id, b.lot.basis_total_usd, b.lot.held_since, b.is_replacement) for b in found.lots)]


@given(histories(), trades(), st.integers(2, 9), st.lists(some_usd, min_size=5, max_size=5))
def test_money_times_k_is_every_result_times_k(history, made, k, prices) -> None:
    chain = [pays(a, price) for a, price in zip(history[1], prices, strict=False)]
    for journal in ([*history[0], *chain], [*made, action(ev.Split, "2016-02-01", SPLIT, new_per_old=2)]):
        if not any(isinstance(e, ev.Sell) and e.on >= dt.date(2016, 2, 1) for e in journal):
            once, times = books(*BOTH, *journal), books(*BOTH, *(richer(e, k) for e in journal))
            assert money(times) == [k * amount for amount in money(once)]


def richer(event: ev.Event, k: int) -> ev.Event:
    amounts = [f.name for f in fields(event) if f.name.endswith("_usd") and getattr(event, f.name) is not None]
    return replace(event, **{name: getattr(event, name) * k for name in amounts})


def money(found: Books) -> list[Fraction]:
    return [
        *found.cash_usd.values(),
        *(b.lot.basis_total_usd for b in found.lots),
        *(r.recognized_usd for r in found.realized),
        *(i.amount_usd for i in found.income),
        *(w.disallowed_usd for w in found.washes),
    ]
