"""Routes: venues and algorithms ranked only where they can be told apart, and by what they change."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.errors import InputError
from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.routing import Router
from di_models.cost.ways import Effect, best_of
from tests.models.cost.histories import simulated

SMALL = {"size_of_adv": 1e-5, "half_spread_bps": 4.0, "volatility_daily_bps": 150.0}
LARGE = SMALL | {"size_of_adv": 0.05}


@pytest.fixture(scope="module")
def history():
    """Half of the noise, so that 4,000 orders tell venues apart."""
    found = simulated(4000, 8)
    cost = found.true_cost_bps + 0.25 * (found.history.cost_bps - found.true_cost_bps)
    return replace(found.history, average_price_usd=50.0 * (1 + found.history.side * cost / 1e4))


@pytest.fixture(scope="module")
def router(history):
    return Router.of(LearnedCostModel(seed=0).fit(history), history)


def test_venues_are_found_to_change_what_is_paid_of_the_spread(router):
    assert {e.part for e in router.venues.values()} == {"spread"}
    ranked = [name for name, *_ in router.route(SMALL).venues]
    assert ranked[0] == "Amberly"
    assert ranked[-1] == "Dunmere"


def test_the_best_venue_is_recommended_with_what_it_saves(router):
    sentences = router.route(SMALL).sentences
    assert sentences[0].startswith("Use the venue Amberly")
    assert "on " in sentences[0]
    assert any("Simulated" in s for s in sentences)


def test_a_venue_of_the_spread_saves_no_more_on_a_large_order_than_its_part_of_the_spread(router):
    def saved(order):
        rows = router.route(order).venues
        return rows[-1][1] - rows[0][1]

    assert saved(LARGE) == pytest.approx(saved(SMALL), rel=1e-6)


def test_intervals_hold_the_prediction_they_belong_to(router):
    for name, cost, low, high in router.route(LARGE).venues:
        assert low < high, name
        effect = router.venues[name]
        assert abs(effect.shrunk) <= abs(effect.relative)
        assert np.isfinite(cost)


def test_venues_that_do_not_differ_are_not_ranked_and_the_orders_needed_are_told():
    found = simulated(400, 14, True).history
    sentences = Router.of(LearnedCostModel().fit(found), found).route(SMALL).sentences
    assert sentences[0].startswith("No venue is ranked first")
    assert "orders would settle it" in sentences[0]


def test_a_way_with_few_orders_is_left_out(history):
    few = replace(history, venue=np.where(np.arange(4000) < 10, "Tiny", history.venue))
    router = Router.of(LearnedCostModel(trees=False).fit(few), few)
    assert "Tiny" not in router.venues
    assert router.algos == {}
    assert "no second algorithm" in router.route(SMALL).sentences[1]


def test_waiting_that_is_dear_makes_the_schedule_faster(router):
    calm = router.route(LARGE, risk_aversion_per_bps=1e-9).schedule
    hasty = router.route(LARGE, risk_aversion_per_bps=10.0).schedule
    assert hasty.span < calm.span
    assert hasty.risk_bps < calm.risk_bps
    assert calm.participation == pytest.approx(LARGE["size_of_adv"] / calm.span)


def test_an_order_without_its_figures_is_refused(router):
    with pytest.raises(InputError, match="half_spread_bps"):
        router.route({"size_of_adv": 1e-3, "volatility_daily_bps": 100.0})


def test_an_order_with_a_figure_that_is_none_or_unknown_is_refused(router):
    for change, words in (
        ({"colour": 1.0}, "not known: colour"),
        ({"size_of_adv": "much"}, "'much', no number"),
        ({"size_of_adv": -1.0}, "size_of_adv"),
        ({"time_of_day": 1.5}, "time_of_day of the order is 1.5"),
    ):
        with pytest.raises(InputError, match=words):
            router.route(SMALL | change)


def test_a_history_without_order_types_gives_no_ranking_of_them_and_says_so(router):
    route = router.route(SMALL)
    assert route.order_types == ()
    assert "order type" not in route.best
    assert any("no second order type" in s for s in route.sentences)
    assert any("Too few orders went to the closing auction" in s for s in route.sentences)
    assert {each.at_close for each in route.schedules} == {0.0}


def test_a_third_way_with_a_wide_interval_keeps_the_first_from_being_ranked():
    sure = {"A": Effect("A", "whole", -0.3, 0.02, -0.3, 500), "B": Effect("B", "whole", 0.0, 0.02, 0.0, 400)}
    wide = sure | {"C": Effect("C", "whole", 0.1, 0.3, 0.0, 20)}
    assert best_of("venue", {"whole": 10.0}, sure)[0] == "A"
    best, said = best_of("venue", {"whole": 10.0}, wide)
    assert best == ""
    assert "the intervals of A and C overlap" in said


def test_paces_that_the_day_leaves_no_time_for_are_not_ranked(router):
    assert {name for name, *_ in router.route(LARGE | {"time_of_day": 0.0}).paces} == {"usual", "fast"}
    late = router.route(LARGE | {"time_of_day": 0.9})
    assert [name for name, *_ in late.paces] == ["fast"]
    assert "pace" not in late.best
    assert any("too short for the pace slow, usual" in s for s in late.sentences)


def test_own_fills_beside_a_model_of_simulated_orders_are_still_labelled_simulated(router, history):
    assert Router.of(router.model, replace(history, simulated=False)).simulated


def test_the_prior_says_that_nothing_was_learnt(history):
    route = Router.of(untrained(), replace(history.take(np.arange(0)), simulated=False)).route(SMALL)
    assert any("this is the prior" in s for s in route.sentences)
    assert not route.simulated
