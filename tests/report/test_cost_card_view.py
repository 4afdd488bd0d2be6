"""The card of a cost model and what watching one found, in every form: untested models say so, names stay text."""

from datetime import date

import pytest

from di_advisor.domain.trained_costs import CostModelCard, WatchedCosts, WatchedMonth
from di_advisor.report.cost_card_chart import calibration_png
from di_advisor.report.cost_card_view import card_bundle, cards_bundle
from di_advisor.report.past_orders_view import watched_bundle

INTERVAL = {"value": 0.9, "low": 0.8, "high": 1.05}
EVIL = "<script>alert(1)</script>"


def card(*, walked: bool = True, promoted: bool = False, effects: bool = True, sha: str = "a") -> CostModelCard:
    """A card with made-up figures."""
    scores = {
        "orders": 80,
        "days": 20,
        "dollar_ratio": INTERVAL,
        "prior_dollar_ratio": {"value": 1.2, "low": 1.1, "high": 1.3},
        "slope": 1.02,
        "skill": {"value": 0.01, "low": -0.002, "high": 0.02},
        "coverage": 0.9,
        "coverage_by_noise": [0.88, 0.9, 0.91, 0.92],
        "deciles": [[1.0, 1.2, 0.3], [5.0, 4.0, 0.9]],
        "r_squared": 0.05,
        "noise_bps": 27.0,
    }
    constants = [("spread_capture", 0.8), ("impact", 0.55), ("exponent", 0.5)]
    facts = {
        "title": "Learned cost model",
        "trained_on": "2026-06-30",
        "seed": 3,
        "simulated": False,
        "data": {
            "sha256": sha * 64,
            "provenance": EVIL,
            "orders": 100,
            "days": 25,
            "names": 12,
            "first_day": "2026-01-02",
            "last_day": "2026-02-06",
            "arrival_prices": {"mid at arrival": 100},
            "venues": [EVIL],
            "algos": [],
        },
        "law": [
            {"constant": name, "prior": [v, v - 0.1, v + 0.1], "posterior": [v, v, v], "prior_share": 0.4}
            for name, v in constants
        ],
        "gate": {"share": 0.5 if effects else 0.0, "slope": 0.7},
        "sizes": {"low": 1e-5, "high": 1e-2},
        "walk_forward": scores if walked else None,
        "promotion": {"promoted": promoted, "sentence": "The prior stays: too little skill."},
        "power": "With 27 bps of noise 100 trades resolve a mean cost to ±2.7 bps (one standard error).",
        "effects": [{"feature": "venue", "effect": 0.02}] if effects else [],
        "limits": ["Average cost of a scheduled order."],
        "versions": {"python": "3.11"},
    }
    return CostModelCard("0123456789abcdef" * 4, facts)


def test_the_verdict_and_the_power_come_first_and_the_bias_is_said_in_words() -> None:
    text = card_bundle(card())["text/plain"]
    assert text.index("The prior stays") < text.index("resolve a mean cost") < text.index("Skill against the prior")
    assert "10.0 % too little" in text
    assert "20.0 % too much" in text
    assert "by noise, low to high: 88, 90, 91, 92" in text


def test_names_from_files_stay_text_in_every_form() -> None:
    bundle = card_bundle(card(), [EVIL], code="x = 1")
    assert "<script" not in bundle["text/html"]
    assert "<script" not in bundle["text/markdown"]
    assert "&lt;script&gt;" in bundle["text/html"]


def test_a_model_that_was_not_tested_says_so_and_draws_nothing() -> None:
    bundle = card_bundle(card(walked=False, effects=False))
    assert "too few days" in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    assert "the gate is shut" in bundle["text/plain"]
    assert calibration_png([], "") == b""


def test_the_picture_is_the_same_for_the_same_figures() -> None:
    one, again = (calibration_png([[1.0, 1.2, 0.3], [5.0, 4.0, 0.9]], "x") for _ in range(2))
    assert one == again
    assert one.startswith(b"\x89PNG")


@pytest.mark.parametrize(("sha", "says"), [("a", "Trained on the same orders."), ("b", "different orders")])
def test_two_models_are_comparable_only_on_the_same_orders(sha: str, says: str) -> None:
    text = cards_bundle(card(), card(sha=sha, walked=False))["text/plain"]
    assert says in text
    assert "not tested" in text


def test_a_month_is_said_to_lie_above_below_or_around_1() -> None:
    def month(number: int, low: float, high: float) -> WatchedMonth:
        return WatchedMonth(date(2026, number, 1), 40, 1000.0, 1500.0, 1.5, low, high, 0.8)

    months = (month(1, 1.1, 1.9), month(2, 0.2, 0.9), month(3, 0.5, 2.5), month(4, float("-inf"), float("inf")))
    found = WatchedCosts(
        date(2026, 1, 1), 160, False, "mine", months, ("Since March it costs more.",), {"venue": 0.3}, "It stays."
    )
    text = watched_bundle(found, "m1")["text/plain"]
    for words in ("above", "below", "holds 1", "too few days", "another draw", "1 alarm", "Since March it costs more."):
        assert words in text
    quiet = WatchedCosts(date(2026, 1, 1), 160, True, "mine", months, (), {}, "It stays.")
    assert "no alarm" in watched_bundle(quiet, "m1")["text/plain"]
    assert "simulated orders" in watched_bundle(quiet, "m1")["text/plain"]
