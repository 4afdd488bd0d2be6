"""Monitoring: what changed is found and told, and where nothing changed little is raised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cost_years import year
from di_advisor.errors import InputError
from di_models.cost.drift import change_point, stability_index
from di_models.cost.fallback import Level, level_in_use, stepped_down
from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.monitoring import MonthOfCosts, monitor, predictions
from di_models.cost.validation import Interval, OutOfSample


def about(report, watch):
    return [a for a in report.alarms if a.watch == watch]


def test_a_spread_that_doubles_in_july_is_told_with_its_day_and_size():
    report = monitor(year(3, spread=2.0))
    alarm = next(a for a in about(report, "residuals") if a.about == "all orders")
    assert np.datetime64("2023-05-15") <= alarm.since <= np.datetime64("2023-08-20")
    change = report.changes["all orders"]
    assert change.excess_after > change.excess_before + 0.15
    assert alarm.sentence.startswith(f"Since {alarm.since} all orders cost ")
    assert "more than predicted" in alarm.sentence
    assert alarm.sentence in report.sentence


def test_an_impact_that_halves_is_told_as_less():
    report = monitor(year(4, impact=0.5, orders_a_day=40))
    alarm = next(a for a in about(report, "residuals") if a.about == "all orders")
    assert np.datetime64("2023-05-15") <= alarm.since <= np.datetime64("2023-08-20")
    assert report.changes["all orders"].excess_after < -0.15
    assert "less than predicted" in alarm.sentence


def test_a_broker_that_gets_dear_is_named():
    report = monitor(year(5, impact=3.0, broker="Birch"))
    named = {a.about for a in about(report, "residuals")}
    assert "broker Birch" in named
    assert "broker Alder" not in named


def test_a_wider_spread_that_the_quotes_show_is_a_matter_of_features():
    trained_on = year(6, months=6).history
    report = monitor(year(7, spread=2.0, seen=True), trained_on=trained_on)
    assert [a.about for a in about(report, "feature")] == ["half_spread_bps"]
    assert about(report, "feature")[0].sentence.startswith("Since 2023-07 half_spread_bps is drawn otherwise")
    assert report.stability["half_spread_bps"] > 0.2
    assert report.stability["volatility_daily_bps"] < 0.2


def test_where_nothing_changed_few_reports_raise_an_alarm_and_none_about_features():
    trained_on = year(8, months=6).history
    reports = [monitor(year(100 + k, orders_a_day=12), trained_on=trained_on, seed=k) for k in range(8)]
    # At 5 % false alarms, three or more of eight come once in 170 runs; the seeds are fixed.
    assert sum(bool(about(r, "residuals")) for r in reports) <= 2
    assert not any(about(r, "feature") for r in reports)
    assert any(r.sentence == "Nothing changed that these orders can show." for r in reports)


def test_months_add_up_to_the_dollars_of_the_year():
    found = year(9)
    report = monitor(found)
    usd = found.history.filled_shares * found.history.arrival_price_usd / 1e4
    assert len(report.months) == 12
    assert sum(m.orders for m in report.months) == len(found.history)
    assert sum(m.paid_usd for m in report.months) == pytest.approx((found.history.cost_bps * usd).sum())
    for m in report.months:
        assert m.paid_over_predicted.value == pytest.approx(m.paid_usd / m.predicted_usd)
        assert m.paid_over_predicted.low < m.paid_over_predicted.value < m.paid_over_predicted.high
    assert report.to_frame()["month"].tolist() == [f"2023-{k:02d}" for k in range(1, 13)]
    assert report.rolling_coverage.mean() == pytest.approx(0.9, abs=0.03)


def test_intervals_that_are_too_narrow_since_july_are_told():
    found = year(10)
    half = np.where(found.history.day >= np.datetime64("2023-07-01"), 0.5, 1.0)[:, None]
    middle = found.predicted_bps[:, None]
    narrow = OutOfSample(
        found.history,
        found.predicted_bps,
        found.prior_bps,
        middle + half * (found.interval_bps - middle),
        found.noise_bps,
    )
    (alarm,) = about(monitor(narrow), "coverage")
    assert np.datetime64("2023-07-01") <= alarm.since <= np.datetime64("2023-08-01")
    assert "lie inside their 90% interval" in alarm.sentence


def test_the_order_of_rows_has_no_meaning():
    found = year(11, months=3)
    rows = np.random.default_rng(0).permutation(len(found.history))
    mixed = OutOfSample(
        found.history.take(rows),
        found.predicted_bps[rows],
        found.prior_bps[rows],
        found.interval_bps[rows],
        found.noise_bps[rows],
    )
    assert monitor(mixed).changes["all orders"].since == monitor(found).changes["all orders"].since
    assert monitor(mixed).to_frame()["paid_usd"].tolist() == pytest.approx(
        monitor(found).to_frame()["paid_usd"].tolist()
    )


def test_no_orders_and_impossible_rates_are_refused():
    found = year(12, months=1)
    none = np.zeros(0, dtype=int)
    empty = OutOfSample(
        found.history.take(none),
        found.predicted_bps[none],
        found.prior_bps[none],
        found.interval_bps[none],
        found.noise_bps[none],
    )
    with pytest.raises(InputError, match="There are 0 orders"):
        monitor(empty)
    with pytest.raises(InputError, match=r"false alarms of 1\.5 are asked for"):
        monitor(found, false_alarms=1.5)


def test_few_days_have_no_change_point_and_no_bounded_interval():
    found = year(13, months=1, orders_a_day=30)
    few = np.flatnonzero(found.history.day < np.datetime64("2023-01-06"))
    short = OutOfSample(
        found.history.take(few),
        found.predicted_bps[few],
        found.prior_bps[few],
        found.interval_bps[few],
        found.noise_bps[few],
    )
    report = monitor(short)
    assert report.changes == {}
    assert report.months[0].paid_over_predicted.high == float("inf")
    assert not report.months[0].off


@given(st.integers(0, 200), st.integers(1, 60))
def test_the_stability_index_is_none_of_a_feature_with_itself_and_never_below(seed, n):
    g = np.random.default_rng(seed)
    a, b = g.normal(size=500), g.normal(size=n)
    assert stability_index(a, a) == 0.0
    assert stability_index(a, b) >= 0.0
    assert stability_index(a, a + 2.0) > 0.2


def test_words_and_unknown_values_have_an_index_too():
    old = np.repeat(["a", "b"], 200)
    assert stability_index(old, np.repeat(["a", "b"], 50)) == pytest.approx(0.0, abs=0.01)
    assert stability_index(old, np.repeat(["c"], 50)) > 0.2
    gone = np.full(100, np.nan)
    assert stability_index(np.linspace(0, 1, 100), gone) > 0.2
    assert np.isnan(stability_index(np.zeros(0), gone))


def test_the_change_point_of_a_plain_step_is_the_step():
    day = np.repeat(np.arange("2023-01-01", "2023-03-02", dtype="datetime64[D]"), 5)
    later = day >= np.datetime64("2023-02-01")
    error = np.random.default_rng(1).normal(size=len(day)) * 0.5 + later
    found = change_point(day, error, np.ones(len(day)), np.ones(len(day)), seed=0)
    assert found is not None
    assert found.since == np.datetime64("2023-02-01")
    assert found.p_value == pytest.approx(1 / 2000)
    assert found.excess_after - found.excess_before == pytest.approx(1.0, abs=0.15)


INTERVALS = {"x": Interval(1.5, 1.2, 1.8), "-": Interval(0.6, 0.4, 0.8), ".": Interval(1.1, 0.8, 1.4)}


def month(k: int, kind: str) -> MonthOfCosts:
    interval = INTERVALS[kind]
    return MonthOfCosts(np.datetime64("2023-01") + k, 400, 20, 100.0, 100.0 * interval.value, interval, 0.9)


def months(pattern: str) -> list[MonthOfCosts]:
    return [month(k, kind) for k, kind in enumerate(pattern)]


@pytest.mark.parametrize(
    ("trees", "law", "level"),
    [
        ("......", "......", Level.TREES),
        ("x.x.x.", "xxxxxx", Level.TREES),
        ("x-x-x-", "xxxxxx", Level.TREES),
        ("x--...", "......", Level.LAW),
        (".xx...", "......", Level.LAW),
        (".xxx..", "...x..", Level.LAW),
        (".xx...", "xxx...", Level.LAW),
        (".xx...", "...xx.", Level.PRIOR),
        ("xxxxxx", "xxxxxx", Level.PRIOR),
    ],
)
def test_two_months_in_a_row_step_down_once_and_counting_starts_again(trees, law, level):
    found, told = level_in_use({Level.TREES: months(trees), Level.LAW: months(law)})
    assert found is level
    assert str(level) in told


def test_the_reason_for_stepping_down_names_the_months():
    _, told = level_in_use({Level.TREES: months(".xx"), Level.LAW: months("...")})
    assert told == (
        "From 2023-04 on the law alone is used: in 2023-02 and 2023-03 the dollars paid over those predicted by the "
        "law and trees left out 1 (last 1.500 [1.200, 1.800])."
    )


def test_a_model_steps_down_to_its_law_and_to_its_prior():
    history = year(20, months=2).history
    model = LearnedCostModel(seed=1).fit(history)
    plain, prior = stepped_down(model, Level.LAW), stepped_down(model, Level.PRIOR)
    assert stepped_down(model, Level.TREES) is model
    assert plain.trees_ is None
    assert plain.gate_.share == 0.0
    assert "trees switched off" in plain.provenance_
    assert prior.predict(history) == pytest.approx(untrained().predict(history))
    assert model.fit_ is plain.fit_


def test_predictions_of_a_model_can_be_monitored():
    found = predictions(untrained(), year(21, months=2).history)
    assert len(monitor(found).months) == 2
    assert found.predicted_bps == pytest.approx(found.prior_bps)
