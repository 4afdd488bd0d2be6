"""Sales and buys as columns are, share by share and place by place, those of decimals reckoned one by one."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns, units_of_decimals
from di_advisor.domain.signals import Signals
from di_advisor.propose.order_columns import OrderColumns, TradedShares, buys_of, sells_of
from di_advisor.propose.rounded import _by_lot
from di_advisor.propose.sale_curve import SaleCurve

_DAY = date(2025, 1, 2).toordinal()
_STEPS = [Decimal(1), Decimal(100), Decimal("0.0001"), Decimal("0.01")]
_SHARES = st.one_of(
    st.integers(1, 900).map(str), st.decimals("0.001", 900, places=3).map(str), st.sampled_from(["5.0", "12.50"])
)


def _signals(shares: list[str], names: list[int], prices: list[str]) -> Signals:
    ids = [f"L{i}" for i in range(len(shares))]
    columns = (ids, ["S"] * len(ids), shares, ["10.00"] * len(ids), [_DAY] * len(ids), [None] * len(ids))
    lots = LotColumns.of("A", cast(Any, columns))
    assert lots is not None
    price_usd = tuple(map(Decimal, prices))
    account = SimpleNamespace(lots=lots, lot_name=np.array(names))
    market = SimpleNamespace(price_usd=price_usd, price_units=units_of_decimals(price_usd))
    return cast(Signals, SimpleNamespace(account=account, market=market))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[str], list[int], list[float], list[float], Decimal]:
    lots = draw(st.integers(1, 8))
    shares = draw(st.lists(_SHARES, min_size=lots, max_size=lots))
    names = sorted(draw(st.lists(st.integers(0, 3), min_size=lots, max_size=lots)))
    slopes = draw(st.lists(st.sampled_from([-0.2, 0.0, 0.1]), min_size=lots, max_size=lots))
    step = draw(st.sampled_from(_STEPS))
    most = 2_000 / float(step)
    count = st.one_of(st.just(0.0), st.just(np.inf), st.integers(1, int(most)).map(float))
    return shares, names, slopes, draw(st.lists(count, min_size=4, max_size=4)), step


@given(_cases())
def test_sales_are_those_of_decimals_one_by_one(
    case: tuple[list[str], list[int], list[float], list[float], Decimal],
) -> None:
    shares, names, slopes, counts, step = case
    signals = _signals(shares, names, ["10.01", "38", "7.5", "0.003"])
    sale = SaleCurve.of(np.array(names), np.ones(len(names)), np.array(slopes))
    found = sells_of(signals, sale, np.array(counts), step)
    assert found is not None
    nothing = buys_of(np.zeros(0, np.int64), np.zeros(0, np.int64), step, signals.market.price_units)
    assert nothing is not None
    column, traded = found, TradedShares(OrderColumns(found, nothing))
    expected = _by_lot(sale, np.array(counts), step, signals)
    assert [(i, str(n)) for i, n in traded.sells.items()] == [(i, str(n)) for i, n in expected.items()]
    assert (traded.is_empty, traded.sold_at.tolist()) == (not expected, list(expected))
    assert column.at.tolist() == list(expected)
    scale = 10**column.shares.places
    assert [Decimal(c) / scale for c in column.shares.count.tolist()] == list(expected.values())
    prices = [signals.market.price_usd[names[i]] for i in expected]
    usd = [n * p for n, p in zip(expected.values(), prices, strict=True)]
    assert [Decimal(c).scaleb(-column.usd.places) for c in column.usd.count.tolist()] == usd
    assert column.whole.tolist() == [n == Decimal(shares[i]) for i, n in expected.items()]
    assert not column.oversold()


def test_more_than_a_lot_holds_is_noticed() -> None:
    signals = _signals(["5", "7"], [0, 1], ["10", "20"])
    sale = SaleCurve.of(np.array([0, 1]), np.ones(2), np.zeros(2))
    column = sells_of(signals, sale, np.array([5.0, 7.0]), Decimal(1))
    assert column is not None
    column.shares.count[1] = 8
    assert column.oversold()


def test_what_does_not_fit_has_no_columns() -> None:
    signals = _signals(["5"], [0], ["123456789012.01"])
    sale = SaleCurve.of(np.array([0]), np.ones(1), np.zeros(1))
    assert sells_of(signals, sale, np.array([np.inf]), Decimal("0.0001")) is None
    assert buys_of(np.array([0]), np.array([10**12]), Decimal("0.0001"), signals.market.price_units) is None
    signals.account.lots = (signals.account.lots[0],)  # type: ignore[misc]
    assert sells_of(signals, sale, np.array([1.0]), Decimal(1)) is None


def test_buys_are_counts_of_steps() -> None:
    prices = units_of_decimals([Decimal(38), Decimal("10.01")])
    column = buys_of(np.array([1]), np.array([3]), Decimal(100), prices)
    assert column is not None
    assert (column.shares.count.tolist(), column.shares.places) == ([300], 0)
    assert column.cents.tolist() == [300_300]
    assert column.weights(2, 1000.0).tolist() == [0.0, 3.003]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=5), st.sampled_from(_STEPS))
def test_buys_read_as_steps_times_their_number(steps: list[int], step: Decimal) -> None:
    prices = units_of_decimals([Decimal("0.01")] * len(steps))
    sale = SaleCurve.of(np.zeros(1, np.int64), np.ones(1), np.zeros(1))
    none = sells_of(_signals(["5"], [0], ["10"]), sale, np.zeros(1), step)
    column = buys_of(np.arange(len(steps)), np.array(steps), step, prices)
    assert none is not None
    assert column is not None
    traded = TradedShares(OrderColumns(none, column))
    assert [(i, str(n)) for i, n in traded.buys.items()] == [(i, str(step * n)) for i, n in enumerate(steps)]
    assert traded.sells == {}
    assert not traded.is_empty
    assert traded.bought_at.tolist() == list(range(len(steps)))


def test_shares_in_decimals_are_those_given() -> None:
    sells, buys = {7: Decimal("1.50")}, {3: Decimal(2), 1: Decimal(4)}
    traded = TradedShares(in_decimals=(sells, buys))
    assert (traded.sells, traded.buys) == (sells, buys)
    assert (traded.sold_at.tolist(), traded.bought_at.tolist()) == ([7], [3, 1])
    assert not traded.is_empty
    assert TradedShares().is_empty
