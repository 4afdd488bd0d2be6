"""A calendar and a plan show themselves under IPython."""

from datetime import date

from di_advisor.policy.calendar import look_ahead
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.plan import plan_ahead
from di_advisor.report.calendar_view import calendar_bundle, plan_bundle
from di_advisor.ui.formatters import load_ipython_extension
from tests.policy.test_plan import opened


def test_a_calendar_and_a_plan_show_html_markdown_and_text() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    try:
        load_ipython_extension(shell)
        work = opened()
        calendar, plan = look_ahead(DayFacts.of(work, "mine"), date(2027, 1, 31)), plan_ahead(work)
        for value, bundle in ((calendar, calendar_bundle(calendar)), (plan, plan_bundle(plan, "account"))):
            data, _ = shell.display_formatter.format(value)
            assert data == {**data, **bundle}
            assert set(data) >= {"text/html", "text/markdown", "text/plain"}
    finally:
        InteractiveShell.clear_instance()
