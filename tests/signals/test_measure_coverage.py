"""What measures cover: by names and by weight, of the index and of the account."""

import math
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgTable
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.target import Target
from di_advisor.signals.measure_coverage import MeasureCoverage, measure_coverage
from tests.signals import small_world as world

HELD = TaxLot("1", "main", "IBM", Decimal(10), Decimal(2000), date(2025, 1, 2))
OTHER = TaxLot("2", "main", "GOOG", Decimal(10), Decimal(2000), date(2025, 1, 2))
TARGET = Target.single("index", {"GOOG": 0.5, "IBM": 0.3, "FOX": 0.2}, world.AS_OF)


def covered(values: dict[str, float]) -> MeasureCoverage:
    table = EsgTable((EsgMeasure("score", values, Direction.HIGHER_IS_BETTER, "Someone", unit="pt"),))
    portfolio = Portfolio("me", (Account("main", lots=(HELD, OTHER)),))
    (found,) = measure_coverage(table, world.market(dict(world.PRICES)), TARGET, portfolio, "main")
    return found


def test_coverage_is_of_the_weight_and_averages_are_over_what_is_covered() -> None:
    found = covered({"GOOG": 40.0, "FOX": 75.0, "MSFT": 99.0})
    assert (found.names, found.covered) == (3, 2)
    assert found.index_coverage == pytest.approx(0.7)
    assert found.index_average == pytest.approx((0.5 * 40 + 0.2 * 75) / 0.7)
    assert found.account_coverage == pytest.approx(1000 / 3501)
    assert found.account_average == pytest.approx(40.0)
    assert (found.lowest, found.highest) == (40.0, 75.0)  # what is not in the index counts for nothing


def test_a_measure_that_covers_nothing_has_no_average() -> None:
    found = covered({"MSFT": 99.0})
    assert (found.covered, found.index_coverage, found.account_coverage) == (0, 0.0, 0.0)
    assert all(math.isnan(x) for x in (found.index_average, found.account_average, found.lowest, found.highest))


def test_arrays_without_a_scale_say_no_direction() -> None:
    portfolio = Portfolio("me", (Account("main", lots=(HELD,)),))
    market = world.market(dict(world.PRICES))
    (found,) = measure_coverage({"score": np.arange(5.0)}, market, TARGET, portfolio, "main")
    assert (found.direction, found.unit, found.covered) == (None, "", 3)
