"""What all rules leave of room, taken together, is to the last digit what each leaves by itself."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.formulate import formulate
from di_advisor.formulate.bands import GroupWeight
from di_advisor.formulate.esg_average import AverageLimit
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, slack_in_rows, slacks_in_rows
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.random_wishes import random_esg_wishes


def _banded(seed: int) -> tuple[RandomCase, Problem]:
    case = random_case(seed, names=30, lots_a_name=2)
    wishes = random_esg_wishes(np.random.default_rng(seed), case.signals)
    group = case.signals.market.universe.sectors[0]
    bands = (GroupBand(GroupKind.SECTOR, group, 0.5, 2.0, MeasuredAs.MULTIPLE),)
    changes = {**wishes.changes, "sector_band": Band(-0.02, 0.02), "group_bands": bands}
    case = replace(case, signals=wishes.signals, mandate=Mandate().with_changes(**changes))
    return case, formulate(case.signals, case.mandate, case.tax)


def _plan(problem: Problem, seed: int) -> Plan:
    holdings, rng = problem.block.holdings, np.random.default_rng(seed)
    sells = np.where(rng.random(len(holdings.lot_name)) < 0.3, holdings.lot_weight, 0.0)
    return Plan(sells, np.where(rng.random(len(holdings.held)) < 0.3, 0.01, 0.0))


@pytest.mark.parametrize("seed", range(12))
def test_together_they_are_those_of_each(seed: int) -> None:
    _, problem = _banded(seed)
    for plan in (problem.block.holdings.nothing(), _plan(problem, seed)):
        assert slacks_in_rows(problem.rules, plan) == [slack_in_rows(rule, plan) for rule in problem.rules]


def test_every_kind_of_band_was_among_them() -> None:
    kinds = {type(rule) for seed in range(12) for rule in _banded(seed)[1].rules}
    assert {ActiveGroup, GroupWeight, AverageLimit} <= kinds


def test_bands_of_two_accounts_are_told_apart() -> None:
    one, other = (_banded(seed)[1] for seed in (1, 2))
    mixed = [r for pair in zip(one.rules, other.rules, strict=False) for r in pair if type(r) is ActiveGroup]
    assert len({id(r.holdings) for r in mixed}) == 2
    plan = _plan(one, 5)
    assert slacks_in_rows(mixed, plan) == [slack_in_rows(rule, plan) for rule in mixed]
