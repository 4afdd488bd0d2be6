"""What holds of every book: shares and basis are kept, each share replaces once, and nothing else matters."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.replay import replay
from tests.ledger.wash.books_of_rows import LONG_AFTER, events_of, pieces_of_books, policies_of, replayed
from tests.ledger.wash.naive import Row, Rules
from tests.ledger.wash.random_rows import START, random_rows, random_rules

ZERO = Fraction(0)
FOUR_HUNDRED_YEARS = timedelta(days=146_097)
draws = st.randoms(use_true_random=False)


def book_of(draw: random.Random, most: int = 12) -> tuple[list[Row], Rules]:
    rules = random_rules(draw)
    return random_rows(draw, rules, most=most), rules


def last_day(rows: list[Row]) -> date:
    return max(r.on for r in rows)


def totals(books: Books) -> tuple[Fraction, Fraction, Fraction]:
    recognized = sum((r.recognized_usd for r in books.realized if r.taxed), ZERO)
    return books.disallowed_usd, books.lost_for_good_usd, recognized


@given(draws)
def test_nothing_is_negative_and_no_more_is_disallowed_than_was_lost(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    books = replayed(rows, rules)
    for r in books.realized:
        assert r.shares > 0
        assert r.basis_usd >= 0
        assert 0 <= r.lost_for_good_usd <= r.disallowed_usd <= max(-r.gain_usd, ZERO)
        assert r.taxed or r.disallowed_usd == 0, "a loss in a retirement account is none"
        assert sum((m.disallowed_usd for m in r.matches), ZERO) == r.disallowed_usd
    assert all(b.lot.shares > 0 and b.lot.basis_total_usd >= 0 for b in books.lots)


@given(draws)
def test_basis_is_moved_and_never_made_except_what_is_lost_for_good(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    books = replayed(rows, rules)
    pieces = [r.basis_usd for r in books.realized]
    pieces += [b.lot.basis_total_usd for b in (*books.lots, *books.departed)]
    cost = sum((r.usd for r in rows if r.what in {"buy", "in"}), ZERO)
    assert sum(pieces, ZERO) - books.disallowed_usd + books.lost_for_good_usd == cost


@given(draws)
def test_when_all_is_sold_what_is_recognized_is_what_was_earned_and_what_is_lost(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    rows = [r for r in rows if r.what != "out"]
    try:
        held = replayed(rows, rules)
    except InputError:
        reject()
    positions: Counter[tuple[str, str]] = Counter()
    for b in held.lots:
        positions[b.lot.account_id, b.lot.security_id] += b.lot.shares
    end = last_day(rows) + timedelta(days=40)
    closing = [
        Row("sell", end, f"close {n}", account, security, shares, shares * draw.randint(1, 12), sequence=n)
        for n, ((account, security), shares) in enumerate(sorted(positions.items()))
    ]
    books = replayed(rows + closing, rules)
    assert not books.lots
    taxed = {a for a, kind in rules.kinds if kind in {"taxable", "spouse"}}
    signs = {"sell": 1, "buy": -1, "in": -1}
    earned = sum((signs.get(r.what, 0) * r.usd for r in rows + closing if r.account in taxed), ZERO)
    assert totals(books)[2] == earned + books.lost_for_good_usd


@given(draws)
def test_each_share_replaces_once_and_never_its_own_purchase(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    rows = [r for r in rows if r.what not in {"split", "move", "out"}]
    bought = {r.name: r for r in rows if r.what in {"buy", "in"}}
    try:
        books = replayed(rows, rules)
    except InputError:
        reject()
    replaced: Counter[str] = Counter()
    for w in books.washes:
        loss, new = bought[w.loss_lot_id.split("~")[0]], bought[w.replacement_lot_id.split("~")[0]]
        assert (loss.purchase or loss.name) != (new.purchase or new.name)
        assert abs(w.bought - w.sold).days <= 30
        assert w.loss_shares == w.replacement_shares
        replaced[new.name] += w.replacement_shares
    assert all(shares <= bought[name].shares for name, shares in replaced.items())
    assert sum(replaced.values(), ZERO) == sum((r.shares for r in books.realized if r.is_replacement), ZERO) + sum(
        (b.lot.shares for b in books.lots if b.is_replacement), ZERO
    )


@given(draws)
def test_the_order_of_rows_changes_nothing(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    events = events_of(rows, rules)
    shuffled = list(events)
    draw.shuffle(shuffled)
    first, second = (replay(e, as_of=LONG_AFTER, policies=policies_of(rules)) for e in (events, shuffled))
    assert first.digest() == second.digest()


@given(draws, st.integers(2, 9))
def test_money_times_k_gives_results_times_k(draw: random.Random, k: int) -> None:
    rows, rules = book_of(draw)
    times = [replace(r, usd=r.usd * k) for r in rows]
    once, more = replayed(rows, rules), replayed(times, rules)
    assert [t * k for t in totals(once)] == list(totals(more))
    assert [(w.loss_lot_id, w.replacement_lot_id, w.loss_shares) for w in once.washes] == [
        (w.loss_lot_id, w.replacement_lot_id, w.loss_shares) for w in more.washes
    ]


@given(draws)
@settings(max_examples=50)
def test_four_hundred_years_later_everything_is_the_same(draw: random.Random) -> None:
    rows, rules = book_of(draw)

    def later(day: date | None) -> date | None:
        return None if day is None else day + FOUR_HUNDRED_YEARS

    shifted = [replace(r, on=later(r.on), acquired=later(r.acquired), held_since=later(r.held_since)) for r in rows]
    once, then = replayed(rows, rules), replayed(shifted, rules)
    assert totals(once) == totals(then)
    assert [r.term for r in once.realized] == [r.term for r in then.realized]
    assert [later(b.lot.held_since) for b in once.lots] == [b.lot.held_since for b in then.lots]


@given(draws)
def test_a_purchase_more_than_thirty_days_away_changes_nothing(draw: random.Random) -> None:
    rows, rules = book_of(draw)
    far = [
        Row("buy", START - timedelta(days=470), "before", security="X", shares=Fraction(9), usd=Fraction(900)),
        Row("buy", last_day(rows) + timedelta(days=31), "after", shares=Fraction(9), usd=Fraction(900)),
    ]
    # Sales by date would take the early shares first, so they are another account's.
    rules = replace(rules, kinds=(*rules.kinds, ("F", "taxable")))
    far = [replace(r, account="F") for r in far]
    with_them, without = pieces_of_books(replayed(rows + far, rules)), pieces_of_books(replayed(rows, rules))
    assert without == Counter({facts: n for facts, n in with_them.items() if facts[0] != "F"})


@given(draws, st.sampled_from(["ira", "roth"]), st.integers(0, 45))
def test_an_ira_purchase_after_all_else_never_lowers_what_is_lost_for_good(
    draw: random.Random, kind: str, days: int
) -> None:
    rows, rules = book_of(draw)
    rules = replace(rules, kinds=(*rules.kinds, ("I", kind)))
    new = Row(
        "buy", last_day(rows) + timedelta(days=days), "ira", "I", shares=Fraction(5), usd=Fraction(5), sequence=99
    )
    assert replayed([*rows, new], rules).lost_for_good_usd >= replayed(rows, rules).lost_for_good_usd


@given(st.data())
def test_with_one_loss_no_ira_purchase_lowers_what_is_lost_for_good(data: st.DataObject) -> None:
    rules = Rules((("A", "taxable"), ("I", "ira")))
    rows = [
        Row("buy", date(2024, 1, 2), "old", shares=Fraction(10), usd=Fraction(200)),
        Row("sell", date(2024, 6, 3), "loss", shares=Fraction(10), usd=Fraction(100), lots=(("old", None),)),
    ]
    purchases = data.draw(st.lists(st.tuples(st.integers(-35, 35), st.sampled_from("AI"), st.integers(1, 6))))
    for n, (days, account, shares) in enumerate(purchases):
        on = date(2024, 6, 3) + timedelta(days=days)
        rows.append(Row("buy", on, f"b{n}", account, shares=Fraction(shares), usd=Fraction(shares * 10), sequence=n))
    days = data.draw(st.integers(-35, 35))
    new = Row("buy", date(2024, 6, 3) + timedelta(days=days), "new", "I", shares=Fraction(3), usd=Fraction(30))
    assert replayed([*rows, new], rules).lost_for_good_usd >= replayed(rows, rules).lost_for_good_usd


def test_with_two_losses_an_early_ira_purchase_can_lower_what_is_lost_for_good() -> None:
    """It serves the small first loss, and frees a taxable replacement for the great second one (1.1091-1(b), (c))."""
    rules = Rules((("A", "taxable"), ("I", "ira")))
    rows = [
        Row("buy", date(2024, 1, 2), "small", shares=Fraction(10), usd=Fraction(110)),
        Row("buy", date(2024, 1, 3), "great", shares=Fraction(10), usd=Fraction(1100)),
        Row("sell", date(2024, 6, 3), "first", shares=Fraction(10), usd=Fraction(100), lots=(("small", None),)),
        Row("sell", date(2024, 6, 4), "second", shares=Fraction(10), usd=Fraction(100), lots=(("great", None),)),
        Row("buy", date(2024, 6, 6), "taxable", shares=Fraction(10), usd=Fraction(100)),
        Row("buy", date(2024, 6, 7), "in the ira", "I", shares=Fraction(10), usd=Fraction(100)),
    ]
    early = Row("buy", date(2024, 6, 5), "early", "I", shares=Fraction(10), usd=Fraction(100))
    assert replayed(rows, rules).lost_for_good_usd == 1000
    assert replayed([*rows, early], rules).lost_for_good_usd == 10


@given(draws, st.data())
def test_a_lot_cut_in_two_changes_no_total(draw: random.Random, data: st.DataObject) -> None:
    """Lots that are bought, and sold whole or not at all, as in a broker's table; one of them becomes two."""
    rules = replace(random_rules(draw), groups=())
    rows: list[Row] = []
    for n in range(draw.randint(2, 8)):
        account = draw.choice([a for a, _ in rules.kinds])
        bought = START + timedelta(days=draw.randint(0, 50))
        base = {"account": account, "shares": Fraction(draw.randint(1, 6)), "sequence": n}
        rows.append(Row("buy", bought, f"b{n}", usd=base["shares"] * draw.randint(1, 12), **base))
        if draw.random() < 0.7:
            sold = bought + timedelta(days=draw.choice((0, 1, 10, 40)))
            usd = base["shares"] * draw.randint(1, 12)
            rows.append(Row("sell", sold, f"s{n}", usd=usd, lots=((f"b{n}", None),), **base))
    chosen = data.draw(st.sampled_from([r for r in rows if r.what == "buy"]))
    whole, cut = replayed(rows, rules), replayed(in_two(rows, chosen), rules)
    # Where shares that are sold replace others, losses feed on each other: see the next test.
    if not any(r.is_replacement for r in (*whole.realized, *cut.realized)):
        assert totals(whole) == totals(cut)


