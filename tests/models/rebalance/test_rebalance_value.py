"""The learner of rebalancing value: when it speaks, what it is held to, and how it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from di_advisor.domain.rebalance_state import FEATURES, RebalanceState
from di_advisor.errors import DamagedStoreError, InputError, UnfinishedError
from di_advisor.ports import RebalanceValueModel
from di_models.rebalance.learner import RebalanceLearner, clustered_skill
from di_models.rebalance.model import LearnedRebalanceValue
from di_models.rebalance.registry import learned_rebalance_value, load_rebalance_value, save_rebalance_value
from di_models.rebalance.train import RolloutTable, main, steadied

_SHORT_LOSS = FEATURES.index("short_loss")
_ROWS = 400


def _world(seed: int, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, labels that rise with the short-term loss by a slope, and forty months."""
    random = np.random.default_rng(seed)
    columns = np.zeros((_ROWS, len(FEATURES)))
    columns[:, _SHORT_LOSS] = random.uniform(0.0, 0.1, _ROWS)
    columns[:, FEATURES.index("tracking_error")] = random.uniform(0.0, 0.02, _ROWS)
    columns[:, FEATURES.index("fixed_thresholds")] = 1.0
    label = slope * (columns[:, _SHORT_LOSS] - 0.05) + random.normal(0.0, 0.001, _ROWS)
    return columns, label, np.repeat(np.arange(40), _ROWS // 40)


def test_a_planted_value_opens_the_gate_and_is_found() -> None:
    columns, label, month = _world(1, 0.05)
    model = RebalanceLearner().fit(columns, label, month)
    assert model.gate.lower > 0
    assert model.share > 0.5
    asked = np.zeros((2, len(FEATURES)))
    asked[:, FEATURES.index("fixed_thresholds")] = 1.0
    asked[1, _SHORT_LOSS] = 0.1
    low, high = model.predict(asked)
    assert low < 0 < high
    assert model.lower(asked)[1] == pytest.approx(high - model.margin)
    added = model.predict(columns) - model.baseline(columns)
    assert model.contributions(columns).sum(axis=1) == pytest.approx(added, abs=1e-12)


def test_luck_alone_leaves_the_gate_shut_and_the_model_says_what_the_fixed_thresholds_know() -> None:
    columns, label, month = _world(2, 0.0)
    model = RebalanceLearner().fit(columns, label, month)
    assert model.share == 0.0
    assert model.predict(columns) == pytest.approx(model.baseline(columns), abs=0)
    assert (model.contributions(columns) == 0).all()
    facts = {"learned_on": "a test", "trained_on": "2026-01-01", "wait_sessions": 10}
    assert "did not help" in LearnedRebalanceValue(model, facts).provenance


def test_the_value_does_not_fall_where_a_loss_that_can_be_taken_grows() -> None:
    columns, label, month = _world(3, 0.05)
    asked = np.repeat(columns[:1], 50, axis=0)
    asked[:, _SHORT_LOSS] = np.linspace(0.0, 0.2, 50)
    assert (np.diff(RebalanceLearner().fit(columns, label, month).predict(asked)) >= -1e-12).all()


def test_the_same_rollouts_and_seed_give_the_same_text() -> None:
    given = _world(4, 0.05)
    assert RebalanceLearner().fit(*given).parts() == RebalanceLearner().fit(*given).parts()


def test_a_few_months_are_not_learned_from() -> None:
    columns, label, _ = _world(5, 0.05)
    with pytest.raises(InputError, match="9 clusters"):
        RebalanceLearner().fit(columns, label, np.arange(_ROWS) % 9)


def test_a_cancelled_training_keeps_nothing() -> None:
    model = RebalanceLearner()
    with pytest.raises(UnfinishedError):
        model.fit(*_world(6, 0.05), cancel=lambda: True)
    with pytest.raises(InputError, match="not trained"):
        model.predict(np.zeros((1, len(FEATURES))))


def test_skill_is_that_of_squared_errors_worked_by_hand() -> None:
    label, of = np.array([1.0, 2.0, 3.0, 4.0]), np.arange(4)
    skill = clustered_skill(label, label - 1.0, label - 2.0, of, seed=0)
    assert (skill.value, skill.lower, skill.upper) == pytest.approx((0.75, 0.75, 0.75))


def test_steadied_labels_lose_what_the_index_explains_and_keep_their_mean() -> None:
    columns, label, month = _world(7, 0.05)
    move = np.random.default_rng(8).normal(0.0, 0.04, _ROWS)
    move -= move.mean()
    moved = label + 0.1 * move
    part = np.zeros(_ROWS)
    table = RolloutTable(columns, moved, part, move, {"tax": moved, "cost": part, "risk": part}, month)
    calm = steadied(table)
    assert calm.std() < 0.6 * moved.std()
    assert abs(calm.mean() - moved.mean()) < 1e-4


def test_a_model_comes_back_from_its_folder_and_a_changed_tree_is_noticed(tmp_path: Path) -> None:
    columns, label, month = _world(9, 0.05)
    model = RebalanceLearner().fit(columns, label, month)
    facts = {"learned_on": "a test", "trained_on": "2026-01-01", "wait_sessions": 5}
    save_rebalance_value(model, facts, "card\n", tmp_path / "m")
    back, known, _ = load_rebalance_value(tmp_path / "m")
    assert back.predict(columns) == pytest.approx(model.predict(columns), abs=0)
    assert known == facts
    trees = tmp_path / "m" / "trees.txt"
    trees.write_text(trees.read_text(encoding="utf-8").replace("leaf_value=", "leaf_value=9", 1), encoding="utf-8")
    with pytest.raises(DamagedStoreError, match="checksum"):
        load_rebalance_value(tmp_path / "m")


def test_the_shipped_model_keeps_the_port_and_says_that_it_is_simulated() -> None:
    model = learned_rebalance_value()
    assert isinstance(model, RebalanceValueModel)
    assert "simulated" in model.provenance
    worth = model.rebalance_worth(RebalanceState(*([0.0] * len(FEATURES))))
    assert worth.lower <= worth.value
    assert worth.wait_sessions == 10


def test_the_shipped_model_follows_from_its_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).resolve().parents[3]
    shipped = root / "models" / "di_models" / "shipped" / "rebalance_sample"
    assert main([str(root / "models/recipes/rebalance_sample.toml"), "--out", str(tmp_path / "again")]) == 0
    assert "fingerprint" in capsys.readouterr().out
    again = load_rebalance_value(tmp_path / "again")
    assert again[0].parts()[1] == load_rebalance_value(shipped)[0].parts()[1]
