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
