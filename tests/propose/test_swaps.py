"""Swaps: every sale's parts are its value, every purchase's too, and all benefits are the plan's."""

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.propose.swaps import swap_of, swaps
from tests.report.fakes import NASTY, trade

ZERO = Decimal(0)


def trades(seed: int, sales: int, buys: int) -> list[Trade]:
    rng = random.Random(seed)  # noqa: S311 - made-up figures
    sides = [Side.SELL] * sales + [Side.BUY] * buys
    return [trade(rng, i, side, NASTY[i % len(NASTY)]) for i, side in enumerate(sides)]


@given(st.integers(0, 10_000), st.integers(0, 9), st.integers(0, 9))
def test_dollars_and_benefits_add_up_to_the_cent(seed: int, sales: int, buys: int) -> None:
    made = trades(seed, sales, buys)
    by_sale, by_buy = swaps(made)
    assert [s.trade for s in (*by_sale, *by_buy)] == made
    for swap in (*by_sale, *by_buy):
        assert sum((leg.amount_usd for leg in swap.legs), swap.cash_usd) == swap.trade.value_usd
        assert swap.cash_usd >= 0
        assert all(leg.amount_usd > 0 and leg.trade.side is not swap.trade.side for leg in swap.legs)
    met = {(s.trade.security_id, leg.trade.security_id): leg.amount_usd for s in by_sale for leg in s.legs}
    assert met == {(leg.trade.security_id, b.trade.security_id): leg.amount_usd for b in by_buy for leg in b.legs}
    whole = sum((t.benefit_usd for t in made), ZERO)
    from_cash = sum((b.trade.benefit_usd for b in by_buy), ZERO) - sum(
        (leg.benefit_usd for s in by_sale for leg in s.legs), ZERO
    )
    assert sum((s.benefit_usd for s in by_sale), from_cash) == whole
    assert not (any(s.cash_usd for s in by_sale) and any(b.cash_usd for b in by_buy))


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 8))
def test_a_sector_meets_itself_first(seed: int, sales: int, buys: int) -> None:
    made = trades(seed, sales, buys)
    by_sale, _ = swaps(made)
    for sector in {t.sector for t in made}:
        sold = sum((t.value_usd for t in made if t.sector == sector and t.side is Side.SELL), ZERO)
        bought = sum((t.value_usd for t in made if t.sector == sector and t.side is Side.BUY), ZERO)
        inside = sum((s.same_sector_usd for s in by_sale if s.trade.sector == sector), ZERO)
        assert inside == min(sold, bought)


@given(st.integers(0, 10_000), st.integers(0, 9), st.integers(0, 9))
def test_one_trade_asked_for_alone_has_the_swap_it_has_among_all(seed: int, sales: int, buys: int) -> None:
    made = trades(seed, sales, buys)
    by_sale, by_buy = swaps(made)
    assert [swap_of(made, s.trade) for s in (*by_sale, *by_buy)] == [s if s.legs else None for s in (*by_sale, *by_buy)]


def test_cents_between_equal_parts_go_to_the_first_ones() -> None:
    made = trades(3, 1, 3)
    sale = replace(made[0], value_usd=Decimal("900.00"), dollars={"tax": Decimal("-1.00")}, sector="Energy")
    buys = [
        replace(t, value_usd=Decimal("300.00"), sector="Energy", security_id=f"B{i}") for i, t in enumerate(made[1:])
    ]
    _, by_buy = swaps([sale, *buys])
    assert [b.legs[0].benefit_usd for b in by_buy] == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]


def test_a_trade_without_a_counterpart_has_no_swap() -> None:
    made = trades(1, 3, 0)
    assert swap_of(made, made[0]) is None


def test_a_sentence_names_the_largest_counterparts_and_the_rest_as_one() -> None:
    made = trades(4, 1, 6)
    swap = swap_of(made, made[0])
    assert swap is not None
    assert swap.legs[0].trade.ticker in swap.sentence
    assert f"of ${made[0].value_usd:,} stay in the sector" in swap.sentence
