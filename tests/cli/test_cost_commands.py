"""``di-advisor costs`` from a terminal: every loss told, models trained, compared, promoted by the rule, watched."""

from datetime import date

import pandas as pd
import pytest

from di_advisor.cli import main
from di_advisor.domain.columns import DAILY_CONDITION_COLUMNS, ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.domain.trained_costs import CostTraining
from di_advisor.registry import cost_trainer
from di_advisor.testing.random_orders import random_names, random_orders
from tests.data_adapters.trade_history.order_files import DAILY, FILLS, ORDERS, QUOTES, write


@pytest.fixture
def files(tmp_path):
    names = {"orders": ORDERS, "fills": FILLS, "daily": DAILY, "quotes": QUOTES}
    return {name: str(write(tmp_path, text, f"{name}.csv")) for name, text in names.items()}


def check(files, *more):
    beside = [word for name in ("fills", "daily", "quotes") for word in (f"--{name}", files[name])]
    return main(["costs", "check", files["orders"], *beside, *more])


def test_a_right_file_is_told_with_its_shortfall_and_written_as_a_table(files, tmp_path, capsys):
    out = tmp_path / "history.parquet"
    assert check(files, "--out", str(out)) == 0
    shown = capsys.readouterr().out
    assert "orders.csv: 2 of 2 orders kept" in shown
    assert "None of 2 orders overlaps another of its account and name." in shown
    assert "2 orders cost" in shown
    frame = pd.read_parquet(out)
    again = TradeHistory.from_columns({str(c): frame[c].to_numpy() for c in frame.columns})
    assert again.order_id.tolist() == ["O1", "O2"]


def test_what_is_dropped_is_shown_with_an_example(files, tmp_path, capsys):
    write(tmp_path, FILLS.replace("10:01:00", "09:59:00"), "fills.csv")
    assert check(files) == 0
    shown = capsys.readouterr().out
    assert "1 of 2 orders kept" in shown
    assert "1  order dropped: fill outside arrival to end" in shown
    assert "O1: fill at 2024-03-05T14:59:00" in shown


def test_a_wrong_file_is_refused_with_its_line(files, tmp_path, capsys):
    write(tmp_path, ORDERS.replace("sell", "swap"), "orders.csv")
    assert check(files) == 2
    assert "line 3, side: 'swap' is neither a purchase nor a sale" in capsys.readouterr().err


