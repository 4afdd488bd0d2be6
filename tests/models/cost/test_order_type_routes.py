"""Order types and the closing auction: ranked by what they cost with what they leave unfilled, where that is known."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.order_types import OrderType
from di_advisor.errors import InputError
from di_models.cost.features import Conditions, Levels
from di_models.cost.law import schedule_variance
from di_models.cost.learned import LearnedCostModel
from di_models.cost.order_type_costs import TypeCost, TypedOrder, best_type, costs_by_type, type_costs
from di_models.cost.routing import Router
from di_models.cost.schedules import Schedule, not_told_apart, schedules_of
from di_models.cost.ways import Evidence
from tests.models.cost.histories import simulated

KINDS = np.array(["market", "passive limit", "close auction"])
TIGHT = {"size_of_adv": 1e-3, "half_spread_bps": 1.0, "volatility_daily_bps": 250.0}
WIDE = {"size_of_adv": 1e-3, "half_spread_bps": 30.0, "volatility_daily_bps": 100.0}
LATE = {"size_of_adv": 0.005, "half_spread_bps": 20.0, "volatility_daily_bps": 150.0, "time_of_day": 0.98}


@pytest.fixture(scope="module")
def history():
    """A quarter of the noise; passive orders earn the spread and lose what runs away, the auction pays no spread."""
    found = simulated(6000, 21).history
    truth = simulated(6000, 21).true_cost_bps
    rng = np.random.default_rng(4)
    kind = KINDS[rng.integers(3, size=len(found))]
    passive, auction = kind == "passive limit", kind == "close auction"
    spread = np.where(passive, -0.4, np.where(auction, 0.0, 0.8)) * found.half_spread_bps
    impact = 0.5 * found.volatility_daily_bps * np.sqrt(found.size_of_adv)
    cost = spread + impact + 0.25 * (found.cost_bps - truth)
    z = rng.standard_normal(len(found))
    clock = np.where(auction, 0.97 + 0.03 * found.time_of_day, found.time_of_day)
    run = found.volatility_daily_bps * np.sqrt(1 - clock) * z
    filled = np.where(passive, np.clip(0.7 - 0.1 * z, 0.05, 1.0), 1.0)
    return replace(
        found,
        order_type=kind,
        time_of_day=clock,
        average_price_usd=50.0 * (1 + found.side * cost / 1e4),
        filled_shares=found.ordered_shares * filled,
        close_price_usd=50.0 * (1 + found.side * run / 1e4),
    )


@pytest.fixture(scope="module")
def model(history):
    return LearnedCostModel(seed=0).fit(history)


@pytest.fixture(scope="module")
def router(model, history):
    return Router.of(model, history)


def test_costs_by_type_come_near_the_truth_with_what_stays_unfilled(router):
    for order in (TIGHT, WIDE):
        h, impact = order["half_spread_bps"], 0.5 * order["volatility_daily_bps"] * np.sqrt(order["size_of_adv"])
        run_away = 0.1 * order["volatility_daily_bps"] * np.sqrt(0.5)
        truth = {
            "market": 0.8 * h + impact,
            "passive limit": 0.7 * (impact - 0.4 * h) + run_away,
            "close auction": impact,
        }
        rows = router.route(order).order_types
        assert {name for name, *_ in rows} == set(truth)
        for name, cost, low, high in rows:
            assert low < cost < high
            assert cost == pytest.approx(truth[name], abs=max(2.5 * (high - low) / 2, 0.3)), name


def test_a_resting_order_is_for_wide_spreads_and_not_for_names_that_run_away(router):
    order = [name for name, *_ in router.route(TIGHT).order_types]
    assert order[-1] == "passive limit"
    wide = router.route(WIDE)
    assert wide.order_types[0][0] == "passive limit"
    assert any("Dearer for certain: market" in s for s in wide.sentences)
    late = router.route(LATE)
    assert late.best["order type"] == "passive limit"
    assert any(s.startswith("Use a passive limit order") and "stays unfilled" in s for s in late.sentences)


def test_nothing_is_ranked_where_intervals_overlap(router):
    few = {name: replace(each, covariance=each.covariance * 100.0) for name, each in router.order_types.items()}
    rows = costs_by_type(few, TypedOrder(1e-3, 9.0, 8.0, 2.0, 100.0))
    best, said = best_type(few, rows, 1e-3)
    assert rows[0][3] >= rows[1][2]
    assert best == ""
    assert said[0].startswith("No order type is ranked first")
    assert "orders would settle it" in said[0]


def test_a_third_type_with_a_wide_interval_keeps_the_first_from_being_ranked():
    def known(spread, error):
        return TypeCost(np.array([spread, 0.0]), np.diag([error**2, 0.0]), 1.0, 0.0, 0.0, 100, 0.1)

    order = TypedOrder(1e-3, 10.0, 6.0, 4.0, 100.0)
    sure = {"close auction": known(0.0, 0.1), "market": known(1.0, 0.1)}
    assert best_type(sure, costs_by_type(sure, order), 1e-3)[0] == "close auction"
    three = sure | {"marketable limit": known(1.2, 1.0)}  # 14.8 bps, give or take 6.6
    best, said = best_type(three, costs_by_type(three, order), 1e-3)
    assert best == ""
    assert "the intervals of close auction and marketable limit overlap" in said[0]
    assert "Dearer for certain: market." in said[0]


def test_a_resting_order_by_hand_saves_half_a_spread_and_pays_for_its_remainder():
    passive = TypeCost(np.array([-0.5, 0.0]), np.zeros((2, 2)), 0.7, 0.3, 0.01, 100, 0.1)
    cost, error = passive.cost(TypedOrder(0.01, 10.0, 8.0, 4.0, 50.0))
    assert cost == pytest.approx(0.7 * (10.0 - 0.5 * 4.0) + 0.3 * 50.0)
    assert error == pytest.approx(0.5)
    types = {"passive limit": passive, "market": replace(passive, filled=1.0, unfilled=0.0)}
    said = best_type(types, costs_by_type(types, TypedOrder(0.01, 10.0, 8.0, 4.0, 50.0)), 0.01)[1]
    assert any("nothing was filled are in no history: what they cost as passive limit" in s for s in said)


def test_an_order_larger_than_the_volume_that_is_left_is_told(router):
    sentences = router.route(LATE | {"size_of_adv": 0.2}).sentences
    assert any("cannot be done today" in s for s in sentences)
    assert not any("cannot be done today" in s for s in router.route(LATE).sentences)


def test_a_curve_prices_the_usual_type_that_is_sure_to_be_done():
    words = {"venue": ("A", "B"), "order_type": ("passive limit", "midpoint", "market")}
    assert Levels(words).usual() == {"venue": "A", "order_type": "market"}
    assert Levels({"order_type": ("limit",), "venue": ()}).usual() == {"order_type": "limit", "venue": ""}


def test_without_closing_prices_a_type_that_stays_unfilled_is_not_ranked(model, history):
    blind = Router.of(model, replace(history, close_price_usd=np.full(len(history), np.nan)))
    route = blind.route(WIDE)
    assert {name for name, *_ in route.order_types} == {"market", "close auction"}
    assert any("passive limit order is not ranked" in s and "no closing prices" in s for s in route.sentences)


def test_the_auction_is_taken_late_in_the_day_and_not_at_its_opening(router):
    late, early = router.route(LATE), router.route(LATE | {"time_of_day": 0.02})
    assert late.schedule.at_close > 0
    assert early.schedule.at_close == 0
    assert any("closing auction is" in s and "cheaper" in s for s in late.sentences)
    low, high = late.schedule.interval_bps
    assert low < late.schedule.cost_bps < high


def test_a_schedule_whose_interval_overlaps_another_is_told_with_its_risk_priced():
    fast = Schedule(0.1, 0.1, 1, 10.0, 10.0, (9.0, 11.0))  # 11 with its risk at 0.01
    slow = Schedule(0.4, 0.02, 5, 8.0, 20.0, (7.5, 8.5))  # 12, from 11.5
    slower = Schedule(0.9, 0.01, 9, 8.0, 30.0, (7.5, 8.5))  # 17, from 16.5
    assert not_told_apart(fast, (fast, slow, slower), 0.01).endswith("from 1 of the other 2 schedules.")
    assert not_told_apart(fast, (fast, slower), 0.01) == ""


def test_risk_is_that_of_an_even_schedule_and_a_block_at_the_close(model):
    one = Conditions.of({name: np.array([value]) for name, value in LATE.items()})
    auction = TypeCost(np.zeros(2), np.zeros((2, 2)), 1.0, 0.0, 0.0, 100, 0.1)
    found = {(s.span, s.at_close): s for s in schedules_of(model, one, {"close auction": auction}, auction=True)}
    sigma, left = 150.0, 0.02
    for (span, q), each in found.items():
        variance = (1 - q) ** 2 * span / 3 + q * (1 - q) * span + q * q * left
        assert each.risk_bps == pytest.approx(sigma * np.sqrt(variance))
    assert found[0.0, 1.0].risk_bps == pytest.approx(sigma * np.sqrt(left))
    assert found[0.0, 1.0].slices == 1
    rng = np.random.default_rng(0)
    steps = rng.standard_normal((4000, 200)) * sigma * np.sqrt(left / 200)
    path = np.cumsum(steps, axis=1)
    drawn = 0.75 * path[:, :100].mean(axis=1) + 0.25 * path[:, -1]
    span, q = left / 2, 0.25
    told = sigma * np.sqrt((1 - q) ** 2 * span / 3 + q * (1 - q) * span + q * q * left)
    assert drawn.std() == pytest.approx(told, rel=0.05)


def test_the_auction_is_left_out_where_its_orders_were_smaller(model):
    one = Conditions.of({name: np.array([value]) for name, value in LATE.items()})
    small = TypeCost(np.zeros(2), np.zeros((2, 2)), 1.0, 0.0, 0.0, 100, 1e-4)
    assert {s.at_close for s in schedules_of(model, one, {"close auction": small}, auction=True)} == {0.0}


def test_an_unknown_type_gives_the_model_that_there_was_before(history):
    plain = replace(history, order_type=np.full(len(history), ""))
    given = Conditions.of(plain)
    assert Levels.of(given).names()[-2:] == ("venue", "algo")
    assert Levels.of(Conditions.of(history)).names()[-1] == "order_type"
    expected = schedule_variance(
        given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps, given.volume_span
    )
    assert given.variance == pytest.approx(expected)
    assert type_costs(plain, given, Evidence.of(LearnedCostModel().fit(plain), given, plain.cost_bps, plain.day)) == {}


def test_trees_learn_types_and_an_order_of_an_unseen_type_is_predicted_too(model, history):
    one = Conditions.of({name: np.array([value]) for name, value in WIDE.items()})
    cost = {kind: float(model.predict(one.worked(order_type=kind))[0]) for kind in (*KINDS, "midpoint", "")}
    assert cost["passive limit"] < cost["market"]
    assert all(np.isfinite(value) for value in cost.values())
    assert Conditions.of(history).worked(order_type="MOC").order_type[0] == OrderType.CLOSE_AUCTION
    with pytest.raises(InputError, match="'charming' is no order type"):
        one.worked(order_type="charming")
    with pytest.raises(InputError, match="not worked by colour"):
        one.worked(colour="red")


def test_an_auction_orders_noise_is_the_market_until_the_close():
    given = Conditions.of(
        {
            "size_of_adv": np.full(2, 1e-3),
            "half_spread_bps": np.full(2, 3.0),
            "volatility_daily_bps": np.full(2, 200.0),
            "time_of_day": np.array([0.75, np.nan]),
            "order_type": np.array(["close auction", "close auction"]),
        }
    )
    assert given.variance[0] == pytest.approx(200.0**2 * 0.25)
    assert given.variance[1] == pytest.approx(200.0**2 * 1e-3 / 0.06 / 3 + 9.0)
