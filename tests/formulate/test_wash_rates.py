"""The price of a washed loss by a return: the first lost dollar's, and where the later ones save more or less."""

from decimal import Decimal

import pytest

from di_advisor.formulate import formulate
from di_advisor.formulate.schedule_d import law_of, rates_of
from di_advisor.formulate.wash_term import cost_of_waiting
from di_advisor.ledger.tax_return import ReturnInputs
from tests.solve.staged.test_priced_washes_over_stages import MANDATE, TAX, held
from tests.solve.staged.worlds import AS_OF

FILER = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(230_000), net_long_usd=Decimal(5_000))
LOST_PER_DOLLAR = 0.5  # the first name of that world: 3,000 dollars that cost 4,500, long-term


def saved_by_one_more(lost_usd: int) -> float:
    law = law_of(FILER, AS_OF)
    return float(law.at(0, -lost_usd) - law.at(0, -lost_usd - 1))


def test_a_washed_loss_is_priced_as_the_first_lost_dollar_saves_before_the_plan() -> None:
    wash = formulate(held((900.0, 0, 0), (0, 0, 0)), MANDATE, FILER).block.wash
    assert wash is not None
    by_hand = saved_by_one_more(0) * LOST_PER_DOLLAR * cost_of_waiting(MANDATE)
    assert wash.sell_price[0] == pytest.approx(by_hand, rel=1e-9)
    assert wash.sell_width[0] * held((900.0, 0, 0), (0, 0, 0)).account.value_usd == pytest.approx(900.0)
    rates = rates_of(FILER, AS_OF).loss_rates
    assert rates is not None
    assert rates.long_term == pytest.approx(saved_by_one_more(0))


def test_later_dollars_of_loss_save_more_and_then_nothing_and_the_reader_is_told() -> None:
    first, at_wages, carried = saved_by_one_more(0), saved_by_one_more(6_000), saved_by_one_more(9_000)
    assert carried == 0.0 < first < at_wages
    told = formulate(held((900.0, 0, 0), (0, 0, 0)), MANDATE, FILER).notes
    assert sum("the next dollar of loss would save on the return before this plan" in note for note in told) == 1
    plain = formulate(held((900.0, 0, 0), (0, 0, 0)), MANDATE, TAX).notes
    assert not any("before this plan" in note for note in plain)
    assert any("Wash sales are priced, not banned" in note for note in plain)
    unwashed = formulate(held((0, 0, 0), (0, 0, 0)), MANDATE, FILER).notes
    assert not any("before this plan" in note for note in unwashed)
