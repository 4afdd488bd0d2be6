"""A year-end plan as HTML, Markdown and text: every figure in all three, nothing unescaped, nothing left unsaid."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain.portfolio import Fill, Side
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.policy.year_end import LaterTax, YearEndPlan, YearEndWishes, plan_year_end
from di_advisor.report.year_end_lots import turning_table
from di_advisor.report.year_end_tables import scenarios_table
from di_advisor.report.year_end_view import year_end_bundle, year_end_lead, year_end_text
from tests.policy.year_end.test_standing import books
from tests.policy.year_end.year import SINGLE, sold_a, workspace

LATER = LaterTax(Decimal("0.15"), years=0.0)
ROOMY = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(61_000))


@pytest.fixture(scope="module")
def plan() -> YearEndPlan:
    wishes = YearEndWishes(LATER, give_usd=Decimal(5_000), ways=("gains at 0 %",))
    return plan_year_end(workspace(tax=ROOMY, fills=(Fill("C", Side.BUY, Decimal(5), date(2026, 12, 8)),)), wishes)


def test_the_lead_says_what_to_realise_why_and_the_best_way(plan: YearEndPlan) -> None:
    lead = year_end_lead(plan)
    assert "Realise $4,550.00 of long-term gain (until the 0 % bracket of long-term gain ends" in lead
    assert "worth $682.50 before trading costs" in lead
    assert "most is left by gains at 0 %, $655.40 over doing nothing." in lead


def test_all_forms_say_the_same_figures_and_that_it_is_no_advice(plan: YearEndPlan) -> None:
    bundle = year_end_bundle(plan)
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    for text in bundle.values():
        for figure in ("4,520.00", "682.50", "655.40", "5,000.00", "22.60", "2026-12-23", "49,450"):
            assert figure in text, figure
        assert "Not tax advice" in text
        assert "The last trade date of 2026 is 2026-12-31" in text


def test_html_keeps_to_the_safe_subset(plan: YearEndPlan) -> None:
    html = year_end_bundle(plan)["text/html"]
    assert not re.search(r"<(script|style|svg|img|iframe|a)\b|\son\w+=|\sid=", html)
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("div", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li")
    }


def test_a_name_with_markup_is_shown_as_it_is(plan: YearEndPlan) -> None:
    offers = tuple(replace(o, ticker="<img src=x>") for o in plan.standing.turning)
    other = replace(plan, standing=replace(plan.standing, turning=offers))
    html = year_end_bundle(other)["text/html"]
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html


def test_rows_of_the_ways_add_up_to_what_is_left(plan: YearEndPlan) -> None:
    assert plan.scenarios is not None
    table = scenarios_table(plan.scenarios)
    at = {c.label: i for i, c in enumerate(table.columns)}
    for row, way in zip(table.rows, plan.scenarios.ways, strict=True):
        parts = {name: Decimal(str(row[at[name]]).replace(",", "")) for name in at if name in _ADDED}
        left = Decimal(float(way.value_usd)).quantize(Decimal("0.01"))
        left += sum(sign * parts[name] for name, sign in _ADDED.items())
        assert abs(left - Decimal(str(row[at["Left after tax"]]).replace(",", ""))) <= Decimal("0.03")


_ADDED = {"Tax now": -1, "Cost": -1, "Carried losses": 1, "Later tax": -1}


def test_books_and_january_windows_are_told(plan: YearEndPlan) -> None:
    space = workspace(fills=(sold_a(),))
    text = year_end_text(plan_year_end(space, YearEndWishes(LATER, ways=()), books=books()))
    assert "Realised in account one" in text
    assert "washed 300.00, of it 300.00 deferred" in text
    assert "Realised elsewhere" in text
    assert "2027-01-06" in text
    # With books, the sales of the past are the books'; the fill of A is not among them.
    assert "T-A       account  2026-12-04" not in text


def test_nothing_to_realise_says_why(plan: YearEndPlan) -> None:
    inputs = replace(SINGLE, carryover_short_usd=Decimal(10_000))
    text = year_end_text(plan_year_end(workspace(tax=inputs), YearEndWishes(LATER, ways=())))
    assert "Nothing more is worth realising this year" in text
    assert "It saves nothing this year: it would be carried over" in text
    assert len(turning_table(plan.standing).rows) == 2


def test_the_return_as_it_stands_is_told_with_outside_income(plan: YearEndPlan) -> None:
    text = year_end_text(plan)
    # 61,000 less the standard deduction of 16,100; 12 percent above 12,400 of taxable income.
    assert "Ordinary income               61,000.00" in text
    assert "Taxable income                44,900.00" in text
    assert "Tax of the year so far         5,140.00" in text
