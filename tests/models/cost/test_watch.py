"""``python -m di_models.cost.watch``: a stored model beside newer orders, and what is refused."""

from datetime import date

import numpy as np
import pytest

from benchmarks.cost_years import year
from di_models.cost import watch
from di_models.cost.registry import save_cost_model
from di_models.cost.training import train_cost_model


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    history = year(1, months=6, spread=4.0, change=3, orders_a_day=15).history
    early = history.take(history.day < np.datetime64("2023-03-01"))
    trained = train_cost_model(early, trained_on=date(2023, 3, 1))
    save_cost_model(trained.model, trained.card, folder / "model")
    history.to_frame().to_parquet(folder / "orders.parquet", index=False)
    return folder


def run(folder, since="2023-03-01"):
    return watch.main([str(folder / "model"), str(folder / "orders.parquet"), "--since", since])


def test_the_months_the_alarm_and_the_level_in_use_are_told(desk, capsys):
    assert run(desk) == 0
    shown = capsys.readouterr().out
    assert [line[:7] for line in shown.splitlines()[2:6]] == ["2023-03", "2023-04", "2023-05", "2023-06"]
    assert "all orders cost" in shown
    assert "more than predicted" in shown
    assert shown.splitlines()[-1].startswith(("The model stays at its ", "From 2023-"))


@pytest.mark.parametrize(
    ("since", "words"),
    [("2024-01-01", "orders.parquet is of 2024-01-01 or later"), ("2023-03-01", "There is no cost model in")],
)
def test_what_cannot_be_watched_says_why(desk, tmp_path, capsys, since, words):
    folder = desk if "2024" in since else tmp_path
    assert watch.main([str(folder / "model"), str(desk / "orders.parquet"), "--since", since]) == 1
    assert words in capsys.readouterr().err
