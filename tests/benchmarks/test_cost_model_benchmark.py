"""The comparison of cost models: the same for the same seed, and ours is one of its columns."""

from benchmarks.cost_model import measure_row, table_of
from benchmarks.cost_rivals import RIVALS


def test_a_row_follows_from_its_seed_and_is_no_better_than_its_best_column():
    one, again, other = (measure_row(60, seed=seed, repetitions=1) for seed in (5, 5, 6))
    assert one.rmse_bps == again.rmse_bps != other.rmse_bps
    assert one.of_best >= 1.0
    assert set(one.rmse_bps) == set(RIVALS)
    assert one.coverage == again.coverage


def test_the_table_shows_every_column_and_the_seconds_below():
    text = table_of([measure_row(60, seed=5, repetitions=1)])
    for name in RIVALS:
        assert name in text
    assert "CPU s" in text
    assert "coverage" in text


def test_a_table_that_a_benchmark_writes_comes_with_its_bars(monkeypatch):
    import subprocess

    from benchmarks import frame

    def ran(command, **_):
        into = command[command.index("--into") + 1]
        frame.write_results([frame.Bar.at_most("learning.x", 1.0, 2.0, unit="ratio")], frame.Path(into))
        return subprocess.CompletedProcess(command, 0, stdout="orders  prior  ours\n50  4.0  3.9\n", stderr="")

    monkeypatch.setattr(frame.subprocess, "run", ran)
    found = frame.run(frame.Benchmark("cost_model", "learning"))
    assert found.tables == "orders  prior  ours\n50  4.0  3.9"
    assert [bar.bar for bar in found.bars] == ["learning.x"]


def test_each_harvest_policy_of_the_comparison_has_its_row():
    import numpy as np

    from benchmarks.harvest_rollout import Outcome
    from benchmarks.harvest_value import MODEL, rollout_table

    names = ("any loss", "-5 %", "-10 %", "-20 %", "volatility", MODEL, "no margin")
    outcome = Outcome(np.arange(12.0), np.arange(12.0), 0.5)
    text = rollout_table(dict.fromkeys(names, outcome), seed=1)
    for name in ("never", *names):
        assert any(line.startswith(name) for line in text.splitlines())
