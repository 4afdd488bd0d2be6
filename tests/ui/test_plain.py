"""Values travel as plain data and come back equal; nothing else comes back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.runs import FileSource
from di_advisor.ui.plain import plain, restored
from tests.report.fakes import proposal

DAY = date(2026, 3, 31)
LOTS = (
    TaxLot("L1", "a", "S1", Fraction(1, 3), Decimal("12.50"), DAY),
    TaxLot("L2", "a", "S1", Decimal(3), None, DAY, state=LotState.BASIS_PENDING),
)
VALUES = [
    proposal(5, 4),
    Mandate(do_not_buy=frozenset({"S1", "@"}), factor_bands={"@": Band.within(0.1)}, rounding=Rounding.FRACTIONAL),
    Portfolio("p", (Account("a", LOTS, (CashItem(Decimal(7), DAY),), (Fill("S1", Side.BUY, Decimal(2), DAY),)),)),
    datetime(2026, 3, 31, 21, tzinfo=UTC),
    FileSource(Path("lots.csv"), Path("prices.csv"), Path("/elsewhere/index.csv"), DAY, notation={"delimiter": ";"}),
]


def only_plain(data: Any) -> bool:
    match data:
        case dict():
            return all(type(k) is str and only_plain(v) for k, v in data.items())
        case list():
            return all(only_plain(v) for v in data)
        case _:
            return data is None or type(data) in (bool, int, float, str) or isinstance(data, np.ndarray)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_values_come_back_equal(value: Any) -> None:
    data = plain(value)
    assert only_plain(data)
    assert restored(data) == value


def test_arrays_come_back_bit_for_bit() -> None:
    universe = Universe((Security("S1"), Security("S2")))
    risk = FactorRisk(universe, ("f",), np.array([[1.0], [0.1 + 0.2]]), np.array([[0.04]]), np.array([0.01, 0.02]))
    again = restored(plain(risk))
    assert again.universe == universe
    assert again.exposures.tobytes() == risk.exposures.tobytes()


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.fractions() | st.dates() | st.text() | st.integers())
def test_exact_amounts_dates_and_text_come_back_exactly(value: Any) -> None:
    again = restored(plain(value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), lambda: 0, DAY.__class__],
    ids=["object", "array of objects", "function", "class"],
)
def test_what_is_not_a_value_is_refused_with_its_kind(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be sent"):
        plain(value)


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "di_advisor.errors:DiAdvisorError", "di_advisor.x.y:Z"]
)
def test_only_the_package_s_own_values_are_built(name: str) -> None:
    with pytest.raises((InputError, ModuleNotFoundError)):
        restored({"@": "value", "class": name, "fields": {}})


def test_a_user_s_own_dataclass_does_not_come_back() -> None:
    @dataclass
    class Mine:
        x: int

    with pytest.raises(InputError, match="not a class of di_advisor"):
        restored(plain(Mine(1)))
