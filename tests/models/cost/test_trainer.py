"""The trainer behind the port: it stores what its card says, can be stopped, and reads what desks have."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from di_advisor.domain.trained_costs import CostModelCard, CostTraining, fingerprint_of_id
from di_advisor.errors import DamagedStoreError, InputError, UnfinishedError
from di_advisor.ports import CostTrainer
from di_models.cost.shipped import learned_cost_model
from di_models.cost.trainer import FolderTrainer
from tests.models.cost.histories import simulated

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "one"
    return folder, FolderTrainer().train(simulated(300, 9).history, CostTraining(DAY, blocks=2), folder)


def test_it_keeps_the_port():
    assert isinstance(FolderTrainer(), CostTrainer)


def test_the_card_that_comes_back_is_the_one_that_was_stored_and_its_id_names_its_bytes(stored):
    folder, card = stored
    assert FolderTrainer().card(folder) == card
    assert card.model_id.startswith("2026-06-30-")
    assert card.fingerprint.startswith(fingerprint_of_id(card.model_id))
    assert card.simulated
    assert learned_cost_model(folder, fingerprint=fingerprint_of_id(card.model_id)).fit_.orders == 300


def test_the_same_orders_and_seed_give_the_same_id_and_another_seed_another(stored, tmp_path):
    _, card = stored
    history = simulated(300, 9).history
    again = FolderTrainer().train(history, CostTraining(DAY, blocks=2), tmp_path / "again")
    other = FolderTrainer().train(history, CostTraining(DAY, seed=5, blocks=2), tmp_path / "other")
    assert again.model_id == card.model_id
    assert other.model_id != card.model_id


def test_another_model_in_the_folder_is_not_taken_for_the_one_that_was_asked_for(stored):
    with pytest.raises(DamagedStoreError, match="asked for was 0123"):
        learned_cost_model(stored[0], fingerprint="0123456789ab")


def test_a_training_that_is_stopped_leaves_nothing(tmp_path):
    seen = []
    with pytest.raises(UnfinishedError):
        FolderTrainer().train(
            simulated().history,
            CostTraining(DAY, blocks=2),
            tmp_path / "model",
            told=lambda done, _: seen.append(done),
            cancel=lambda: len(seen) >= 3,
        )
    assert len(seen) == 3
    assert list(tmp_path.iterdir()) == []


def test_orders_come_from_the_samples_frame_a_table_or_a_frame_of_its_columns(tmp_path):
    from di_advisor import sample

    trainer = FolderTrainer()
    ours = trainer.history(sample.load().orders.head(50))
    assert ours.simulated
    history = simulated(300, 9).history
    history.to_frame().to_parquet(tmp_path / "orders.parquet", index=False)
    for orders in (tmp_path / "orders.parquet", history.to_frame()):
        found = trainer.history(orders)
        np.testing.assert_array_equal(found.order_id, history.order_id)
        assert found.simulated


def test_a_recipe_names_its_training_and_its_orders_beside_it(root: Path):
    training, orders = FolderTrainer().recipe(root / "models" / "recipes" / "cost_sample.toml")
    assert training.trained_on == DAY
    assert training.prior["impact"] == 0.55
    assert orders == Path("sample")


def test_a_prior_with_an_unknown_constant_is_refused(tmp_path):
    with pytest.raises(InputError, match="The prior does not fit"):
        FolderTrainer().train(simulated(300, 9).history, CostTraining(DAY, prior={"charm": 1.0}), tmp_path / "m")


def test_the_shipped_model_is_watched_by_month_with_what_drifted():
    history = simulated(2000, 5).history
    day = np.unique(history.day)[len(np.unique(history.day)) // 2].item()
    found = FolderTrainer().watch(None, history, since=day)
    assert found.orders == int((history.day >= np.datetime64(day)).sum())
    assert sum(m.orders for m in found.months) == found.orders
    assert set(found.drift) >= {"half_spread_bps", "venue"}
    with pytest.raises(InputError, match="2199-01-01 or later"):
        FolderTrainer().watch(None, history, since=date(2199, 1, 1))


def test_a_card_without_its_facts_is_refused():
    with pytest.raises(InputError, match="lacks title"):
        CostModelCard("0" * 64, {})


@pytest.mark.parametrize("text", ["prior", "2026-06-30-12345678901", "../2026-06-30-0123456789ab", ""])
def test_what_is_no_id_names_no_bytes(text):
    assert fingerprint_of_id(text) == ""


def test_a_training_without_blocks_is_refused():
    with pytest.raises(InputError, match="0 blocks"):
        CostTraining(DAY, blocks=0)
