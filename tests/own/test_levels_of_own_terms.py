"""An affine own term that charges for doing nothing too: its level is in every figure, or in none."""

from dataclasses import replace
from typing import Any

import cvxpy as cp
import own_wishes_under_test as wishes
import pytest

from di_advisor.domain.mandate import Rounding
from di_advisor.domain.taxes import FilingStatus
from di_advisor.formulate import formulate
from di_advisor.formulate.own import OwnWishes
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.solve import solve
from di_advisor.testing.random_cases import RandomCase, random_case

LEVELS = (-0.004, 0.004)


def level(per_weight: float) -> Any:
    """A charge on half of the names: its level is large beside what trades change of it."""
    return wishes.term(lambda s: per_weight * s.value_usd * (cp.sum(s.weights[:8])), "level")


def case_of(seed: int, value_usd: float = 1e6) -> RandomCase:
    case = random_case(seed, names=16, lots_a_name=2, styles=2, value_usd=value_usd)
    return replace(case, mandate=case.mandate.with_changes(tracking_error_max=None, rounding=Rounding.FRACTIONAL))


@pytest.mark.parametrize("per_weight", LEVELS)
def test_the_certificate_is_of_the_objective_that_the_terms_add_up_to(per_weight: float) -> None:
    case = case_of(4)
    planned = plan_for(case.signals, case.mandate, case.tax, Clock(silent), never, OwnWishes((level(per_weight),)))
    certificate, block = planned.proposal.certificate, planned.problem.block
    exact = sum(t.value_usd(planned.solution.plan) for t in planned.problem.terms)
    assert certificate.objective_usd == pytest.approx(exact, abs=0.02)
    assert certificate.gap_usd == pytest.approx(certificate.objective_usd - certificate.bound_usd, abs=1e-6)
    rounded = sum(t.value_usd(planned.orders.plan) for t in planned.problem.terms)
    assert certificate.rounding_usd == pytest.approx(rounded - certificate.objective_usd, abs=1e-6)
    assert abs(certificate.rounding_usd) < 0.1 * abs(per_weight) * block.holdings.value_usd
    assert certificate.rounded_gap_usd == pytest.approx(max(rounded - certificate.bound_usd, 0.0), abs=1e-6)


@pytest.mark.parametrize("per_weight", LEVELS)
def test_under_a_whole_return_the_bound_is_of_the_same_objective(per_weight: float) -> None:
    case = case_of(4, 5e4)
    inputs = ReturnInputs(tax_year=2026, filing_status=FilingStatus.SINGLE, ordinary_income_usd=300_000)
    plain = solve(formulate(case.signals, case.mandate, inputs))
    own = OwnWishes((level(per_weight),))
    found = solve(formulate(case.signals, case.mandate, inputs, own=own))
    at_rates = solve(formulate(case.signals, case.mandate, case.tax, own=own))
    assert found.gap <= plain.gap + 1e-5
    assert abs(found.nothing - at_rates.nothing) < 1e-9
    assert found.bound <= found.objective <= found.nothing


def test_beside_a_cone_the_bound_holds_the_level_as_the_objective_does() -> None:
    case = case_of(4)
    gaps = []
    for per_weight in (0.0, *LEVELS):
        own = OwnWishes((level(per_weight), wishes.Crowding()))
        found = solve(formulate(case.signals, case.mandate, case.tax, own=own))
        gaps.append(found.gap)
    assert max(gaps[1:]) <= gaps[0] + 1e-4
