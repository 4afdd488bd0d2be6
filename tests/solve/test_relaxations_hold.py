"""What is said to be enough is: averages given to the nearest, and wash-sale sides beside them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.mandate import Band, EsgWish, Mandate
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.solve import solve
from di_advisor.testing.random_cases import RandomCase
from di_advisor.testing.random_full_cases import random_full_case

_MORE = 0.002


def clashing(seed: int) -> tuple[RandomCase, Mandate]:
    """An account of which a large cut of a measure is asked, under a cap or little turnover."""
    case = random_full_case(seed, names_max=30)
    g = np.random.default_rng(seed)
    measure = next(m for m in case.signals.market.esg if "carbon" in m or "impact" in m)
    wish = EsgWish(measure=measure, cut_min=float(g.uniform(0.3, 0.7)), direction=Direction.LOWER_IS_BETTER)
    mandate = Mandate(
        esg=(wish,),
        tracking_error_max=float(g.uniform(0.006, 0.015)),
        sector_band=Band.within(float(g.choice([0.03, 0.08, 1.0]))),
        turnover_max=float(g.choice([0.1, 0.4, 1.0])),
        risk_aversion=5.0,
    )
    return case, mandate


def can_be(case: RandomCase, mandate: Mandate, cut: float) -> bool:
    wish = replace(mandate.esg[0], cut_min=cut)
    try:
        solve(formulate(case.signals, mandate.with_changes(esg=(wish,)), case.tax))
    except InfeasibleError:
        return False
    return True


def enough_of(error: InfeasibleError) -> str | None:
    told = zip(error.facts["relaxations"], error.facts["enough"], strict=True)
    return next((text for text, enough in told if enough and "on the index" in text), None)


def refused(case: RandomCase, mandate: Mandate) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        solve(formulate(case.signals, mandate, case.tax))
    return caught.value


def cut_in(text: str) -> float:
    found = re.search(r"\(-([\d.]+) % on the index", text)
    assert found is not None
    return float(found.group(1)) / 100.0


@pytest.mark.parametrize("seed", [110, 115])
def test_an_average_is_given_to_the_nearest_where_coverage_differs(seed: int) -> None:
    case, mandate = clashing(seed)
    text = enough_of(refused(case, mandate))
    assert text is not None
    assert can_be(case, mandate, cut_in(text))
    assert not can_be(case, mandate, cut_in(text) + _MORE)


@pytest.mark.parametrize("seed", [107, pytest.param(96, marks=pytest.mark.slow)])
def test_what_is_enough_is_enough_beside_the_sides_of_wash_sales(seed: int) -> None:
    case, mandate = clashing(seed)
    text = enough_of(refused(case, mandate))
    assert text is not None
    assert can_be(case, mandate, cut_in(text))


def test_a_wish_whose_giving_leaves_another_conflict_is_not_said_to_be_enough() -> None:
    case, mandate = clashing(57)
    assert enough_of(refused(case, mandate)) is None
    assert not can_be(case, mandate, 0.0)
