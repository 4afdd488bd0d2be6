"""Lots become arrays: exact first, rounded once, equal to what fractions say."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns, units_of_decimals
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.signals.lot_arrays import arrays_of_columns, lot_arrays
from di_advisor.testing import lot, lots

TODAY = date(2026, 11, 20)

decimals = st.decimals("0.0001", "1e9", allow_nan=False, allow_infinity=False, places=4)
fractions = st.fractions(Fraction(1, 999), 10**6, max_denominator=999)


@st.composite
def a_lot_and_its_price(draw: st.DrawFn) -> tuple[TaxLot, Decimal]:
    basis = draw(st.none() | st.just(Decimal(0)) | decimals | fractions)
    acquired = draw(st.none() | st.integers(0, 900).map(lambda k: TODAY - timedelta(days=k)))
    shares = draw(decimals | fractions)
    return TaxLot("L", "a", "X", shares, basis, acquired, None, LotState.of(basis, acquired)), draw(decimals)


@given(st.lists(a_lot_and_its_price(), max_size=12))
def test_values_gains_terms_and_the_total_equal_what_fractions_say(rows: list[tuple[TaxLot, Decimal]]) -> None:
    held = [row[0] for row in rows]
    arrays = lot_arrays(held, [row[1] for row in rows], TODAY)
    total = Fraction(0)
    for i, (x, price) in enumerate(rows):
        value = Fraction(x.shares) * Fraction(price)
        total += value
        assert arrays.value_usd[i] == float(value)
        assert arrays.known[i] == x.known
        gain = value - Fraction(x.basis_total_usd) if x.known and x.basis_total_usd is not None else Fraction(0)
        assert arrays.gain_usd[i] == float(gain)
        assert np.sign(arrays.gain_usd[i]) == (gain > 0) - (gain < 0)
        assert arrays.long_term[i] == (x.acquired is not None and is_long_term(x.acquired, TODAY))
    assert arrays.total_value_usd == total


def test_a_loss_far_below_float_precision_is_still_a_loss() -> None:
    # In floats 3 x 1e9 - (3e9 + 1e-9) is zero.
    x = TaxLot("L", "a", "X", Decimal(3), Decimal("3000000000.000000001"), TODAY)
    arrays = lot_arrays([x], [Decimal(10) ** 9], TODAY)
    assert arrays.gain_usd.tolist() == [-1e-9]


def test_the_longest_figures_that_the_ledger_takes_are_not_rounded_on_the_way() -> None:
    x = TaxLot("L", "a", "X", Decimal("1." + "3" * 27), Decimal("9." + "7" * 27), TODAY)
    price = Decimal("1." + "1" * 27)
    arrays = lot_arrays([x], [price], TODAY)
    assert arrays.total_value_usd == Fraction(x.shares) * Fraction(price)
    assert arrays.gain_usd[0] == float(arrays.total_value_usd - Fraction(x.basis_total_usd or 0))


def test_the_term_follows_the_holding_period_and_not_the_purchase() -> None:
    held = lots(
        """
        BOUGHT 1 X @ 1 on 2025-11-20
        TACKED 1 X @ 1 on 2025-11-20 since 2025-11-18
        """
    )
    assert lot_arrays(held, [Decimal(1)] * 2, TODAY).long_term.tolist() == [False, True]


def test_a_lot_without_basis_or_date_has_no_gain_and_is_not_known() -> None:
    held = lots(
        """
        A 1 X @ ? on 2020-01-02
        B 1 X @ 9.00 on ?
        C 1 X @ ? on ?
        D 1 X @ 9.00 on 2020-01-02
        """
    )
    arrays = lot_arrays(held, [Decimal(10)] * 4, TODAY)
    assert arrays.gain_usd.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert arrays.known.tolist() == [False, False, False, True]
    assert arrays.long_term.tolist() == [True, False, False, True]
    assert arrays.total_value_usd == 40


def test_no_lots_make_empty_arrays() -> None:
    arrays = lot_arrays([], [], TODAY)
    assert len(arrays.value_usd) == 0
    assert arrays.total_value_usd == 0


def test_the_callers_decimal_context_does_not_matter() -> None:
    x = lot("L 3 X @ 0.333333 on 2020-01-02")
    with localcontext(prec=2):
        arrays = lot_arrays([x], [Decimal("1.23456789")], TODAY)
    assert arrays.total_value_usd == Fraction("3.70370367")


_ROWS = st.tuples(
    st.decimals("0.01", 10**5, places=2), st.decimals("0.01", 10**8, places=2), st.integers(0, 900), st.integers(0, 2)
)
_PRICES = st.lists(st.decimals("0.01", 10**4, places=2), min_size=3, max_size=3)


def _columns(rows: list[tuple[Decimal, Decimal, int, int]]) -> LotColumns:
    days = [(TODAY - timedelta(days=ago)).toordinal() for _, _, ago, _ in rows]
    names = [f"S{name}" for *_, name in rows]
    amounts = ([str(row[k]) for row in rows] for k in (0, 1))
    found = LotColumns.of("a", [[f"L{i}" for i in range(len(rows))], names, *amounts, days, [None] * len(rows)])
    assert found is not None
    return found


@given(st.lists(_ROWS, max_size=12), _PRICES)
def test_columns_give_the_same_floats_to_the_last_bit(
    rows: list[tuple[Decimal, Decimal, int, int]], prices: list[Decimal]
) -> None:
    held, name = _columns(rows), np.array([row[3] for row in rows], dtype=np.int64)
    found = arrays_of_columns(held, units_of_decimals(prices), name, TODAY)
    assert found is not None
    expected = lot_arrays(tuple(held), [prices[i] for i in name.tolist()], TODAY)
    for field in ("value_usd", "gain_usd", "long_term", "known"):
        one, other = getattr(found, field), getattr(expected, field)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    assert found.total_value_usd == expected.total_value_usd


def test_columns_that_whole_numbers_cannot_hold_are_left_to_decimals() -> None:
    held, name = _columns([(Decimal("99999.99"), Decimal(10), 5, 0)]), np.zeros(1, dtype=np.int64)
    assert arrays_of_columns(held, units_of_decimals([Decimal("9999999999.99")]), name, TODAY) is None
    assert arrays_of_columns(held, units_of_decimals([Decimal("1." + "1" * 20)]), name, TODAY) is None
    assert arrays_of_columns(tuple(held), units_of_decimals([Decimal(2)]), name, TODAY) is None
