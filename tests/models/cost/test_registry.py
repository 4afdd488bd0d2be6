"""Stored models are text, the same bytes for the same seed, and damage to any file is seen."""

import json
from datetime import date

import numpy as np
import pytest

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError, StoreError
from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.registry import load_cost_model, save_cost_model
from di_models.cost.training import train_cost_model
from tests.models.cost.histories import clear_signal, simulated
from tests.models.cost.test_curves import random_market

DAY = date(2026, 6, 30)
FILES = ["calibration.json", "card.json", "card.md", "model.txt", "params.json"]


@pytest.fixture(scope="module")
def run():
    return train_cost_model(clear_signal(), trained_on=DAY, seed=1, blocks=2)


@pytest.fixture
def stored(run, tmp_path):
    save_cost_model(run.model, run.card, tmp_path / "model")
    return tmp_path / "model"


def test_what_is_read_predicts_the_same_to_the_last_bit(run, stored):
    again = load_cost_model(stored).model
    history = clear_signal()
    assert run.model.trees_ is not None
    np.testing.assert_array_equal(again.predict(history), run.model.predict(history))
    np.testing.assert_array_equal(again.predict_interval(history), run.model.predict_interval(history))
    market = random_market(0)
    assert again.curves(market).provenance == run.model.curves(market).provenance
    np.testing.assert_array_equal(again.curves(market).linear, run.model.curves(market).linear)
    assert again.fit_ == run.model.fit_
    assert again.get_params() == run.model.get_params()


def test_the_same_data_and_seed_give_the_same_bytes(stored, tmp_path):
    found = train_cost_model(clear_signal(), trained_on=DAY, seed=1, blocks=2)
    save_cost_model(found.model, found.card, tmp_path / "again")
    for name in [*FILES, "manifest.json"]:
        assert (tmp_path / "again" / name).read_bytes() == (stored / name).read_bytes(), name
    assert load_cost_model(tmp_path / "again").fingerprint == load_cost_model(stored).fingerprint


def test_a_folder_holds_text_and_nothing_else(stored):
    assert sorted(each.name for each in stored.iterdir()) == sorted([*FILES, "manifest.json"])
    for each in stored.iterdir():
        each.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_seen(stored, name):
    content = bytearray((stored / name).read_bytes())
    content[len(content) // 2] ^= 1
    (stored / name).write_bytes(bytes(content))
    with pytest.raises(DamagedStoreError, match=name):
        load_cost_model(stored)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_seen(stored, name):
    (stored / name).unlink()
    with pytest.raises(DamagedStoreError, match=name):
        load_cost_model(stored)


def changed_manifest(stored, **changes):
    file = stored / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_newer_layout_is_refused(stored):
    changed_manifest(stored, schema=2)
    with pytest.raises(NewerSchemaError, match="layout 2"):
        load_cost_model(stored)


@pytest.mark.parametrize("change", [{"schema": "1"}, {"schema": 0}, {"kind": "other"}, {"sha256": {}}, {"sha256": []}])
def test_a_manifest_that_is_none_is_refused(stored, change):
    changed_manifest(stored, **change)
    with pytest.raises(DamagedStoreError):
        load_cost_model(stored)


def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(StoreError, match="no cost model"):
        load_cost_model(tmp_path)


def test_another_folder_is_never_overwritten(run, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("kept")
    with pytest.raises(StoreError, match="holds no model"):
        save_cost_model(run.model, run.card, tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "kept"


def test_a_model_is_replaced_whole_and_leaves_nothing_behind(run, stored):
    other = train_cost_model(simulated(300, 9).history, trained_on=DAY, seed=2, blocks=2)
    save_cost_model(other.model, other.card, stored)
    assert load_cost_model(stored).model.fit_.orders == 300
    assert [each.name for each in stored.parent.iterdir()] == ["model"]


def test_a_write_that_fails_leaves_the_old_model_alone(run, stored, monkeypatch):
    import di_models.folders as registry

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry.os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        save_cost_model(run.model, run.card, stored)
    assert load_cost_model(stored).model.fit_.orders == 2000
    assert [each.name for each in stored.parent.iterdir()] == ["model"]


def test_the_prior_can_be_stored_too(tmp_path):
    from di_models.cost.card import make_card

    model = untrained()
    empty = simulated().history.take(np.zeros(0, dtype=np.int64))
    save_cost_model(model, make_card(model, empty, None, trained_on=DAY), tmp_path / "prior")
    again = load_cost_model(tmp_path / "prior").model
    assert again.provenance_ == "prior, not calibrated"
    history = simulated().history
    np.testing.assert_array_equal(again.predict_interval(history), model.predict_interval(history))


def test_an_untrained_estimator_is_not_stored(run, tmp_path):
    with pytest.raises(InputError, match="not trained"):
        save_cost_model(LearnedCostModel(), run.card, tmp_path / "none")
