"""The canonical trade history checks its columns and says what an order cost."""

import numpy as np
import pytest

from di_advisor.domain.order_types import OrderType, order_type_of
from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory
from di_advisor.errors import InputError


def columns() -> dict[str, object]:
    return {
        "order_id": ["A", "B"],
        "security_id": ["X", "Y"],
        "side": [1, -1],
        "arrival_utc": np.array(["2026-03-02T15:00:00", "2026-03-03T16:00:00"], dtype="datetime64[s]"),
        "ordered_shares": [100.0, 200.0],
        "filled_shares": [100.0, 150.0],
        "average_price_usd": [50.05, 19.98],
        "arrival_price_usd": [50.0, 20.0],
        "half_spread_bps": [2.0, 3.0],
        "volatility_daily_bps": [150.0, 180.0],
        "adv_usd": [1e8, 4e6],
    }


def test_buying_above_and_selling_below_the_arrival_price_cost_the_same_way() -> None:
    history = TradeHistory.from_columns(columns(), simulated=True)
    assert history.cost_bps == pytest.approx([10.0, 10.0])
    assert history.size_of_adv == pytest.approx([5e-5, 1e-3])


def test_what_is_not_given_is_unknown_and_not_zero() -> None:
    history = TradeHistory.from_columns(columns())
    assert np.isnan(history.decision_price_usd).all()
    assert np.isnat(history.decision_utc).all()
    assert set(history.arrival_price_source.tolist()) == {ArrivalPrice.MID_AT_ARRIVAL.value}
    assert (history.commission_usd == 0).all()


def test_some_orders_keep_what_they_are() -> None:
    history = TradeHistory.from_columns(columns(), simulated=True, provenance="made up")
    one = history.take(history.side < 0)
    assert (one.order_id.tolist(), one.simulated, one.provenance) == (["B"], True, "made up")
    assert list(history.to_frame().columns) == [*TradeHistory.columns(), "simulated"]
    own = TradeHistory.from_columns(columns())
    assert list(own.to_frame().columns) == list(TradeHistory.columns())
    assert not TradeHistory.from_frame(own.to_frame()).simulated


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"side": [1, 0]}, "neither"),
        ({"order_id": ["A", "A"]}, "more than once"),
        ({"adv_usd": [1e8, np.nan]}, "adv_usd of order B"),
        ({"half_spread_bps": [-0.5, 3.0]}, "half_spread_bps of order A"),
        ({"colour": ["red", "blue"]}, "colour"),
        ({"venue": ["one"]}, "venue"),
        ({"order_type": ["MKT", "charming"]}, "'charming' is no order type"),
    ],
)
def test_bad_columns_are_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        TradeHistory.from_columns(columns() | change)


def test_order_types_in_anybodys_words_become_one() -> None:
    history = TradeHistory.from_columns(columns() | {"order_type": ["LOC", ""]})
    assert history.order_type.tolist() == [OrderType.CLOSE_AUCTION, ""]
    assert all(order_type_of(kind) is kind for kind in OrderType)
    made = {name: getattr(history, name) for name in TradeHistory.columns()}
    with pytest.raises(InputError, match="'LOC' is no order type"):
        TradeHistory(**made | {"order_type": np.array(["LOC", ""])})


def test_a_needed_column_that_is_missing_is_named() -> None:
    given = columns()
    del given["arrival_price_usd"]
    with pytest.raises(InputError, match="arrival_price_usd"):
        TradeHistory.from_columns(given)
