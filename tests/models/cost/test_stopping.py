"""Stopping early: by the last days only, the same for the same seed, told and on the card; off unless asked for."""

from datetime import date

import numpy as np
import pytest

from di_advisor.domain.trained_costs import CostTraining
from di_advisor.errors import InputError, UnfinishedError
from di_models.cost.card_text import compare_cards
from di_models.cost.features import Conditions, Levels
from di_models.cost.learned import LearnedCostModel
from di_models.cost.registry import load_cost_model, save_cost_model
from di_models.cost.residual import ROUNDS
from di_models.cost.stopping import FEWEST_CHECKED, MOST_TREES, Stopping, later_days, trees_needed
from di_models.cost.trainer import FolderTrainer
from di_models.cost.training import read_recipe, train_cost_model
from tests.models.cost.histories import clear_signal, simulated, trained_on_clear_signal

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def many():
    return clear_signal(4000)


@pytest.fixture(scope="module")
def stopped(many):
    return LearnedCostModel(seed=1, patience=5).fit(many)


def columns_of(history):
    given = Conditions.of(history)
    return Levels.of(given).matrix(given)


def test_the_last_fifth_of_the_days_is_held_out_and_no_day_is_split():
    day = simulated().history.day
    earlier, later = later_days(day)
    assert sorted([*earlier.tolist(), *later.tolist()]) == list(range(len(day)))
    assert day[earlier].max() < day[later].min()
    assert len(np.unique(day[later])) == round(0.2 * len(np.unique(day)))
    assert later_days(np.array(["2026-01-05", "2026-01-06"], dtype="datetime64[D]").repeat(50)) is None


def test_where_nothing_can_be_learnt_it_stops_sooner_than_where_much_can():
    history = clear_signal(2000)
    split, columns = later_days(history.day), columns_of(history)
    noise = np.random.default_rng(0).standard_normal(len(history))
    signal = np.where(history.venue == "Dunmere", 1.0, -0.1)
    few, lots = (
        trees_needed(columns, residual, np.ones(len(history)), split, patience=5, seed=0)
        for residual in (noise, signal)
    )
    assert 1 <= few < lots / 2
    assert ROUNDS < lots <= MOST_TREES


def test_errors_of_the_last_days_decide_and_those_of_other_rows_do_not():
    history = clear_signal(2000)
    split, columns = later_days(history.day), columns_of(history)
    signal, weight = np.where(history.venue == "Dunmere", 1.0, -0.1), np.ones(len(history))
    turned = signal.copy()
    turned[split[1]] *= -1.0
    assert trees_needed(columns, turned, weight, split, patience=5, seed=0) == 1
    assert trees_needed(columns, signal, weight, split, patience=5, seed=0) > 1


def test_the_number_of_trees_is_that_of_the_text_and_follows_from_the_seed(many, stopped):
    found = stopped.stopping_
    assert found.trees == stopped.trees_.count == stopped.trees_.text.count("Tree=")
    assert found.trees != ROUNDS
    assert found.checked_orders == len(later_days(many.day)[1])
    again = LearnedCostModel(seed=1, patience=5).fit(many)
    assert again.trees_.text == stopped.trees_.text


def test_it_is_off_unless_asked_for():
    model = trained_on_clear_signal()
    assert model.stopping_ is None
    assert model.trees_.count == ROUNDS


def test_too_few_held_out_orders_leave_the_fixed_number():
    history = clear_signal(1500)
    assert len(later_days(history.day)[1]) < FEWEST_CHECKED
    asked, plain = LearnedCostModel(seed=1, patience=5).fit(history), LearnedCostModel(seed=1).fit(history)
    assert asked.trees_.text == plain.trees_.text
    assert asked.stopping_ == Stopping(ROUNDS, 5, 0, 0)
    assert "too few orders" in asked.stopping_.sentence


def test_training_that_stops_early_tells_each_step_once_and_can_be_cancelled(many):
    told = []
    LearnedCostModel(patience=5).fit(many, told=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    asked = iter(range(10_000))
    with pytest.raises(UnfinishedError):
        LearnedCostModel(patience=5).fit(many, cancel=lambda: next(asked) > 70)


def test_the_card_the_progress_and_the_stored_model_say_where_it_stopped(many, tmp_path):
    told = []
    found = train_cost_model(many, trained_on=DAY, blocks=1, patience=5, told=lambda _, text: told.append(text))
    sentence = found.model.stopping_.sentence
    assert told[-1] == f"Stopped: {sentence}"
    assert found.card.facts["stopping"]["trees"] == found.model.trees_.count
    assert f"{found.model.trees_.count} trees, where the error of" in found.card.as_markdown()
    plain = train_cost_model(many.take(np.arange(600)), trained_on=DAY, blocks=1).card
    assert "stopping" not in plain.facts
    assert f"| early stop | at {found.model.trees_.count} trees | no, a fixed number |" in compare_cards(
        found.card.facts, plain.facts
    )
    save_cost_model(found.model, found.card, tmp_path / "m")
    again = load_cost_model(tmp_path / "m").model
    assert again.stopping_ == found.model.stopping_
    assert again.patience == 5
    np.testing.assert_array_equal(again.predict(many), found.model.predict(many))


def test_a_recipe_asks_for_it(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('orders = "sample"\ntrained_on = 2026-06-30\npatience = 20\n')
    assert read_recipe(recipe).patience == 20
    assert FolderTrainer().recipe(recipe)[0].patience == 20


@pytest.mark.parametrize(
    "ask",
    [lambda: LearnedCostModel(patience=0).fit(simulated(300, 9).history), lambda: CostTraining(DAY, patience=0)],
    ids=["model", "training"],
)
def test_a_patience_of_no_tree_is_refused(ask):
    with pytest.raises(InputError, match="The patience is 0 trees"):
        ask()
