"""What a policy says of accounts on a day, for a notebook and a terminal: who is due, and every trigger's figure.

A figure is shown in the unit that people read (weights and errors in bps, money in dollars); the sentence says it
again with its threshold. Names and labels come from files: everything is escaped by the tables' writers.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from di_advisor.policy.monitor import WorkItem, Worklist
from di_advisor.policy.triggers import Firing
from di_advisor.report.markup import as_html, escaped, folded
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, count_of, day, money, printable

__all__ = ["due_sentence", "triggers_table", "worklist_bundle", "worklist_table", "worklist_text"]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-worklist">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div>')
_IN_BPS: Final = {"weight", "per year", "turnover"}


def due_sentence(found: Worklist) -> str:
    """How many accounts are due, under which policy."""
    due = len(found.due)
    if len(found.items) == 1:
        item = found.items[0]
        says = "rebalance" if due else "wait"
        return f"{item.label} on {day(item.as_of)}, policy {found.policy}: {says}. {item.decision.held_back}".strip()
    return f"{due:,} of {count_of(len(found.items), 'account')} to rebalance, policy {found.policy}."


def _amount(value: float | None, unit: str) -> tuple[str, str]:
    if value is None:
        return "-", ""
    if unit in _IN_BPS:
        return bps(value), "bps"
    return (money(value), "$") if unit == "USD" else (f"{value:,.3g}", unit)


def _said(firing: Firing) -> str:
    if firing.fired:
        return "fires"
    return f"rests until {day(firing.rests_until)}" if firing.rests_until else "no"


def triggers_table(item: WorkItem) -> Table:
    """Every trigger of an account: whether it fires, its figure, its threshold, and the sentence."""
    rows = []
    for f in sorted(item.decision.firings, key=lambda f: not f.fired):
        figure, unit = _amount(f.reading.figure, f.reading.unit)
        limit, its_unit = _amount(f.reading.threshold, f.reading.unit)
        rows.append((f.trigger, _said(f), figure, limit, unit or its_unit, f.reading.sentence))
    columns = (
        Column("Trigger", align=Align.WHOLE),
        Column("Today"),
        Column("Figure", align=Align.RIGHT),
        Column("Fires from", align=Align.RIGHT),
        Column("Unit"),
        Column("Why"),
    )
    return Table(f"What would fire on {day(item.as_of)}: {item.label}", columns, tuple(rows))


def worklist_table(found: Worklist) -> Table:
    """One row an account, due ones first, with the reasons."""
    rows = tuple(
        (
            i.label,
            "rebalance" if i.decision.due else "wait",
            f"{sum(f.fired for f in i.decision.firings):,}",
            " ".join([*i.decision.reasons, i.decision.held_back]).strip() or "Nothing fires.",
        )
        for i in found.items
    )
    columns = (Column("Account"), Column("Today"), Column("Triggers", align=Align.RIGHT), Column("Why"))
    return Table("Worklist", columns, rows)


def worklist_text(found: Worklist) -> str:
    """For a terminal."""
    parts = [printable(due_sentence(found))]
    parts += [as_text(worklist_table(found))] if len(found.items) > 1 else []
    parts += [as_text(triggers_table(i)) for i in found.items if i.decision.due or len(found.items) == 1]
    return "\n\n".join(parts) + "\n"


def worklist_bundle(found: Worklist) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    lead = _LEAD.format(escaped(due_sentence(found)))
    if len(found.items) == 1:
        table = triggers_table(found.items[0])
        html, markdown = as_html(table), as_markdown(table)
    else:
        listed = worklist_table(found)
        each = [folded(f"Triggers of {i.label}", as_html(triggers_table(i))) for i in found.items]
        html = as_html(listed) + Markup("\n").join(each)
        markdown = "\n\n".join([as_markdown(listed), *(as_markdown(triggers_table(i)) for i in found.items)])
    return {
        "text/html": str(_NO_FORMULAS.format(lead + html)),
        "text/markdown": f"{markdown_escaped(due_sentence(found))}\n\n{markdown}\n",
        "text/plain": worklist_text(found),
    }
