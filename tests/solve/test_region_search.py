"""The regions of the tax under fixed sides: few solves, none of them twice, whatever taxpayer it is."""

from __future__ import annotations

import numpy as np
import pytest

from di_advisor.domain.market import FloatArray
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.formulate.tax_cells import corners_of
from di_advisor.solve import solve
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.tax_plans import FixedChoices, GainPlan, Proved, regions_for
from di_advisor.solve.tax_regions import RegionSearch
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_filers import random_carryover_value, random_return

NO_NEWS = 1e-9


class Watched(FixedChoices):
    """Solves that remember the rates they were asked at."""

    asked: list[FloatArray]

    def at(self, rates: FloatArray) -> tuple[GainPlan, Proved]:
        self.asked.append(rates)
        return super().at(rates)


def sides(block: Block) -> Choices:
    losses = block.segments.names_with_losses(len(block.active_lower))
    return np.where(losses & (block.holdings.active > 0), int(Choice.SELL), int(Choice.BUY))


def taxpayer(seed: int) -> Problem:
    """A random taxpayer's account."""
    g = np.random.default_rng(seed)
    case = random_case(seed, names=60, value_usd=float(np.exp(g.uniform(np.log(2e5), np.log(2e7)))))
    filer = FilerTax(random_return(g), carryover_value=random_carryover_value(g))
    return formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), filer)


def searched(seed: int) -> tuple[RegionSearch, Watched]:
    """The search over the regions of a random taxpayer's account, not yet run."""
    problem = taxpayer(seed)
    tax = schedule_d_of(problem)
    assert tax is not None
    family = AtAnyRates.of(problem, tax)
    solves = Watched(family, sides(problem.block), HotPath(problem.block), lambda: None)
    solves.asked = []
    return RegionSearch(solves, regions_for(family)), solves


def run(search: RegionSearch) -> None:
    search.run(np.array(search.solves.family.tax.rates))


@pytest.mark.parametrize("seed", [46, 112, 855])
def test_a_taxpayer_at_a_kink_takes_few_solves_and_none_twice(seed: int) -> None:
    search, solves = searched(seed)
    run(search)
    assert solves.hot.counts.solves <= 20
    for i, rates in enumerate(solves.asked):
        apart = [np.abs(rates - other).max() for other in solves.asked[:i]]
        assert min(apart, default=1.0) >= NO_NEWS * np.abs(rates).max()
    assert search.best is not None
    nothing = solves.nothing
    size = max(abs(search.best.objective), abs(nothing - search.best.objective))
    assert search.best.objective - search.bounds().min() <= 1e-7 * size


def test_corners_side_by_side_prove_what_each_region_does() -> None:
    search, _ = searched(112)
    together = corners_of(search.regions)
    for prices in np.random.default_rng(0).uniform(-0.5, 0.5, (5, 2)):
        apart = [region.least_beside(prices) for region in search.regions]
        assert together.least_beside(prices) == pytest.approx(apart, abs=1e-15)


def test_what_was_proved_elsewhere_spares_solves() -> None:
    """Also where it is only put among the proofs."""
    first, solves = searched(18)
    run(first)
    again, warm = searched(18)
    again.proofs += [warm.proved(p.rates, p.prices) for p in first.proofs]
    run(again)
    assert first.best is not None
    assert again.best is not None
    assert again.best.objective == pytest.approx(first.best.objective, abs=1e-7 * abs(first.best.objective))
    assert again.bounds() == pytest.approx(np.maximum(again.bounds(), first.bounds()), abs=1e-12)
    assert warm.hot.counts.solves <= solves.hot.counts.solves


@pytest.mark.parametrize("seed", [3, 39])
def test_sides_that_only_a_kink_of_the_tax_asks_for_are_found(seed: int) -> None:
    """At any constant rates other names sell: the plan that they left was up to 7 % of the benefit off."""
    problem = taxpayer(seed)
    found = solve(problem)
    assert found.gap <= 5e-3 * found.benefit
    for rule in problem.rules:
        assert rule.slack(found.plan) >= -1e-8, rule.sentence
