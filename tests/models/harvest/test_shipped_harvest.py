"""The shipped harvest surrogate: whole, labelled simulated, made by its recipe, refused when changed."""

import shutil
from datetime import date

import numpy as np
import pytest

from di_advisor import sample
from di_advisor.domain.harvest import ClientProfile, LotStates
from di_advisor.errors import DamagedStoreError, InputError, StoreError
from di_advisor.registry import harvest_model
from di_models.harvest.card import card_markdown
from di_models.harvest.model import ProgramHarvestModel
from di_models.harvest.profiles import BOX, label, sample_cases
from di_models.harvest.program import Grid
from di_models.harvest.registry import load_harvest_model, save_harvest_model
from di_models.harvest.shipped import learned_harvest_model, shipped_harvest_model
from di_models.harvest.surrogate import HarvestSurrogate
from di_models.harvest.train import HarvestRecipe, main, read_harvest_recipe, train_surrogate

CLIENT = ClientProfile(0.408, 0.238)


def lots(losses, volatility=0.3):
    basis = np.full(len(losses), 1000.0)
    value = basis * (1 - np.array(losses))
    ages = np.full(len(losses), 100)
    return LotStates(value, value - basis, ages, 366 - ages, np.full(len(losses), volatility))


def test_it_is_found_by_its_name_and_says_what_it_was_trained_on():
    worth = harvest_model("learned").worth(lots([0.02, 0.1, 0.3]), CLIENT, review_days=7)
    assert "simulated names" in worth.provenance
    assert "3 of 3 lots" in worth.provenance
    assert worth.restart_usd - worth.given_up_usd == pytest.approx(worth.continuation_usd)


def test_it_answers_nearly_as_the_program_does():
    states = lots([0.01, 0.03, 0.06, 0.1, 0.2, 0.35])
    learned = learned_harvest_model().worth(states, CLIENT, review_days=7)
    exact = ProgramHarvestModel(margin=0.0).worth(states, CLIENT, review_days=7)
    gap = (learned.advantage_usd() - exact.advantage_usd()) / states.value_usd
    assert np.abs(gap).max() < 0.0025
    assert learned.says_sell.tolist()[2:] == exact.says_sell.tolist()[2:]


def test_another_review_interval_is_refused():
    with pytest.raises(InputError, match="every 28 days, the harvest model was made for every 7"):
        harvest_model("learned").worth(lots([0.1]), CLIENT, review_days=28)


def test_its_card_says_regret_on_unseen_clients_and_its_limits():
    facts = shipped_harvest_model().facts
    rows = {row["policy"]: row for row in facts["unseen"]}
    rules = [row["regret"] for name, row in rows.items() if name not in ("program", "learned")]
    assert rows["learned"]["regret"] < 2.5
    assert rows["learned"]["regret"] < 0.5 * min(rules)
    assert rows["learned"]["lowest"] > 0
    text = card_markdown(facts)
    assert "(simulated names)" in text
    assert "one review interval only" in text


def test_it_was_made_by_its_recipe_from_the_samples_volatilities(root):
    recipe = read_harvest_recipe(root / "models" / "recipes" / "harvest_sample.toml")
    found = shipped_harvest_model()
    settings = found.surrogate.get_params()
    assert (recipe.review_days, recipe.seed, recipe.rounds, recipe.leaves) == tuple(
        settings[name] for name in ("step_days", "seed", "rounds", "leaves")
    )
    assert found.facts["trained_on"] == recipe.trained_on.isoformat()
    volatility = sample.load().market().volatility_per_year
    assert found.facts["names"] == len(volatility)
    assert found.facts["volatilities"]["50%"] == pytest.approx(float(np.median(volatility)))


def test_its_files_are_small_enough_for_the_wheel(root):
    folder = root / "models" / "di_models" / "shipped" / "harvest_sample"
    assert sum(each.stat().st_size for each in folder.iterdir()) < 2_000_000


def test_a_changed_file_is_refused_by_its_name_and_a_missing_model_says_so(root, tmp_path):
    folder = root / "models" / "di_models" / "shipped" / "harvest_sample"
    for name in ("advantage.txt", "restart.txt", "params.json", "card.json", "card.md"):
        copy = tmp_path / name.replace(".", "-")
        shutil.copytree(folder, copy)
        text = (copy / name).read_text()
        (copy / name).write_text(text.replace("1", "2", 1))
        with pytest.raises(DamagedStoreError, match=name):
            load_harvest_model(copy)
    with pytest.raises(StoreError, match="no harvest model"):
        learned_harvest_model(tmp_path / "nowhere")


def test_what_is_stored_comes_back_and_the_same_training_gives_the_same_fingerprint(tmp_path):
    labels = label(sample_cases(20, seed=1), step_days=28, seed=2, grid=Grid(nodes=101))
    made = [HarvestSurrogate(step_days=28, rounds=20, leaves=7).fit(labels) for _ in range(2)]
    prints = {save_harvest_model(m, {"learned_on": "x"}, "card", tmp_path / f"m{i}") for i, m in enumerate(made)}
    assert len(prints) == 1
    again = load_harvest_model(tmp_path / "m0")
    assert again.fingerprint in prints
    rows = labels.columns[:200]
    assert again.surrogate.predict(rows).tolist() == made[0].predict(rows).tolist()
    assert again.surrogate.bounds(rows)[0].tolist() == made[0].bounds(rows)[0].tolist()


def test_half_of_the_sampled_clients_take_a_volatility_of_the_market_inside_the_box():
    market = np.array([0.2, 0.9])
    cases = sample_cases(200, seed=3, volatilities=market)
    drawn = [c.market.volatility_per_year for c in cases]
    taken = [v for v in drawn if v in (0.2, BOX["volatility_per_year"][1])]
    assert 60 < len(taken) < 140
    plain = sample_cases(200, seed=3)
    assert [c.profile for c in plain] == [c.profile for c in cases]


def test_a_small_training_run_tells_its_stages_and_describes_itself():
    told = []
    recipe = HarvestRecipe("x", date(2026, 6, 30), review_days=56, clients=20, unseen_clients=2, rounds=5, leaves=4)
    found = train_surrogate(
        recipe, np.array([0.2, 0.3]), simulated=False, told=lambda share, stage: told.append((stage, share))
    )
    stages = [*dict.fromkeys(stage for stage, _ in told)]
    assert stages == ["Solving sampled clients", "Learning", "Testing on unseen clients"]
    assert told[-1][1] == 1
    assert found.facts["learned_on"] == "sampled clients and the names of a market"
    assert [row["policy"] for row in found.facts["unseen"]][:2] == ["program", "learned"]
    assert "simulated" not in card_markdown(found.facts)


@pytest.mark.parametrize(
    ("text", "words"),
    [("clients = ", "cannot be used"), ('charm = "x"', "its keys are"), ("trained_on = 1", "volatilities")],
)
def test_a_wrong_recipe_is_told_without_a_traceback(tmp_path, capsys, text, words):
    (tmp_path / "r.toml").write_text(text)
    assert main([str(tmp_path / "r.toml"), "--out", str(tmp_path / "m")]) == 1
    assert words in capsys.readouterr().err


def test_a_file_without_volatilities_is_refused(tmp_path, capsys):
    (tmp_path / "names.csv").write_text("volatility_per_year\n0.2\n-1\n")
    (tmp_path / "r.toml").write_text('volatilities = "names.csv"\ntrained_on = 2026-06-30\n')
    assert main([str(tmp_path / "r.toml"), "--out", str(tmp_path / "m")]) == 1
    assert "volatilities that are none" in capsys.readouterr().err