def in_two(rows: list[Row], chosen: Row) -> list[Row]:
    """The rows with one lot bought, and sold, in two equal parts of one purchase."""
    halves = []
    for row in (r for r in rows if r.sequence == chosen.sequence):
        for part in "ab":
            half = replace(row, name=row.name + part, shares=row.shares / 2, usd=row.usd / 2)
            change = {"purchase": chosen.name} if row.what == "buy" else {"lots": ((chosen.name + part, None),)}
            halves.append(replace(half, **change))
    return [r for r in rows if r.sequence != chosen.sequence] + halves


def test_losses_that_feed_on_each_other_depend_on_the_size_of_the_parts() -> None:
    """A gain that becomes a loss is washed by other shares of the sale that made it one, which raises their loss.

    Taken part by part, the second half of the gain meets shares whose loss has grown. What is recognised when all
    is sold is the same; only how much of it passes through a disallowance differs.
    """
    rows = [
        Row("buy", date(2024, 1, 24), "b0", shares=Fraction(4), usd=Fraction(40)),
        Row("buy", date(2024, 2, 17), "b1", shares=Fraction(1), usd=Fraction(5), sequence=1),
        Row("sell", date(2024, 2, 17), "s1", shares=Fraction(1), usd=Fraction(10), sequence=1, lots=(("b1", None),)),
        Row("sell", date(2024, 3, 4), "s0", shares=Fraction(4), usd=Fraction(16), lots=(("b0", None),)),
    ]
    whole, cut = replayed(rows, Rules()), replayed(in_two(rows, rows[1]), Rules())
    assert totals(whole) == (7, 0, -19)
    assert totals(cut) == (8, 0, -19)


@given(draws, st.sampled_from([Fraction(2), Fraction(7, 3), Fraction(1, 4)]))
def test_a_split_between_trades_changes_no_gain_and_no_wash(draw: random.Random, ratio: Fraction) -> None:
    rows, rules = book_of(draw)
    rows = [replace(r, on=r.on + (r.on - START)) for r in rows if r.what not in {"in", "split"}]
    rows = [replace(r, security="X", lots=()) for r in rows]
    rules = replace(rules, groups=())
    assume(rows)
    day = draw.choice(sorted({r.on for r in rows}))
    split = Row("split", day, "new split", shares=ratio)
    after = [replace(r, shares=r.shares * ratio) if r.on >= day else r for r in rows]
    try:
        plain = replayed(rows, rules)
    except InputError:
        reject()
    rescaled = replayed([*after, split], rules)
    assert totals(plain) == totals(rescaled)
    assert [(w.loss_event_id, w.disallowed_usd, w.lost_for_good) for w in plain.washes] == [
        (w.loss_event_id, w.disallowed_usd, w.lost_for_good) for w in rescaled.washes
    ]
