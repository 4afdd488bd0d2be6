"""The factor risk model: never indefinite, never ahead of its date, right where the truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from di_advisor.domain.market import ExposureHistory, ReturnHistory
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ports import RiskModel
from di_models.risk import FactorRiskModel
from tests.models.worlds import dense, market_of, simulated, thinned, weekdays


@pytest.fixture(scope="module")
def world():
    return simulated()


@pytest.fixture(scope="module")
def risk(world):
    return FactorRiskModel().estimate(world.market, world.returns)


def index_of(market):
    return market.market_cap_usd / market.market_cap_usd.sum()


@st.composite
def histories(draw):
    """Returns from calm to absurd, with any holes that leave a market to speak of."""
    names, days = draw(st.integers(2, 12)), draw(st.integers(41, 90))
    scale = draw(st.sampled_from([1e-6, 1e-3, 0.02, 0.3]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = np.maximum(rng.standard_t(3, size=(days, names)) * scale, -0.95)
    if draw(st.booleans()):
        values[:, 1] = values[:, 0]
    observed = draw(hnp.arrays(bool, (days, names), elements=st.booleans(), fill=st.just(True)))
    observed[:, :2] = True
    ids = tuple(f"id{i}" for i in range(names))
    dates = weekdays(days)
    sectors = draw(st.lists(st.sampled_from(["", "A", "B"]), min_size=names, max_size=names))
    size = np.exp(rng.normal(22, 2, names))
    return market_of(ids, dates[-1], sectors=sectors, size_usd=size), ReturnHistory(dates, ids, values, observed)


@settings(max_examples=60)
@given(histories())
def test_the_covariance_is_positive_semidefinite_whatever_the_history(drawn):
    market, returns = drawn
    risk = FactorRiskModel().estimate(market, returns)
    covariance = dense(risk)
    values = np.linalg.eigvalsh(covariance)
    assert np.isfinite(covariance).all()
    assert values[0] >= -1e-10 * values[-1]
    assert (risk.specific_variance_per_year > 0).all()


def test_it_keeps_the_port_of_risk_models():
    assert isinstance(FactorRiskModel(), RiskModel)


def test_a_known_structure_is_found_again(world, risk):
    rng = np.random.default_rng(5)
    index = index_of(world.market)
    ratios = []
    for k in range(60):
        basket = np.zeros(len(index))
        chosen = rng.choice(len(index), 40, replace=False)
        basket[chosen] = index[chosen] if k % 2 else 1.0
        active = basket / basket.sum() - index
        ratios.append(risk.tracking_error(active) / world.risk_of(active))
    assert np.median(ratios) == pytest.approx(1.0, abs=0.08)
    assert min(ratios) > 0.85
    assert max(ratios) < 1.2


def test_sector_bets_and_single_names_have_their_true_risk(world, risk):
    index = index_of(world.market)
    sector = world.market.universe.sector_of
    for s in range(6):
        inside = index * (sector == s)
        active = inside / inside.sum() - index
        assert risk.tracking_error(active) == pytest.approx(world.risk_of(active), rel=0.25)
    ratio = np.sqrt(np.diag(dense(risk)) / np.diag(world.covariance_per_year))
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)
    assert np.quantile(np.abs(ratio - 1.0), 0.9) < 0.2


def test_the_index_has_market_exposure_one_and_no_style(world, risk):
    held = dict(zip(risk.factors, risk.exposures.T @ index_of(world.market), strict=True))
    assert held["market"] == pytest.approx(1.0)
    assert sum(v for name, v in held.items() if name.startswith("sector ")) == pytest.approx(1.0)
    assert all(abs(v) < 1e-9 for name, v in held.items() if name.startswith("style "))


def test_the_factor_covariance_is_regular_though_market_and_sectors_are_collinear(risk):
    assert np.linalg.cond(risk.factor_covariance_per_year) < 1e4
    sectors = [name.startswith("sector ") for name in risk.factors]
    np.testing.assert_allclose(risk.exposures[:, sectors].sum(axis=1), risk.exposures[:, 0])


def test_later_returns_change_nothing(world):
    cut = -100
    past = market_of(
        world.market.universe.security_ids,
        world.returns.dates[cut - 1],
        sectors=[s.sector for s in world.market.universe.securities],
    )
    wild = world.returns.total_return.copy()
    wild[cut:] = np.random.default_rng(1).standard_normal(wild[cut:].shape) * 0.2
    later = replace(world.returns, total_return=wild)
    before = ReturnHistory(
        world.returns.dates[:cut], world.returns.security_ids, wild[:cut], world.returns.observed[:cut]
    )
    known = FactorRiskModel().estimate(past, before)
    for history in (later, world.returns):
        np.testing.assert_array_equal(dense(FactorRiskModel().estimate(past, history)), dense(known))


def test_later_characteristics_change_nothing(world):
    rng = np.random.default_rng(3)
    ids = world.market.universe.security_ids
    dates = world.returns.dates[[200, 400, 600]]
    exposures = ExposureHistory(dates, ids, ("value",), rng.standard_normal((3, len(ids), 1)))
    past = market_of(ids, world.returns.dates[500], sectors=[s.sector for s in world.market.universe.securities])
    known = ExposureHistory(dates[:2], ids, ("value",), exposures.values[:2])
    model = FactorRiskModel()
    one = model.estimate(past, world.returns, exposures)
    two = model.estimate(past, world.returns, known)
    assert "style value" in one.factors
    np.testing.assert_array_equal(dense(one), dense(two))


def test_the_order_of_names_does_not_matter(world, risk):
    n = len(world.market.universe)
    order = np.random.default_rng(8).permutation(n)
    shuffled = replace(
        world.market,
        universe=Universe(tuple(world.market.universe.securities[i] for i in order)),
        market_cap_usd=world.market.market_cap_usd[order],
        adv_usd=world.market.adv_usd[order],
    )
    other = FactorRiskModel().estimate(shuffled, world.returns)
    assert other.factors == risk.factors
    np.testing.assert_allclose(dense(other), dense(risk)[np.ix_(order, order)], rtol=1e-6, atol=1e-10)


def test_names_of_the_history_that_are_not_asked_for_are_ignored(world, risk):
    r = world.returns
    more = ReturnHistory(
        r.dates,
        ("stranger", *r.security_ids[::-1]),
        np.column_stack([np.full(len(r.dates), 0.5), r.total_return[:, ::-1]]),
        np.column_stack([np.ones(len(r.dates), dtype=bool), r.observed[:, ::-1]]),
    )
    np.testing.assert_array_equal(dense(FactorRiskModel().estimate(world.market, more)), dense(risk))


def test_a_name_without_history_gets_the_specific_risk_of_its_kind(world):
    observed = np.ones(world.returns.observed.shape, dtype=bool)
    observed[:, 0] = False
    missing = FactorRiskModel().estimate(world.market, thinned(world.returns, observed))
    absent = ReturnHistory(
        world.returns.dates, world.returns.security_ids[1:], world.returns.total_return[:, 1:], observed[:, 1:]
    )
    same = FactorRiskModel().estimate(world.market, absent)
    np.testing.assert_array_equal(missing.specific_variance_per_year, same.specific_variance_per_year)
    assert np.sqrt(missing.specific_variance_per_year[0]) == pytest.approx(0.22, rel=0.2)
    assert missing.exposures[0, 0] == 1.0


def test_a_short_history_is_trusted_less_than_a_long_one(world):
    loud = world.returns.total_return.copy()
    loud[:, 0] *= 3.0
    history = replace(world.returns, total_return=loud)
    few = np.ones(loud.shape, dtype=bool)
    few[:-25, 0] = False
    model = FactorRiskModel()
    long = np.sqrt(model.estimate(world.market, history).specific_variance_per_year[0])
    short = np.sqrt(model.estimate(world.market, thinned(history, few)).specific_variance_per_year[0])
    typical = np.sqrt(np.median(model.estimate(world.market, world.returns).specific_variance_per_year))
    assert typical * 1.1 < short < long


def test_one_bad_print_does_not_make_a_name_risky(world, risk):
    wrong = world.returns.total_return.copy()
    wrong[-60, 7] = 0.61
    other = FactorRiskModel().estimate(world.market, replace(world.returns, total_return=wrong))
    ratio = np.sqrt(other.specific_variance_per_year / risk.specific_variance_per_year)
    assert ratio[7] < 1.6
    assert np.abs(np.delete(ratio, 7) - 1.0).max() < 0.05


def test_a_characteristic_replaces_the_descriptor_of_the_same_name(world):
    ids = world.market.universe.security_ids
    values = np.random.default_rng(2).standard_normal((1, len(ids), 2))
    given_ = ExposureHistory(world.returns.dates[:1], ids, ("Momentum", "quality"), values)
    factors = FactorRiskModel().estimate(world.market, world.returns, given_).factors
    assert "style Momentum" in factors
    assert "style momentum" not in factors
    assert {"style quality", "style beta", "style size"} <= set(factors)


def test_a_sector_of_four_names_is_no_factor_and_its_names_have_no_sector_tilt(world):
    securities = list(world.market.universe.securities)
    for i in range(4):
        securities[i] = replace(securities[i], sector="Tiny")
    market = replace(world.market, universe=Universe(tuple(securities)))
    risk = FactorRiskModel().estimate(market, world.returns)
    assert "sector Tiny" not in risk.factors
    sectors = np.array([name.startswith("sector ") for name in risk.factors])
    index = index_of(market)[4:]
    mix = risk.exposures[4:, sectors].T @ index / index.sum()
    np.testing.assert_allclose(risk.exposures[0, sectors], mix, rtol=1e-9)


def test_names_that_move_together_beyond_their_sector_get_a_factor_of_their_own(world):
    rng = np.random.default_rng(4)
    linked = np.arange(0, 240, 12)
    moved = world.returns.total_return.copy()
    moved[:, linked] += 0.2 / np.sqrt(252) * rng.standard_normal((len(moved), 1))
    history = replace(world.returns, total_return=moved)
    found = FactorRiskModel().estimate(world.market, history)
    blind = FactorRiskModel(residual_factors=0).estimate(world.market, history)
    assert "residual 1" in found.factors
    assert not any(name.startswith("residual") for name in blind.factors)
    pair = np.zeros(240)
    pair[linked[:10]], pair[linked[10:]] = 0.1, -0.1
    basket = np.zeros(240)
    basket[linked] = 1 / len(linked)
    rest = np.delete(np.arange(240), linked)
    basket[rest] = -1 / len(rest)
    truth = np.sqrt(0.2**2 + 0.25**2 / len(linked))
    assert found.tracking_error(basket) == pytest.approx(truth, rel=0.2)
    assert found.tracking_error(pair) < found.tracking_error(basket)
    np.testing.assert_allclose(np.diag(dense(found))[linked], np.diag(dense(blind))[linked], rtol=1e-9)


def test_too_few_days_are_refused_with_what_would_do(world):
    start = market_of(world.market.universe.security_ids, world.returns.dates[20])
    with pytest.raises(IncompleteDataError) as caught:
        FactorRiskModel().estimate(start, world.returns)
    assert "21 days of returns" in str(caught.value)
    assert "at least 40 trading days" in str(caught.value)
    assert caught.value.facts["needed"] == 40


@pytest.mark.parametrize(
    ("name", "value"), [("window_days", 10), ("refresh_days", 0), ("correlation_half_life", float("nan"))]
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"{name} of the factor risk model is {value}"):
        FactorRiskModel(**{name: value})


def test_the_provenance_says_what_it_was_estimated_from(world, risk):
    assert risk.provenance.endswith(f"of 240 names from 800 days to {world.returns.dates[-1]}")
