"""A target on a day on which some of its names do not trade: the rest of their index takes their part, nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from di_advisor.backtest.markets import tradable
from di_advisor.domain.allocation import Allocation
from di_advisor.domain.market import Market
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import IncompleteDataError
from tests.backtest.hand_past import HandPast

DAYS = (date(2024, 1, 8), date(2024, 1, 9))
LARGE = TargetComponent("large", 0.7, (IndexWeights(DAYS[0], {"A": 0.5, "B": 0.3, "C": 0.2}),))
SMALL = TargetComponent("small", 0.3, (IndexWeights(DAYS[0], {"X": 0.5, "Y": 0.5}),))
SHIFTED = Allocation(DAYS[1], {"large": 0.4, "small": 0.6})


def market(*names: str) -> Market:
    closes = dict.fromkeys(names, ("10", "10"))
    return HandPast(DAYS, closes, {DAYS[0]: dict.fromkeys(names, 1 / len(names))}).market(DAYS[1])


def test_a_change_of_allocation_holds_also_where_a_name_does_not_trade() -> None:
    target = Target((LARGE, SMALL), (SHIFTED,))
    found = tradable(target, market("A", "B", "X", "Y")).weights_on(DAYS[1])
    # C's two tenths of the large index go to A and B; the small index has the six tenths that were decided.
    assert found == pytest.approx({"A": 0.4 * 5 / 8, "B": 0.4 * 3 / 8, "X": 0.3, "Y": 0.3})
    assert tradable(target, market("A", "B", "C", "X", "Y")) is target


def test_an_index_without_a_part_of_the_account_needs_no_prices_and_one_with_a_part_does() -> None:
    gone = Target((LARGE, SMALL), (Allocation(DAYS[1], {"large": 1.0, "small": 0.0}),))
    assert tradable(gone, market("A", "B")).weights_on(DAYS[1]) == pytest.approx({"A": 5 / 8, "B": 3 / 8})
    with pytest.raises(IncompleteDataError, match="No name of small has a price on 2024-01-09"):
        tradable(Target((LARGE, SMALL), (SHIFTED,)), market("A", "B"))
