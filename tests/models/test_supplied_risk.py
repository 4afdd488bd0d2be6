"""Risk that the user brings: taken as it is, factorised with its error, or refused with the reason."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_models.risk import factorise_covariance, supplied_risk
from tests.models.worlds import dense


def universe_of(n):
    return Universe(tuple(Security(f"id{i}", ticker=f"T{i}") for i in range(n)))


def factor_covariance(seed, n, k):
    rng = np.random.default_rng(seed)
    loadings = 0.08 * rng.standard_normal((n, k))
    loadings[:, 0] += 0.2
    return loadings @ loadings.T + np.diag(rng.uniform(0.02, 0.1, n))


@pytest.fixture
def frames():
    rng = np.random.default_rng(0)
    ids = ["id2", "id0", "id1", "elsewhere"]
    exposures = pd.DataFrame(rng.standard_normal((4, 2)), index=ids, columns=["value", "market"])
    covariance = pd.DataFrame([[0.04, 0.001], [0.001, 0.0004]], index=["market", "value"], columns=["market", "value"])
    return exposures, covariance, pd.Series([0.05, 0.06, 0.07, 0.08], index=ids)


def test_own_figures_are_aligned_by_id_and_by_factor(frames):
    exposures, covariance, specific = frames
    risk = supplied_risk(universe_of(3), exposures, covariance, specific, provenance="vendor of 2026-06-30")
    assert risk.factors == ("value", "market")
    assert risk.provenance == "vendor of 2026-06-30"
    np.testing.assert_array_equal(risk.exposures, exposures.loc[["id0", "id1", "id2"]])
    np.testing.assert_array_equal(risk.factor_covariance_per_year, [[0.0004, 0.001], [0.001, 0.04]])
    np.testing.assert_array_equal(risk.specific_variance_per_year, [0.06, 0.07, 0.05])


def test_a_name_without_figures_is_named(frames):
    exposures, covariance, specific = frames
    with pytest.raises(IncompleteDataError, match="1 names of the universe have no specific variance: id1"):
        supplied_risk(universe_of(3), exposures, covariance, specific.drop("id1"))
    with pytest.raises(IncompleteDataError, match="have no exposures: id3"):
        supplied_risk(universe_of(4), exposures, covariance, specific)


def test_factors_that_differ_are_named(frames):
    exposures, covariance, specific = frames
    with pytest.raises(InputError, match=r"differ: growth, value\. Hint: Name the rows and columns"):
        supplied_risk(universe_of(3), exposures.rename(columns={"value": "growth"}), covariance, specific)


def test_a_factor_covariance_that_is_none_is_refused_with_its_smallest_eigenvalue(frames):
    exposures, covariance, specific = frames
    with pytest.raises(InputError, match=r"smallest eigenvalue is -"):
        supplied_risk(universe_of(3), exposures, covariance.replace(0.001, 0.1), specific)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(12, 40), st.integers(1, 3))
def test_a_covariance_of_few_factors_comes_back_as_it_was(seed, n, k):
    covariance = factor_covariance(seed, n, k)
    fit = factorise_covariance(universe_of(n), covariance, factors=k)
    np.testing.assert_allclose(dense(fit.risk), covariance, atol=1e-4 * covariance.max())
    assert fit.relative_frobenius_error < 1e-3
    assert fit.worst_variance_error < 0.02


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_the_reported_errors_bound_every_portfolio(seed):
    rng = np.random.default_rng(seed)
    n = 15
    sample = np.cov(rng.standard_normal((60, n)) @ np.diag(rng.uniform(0.1, 0.4, n)), rowvar=False)
    fit = factorise_covariance(universe_of(n), sample, factors=3)
    fitted = dense(fit.risk)
    assert np.linalg.norm(fitted - sample) / np.linalg.norm(sample) == pytest.approx(fit.relative_frobenius_error)
    np.testing.assert_allclose(np.diag(fitted), np.diag(sample), rtol=1e-12)
    for w in rng.standard_normal((50, n)):
        ratio = (w @ sample @ w) / (w @ fitted @ w)
        assert fit.variance_ratio_min - 1e-9 <= ratio <= fit.variance_ratio_max + 1e-9
        assert abs(ratio - 1) <= fit.worst_variance_error + 1e-9


def test_more_factors_are_never_further_away():
    covariance = factor_covariance(3, 60, 8)
    errors = [
        factorise_covariance(universe_of(60), covariance, factors=k).relative_frobenius_error for k in (1, 3, 5, 8)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3 < errors[0]


def test_the_provenance_reports_the_error():
    fit = factorise_covariance(universe_of(30), factor_covariance(1, 30, 5), factors=2, provenance="own, of June")
    assert fit.risk.provenance.startswith("own, of June; dense covariance as 2 factors, relative Frobenius error 0.")


def test_a_sample_covariance_of_few_days_is_accepted_though_it_is_singular():
    rng = np.random.default_rng(5)
    sample = np.cov(rng.standard_normal((20, 30)) * 0.2, rowvar=False)
    fit = factorise_covariance(universe_of(30), sample, factors=5)
    assert np.linalg.eigvalsh(dense(fit.risk))[0] > 0
    assert fit.variance_ratio_min == pytest.approx(0.0, abs=1e-9)


def test_an_indefinite_covariance_is_refused_with_its_smallest_eigenvalue():
    broken = np.array([[0.04, 0.05, 0.0], [0.05, 0.04, 0.0], [0.0, 0.0, 0.09]])
    with pytest.raises(InputError) as caught:
        factorise_covariance(universe_of(3), broken)
    assert "not positive semidefinite: its smallest eigenvalue is -1.000e-02" in str(caught.value)
    assert "Clip its eigenvalues or shrink it" in str(caught.value)
    assert caught.value.facts["smallest_eigenvalue"] == pytest.approx(-0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c[:2], r"of shape \(3, 3\), it is of shape \(2, 3\)"),
        (lambda c: c + np.diag([np.nan, 0, 0]), "must be finite"),
        (lambda c: c + np.array([[0, 0.01, 0], [0, 0, 0], [0, 0, 0]]), "not symmetric"),
        (lambda c: c * np.diag([1, 0, 1]), r"variance of T1 \(id1\) is 0"),
    ],
)
def test_what_is_no_covariance_is_refused_with_what_is_wrong(change, words):
    with pytest.raises(InputError, match=words):
        factorise_covariance(universe_of(3), change(np.diag([0.04, 0.05, 0.06])))
