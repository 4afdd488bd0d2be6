"""A reduced form of the bias statistic on real index members; benchmarks/risk.py has it in full."""

from datetime import date

import numpy as np
import pytest

from benchmarks.risk_bias import FAMILIES, walk_forward
from benchmarks.risk_history import read_index_history
from di_models.risk import FactorRiskModel


@pytest.fixture(scope="module")
def record(shared):
    history = read_index_history(shared)
    rows = np.arange(history.row(date(2020, 12, 31)), history.row(date(2022, 12, 30)) + 1, 21)
    model = FactorRiskModel()
    return walk_forward(
        history.returns, history.market, lambda market: model.estimate(market, history.returns), rows=rows, seed=3
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_realised_risk_is_near_the_risk_that_was_predicted(record, family):
    assert 0.85 < record.pooled(family) < 1.15
    assert record.quarters_inside(family, 0.7, 1.35) >= 0.75
    assert len(record.by_quarter(family)) == 8
