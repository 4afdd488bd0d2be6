"""Gains out of reach: half-planes that all plans keep, so that regions without a plan are told without a solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.problem import Problem
from di_advisor.solve import Solution, solve
from di_advisor.solve.gain_reach import apart
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.tax_plans import FixedChoices, regions_for
from di_advisor.solve.taxed import TaxedSearch
from tests.solve.whole_worlds import whole_world

EMPTY_REGIONS = 1097
"""A world of nine names whose choices leave most of its 53 regions of the tax without a plan."""


@pytest.fixture(scope="module")
def found() -> tuple[Problem, Solution]:
    world = whole_world(EMPTY_REGIONS)
    problem = formulate(world.signals, world.mandate, world.tax, own=world.own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TaxedSearch, "_wide", False)  # what a search at the kinks solves beside is not counted here
        return problem, solve(problem)


def fixed(found: tuple[Problem, Solution]) -> FixedChoices:
    """Solves under the choices that were found."""
    problem, solution = found
    tax = schedule_d_of(problem)
    assert tax is not None
    return FixedChoices(AtAnyRates.of(problem, tax), solution.choices, HotPath(problem.block), lambda: None)


def test_regions_without_a_plan_are_told_apart_without_a_solve_each(found: tuple[Problem, Solution]) -> None:
    assert len(regions_for(fixed(found).family)) > 50
    assert found[1].counts.solves < 40


def test_a_half_plane_is_kept_by_every_plan_and_by_no_point_of_its_region(found: tuple[Problem, Solution]) -> None:
    solves = fixed(found)
    plans = [
        solves.at(np.array(rates))[0] for rates in ((0.0, 0.0), (0.4, 0.2), (-0.5, -0.5), (3.0, -3.0), (-3.0, 3.0))
    ]
    apart_from = []
    for region in regions_for(solves.family):
        block = solves.family.block(region.rates)
        block = replace(block, rows=(*block.rows, *solves.region_rows(region, block)))
        known = apart(region, QuadraticProgram(block, solves.choices, hot=solves.hot).matrices)
        if known is None:
            plan, _ = solves.within(region, region.rates)  # there is one
            assert region.excess(plan.gains) <= 1e-8
            continue
        apart_from.append(region)
        assert (region.corners @ known.normal > known.limit).all()
        assert all(float(known.normal @ p.gains) <= known.limit + 1e-9 for p in plans)
    assert len(apart_from) > 10


def test_what_is_known_rules_out_a_region_before_any_solve(found: tuple[Problem, Solution]) -> None:
    solves = fixed(found)
    regions = regions_for(solves.family)
    refused = []
    for region in regions:
        try:
            solves.within(region, region.rates)
        except InfeasibleError:
            refused.append(region)
    before = str(solves.hot.counts)
    assert len(refused) > 10
    for region in refused:
        with pytest.raises(InfeasibleError, match="region of the tax"):
            solves.within(region, region.rates)
    assert str(solves.hot.counts) == before
    assert len(solves.reach.kept) < len(refused)  # one half-plane speaks for several regions
