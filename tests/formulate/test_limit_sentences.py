"""What the limits of names say, largest trades included: a conflict names them by this sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.formulate import formulate
from di_advisor.testing.random_cases import random_case


def sentence_of(mandate: Mandate) -> str:
    case = random_case(1, names=8, lots_a_name=1)
    problem = formulate(case.signals, mandate, case.tax)
    return next(r.sentence for r in problem.rules if r.name == "name limits")


def test_the_largest_trade_and_the_share_of_a_day_are_said() -> None:
    said = sentence_of(Mandate(max_trade_usd=Decimal(1000), participation_max=0.02))
    assert said.endswith("A name trades at most $1,000.00 and at most 2 % of its average day.")


@pytest.mark.parametrize("mode", [TradingMode.REBALANCE, TradingMode.LIQUIDATE])
def test_nothing_is_said_of_trades_that_nothing_limits(mode: TradingMode) -> None:
    assert "trades at most" not in sentence_of(Mandate(mode=mode))
