"""What is to come for an account, and a plan over those dates, as tables for a terminal and a notebook.

Names and lots come from files: everything is escaped by the tables' writers.
"""

from __future__ import annotations

from markupsafe import Markup

from di_advisor.policy.calendar import Calendar
from di_advisor.policy.plan import MultiPeriodPlan
from di_advisor.report.markup import as_html, escaped
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import count_of, day, money, printable

__all__ = ["calendar_bundle", "calendar_table", "calendar_text", "plan_bundle", "plan_table", "plan_text"]


def calendar_table(calendar: Calendar) -> Table:
    """One row an item, by day."""
    rows = tuple(
        (
            day(i.on),
            f"{i.sessions_left:,}",
            i.kind.value,
            "" if i.amount_usd is None else money(i.amount_usd),
            i.sentence,
        )
        for i in calendar.items
    )
    columns = (
        Column("Day", align=Align.WHOLE),
        Column("Sessions", align=Align.RIGHT),
        Column("What", align=Align.WHOLE),
        Column("Amount", "$", align=Align.RIGHT),
        Column("In words"),
    )
    return Table(f"{calendar.label}: {day(calendar.as_of)} to {day(calendar.until)}", columns, rows)


def calendar_text(calendar: Calendar) -> str:
    """For a terminal."""
    if not calendar.items:
        return f"{printable(calendar.label)}: nothing is known to come until {day(calendar.until)}.\n"
    return f"{as_text(calendar_table(calendar))}\n"


def _plan_lead(plan: MultiPeriodPlan, label: str) -> str:
    waits = sum(1 for n in plan.names if n.waiting_usd > 0)
    return (
        f"{label} on {day(plan.terms.day)}: {count_of(len(plan.now), 'step')} now, {count_of(len(plan.later), 'step')} "
        f"until {day(plan.terms.until)}. Waiting in {count_of(waits, 'name')} is worth ${money(plan.waiting_usd)}."
        f"{' ' if plan.shared.sentence else ''}{plan.shared.sentence}"
    )


def plan_table(plan: MultiPeriodPlan, least_usd: float = 1.0) -> Table:
    """One row a name in which waiting is worth something, the most first."""
    rows = tuple(
        (n.name.ticker, money(n.waiting_usd), n.sentence) for n in plan.names if n.waiting_usd >= max(least_usd, 0.005)
    )
    columns = (Column("Name", align=Align.WHOLE), Column("Waiting", "$", align=Align.RIGHT), Column("What and when"))
    return Table("What had better wait", columns, rows)


def plan_text(plan: MultiPeriodPlan, label: str, least_usd: float = 1.0) -> str:
    """For a terminal."""
    table = plan_table(plan, least_usd)
    parts = [printable(_plan_lead(plan, label)), *([as_text(table)] if table.rows else []), *map(printable, plan.model)]
    return "\n\n".join(parts) + "\n"


def calendar_bundle(calendar: Calendar) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    table = calendar_table(calendar)
    return {
        "text/html": str(as_html(table)),
        "text/markdown": f"{as_markdown(table)}\n",
        "text/plain": calendar_text(calendar),
    }


def plan_bundle(plan: MultiPeriodPlan, label: str, least_usd: float = 1.0) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    table, lead = plan_table(plan, least_usd), _plan_lead(plan, label)
    model = " ".join(plan.model)
    html = Markup("<p><b>{}</b></p>{}<p>{}</p>").format(escaped(lead), as_html(table), escaped(model))
    return {
        "text/html": str(html),
        "text/markdown": f"{markdown_escaped(lead)}\n\n{as_markdown(table)}\n\n{markdown_escaped(model)}\n",
        "text/plain": plan_text(plan, label, least_usd),
    }
