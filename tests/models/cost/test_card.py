"""The card says what the run saw, how it was tested, and nothing that a file could smuggle in."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_models.cost.card import data_sha256
from di_models.cost.card_text import compare_cards
from di_models.cost.registry import load_cost_model
from di_models.cost.train import main
from di_models.cost.training import read_recipe, train_cost_model
from tests.models.cost.histories import clear_signal, simulated

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def run():
    return train_cost_model(clear_signal(), trained_on=DAY, seed=1, blocks=2)


def test_it_counts_what_the_run_saw(run):
    data = run.card.facts["data"]
    history = clear_signal()
    assert data["orders"] == 2000
    assert data["days"] == len(np.unique(history.day))
    assert data["names"] == len(np.unique(history.security_id))
    assert data["arrival_prices"] == {"mid at arrival": 2000}
    assert data["sha256"] == data_sha256(history)
    assert run.card.facts["trained_on"] == "2026-06-30"


def test_it_is_plain_json(run):
    assert json.loads(json.dumps(run.card.as_json(), allow_nan=False)) == run.card.as_json()


def test_prior_and_posterior_come_with_intervals_and_the_share_of_the_prior(run):
    for row in run.card.facts["law"]:
        for middle, low, high in (row["prior"], row["posterior"]):
            assert low < middle < high
        assert 0 < row["prior_share"] <= 1
    assert [row["constant"] for row in run.card.facts["law"]] == ["spread_capture", "impact", "exponent"]


def test_the_venue_is_the_largest_effect_where_only_venues_differ(run):
    assert run.card.facts["effects"][0]["feature"] == "venue"


def test_scores_and_the_verdict_are_those_of_the_walk_forward(run):
    walked = run.card.facts["walk_forward"]
    assert walked["orders"] == len(run.tested.history)
    assert walked["skill"]["low"] <= walked["skill"]["value"] <= walked["skill"]["high"]
    assert len(walked["deciles"]) == 10
    assert run.card.promoted == run.card.facts["promotion"]["promoted"]


def test_the_markdown_shows_verdict_power_law_scores_and_limits(run):
    text = run.card.as_markdown()
    for part in (
        "**Verdict.**",
        "**Power.**",
        "simulated",
        "share of prior",
        "calibration slope",
        "## Limits",
        "decile",
    ):
        assert part in text
    assert "SHA-256" in text


def test_names_from_a_file_cannot_draw_tables_links_or_html():
    history = simulated(300, 9).history
    evil = "<script>alert(1)</script>|[x](http://y)`\n# head"
    found = replace(history, venue=np.full(300, evil), provenance=evil)
    text = train_cost_model(found, trained_on=DAY, blocks=2).card.as_markdown()
    assert "<script>" not in text
    assert "[x](" not in text
    assert "\n# head" not in text
    assert "&lt;script&gt;" in text


def test_the_hash_of_the_data_changes_with_any_figure_or_word_and_not_with_the_last_bits():
    history = simulated(300, 9).history
    assert data_sha256(history) == data_sha256(replace(history))
    venue = history.venue.copy()
    venue[7] = "Elsewhere"
    half = history.half_spread_bps.copy()
    half[7] *= 1 + 1e-6
    changed = (history, replace(history, venue=venue), replace(history, half_spread_bps=half))
    assert len({data_sha256(h) for h in changed}) == 3
    another_processor = replace(history, half_spread_bps=np.nextafter(history.half_spread_bps, np.inf))
    assert data_sha256(another_processor) == data_sha256(history)


def test_a_history_too_short_to_test_keeps_the_prior_and_says_so():
    history = simulated().history
    card = train_cost_model(history.take(history.day < np.unique(history.day)[2]), trained_on=DAY).card
    assert card.facts["walk_forward"] is None
    assert not card.promoted
    assert "too few days" in card.as_markdown()
    assert card.plot().axes[0].get_xlabel() == "predicted cost, bps"


def test_the_plot_shows_ten_deciles(run):
    axes = run.card.plot().axes[0]
    assert len(axes.containers[0].lines[0].get_xdata()) == 10
    assert "simulated" in axes.get_title()


def test_two_cards_side_by_side(run):
    text = compare_cards(run.card.facts, run.card.facts)
    assert "Same data." in text
    assert "skill against the prior" in text


RECIPE = """
orders = "orders.parquet"
trained_on = 2026-06-30
seed = 4
blocks = 2
[prior]
impact = 0.7
log_impact_sd = 0.3
"""


def test_a_recipe_trains_from_a_file_and_stores_the_model(tmp_path, capsys):
    simulated(300, 9).history.to_frame().to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "r.toml").write_text(RECIPE)
    assert main([str(tmp_path / "r.toml"), "--out", str(tmp_path / "model")]) == 0
    told = capsys.readouterr().out
    assert told.count("Testing block 2 of 2") == 1
    assert "Training on all 300 orders" in told
    assert "fingerprint" in told
    found = load_cost_model(tmp_path / "model")
    assert found.model.seed == 4
    assert found.model.fit_.prior.law.impact == 0.7
    assert found.card.facts["data"]["orders"] == 300


def test_the_command_line_tells_a_wrong_recipe_without_a_traceback(tmp_path, capsys):
    (tmp_path / "r.toml").write_text("orders = 3")
    assert main([str(tmp_path / "r.toml"), "--out", str(tmp_path / "model")]) == 1
    assert "Hint" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["orders = ", 'orders = "a"\ntrained_on = 2026-06-30\nmagic = 1', "prior = 3"])
def test_a_recipe_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match="recipe"):
        read_recipe(tmp_path / "r.toml")


def test_a_run_tells_every_tree_and_what_it_is_for():
    told = []
    train_cost_model(simulated().history, trained_on=DAY, blocks=2, told=lambda done, what: told.append((done, what)))
    shares = [done for done, _ in told]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1
    assert len(shares) > 200  # six fits of sixty trees for each of three models, but for those whose gate is shut
    assert [*dict.fromkeys(what for _, what in told)] == [
        "Testing block 1 of 2",
        "Testing block 2 of 2",
        "Training on all 1,500 orders",
    ]


def test_own_fills_are_described_without_the_word_simulated():
    found = simulated(300, 9).history
    own = TradeHistory.from_columns({name: getattr(found, name) for name in found.columns()})
    assert "simulated" not in train_cost_model(own, trained_on=DAY, blocks=2).card.as_markdown().lower()
