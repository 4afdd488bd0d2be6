"""Cents of floats are the cents of the decimals they print as."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.amounts import cents_of_parts, cents_that_add_up

floats = st.floats(-1e12, 1e12, allow_nan=False) | st.integers(-10_000, 10_000).map(lambda n: n / 1000)


@given(st.lists(floats, max_size=12), st.none() | floats)
def test_a_float_is_read_as_it_prints_and_rounded_as_exact_amounts_are(amounts, total):
    printed = [Decimal(repr(a)) for a in amounts]
    whole = None if total is None else Decimal(repr(total))
    assert cents_that_add_up(amounts, total) == cents_of_parts(printed, whole)
