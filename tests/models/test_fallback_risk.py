"""The risk model that assumes its correlations: volatilities as given, always positive semidefinite, labelled."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.ports import RiskModel
from di_models.fallback_risk import VolatilityRiskModel
from tests.domain.strategies import markets


def dense(risk):
    return risk.exposures @ risk.factor_covariance_per_year @ risk.exposures.T + np.diag(
        risk.specific_variance_per_year
    )


few = settings(max_examples=20)
moving = markets().map(lambda m: replace(m, volatility_per_year=m.volatility_per_year + 0.01))


@few
@given(moving, st.floats(0, 0.9), st.floats(0, 0.9))
def test_volatilities_and_correlations_are_those_that_were_given(market, one, other):
    low, high = sorted((one, other))
    risk = VolatilityRiskModel(low, high).estimate(market)
    covariance, volatility, sector = dense(risk), market.volatility_per_year, market.universe.sector_of
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), volatility, rtol=1e-9)
    same = (sector[:, None] == sector[None, :]) & (sector >= 0)[:, None]
    expected = np.where(same, high, low)
    np.fill_diagonal(expected, 1.0)
    np.testing.assert_allclose(covariance / np.outer(volatility, volatility), expected, atol=1e-9)
    assert np.linalg.eigvalsh(covariance)[0] >= -1e-9 * np.linalg.eigvalsh(covariance)[-1]


def test_it_keeps_the_port_and_says_that_nothing_was_estimated():
    assert isinstance(VolatilityRiskModel(), RiskModel)


@few
@given(moving)
def test_the_provenance_says_that_correlations_are_assumed(market):
    risk = VolatilityRiskModel().estimate(market)
    assert risk.provenance.startswith("assumed correlations, not estimated: 0.3 between names, 0.45 within a sector")
    assert risk.factors == ("market", *market.universe.sectors)
    assert np.mean(risk.exposures[:, 0]) == pytest.approx(1.0)


@few
@given(markets())
def test_a_volatility_of_zero_is_refused_with_the_name(market):
    still = replace(market, volatility_per_year=np.zeros(len(market.universe)))
    with pytest.raises(InputError, match="is zero; no risk follows from it"):
        VolatilityRiskModel().estimate(still)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.3), (0.5, 0.4), (0.3, 1.0), (float("nan"), 0.5)])
def test_correlations_that_make_no_covariance_are_refused(low, high):
    with pytest.raises(InputError, match="Use 0 <= correlation <= sector_correlation < 1"):
        VolatilityRiskModel(low, high)
