"""Convex parts of what a tax budget allows: together all of it, by the law itself, and nothing else."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.formulate import formulate
from di_advisor.formulate.allowed_gains import allowed_parts
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.testing.random_cases import random_case

CASE = random_case(1, names=6, lots_a_name=2, value_usd=2e6)
FILER = ReturnInputs(
    tax_year=2026,
    ordinary_income_usd=Decimal(180_000),
    net_short_usd=Decimal(9_000),
    net_long_usd=Decimal(-6_000),
)
TAX = schedule_d_of(formulate(CASE.signals, Mandate(), FILER))
LEAST, MOST = np.array([-0.02, -0.03]), np.array([0.03, 0.04])


@pytest.mark.parametrize("upper_usd", [-4_000, -2_500, -800, 0, 1_500, 9_000])
def test_a_point_is_in_some_part_where_the_law_keeps_the_budget_and_nowhere_else(upper_usd: int) -> None:
    assert TAX is not None
    value = TAX.holdings.value_usd
    parts = allowed_parts(TAX, upper_usd / value, LEAST, MOST)
    assert parts is not None
    points = LEAST + (MOST - LEAST) * np.random.default_rng(3).random((800, 2))
    inside = np.zeros(len(points), dtype=np.bool_)
    for part in parts:
        inside |= np.all([points @ line.normal <= line.limit for line in part], axis=0)
        assert all(line.normal.min() >= 0 for line in part)
    owed = TAX.change_usd(points[:, 0], points[:, 1])
    clear = np.abs(owed - upper_usd) > 1e-3
    assert (inside == (owed <= upper_usd))[clear].all()
    assert inside.any() == bool(parts)


def test_some_budget_has_a_dent() -> None:
    assert TAX is not None
    tax = replace(TAX)
    sizes = [len(allowed_parts(tax, u / tax.holdings.value_usd, LEAST, MOST) or ()) for u in range(-4000, 3001, 500)]
    assert max(sizes) > 1