@pytest.mark.parametrize("kept", [True, False])
def test_orders_after_the_day_of_training_are_refused_before_anything_is_trained(kept, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(tmp_path / "shelf"))
    random_orders(random_names(5), 40, 2).history.to_frame().to_parquet(tmp_path / "orders.parquet")
    out = tmp_path / "model"
    asked = ["costs", "train", str(tmp_path / "orders.parquet"), "--trained-on", "1999-12-31"]
    assert main(asked if kept else [*asked, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "40 of 40 orders arrived after 1999-12-31, the day of training; the last on 20" in said
    assert "Hint: Give the day on which all of them were known (--trained-on, or the recipe's)" in said
    assert not out.exists()
    assert not (tmp_path / "shelf").exists()


def test_a_reader_that_takes_no_mapping_says_so(files, capsys):
    assert main(["costs", "check", files["orders"], "--reader", "ibkr_flex", "--mapping", "m.toml"]) == 2
    assert "The reader ibkr_flex takes no mapping" in capsys.readouterr().err


def test_every_column_is_documented_in_the_help_and_in_the_list(capsys):
    assert main(["costs", "check", "--help"]) == 0
    shown = capsys.readouterr().out
    assert main(["columns"]) == 0
    listed = capsys.readouterr().out
    for column in (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS, *DAILY_CONDITION_COLUMNS):
        line = f"{'*' if column.required else ' '} {column.name} "
        assert line in shown
        assert line in listed


RECIPE = """
orders = "orders.parquet"
trained_on = 2026-06-30
seed = 4
blocks = 2
[prior]
impact = 0.7
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Orders, a recipe and a model of another seed."""
    folder = tmp_path_factory.mktemp("desk")
    history = random_orders(random_names(9), 300, 9).history
    history.to_frame().to_parquet(folder / "orders.parquet", index=False)
    (folder / "recipe.toml").write_text(RECIPE)
    cost_trainer().train(history, CostTraining(date(2026, 6, 30), blocks=2), folder / "other")
    return folder


def costs(*words):
    return main(["costs", *map(str, words)])


def test_a_model_is_trained_by_its_recipe_with_its_stages_and_its_card(desk, tmp_path, capsys):
    assert costs("train", "--recipe", desk / "recipe.toml", "--out", tmp_path / "model") == 0
    shown = capsys.readouterr()
    assert [line for line in shown.err.splitlines() if "block" in line] == [
        "Note: Testing block 1 of 2 ...",
        "Note: Testing block 2 of 2 ...",
    ]
    assert "The model replaces the prior: " in shown.out
    assert "Skill against the prior" in shown.out
    card = cost_trainer().card(tmp_path / "model")
    assert card.facts["seed"] == 4
    assert card.model_id in shown.out


def test_without_a_folder_it_goes_to_the_shelf_under_its_id(desk, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(tmp_path))
    assert costs("train", desk / "orders.parquet", "--trained-on", "2026-06-30", "--seed", "3") == 0
    (kept,) = tmp_path.iterdir()
    assert f"Kept as {kept.name}" in capsys.readouterr().out
    assert costs("card", kept.name) == 0
    assert f"Cost model {kept.name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train", "sample"], "No day to write on the card"),
        (["train", "--trained-on", "2026-06-30"], "No orders are given"),
        (["card", "nobody"], "names no trained cost model"),
        (["card", "2026-06-30-0123456789ab"], "There is no cost model"),
        (["watch", "learned", "nowhere.parquet", "--since", "2026-01-01"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_says_why(words, says, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(tmp_path))
    assert costs(*words) == 2
    assert says in capsys.readouterr().err


def test_two_models_stand_side_by_side_and_different_orders_are_not_ranked(desk, capsys):
    assert costs("compare", "learned", desk / "other") == 0
    shown = capsys.readouterr().out
    assert "Trained on different orders" in shown
    assert "Replaces the prior" in shown


def test_a_model_that_does_not_beat_the_prior_is_not_promoted(desk, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DI_ADVISOR_COST_MODELS", str(tmp_path))
    assert costs("promote", desk / "other") == 2
    assert "The prior stays: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_model_beats_it_and_is_promoted_with_the_line_that_names_it(capsys):
    assert costs("promote", "learned") == 0
    assert "Models(cost='learned')" in capsys.readouterr().out


def test_watching_tells_months_and_its_exit_code_tells_an_alarm(desk, capsys):
    code = costs("watch", desk / "other", desk / "orders.parquet", "--since", "2020-01-15")
    shown = capsys.readouterr().out
    assert "Predicted against paid, by month" in shown
    assert ("no alarm" in shown) == (code == 0)


def test_a_file_of_which_no_order_is_left_ends_with_code_2_and_writes_nothing(files, tmp_path, capsys):
    write(tmp_path, FILLS.replace("T10:", "T08:").replace("T11:", "T08:"), "fills.csv")
    out = tmp_path / "history.parquet"
    assert check(files, "--out", str(out)) == 2
    shown = capsys.readouterr()
    assert "0 of 2 orders kept" in shown.out
    assert "fill outside arrival to end" in shown.out
    assert shown.err.count("No order is left") == 1
    assert "What was left out stands above" in shown.err
    assert not out.exists()


@pytest.mark.parametrize("beside", ["nothing.csv", "nothing.parquet"])
def test_orders_that_are_not_there_are_said_in_our_own_words(beside, tmp_path, capsys):
    assert main(["costs", "check", str(tmp_path / beside)]) == 2
    assert f"{beside} cannot be read: there is no such file" in capsys.readouterr().err
