"""Prices of wishes as they are shown: figures, refusals, words that stay words."""

import math
from dataclasses import replace
from decimal import Decimal

import pandas as pd

from di_advisor.domain.esg_table import Direction
from di_advisor.errors import InfeasibleError
from di_advisor.propose.wish_costs import WishCost
from di_advisor.report.wish_views import coverage_bundle, figure_of, price_bundle, refused_bundle, wish_costs_bundle
from di_advisor.signals.measure_coverage import MeasureCoverage
from tests.report.fakes import NASTY, proposal

NAME = NASTY[0][0]


def test_shares_are_shown_in_percent_and_what_is_not_known_as_a_dash() -> None:
    assert figure_of(0.0512, "%") == "5.12 %"
    assert figure_of(158.649, "t/$M") == "158.65 t/$M"
    assert figure_of(math.nan, "%") == "-"


def test_coverage_stands_by_names_and_by_weight() -> None:
    measure = MeasureCoverage(NAME, "%", "", "", Direction.LOWER_IS_BETTER, 500, 483, 0.985, 0.9, 0.01, 0.02, 0.0, 1.0)
    bundle = coverage_bundle([measure, replace(measure, measure="other", direction=None)])
    assert "483 of 500" in bundle["text/plain"]
    assert "98.5" in bundle["text/plain"]
    assert "not said" in bundle["text/plain"]
    assert "<img" not in bundle["text/html"] + bundle["text/markdown"]
    assert "Give a file of them" in coverage_bundle([])["text/plain"]


def test_a_price_shows_its_terms_and_their_sum_and_what_moves() -> None:
    without, with_wish = proposal(4, 3), proposal(5, 3)
    dollars = {"tax": Decimal("12.50"), "active risk": Decimal("-2.25")}
    cost = WishCost(NAME, Decimal("10.25"), dollars, 0.001, 0.4, f"The wish '{NAME}' costs $10.25.")
    bundle = price_bundle(cost, without, with_wish)
    for figure in ("12.50", "-2.25", "10.25", "$0.40"):
        assert figure in bundle["text/plain"]
    assert f"{len(with_wish.trade_list)}" in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    assert "mathjax_ignore" in bundle["text/html"]


def test_a_refusal_says_the_least_that_would_have_to_give() -> None:
    error = InfeasibleError(
        "They clash.",
        conflict=("Energy stays.", f"{NAME} is at least 99."),
        relaxations=("sector band: Energy down", "average at least 26.9 (you ask for a floor)"),
        enough=(False, True),
    )
    bundle = refused_bundle(NAME, error)
    assert "Any one of these would do: average at least 26.9 (you ask for a floor)." in bundle["text/plain"]
    assert "sector band: Energy down" not in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    assert "Loosen it." in refused_bundle("floor", InfeasibleError("No.", hint="Loosen it."))["text/plain"]


def test_costs_of_wishes_say_which_have_no_answer() -> None:
    rows = [
        {"wish": "turnover", "cost_usd": 5.0, "tracking_error_bps": -1.25, "why": "It costs $5.00.", "refused": ""},
        {"wish": NAME, "cost_usd": math.nan, "tracking_error_bps": math.nan, "why": "", "refused": "no plan"},
    ]
    bundle = wish_costs_bundle(pd.DataFrame(rows))
    assert "no plan" in bundle["text/plain"]
    assert "nan" not in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    empty = wish_costs_bundle(pd.DataFrame(columns=list(rows[0])))
    assert "No wish that is set holds the plan back." in empty["text/plain"]
