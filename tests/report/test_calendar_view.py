"""The calendar and the plan in every form; what comes from files is escaped."""

from dataclasses import replace
from datetime import date

from di_advisor.policy.calendar import Calendar, CalendarItem, CalendarKind
from di_advisor.policy.plan import plan_ahead
from di_advisor.report.calendar_view import calendar_bundle, plan_bundle
from tests.policy.test_plan import opened

DAY = date(2026, 11, 20)


def test_every_form_has_every_item_and_names_are_escaped() -> None:
    items = (
        CalendarItem(
            date(2026, 12, 2), CalendarKind.LONG_TERM, "Lot <b>L</b> turns.", 7, ("A",), ("<b>L</b>",), 1500.0
        ),
        CalendarItem(date(2026, 12, 31), CalendarKind.YEAR_END, "The last trade date.", 27),
    )
    bundle = calendar_bundle(Calendar("mine", DAY, date(2027, 1, 1), items))
    for text in bundle.values():
        assert "1,500.00" in text
        assert "The last trade date." in text
    assert "<b>L</b>" not in bundle["text/html"]
    assert "&lt;b&gt;L" in bundle["text/html"]


def test_the_plan_leads_with_its_total_and_ends_with_its_model() -> None:
    plan = plan_ahead(opened())
    bundle = plan_bundle(plan, "mine")
    assert bundle["text/plain"].startswith(f"mine on {DAY}: ")
    for text in (bundle["text/plain"], bundle["text/html"]):
        assert f"{plan.waiting_usd:,.2f}" in text
        assert "T-A: " in text
        assert "Not tax advice." in text
    quiet = plan_bundle(replace(plan, names=()), "mine")
    assert "0 steps now" in quiet["text/plain"]
