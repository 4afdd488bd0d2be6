"""The ledger and the naive implementation agree piece by piece, on thousands of random books."""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.wash.books_of_rows import pieces_of_books, pieces_of_naive, replayed
from tests.ledger.wash.naive import Naive, Row, Rules
from tests.ledger.wash.random_rows import random_rows, random_rules

BATCH = 500


def assert_they_agree(rows: list[Row], rules: Rules) -> int:
    books, naive = replayed(rows, rules), Naive(rules).run(rows)
    ours, theirs = pieces_of_books(books), pieces_of_naive(naive)
    assert ours == theirs, (rules, rows, sorted(map(str, ours - theirs)), sorted(map(str, theirs - ours)))
    assert books.disallowed_usd == sum(p.disallowed for p in naive.pieces)
    assert books.lost_for_good_usd == sum(p.disallowed for p in naive.pieces if p.lost)
    return len(books.washes)


@pytest.mark.parametrize("batch", range(6))
def test_seeded_books_agree_piece_by_piece(batch: int) -> None:
    matches = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        draw = random.Random(seed)  # noqa: S311
        rules = random_rules(draw)
        matches += assert_they_agree(random_rows(draw, rules), rules)
    assert matches > BATCH, "the random books have become too tame to prove anything"


def test_long_books_agree_piece_by_piece() -> None:
    for seed in range(40):
        draw = random.Random(f"long {seed}")  # noqa: S311
        rules = random_rules(draw)
        assert_they_agree(random_rows(draw, rules, most=60), rules)


@given(st.randoms(use_true_random=False))
def test_any_book_agrees_piece_by_piece(draw: random.Random) -> None:
    rules = random_rules(draw)
    assert_they_agree(random_rows(draw, rules, most=10), rules)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)), min_size=2, max_size=7))
@settings(max_examples=60)
def test_losses_of_one_date_that_replace_each_other_come_to_an_end(lots: list[tuple[int, int, int]]) -> None:
    rows = []
    for n, (cost, price, shares) in enumerate(lots):
        base = {"shares": Fraction(shares), "sequence": n}
        rows.append(Row("buy", date(2024, 3, 1), f"b{n}", usd=Fraction(cost * shares), **base))
        named = ((f"b{n}", None),)
        rows.append(Row("sell", date(2024, 3, 5), f"s{n}", usd=Fraction(price * shares), lots=named, **base))
    books = replayed(rows, Rules())
    assert_they_agree(rows, Rules())
    replaced = sum((r.shares for r in books.realized if r.is_replacement), Fraction(0))
    assert replaced == sum((w.loss_shares for w in books.washes), Fraction(0)), "each share replaces at most once"


def test_a_loss_that_arises_takes_its_place_before_the_rest_of_a_later_one() -> None:
    """The loss of 20 shares first takes 10 that were sold before it: their loss is the earlier one from then on."""
    day = date(2024, 1, 2)
    rows = [
        Row("buy", day, "old", shares=Fraction(20), usd=Fraction(200)),
        Row("buy", date(2024, 3, 1), "first", shares=Fraction(10), usd=Fraction(50), sequence=1),
        Row("sell", date(2024, 3, 4), "sold", shares=Fraction(10), usd=Fraction(60), lots=(("first", None),)),
        Row("buy", date(2024, 3, 5), "second", shares=Fraction(10), usd=Fraction(50)),
        Row("sell", date(2024, 3, 6), "loss", shares=Fraction(20), usd=Fraction(120), lots=(("old", None),)),
    ]
    books = replayed(rows, Rules())
    assert_they_agree(rows, Rules())
    # 10 of the 20 are washed by "first", whose gain of 10 becomes a loss of 30; that one is washed by "second".
    assert [(w.loss_event_id, w.replacement_purchase_id) for w in books.washes] == [
        ("loss", "first"),
        ("sold", "second"),
    ]
    assert [w.disallowed_usd for w in books.washes] == [40, 30]
    in_two = [replace(r, name=f"loss {n}", shares=Fraction(10), usd=Fraction(60), sequence=n,
                      lots=(("old", Fraction(10)),)) for n, r in enumerate([rows[4]] * 2)]  # fmt: skip
    assert replayed(rows[:4] + in_two, Rules()).disallowed_usd == books.disallowed_usd


def test_fills_of_one_order_replace_as_one_purchase_held_shares_first() -> None:
    rows = [
        Row("buy", date(2024, 1, 2), "old", shares=Fraction(10), usd=Fraction(200)),
        Row("buy", date(2024, 3, 1), "fill 1", shares=Fraction(10), usd=Fraction(100), purchase="order"),
        Row("buy", date(2024, 3, 1), "fill 2", shares=Fraction(10), usd=Fraction(100), purchase="order", sequence=1),
        Row("sell", date(2024, 3, 2), "gain", shares=Fraction(10), usd=Fraction(150), lots=(("fill 1", None),)),
        Row("sell", date(2024, 3, 3), "loss", shares=Fraction(10), usd=Fraction(100), lots=(("old", None),)),
    ]
    (match,) = replayed(rows, Rules()).washes
    assert match.replacement_lot_id == "fill 2"
    assert_they_agree(rows, Rules())


def test_pieces_of_a_moved_lot_keep_ids_of_their_own() -> None:
    rules = Rules((("A", "taxable"), ("C", "taxable")))
    rows = [
        Row("buy", date(2024, 1, 2), "old", shares=Fraction(4), usd=Fraction(80)),
        Row("buy", date(2024, 3, 1), "new", shares=Fraction(10), usd=Fraction(100)),
        Row("sell", date(2024, 3, 2), "loss", shares=Fraction(4), usd=Fraction(40), lots=(("old", None),)),
        Row("move", date(2024, 3, 5), "move", shares=Fraction(4), to="C", lots=(("new~1", None),)),
        Row("buy", date(2024, 3, 6), "far", account="C", shares=Fraction(2), usd=Fraction(60)),
        Row("sell", date(2024, 3, 6), "again", account="C", shares=Fraction(2), usd=Fraction(10), method="lifo"),
    ]
    books = replayed(rows, rules)
    held = [(b.lot.account_id, b.lot.lot_id) for b in books.lots]
    assert len(set(held)) == len(held), held
    assert_they_agree(rows, rules)
