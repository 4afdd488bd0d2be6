"""Trained cost models on their shelf: named by their bytes, refused when changed or unproven, used when chosen."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from di_advisor.domain.trained_costs import CostModelCard, CostTraining
from di_advisor.errors import DamagedStoreError, InputError, StoreError, UnfinishedError
from di_advisor.registry import cost_trainer
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.code import python_of
from di_advisor.runs.run import advisor_of
from di_advisor.runs.saved import SavedRun, run_from_toml, run_toml
from di_advisor.runs.spec import Models
from di_advisor.runs.trained_costs import (
    chosen_cost_model,
    cost_model_card,
    cost_models_folder,
    refuse_unproven,
    shelf,
    train_into_shelf,
)
from di_advisor.testing.random_market import random_market
from di_advisor.testing.random_orders import random_names, random_orders

TRAINING = CostTraining(date(2026, 6, 30), blocks=2)
ORDERS = random_orders(random_names(9), 300, 9).history


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cost_models")
    return folder, train_into_shelf(ORDERS, TRAINING, folder)


@pytest.fixture
def proven(kept, tmp_path):
    """The same model with a card that says that it beats the prior, and so another fingerprint."""
    from di_models.cost.card import ModelCard
    from di_models.cost.registry import load_cost_model, save_cost_model

    folder, card = kept
    stored = load_cost_model(folder / card.model_id)
    facts = {**stored.card.facts, "promotion": {"promoted": True, "sentence": "The model replaces the prior."}}
    save_cost_model(stored.model, ModelCard(facts), tmp_path / "fresh")
    found = cost_trainer().card(tmp_path / "fresh")
    (tmp_path / "fresh").rename(tmp_path / found.model_id)
    return tmp_path, found


def test_a_trained_model_lies_under_its_id_and_training_it_again_adds_nothing(kept):
    folder, card = kept
    assert train_into_shelf(ORDERS, TRAINING, folder) == card
    assert [each.name for each in folder.iterdir()] == [card.model_id]
    assert shelf(folder).cards == (card,)
    assert not shelf(folder).damaged


def test_a_training_that_is_stopped_leaves_an_empty_shelf(tmp_path):
    with pytest.raises(UnfinishedError):
        train_into_shelf(ORDERS, TRAINING, tmp_path / "new", cancel=lambda: True)
    assert list((tmp_path / "new").iterdir()) == []
    assert shelf(tmp_path / "nowhere").cards == ()


def test_a_model_that_does_not_beat_the_prior_is_not_used_and_the_verdict_says_why(kept):
    folder, card = kept
    assert not card.promoted
    with pytest.raises(InputError, match=r"is not used\. The prior stays: "):
        chosen_cost_model(card.model_id, folder)
    with pytest.raises(InputError, match="nothing overrides the rule"):
        refuse_unproven(card)


def test_a_model_that_does_prices_every_name(proven):
    folder, card = proven
    curves = chosen_cost_model(card.model_id, folder).curves(random_market(30))
    assert "300 simulated orders" in curves.provenance
    assert np.isfinite(curves.cost_usd(np.full(30, 1e4))).all()


def test_a_changed_model_is_refused_and_told_on_the_shelf(proven):
    folder, card = proven
    params = folder / card.model_id / "params.json"
    params.write_text(params.read_text().replace('"impact": 0.', '"impact": 1.', 1))
    with pytest.raises(DamagedStoreError, match="not what was written"):
        chosen_cost_model(card.model_id, folder)
    found = shelf(folder)
    assert found.cards == ()
    assert "params.json is not what was written" in found.damaged[0]


def test_a_model_whose_manifest_was_rewritten_too_is_not_taken_for_the_one_that_was_named(proven):
    folder, card = proven
    other = folder / (card.model_id[:-4] + "0000")
    (folder / card.model_id).rename(other)
    with pytest.raises(StoreError, match=f"is {card.model_id}, not what its folder is called"):
        chosen_cost_model(other.name, folder)


@pytest.mark.parametrize("name", ["../../etc", "2026-06-30-zzzzzzzzzzzz", "somebody's"])
def test_names_that_are_none_are_refused(name, tmp_path):
    with pytest.raises(InputError, match="names no trained cost model"):
        cost_model_card(name, tmp_path)


def test_the_chosen_model_is_part_of_the_run_in_file_and_code_and_is_what_advises(proven, monkeypatch):
    folder, card = proven
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(folder))
    assert cost_models_folder() == folder
    spec = RunSpec(SampleSource(), "young", models=Models(cost=card.model_id))
    assert run_from_toml(run_toml(SavedRun(spec))).spec == spec
    assert f'cost="{card.model_id}"' in python_of(spec)
    assert "300 simulated orders" in advisor_of(spec.models).estimate_costs(random_market(30)).provenance
    with pytest.raises(StoreError, match="no cost model"):
        advisor_of(replace(spec.models, cost="2026-06-30-0123456789ab"))


def test_without_a_variable_the_folder_is_beside_the_notebook():
    assert cost_models_folder({}) == Path("cost_models")


def test_the_id_holds_the_day_and_the_fingerprint(kept):
    folder, card = kept
    stored = json.loads((folder / card.model_id / "card.json").read_text())
    assert CostModelCard(card.fingerprint, stored).model_id == card.model_id
