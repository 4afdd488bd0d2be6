"""Trees and their gate: shut on noise, open on a signal, the same for the same seed; LightGBM's traps."""

import lightgbm
import numpy as np
import pytest

from di_advisor.errors import UnfinishedError
from di_models.cost.features import Conditions, Levels
from di_models.cost.law import CostLaw, LawPrior
from di_models.cost.learned import LearnedCostModel
from di_models.cost.residual import FEWEST_ORDERS, Trees, folds_by_day, gate_of, train_trees
from tests.models.cost.histories import clear_signal, simulated, trained_on_clear_signal

QUIET = {"verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "num_leaves": 7}


def rising(count=400, seed=0):
    g = np.random.default_rng(seed)
    x = np.sort(g.random(count))
    return x[:, None], np.exp(x + 0.8 * g.standard_normal(count))


def boosted(objective, **more):
    x, y = rising()
    settings = QUIET | {"objective": objective, "monotone_constraints": [1]} | more
    return lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=40)


def largest_fall(booster):
    return -float(np.diff(booster.predict(np.linspace(0.0, 1.0, 2000)[:, None])).min())


@pytest.mark.parametrize("objective", ["regression_l1", "quantile"])
def test_constraints_with_absolute_losses_are_refused_by_lightgbm(objective):
    with pytest.raises(lightgbm.basic.LightGBMError, match="monotone"):
        boosted(objective)


@pytest.mark.parametrize("objective", ["regression", "huber", "gamma", "tweedie"])
def test_constraints_hold_for_smooth_losses(objective):
    assert largest_fall(boosted(objective)) <= 0.0


def test_constraints_are_broken_in_silence_by_linear_trees_so_they_are_not_used():
    worst = 0.0
    for seed in range(4):
        x, y = rising(seed=seed)
        settings = QUIET | {"objective": "regression", "monotone_constraints": [1], "linear_tree": True}
        found = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=40)
        worst = max(worst, largest_fall(found))
    assert worst > 1e-3, "LightGBM keeps constraints in linear trees now: they could be used"
    assert "linear_tree: 0" in trained_on_clear_signal().trees_.text


def test_contributions_add_up_to_the_prediction():
    model = trained_on_clear_signal()
    columns = model.levels_.matrix(Conditions.of(clear_signal()))
    parts = model.trees_.contributions(columns)
    assert parts.shape == (2000, 8)
    np.testing.assert_allclose(parts.sum(axis=1), model.trees_.predict(columns), atol=1e-12)


def test_the_same_seed_gives_the_same_text_and_another_seed_another():
    history = clear_signal()
    again = LearnedCostModel(seed=1).fit(history)
    other = LearnedCostModel(seed=2).fit(history)
    assert again.trees_.text == trained_on_clear_signal().trees_.text
    assert other.trees_.text != again.trees_.text


def test_a_venue_that_was_never_seen_is_treated_as_not_known():
    model = trained_on_clear_signal()
    given = Conditions.of(clear_signal()).take(np.arange(50))
    np.testing.assert_array_equal(model.predict(given.worked(venue="Nowhere")), model.predict(given.worked(venue="")))
    assert (model.predict(given.worked(venue="Dunmere")) > model.predict(given.worked(venue="Corvane"))).all()


def test_it_never_falls_in_spread_or_volatility():
    model = trained_on_clear_signal()
    for column in ("half_spread_bps", "volatility_daily_bps"):
        grid = np.geomspace(0.5, 30.0, 300) * (1.0 if column == "half_spread_bps" else 20.0)
        fixed = {"size_of_adv": 1e-3, "half_spread_bps": 2.0, "volatility_daily_bps": 150.0, "time_of_day": 0.3}
        asked = {name: np.full(300, value) for name, value in fixed.items()} | {column: grid}
        assert (np.diff(model.predict(asked)) >= -1e-9).all()


def test_the_gate_stays_shut_on_pure_noise():
    shares = []
    for seed in range(12):
        history = simulated(600, 50 + seed, True).history  # the law is all there is
        shares.append(LearnedCostModel(LawPrior(CostLaw(0.55, 0.55)), seed=seed).fit(history).gate_.share)
    assert np.mean(shares) < 0.1


def test_the_gate_opens_where_trees_help():
    assert trained_on_clear_signal().gate_.share > 0.5


def test_the_gate_is_the_shrunk_slope():
    g = np.random.default_rng(0)
    f, w = g.standard_normal(4000), g.uniform(0.5, 2.0, 4000)
    assert gate_of(0.6 * f, f, w).share == pytest.approx(0.6)
    assert gate_of(2.0 * f, f, w).share == 1.0
    assert gate_of(-0.6 * f, f, w).share == 0.0
    assert gate_of(f, np.zeros(4000), w).share == 0.0
    noisy = gate_of(0.6 * f + 30.0 * g.standard_normal(4000), f, w)
    assert noisy.share < max(noisy.slope, 0.0)


def test_below_the_fewest_orders_there_are_no_trees():
    model = LearnedCostModel(seed=0).fit(clear_signal().take(np.arange(FEWEST_ORDERS - 1)))
    assert model.trees_ is None
    assert model.gate_.share == 0.0


def test_folds_never_split_a_day_and_hold_every_order_once():
    day = simulated().history.day
    folds = folds_by_day(day)
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(len(day)))
    for train, test in folds:
        assert not set(day[train].tolist()) & set(day[test].tolist())


def test_the_factor_has_bounds():
    np.testing.assert_allclose(Trees.factor(1.0, np.array([-5.0, 0.1, 50.0])), [0.25, 1.1, 4.0])


def test_training_tells_where_it_is_and_can_be_cancelled():
    history = simulated(300, 9).history
    told = []
    LearnedCostModel().fit(history, told=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    model = LearnedCostModel()
    with pytest.raises(UnfinishedError):
        model.fit(history, cancel=lambda: True)
    assert not hasattr(model, "fit_")


def test_one_fit_of_trees_tells_each_tree():
    given = Conditions.of(simulated(300, 9).history)
    columns, told = Levels.of(given).matrix(given), []
    train_trees(columns, np.zeros(300), np.ones(300), seed=0, told=lambda done, of: told.append((done, of)))
    assert told == [(k, 60) for k in range(1, 61)]
