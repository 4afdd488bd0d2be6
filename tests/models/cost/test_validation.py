"""Walking forward never looks ahead; scores and the rule of promotion say what they should on cases by hand."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InputError, UnfinishedError
from di_models.cost import validation
from di_models.cost.learned import LearnedCostModel
from di_models.cost.validation import Interval, OutOfSample, power_line, promotion, scores, walk_forward
from tests.models.cost.histories import WRONG, simulated


@pytest.fixture(scope="module")
def found():
    return walk_forward(simulated(1500, 3).history, prior=WRONG, seed=1)


@pytest.fixture
def seen(monkeypatch):
    """Histories that models were trained on, in order."""
    kept = []

    class Watched(LearnedCostModel):
        def fit(self, X, y=None, **more):
            kept.append(X)
            return super().fit(X, y, **more)

    monkeypatch.setattr(validation, "LearnedCostModel", Watched)
    return kept


def test_training_ends_a_day_before_what_is_predicted_and_without_orders_that_overlap(seen):
    history = simulated(1500, 3).history
    day = history.day
    long_running = np.zeros(len(history), dtype=bool)
    long_running[::40] = True
    end = np.where(long_running, history.arrival_utc + np.timedelta64(30, "D"), history.end_utc)
    tested = walk_forward(replace(history, end_utc=end), blocks=4)
    first = np.unique(tested.history.day)[0]
    blocks = np.array_split(np.unique(tested.history.day), 4)
    assert len(seen) == 4
    for trained_on, block in zip(seen, blocks, strict=True):
        assert trained_on.day.max() < block[0] - np.timedelta64(1, "D")
        assert (trained_on.end_utc < block[0]).all()
    assert first > day.min()
    assert any((trained_on.end_utc > trained_on.arrival_utc + np.timedelta64(29, "D")).any() for trained_on in seen)


def test_every_order_after_the_first_block_is_predicted_once(found):
    history = simulated(1500, 3).history
    assert len(set(found.history.order_id.tolist())) == len(found.history)
    assert set(found.history.order_id.tolist()) == set(
        history.order_id[history.day >= found.history.day.min()].tolist()
    )


def test_what_happens_later_does_not_change_earlier_predictions(found):
    history = simulated(1500, 3).history
    last = history.day >= np.unique(history.day)[-12]
    changed = replace(
        history, average_price_usd=np.where(last, history.average_price_usd * 1.01, history.average_price_usd)
    )
    again = walk_forward(changed, prior=WRONG, seed=1)
    before = again.history.day < history.day[last].min()
    np.testing.assert_array_equal(again.predicted_bps, found.predicted_bps)
    assert before.any()


def test_too_few_days_are_refused():
    history = simulated(1500, 3).history
    with pytest.raises(InputError, match="3 days"):
        walk_forward(history.take(history.day < np.unique(history.day)[3]))


def test_it_can_be_watched_and_cancelled():
    told = []
    walk_forward(simulated(300, 9).history, blocks=2, told=lambda done, of: told.append((done, of)))
    assert {done for done, _ in told} >= {1, 2}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert {of for _, of in told} == {2}
    with pytest.raises(UnfinishedError):
        walk_forward(simulated(300, 9).history, cancel=lambda: True)


def test_scores_of_perfect_and_of_doubled_predictions(found):
    cost = np.abs(found.history.cost_bps) + 1.0
    history = replace(found.history, average_price_usd=50.0 * (1 + found.history.side * cost / 1e4))
    wide = np.stack([cost - 1, cost + 1], axis=1)
    perfect = scores(OutOfSample(history, cost, 2 * cost, wide, found.noise_bps))
    assert perfect.dollar_ratio.value == pytest.approx(1.0)
    assert perfect.prior_dollar_ratio.value == pytest.approx(2.0)
    assert perfect.slope == pytest.approx(1.0)
    assert perfect.skill.value == pytest.approx(1.0)
    assert perfect.r_squared == pytest.approx(1.0)
    assert perfect.coverage == 1.0
    assert all(mine == pytest.approx(real) for mine, real in perfect.deciles)
    doubled = scores(OutOfSample(history, 2 * cost, cost, wide, found.noise_bps))
    assert doubled.slope == pytest.approx(0.5)
    assert doubled.skill.value < 0


def test_orders_that_cost_nothing_are_refused_before_anything_is_divided_by_what_they_cost(found):
    free = replace(found.history, average_price_usd=found.history.arrival_price_usd)
    with pytest.raises(InputError, match="What the orders cost adds up to nothing"):
        scores(replace(found, history=free))


def test_a_right_model_against_a_prior_that_is_far_off_is_promoted():
    asked = simulated(4000, 15)
    truth = asked.true_cost_bps
    interval = np.stack([truth - 1.645 * asked.noise_bps, truth + 1.645 * asked.noise_bps], axis=1)
    verdict = promotion(scores(OutOfSample(asked.history, truth, 4.0 * truth, interval, asked.noise_bps)))
    assert verdict.promoted, verdict.sentence
    assert "replaces the prior" in verdict.sentence


def test_a_model_no_better_than_its_prior_is_not_promoted_and_says_why():
    asked = simulated(4000, 15)
    wrong, truth = 4.0 * asked.true_cost_bps, asked.true_cost_bps
    interval = np.stack([wrong - 40, wrong + 40], axis=1)
    verdict = promotion(scores(OutOfSample(asked.history, wrong, truth, interval, asked.noise_bps)))
    assert not verdict.promoted
    for reason in ("skill", "the interval must hold 1", "no nearer"):
        assert reason in verdict.sentence


def test_intervals_are_by_day_so_orders_of_one_day_count_as_one():
    asked = simulated(2000, 16)
    one_day = replace(asked.history, arrival_utc=np.full(2000, asked.history.arrival_utc[0]))
    apart = OutOfSample(asked.history, asked.true_cost_bps, asked.true_cost_bps, np.zeros((2000, 2)), asked.noise_bps)
    together = replace(apart, history=one_day)
    wide, none = scores(apart).dollar_ratio, scores(together).dollar_ratio
    assert wide.low < wide.value < wide.high
    assert none.low == none.high == pytest.approx(none.value)
    assert scores(together).days == 1


def test_the_power_line_is_that_of_the_arithmetic():
    line = power_line(27.0, 200)
    assert "±1.9 bps" in line
    assert "2,916" in line
    assert power_line(27.0, 0) == "No orders: nothing can be resolved."


def test_an_interval_reads_as_one():
    assert str(Interval(1.0, 0.9, 1.2)) == "1.000 [0.900, 1.200]"
