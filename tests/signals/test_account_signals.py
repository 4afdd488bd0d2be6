"""Account signals: arrays, masks and locks of one account."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import AccountSignals, LockKind
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.signals import estimate, estimate_account, estimate_market
from di_advisor.testing import lots, portfolio
from tests.signals.small_world import AS_OF, SmallWorld

BOOK = """
    GAIN   10 IBM  @ 200.00 on 2020-01-02
    LOSS   10 IBM  @ 300.00 on 2026-01-05
    OTHER   4 MSFT @ 600.00 on 2025-11-20
"""


def signals_of(
    world: SmallWorld, book: Portfolio, mandate: Mandate | None = None, account_id: str = "account"
) -> AccountSignals:
    market = estimate_market(world.market, world.risk, world.costs)
    return estimate_account(book, account_id, market, world.target, mandate or Mandate())


def locked_names(signals: AccountSignals, kind: LockKind) -> set[str]:
    return {lock.security_id for lock in signals.locks if lock.kind is kind and not lock.lot_id}


def locked_lots(signals: AccountSignals, kind: LockKind) -> list[str]:
    return [lock.lot_id for lock in signals.locks if lock.kind is kind and lock.lot_id]


def test_lots_become_aligned_arrays(small_world: SmallWorld) -> None:
    signals = signals_of(small_world, portfolio(BOOK, cash_usd="1000.25"))
    assert [x.lot_id for x in signals.lots] == ["GAIN", "LOSS", "OTHER"]
    assert signals.lot_name.tolist() == [2, 2, 4]
    assert signals.lot_value_usd.tolist() == [2501.0, 2501.0, 2000.0]
    assert signals.lot_gain_usd.tolist() == [501.0, -499.0, -400.0]
    assert signals.lot_long_term.tolist() == [True, False, False]
    assert signals.lot_known.all()
    assert signals.lot_sellable.all()
    assert signals.continuation_usd.tolist() == [0.0, 0.0, 0.0]
    assert signals.value_usd == 8002.25
    assert signals.cash_usd == Decimal("1000.25")
    assert signals.held_usd().tolist() == [0.0, 0.0, 5002.0, 0.0, 2000.0]
    assert signals.can_buy.all()
    assert signals.can_sell.all()
    assert signals.locks == ()
    assert signals.kind is AccountKind.TAXABLE


def test_an_account_of_cash_alone_has_no_lots(small_world: SmallWorld) -> None:
    signals = signals_of(small_world, portfolio("", cash_usd="500"))
    assert signals.lots == ()
    assert signals.value_usd == 500.0
    assert signals.held_usd().tolist() == [0.0] * 5


def test_cash_that_comes_later_is_not_spent(small_world: SmallWorld) -> None:
    cash = (CashItem(Decimal(100), AS_OF), CashItem(Decimal(900), AS_OF + timedelta(days=1)))
    signals = signals_of(small_world, Portfolio("t", (Account("account", (), cash),)))
    assert signals.cash_usd == 100
    assert signals.value_usd == 100.0


def test_an_account_worth_nothing_is_refused(small_world: SmallWorld) -> None:
    with pytest.raises(InputError, match=r"Account account is worth 0\.0 USD"):
        signals_of(small_world, portfolio("", cash_usd="0"))


def test_lots_without_basis_or_date_are_kept_and_never_sold(small_world: SmallWorld) -> None:
    book = portfolio("A 1 IBM @ ? on 2020-01-02\nB 1 IBM @ 900 on ?\nC 1 IBM @ ? on ?\nD 1 IBM @ 900 on 2020-01-02")
    signals = signals_of(small_world, book)
    assert signals.lot_sellable.tolist() == [False, False, False, True]
    assert signals.lot_known.tolist() == [False, False, False, True]
    assert signals.value_usd == 1000.4
    assert locked_lots(signals, LockKind.NO_SELL) == ["A", "B", "C"]
    reasons = [lock.reason for lock in signals.locks]
    assert "its basis is not known" in reasons[0]
    assert "its acquisition date is not known" in reasons[1]
    assert "neither its basis nor its acquisition date is known" in reasons[2]


def test_a_position_without_a_price_is_listed_and_left_alone(
    world_without_a_price_of_fox: SmallWorld,
) -> None:
    book = portfolio("A 1 FOX @ 90 on 2020-01-02\nB 1/3 FOX @ 90 on 2020-01-02\nC 1 IBM @ 90 on 2020-01-02")
    signals = signals_of(world_without_a_price_of_fox, book)
    (position,) = signals.unpriced
    assert position.security_id == "FOX"
    assert position.shares * 3 == 4
    assert [x.lot_id for x in signals.lots] == ["C"]
    assert signals.value_usd == 250.1


def test_a_held_name_that_nobody_knows_is_refused_with_its_id(small_world: SmallWorld) -> None:
    book = portfolio("A 1 NOBODY @ 90 on 2020-01-02\nB 1 IBM @ 90 on 2020-01-02")
    with pytest.raises(UnknownSecurityError, match=r"Account account names 1 security .*: NOBODY"):
        signals_of(small_world, book)


def test_another_account_may_hold_what_the_market_does_not_know(small_world: SmallWorld) -> None:
    book = portfolio(BOOK)
    other = Account("elsewhere", lots("X 1 NOBODY @ 9 on 2020-01-02", account_id="elsewhere"))
    signals = signals_of(small_world, replace(book, accounts=(*book.accounts, other)))
    assert signals.accounts_seen == ("account", "elsewhere")


def test_target_weights_are_aligned_and_keep_their_sum(small_world: SmallWorld) -> None:
    path = (
        IndexWeights(date(2020, 1, 1), {"MSFT": 1.0}),
        IndexWeights(date(2026, 11, 20), {"MSFT": 0.3, "GOOG": 0.7}),
        IndexWeights(date(2026, 11, 21), {"NOBODY": 1.0}),
    )
    target = Target((TargetComponent("a", 0.5, path), TargetComponent("b", 0.5, path[:1])))
    signals = signals_of(replace(small_world, target=target), portfolio(BOOK))
    np.testing.assert_allclose(signals.target_weight, [0.35, 0.0, 0.0, 0.0, 0.65])


def test_a_target_that_names_what_cannot_be_bought_is_refused_and_says_which_and_why(
    world_without_a_price_of_fox: SmallWorld,
) -> None:
    weights = {"IBM": 0.5, "FOX": 0.3, "NOBODY": 0.2, "GONE": 0.0}
    world = replace(world_without_a_price_of_fox, target=Target.single("x", weights, date(2020, 1, 1)))
    with pytest.raises(UnknownSecurityError) as caught:
        signals_of(world, portfolio(BOOK))
    assert "2 securities" in str(caught.value)
    assert "unknown to the market: NOBODY" in str(caught.value)
    assert "without a price on 2026-11-20: FOX" in str(caught.value)
    assert caught.value.facts["unpriced"] == ["FOX"]
    assert caught.value.facts["unknown"] == ["NOBODY"]


def test_the_mandates_lists_become_masks_with_reasons(small_world: SmallWorld) -> None:
    mandate = Mandate(
        do_not_buy=frozenset({"GOOG", "NOT-HERE"}), do_not_sell=frozenset({"IBM"}), do_not_hold=frozenset({"FOX"})
    )
    signals = signals_of(small_world, portfolio(BOOK), mandate)
    assert signals.can_buy.tolist() == [False, True, True, False, True]
    assert signals.can_sell.tolist() == [True, True, False, True, True]
    assert signals.lot_sellable.tolist() == [False, False, True]
    assert [lock.reason for lock in signals.locks] == [
        "The mandate says not to buy T-GOOG.",
        "The mandate says not to hold T-FOX.",
        "The mandate says not to sell T-IBM.",
    ]


@pytest.mark.parametrize("field", ["do_not_buy", "do_not_sell", "do_not_hold"])
def test_a_ticker_where_an_id_is_meant_is_refused(small_world: SmallWorld, field: str) -> None:
    mandate = Mandate().with_changes(**{field: frozenset({"T-IBM"})})
    with pytest.raises(InputError, match="'T-IBM', the ticker of IBM; security ids are meant"):
        signals_of(small_world, portfolio(BOOK), mandate)


@pytest.mark.parametrize(("min_days", "sellable"), [(0, True), (5, True), (6, False)])
def test_a_lot_is_kept_for_the_mandates_days(small_world: SmallWorld, min_days: int, sellable: bool) -> None:
    book = portfolio("A 1 IBM @ 90 on 2026-11-15")
    signals = signals_of(small_world, book, Mandate(min_holding_days=min_days))
    assert signals.lot_sellable.tolist() == [sellable]
    if not sellable:
        (lock,) = signals.locks
        assert lock.until == AS_OF
        assert "First day to sell: 2026-11-21" in lock.reason


def test_a_loss_lot_is_locked_by_a_recent_purchase_and_a_gain_lot_is_not(small_world: SmallWorld) -> None:
    signals = signals_of(small_world, portfolio(f"{BOOK}\nNEW 1 IBM @ 260.00 on 2026-11-01"))
    assert signals.lot_sellable.tolist() == [True, False, True, True]
    assert locked_lots(signals, LockKind.NO_LOSS_SALE) == ["LOSS"]
    (lock,) = signals.locks
    assert lock.until == date(2026, 12, 1)
    assert "T-IBM (lot NEW) were bought" in lock.reason


def test_a_name_sold_at_a_loss_is_not_bought_and_neither_is_its_other_class(small_world: SmallWorld) -> None:
    sale = Fill("GOOG", Side.SELL, Decimal(1), AS_OF - timedelta(days=30), Decimal(-1))
    signals = signals_of(small_world, portfolio(BOOK, fills=[sale]))
    assert signals.can_buy.tolist() == [False, False, True, True, True]
    assert locked_names(signals, LockKind.NO_BUY) == {"GOOG", "GOOGL"}
    later = replace(sale, on=AS_OF - timedelta(days=31))
    assert signals_of(small_world, portfolio(BOOK, fills=[later])).can_buy.all()


def test_a_class_without_a_price_still_counts_as_identical(small_world: SmallWorld) -> None:
    unpriced = replace(small_world.market, price_usd=(None, *small_world.market.price_usd[1:]))
    target = Target.single("one", {"IBM": 1.0}, date(2020, 1, 1))
    world = replace(small_world, market=unpriced, target=target)
    sale = Fill("GOOG", Side.SELL, Decimal(1), AS_OF, Decimal(-1))
    signals = signals_of(world, portfolio(BOOK, fills=[sale]))
    assert locked_names(signals, LockKind.NO_BUY) == {"GOOGL"}


@pytest.mark.parametrize("kind", [AccountKind.IRA, AccountKind.ROTH])
def test_nothing_is_taxed_or_loss_locked_in_a_retirement_account(small_world: SmallWorld, kind: AccountKind) -> None:
    book = portfolio(f"{BOOK}\nNEW 1 IBM @ 260.00 on 2026-11-01\nOLD 1 IBM @ ? on ?", kind=kind)
    signals = signals_of(small_world, book)
    assert signals.kind is kind
    assert signals.lot_gain_usd.tolist() == [0.0] * 5
    assert signals.lot_sellable.all()
    assert signals.lot_known.all()
    assert signals.locks == ()


def test_a_loss_in_the_taxable_account_locks_the_purchase_in_the_retirement_account(small_world: SmallWorld) -> None:
    taxable = Account("main", fills=(Fill("IBM", Side.SELL, Decimal(1), AS_OF, Decimal(-1)),))
    ira = Account("ira", cash=(CashItem(Decimal(100), AS_OF),), kind=AccountKind.IRA)
    signals = signals_of(small_world, Portfolio("t", (taxable, ira)), account_id="ira")
    assert signals.can_buy.tolist() == [True, True, False, True, True]
    assert "Accounts seen: main, ira." in signals.locks[0].reason


def test_a_lot_from_the_future_is_refused_by_name(small_world: SmallWorld) -> None:
    with pytest.raises(InputError, match=r"Lot F of IBM .* after the tax date 2026-11-20"):
        signals_of(small_world, portfolio("F 1 IBM @ 9 on 2026-11-21"))


def test_an_unknown_account_is_refused_and_those_there_are_named(small_world: SmallWorld) -> None:
    with pytest.raises(InputError, match=r"no account 'x'.*account"):
        signals_of(small_world, portfolio(BOOK), account_id="x")


def test_one_account_needs_no_name_and_two_do(small_world: SmallWorld) -> None:
    parts = (small_world.market, small_world.target, Mandate(), small_world.risk, small_world.costs)
    book = portfolio(BOOK)
    assert estimate(book, *parts).account.account_id == "account"
    two = replace(book, accounts=(*book.accounts, Account("second", cash=(CashItem(Decimal(5), AS_OF),))))
    with pytest.raises(InputError, match=r"has 2 accounts, and none was named.*account, second"):
        estimate(two, *parts)
    assert estimate(two, *parts, account_id="second").account.value_usd == 5.0
    with pytest.raises(InputError, match="has 0 accounts"):
        estimate(Portfolio("t"), *parts)


lines = st.lists(
    st.tuples(
        st.sampled_from(["GOOG", "GOOGL", "IBM", "FOX", "MSFT"]),
        st.sampled_from(["1", "2.5", "1/3"]),
        st.sampled_from(["50", "100", "600", "?"]),
        st.integers(0, 500),
        st.booleans(),
    ),
    max_size=10,
)
fills = st.lists(
    st.builds(
        Fill,
        st.sampled_from(["GOOG", "IBM", "FOX"]),
        st.sampled_from(Side),
        st.just(Decimal(1)),
        st.integers(-40, 40).map(lambda k: AS_OF + timedelta(days=k)),
        st.none() | st.sampled_from([Decimal(-1), Decimal(1)]),
    ),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines, fills, st.sets(st.sampled_from(["GOOG", "IBM", "FOX"])), st.sampled_from([0, 60]))
def test_every_mask_is_false_exactly_where_a_lock_says_so(
    small_world: SmallWorld,
    rows: list[tuple[str, str, str, int, bool]],
    trades: list[Fill],
    wished: set[str],
    min_days: int,
) -> None:
    text = "\n".join(
        f"L{i} {shares} {name} @ {price} on {'?' if undated else AS_OF - timedelta(days=age)}"
        for i, (name, shares, price, age, undated) in enumerate(rows)
    )
    mandate = Mandate(do_not_buy=frozenset(wished), do_not_sell=frozenset(wished), min_holding_days=min_days)
    signals = signals_of(small_world, portfolio(text, cash_usd="100", fills=trades), mandate)
    ids = small_world.market.universe.security_ids
    no_sell = locked_names(signals, LockKind.NO_SELL)
    assert {s for s, ok in zip(ids, signals.can_buy, strict=True) if not ok} == locked_names(signals, LockKind.NO_BUY)
    assert {s for s, ok in zip(ids, signals.can_sell, strict=True) if not ok} == no_sell
    lot_locked = set(locked_lots(signals, LockKind.NO_SELL)) | set(locked_lots(signals, LockKind.NO_LOSS_SALE))
    for x, sellable, gain, known in zip(
        signals.lots, signals.lot_sellable, signals.lot_gain_usd, signals.lot_known, strict=True
    ):
        assert sellable == (x.security_id not in no_sell and x.lot_id not in lot_locked)
        assert known or not sellable
        assert x.lot_id not in locked_lots(signals, LockKind.NO_LOSS_SALE) or gain < 0
    assert signals.value_usd == pytest.approx(float(signals.lot_value_usd.sum()) + 100)
    assert np.isfinite(signals.lot_gain_usd).all()
    assert np.isfinite(signals.lot_value_usd).all()
