"""The shipped model is whole, small, made by its recipe, labelled simulated, and nearer to the truth than the prior."""

import tomllib
from importlib.metadata import entry_points

import numpy as np
import pytest

from di_advisor import sample
from di_advisor.errors import InputError, StoreError
from di_models.cost.card import data_sha256
from di_models.cost.from_sample import history_of_sample
from di_models.cost.learned import untrained
from di_models.cost.shipped import learned_cost_model, shipped_cost_model
from di_models.cost.training import read_recipe


@pytest.fixture(scope="module")
def orders():
    return sample.load().orders


def test_it_says_that_it_is_simulated_wherever_it_speaks():
    found = shipped_cost_model()
    assert found.model.simulated_
    assert "simulated" in found.model.provenance_
    assert "simulated" in found.card.as_markdown()
    assert "simulated" in found.model.curves(sample.load().market()).provenance


def test_it_was_trained_by_its_recipe_on_the_samples_orders(root, orders):
    recipe = read_recipe(root / "models" / "recipes" / "cost_sample.toml")
    found = shipped_cost_model()
    assert found.model.seed == recipe.seed
    assert found.model.fit_.prior == recipe.prior
    assert found.card.facts["trained_on"] == recipe.trained_on.isoformat()
    assert found.card.facts["data"]["sha256"] == data_sha256(history_of_sample(orders))


def test_it_is_nearer_to_the_true_cost_than_the_prior(orders):
    history, truth = history_of_sample(orders), orders["true_cost_bps"].to_numpy()

    def error(model):
        return np.sqrt(np.mean((model.predict(history) - truth) ** 2))

    assert error(shipped_cost_model().model) < 0.95 * error(untrained())


def test_its_files_are_small_enough_for_the_wheel(root):
    folder = root / "models" / "di_models" / "shipped" / "cost_sample"
    assert sum(each.stat().st_size for each in folder.iterdir()) < 1_000_000


def test_it_is_named_as_an_entry_point(root):
    named = tomllib.loads((root / "pyproject.toml").read_text())["project"]["entry-points"]["di_advisor.cost_models"]
    assert named["learned"] == "di_models.cost.shipped:learned_cost_model"
    points = {point.name: point for point in entry_points(group="di_advisor.cost_models")}
    if "learned" in points:  # an installation from before it was added does not know it yet
        assert points["learned"].load() is learned_cost_model


def test_a_folder_can_be_named_and_a_wrong_one_is_told(tmp_path):
    with pytest.raises(StoreError, match="no cost model"):
        learned_cost_model(tmp_path)
    assert learned_cost_model().fit_.orders == 20_000


def test_the_samples_history_holds_nothing_that_only_a_simulation_knows(orders):
    history = history_of_sample(orders)
    np.testing.assert_allclose(history.cost_bps, orders["cost_bps"], atol=1e-6)
    np.testing.assert_allclose(history.size_of_adv, orders["size_of_adv"])
    assert not {"true_cost_bps", "noise_bps"} & set(history.columns())
    assert history.simulated
    with pytest.raises(InputError, match="venue"):
        history_of_sample(orders.drop(columns="venue"))
