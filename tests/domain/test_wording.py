"""One of a thing is not several, and nothing has no sign: the helpers, and the sentences that use them."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.wording import counted, signless
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.later_value import LotBudget
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.formulate.tax_rules import dollars
from di_advisor.propose.transition import PlannedStage, PlannedYear
from di_advisor.propose.transition_words import sentences
from tests.solve.staged.worlds import AS_OF

HOLDINGS = Holdings(10_000.0, 0.0, np.zeros(1), np.ones(1), np.zeros(1, np.int64), np.ones(1))


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 lots are"), (1, "1 lot is"), (2, "2 lots are"), (1200, "1,200 lots are")]
)
def test_a_number_goes_with_its_noun(number: int, said: str) -> None:
    assert counted(number, "lot is", "lots are") == said


@given(st.floats(-1e6, 1e6), st.sampled_from(["+.2f", ".2f", ",.0f", "+,.1f"]))
def test_a_sign_is_left_out_only_where_no_digit_is_left(figure: float, form: str) -> None:
    said, plain = signless(figure, form), format(figure, form)
    if float(plain.replace(",", "")) == 0:
        assert said[0] == "0"
    else:
        assert said == plain


def test_limits_on_numbers_speak_of_one() -> None:
    assert MaximumNames(HOLDINGS, 1).sentence == "At most 1 name is held after trading."
    assert MaximumNames(HOLDINGS, 7).sentence == "At most 7 names are held after trading."
    assert MaximumTrades(HOLDINGS, 1).sentence == "At most 1 name trades."
    assert MaximumTrades(HOLDINGS, 1500).sentence == "At most 1,500 names trade."


def test_a_band_around_nothing_has_no_signs() -> None:
    band = ActiveGroup(HOLDINGS, np.ones(1), -1e-9, 0.0, "sector: Energy")
    assert band.sentence == "Energy stays between 0.00 and 0.00 points of its target."
    assert replace(band, lower=-np.inf).sentence == "Energy stays at 0.00 points of its target at most."
    assert replace(band, lower=-0.02, upper=0.01).sentence == (
        "Energy stays between -2.00 and +1.00 points of its target."
    )


def test_dollars_have_their_sign_before_the_dollar_or_none() -> None:
    assert [dollars(x) for x in (-0.001, 0.0, -12.5, 1234.0)] == ["$0.00", "$0.00", "-$12.50", "$1,234.00"]
    owed = LotBudget(HOLDINGS, np.zeros(1), -0.01, "tax budget", "Tax on today's gains")
    assert owed.sentence == "Tax on today's gains is at most -$100.00."


def test_a_plan_of_one_stage_and_no_gain_reads_well() -> None:
    none = Decimal(0)
    stage = PlannedStage(AS_OF, none, none, none, none, none, none, none, 0.01, 0.01, 0.0)
    year = PlannedYear(2026, Decimal("-0.20"), none, Decimal(-100), None)
    said = sentences([stage], [year], [], [])
    assert said[0].startswith(f"The account moves in 1 stage, on {AS_OF}:")
    assert said[-1] == "In 2026 the plan realises $0 of net gain; the budget is -$100."
