"""A year-end plan for a notebook, a file and a terminal: one line, the tables, and what it rests on.

Decision: the ways side by side and the advice stand open; lots, windows and brackets unfold. Every text is escaped by
the tables' writers. Not tax advice, and each form says so.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from di_advisor.policy.year_end import YearEndPlan
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import count_of, percent, sentence_case
from di_advisor.report.year_end_lots import (
    gift_lots_table,
    gift_table,
    january_table,
    sales_table,
    turning_table,
)
from di_advisor.report.year_end_tables import (
    advice_table,
    beyond_table,
    kind_of,
    next_dollar_table,
    return_table,
    scenarios_table,
    standing_table,
    usd_of,
)

__all__ = ["year_end_bundle", "year_end_lead", "year_end_markdown", "year_end_text"]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-year-end">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div><div style="margin:4px 0">{}</div>')
_NOTHING: Final = "Nothing more is worth realising this year; the table below says why."


def year_end_lead(plan: YearEndPlan) -> str:
    """What to realise, and the best of the ways."""
    parts = []
    steps: dict[str, list[str]] = {}
    for step in plan.advice.steps:
        steps.setdefault(kind_of(step.stretch), []).append(step.ends_by)
    amounts = {"short-term": abs(plan.advice.short_usd), "long-term": abs(plan.advice.long_usd)}
    told = [f"${usd_of(amounts[kind.split()[0]])} of {kind} (until {why[-1]})" for kind, why in steps.items()]
    if told:
        parts.append(f"Realise {' and '.join(told)}: worth ${usd_of(plan.advice.worth_usd)} before trading costs.")
    else:
        parts.append(_NOTHING)
    ways = plan.scenarios
    if ways is not None:
        over = ways.best.after_tax_usd - ways.nothing.after_tax_usd
        best = f"{ways.best.name}, ${usd_of(over)} over doing nothing" if over > 0 else "doing nothing"
        parts.append(f"Of the ways compared, most is left by {best}.")
    return " ".join(parts)


def _rests_on(plan: YearEndPlan) -> list[str]:
    """What the plan rests on, one sentence each."""
    later, dates = plan.advice.later, plan.standing.dates
    then = f"A gain realised later is taxed at {percent(float(later.rate))} % in {later.years:g} years, discounted by "
    then += f"{percent(later.discount_per_year)} % a year: {percent(float(later.per_usd))} % in today's dollars. "
    january = f"A loss sold from {dates.first_provisional} on can still be washed in January; one sold on the last "
    january += f"trade date until {dates.january_end}."
    rests = f"It rests on: {plan.standing.tax.label}"
    losing = {x.offer.ticker for x in plan.advice.sales if x.gain_usd < 0}
    kept = [f"What is sold at a loss ({count_of(len(losing), 'name')}) is not bought for 30 days, in any account."]
    says = [
        rests,
        *(kept if losing else []),
        f"{then}That is an assumption, not a forecast.",
        january,
        *plan.standing.notes,
    ]
    for way in () if plan.scenarios is None else plan.scenarios.ways:
        says += [f"{sentence_case(way.name)}: {' '.join([way.does, *way.notes])}"]
        says += [f"{sentence_case(way.name)} is not possible: {way.refused}"] if way.refused else []
    return says


def _tables(plan: YearEndPlan) -> tuple[list[Table], list[tuple[str, list[Table]]]]:
    """What stands open, and what unfolds under a summary."""
    shown = [] if plan.scenarios is None else [scenarios_table(plan.scenarios)]
    shown += [standing_table(plan.standing)]
    shown += [advice_table(plan.advice)] if plan.advice.steps else []
    below = [("Why not more", [beyond_table(plan.advice)])]
    if plan.advice.sales:
        below.append(("Lots for it", [sales_table(plan.advice.sales)]))
    below.append(("What the next dollar is worth", [next_dollar_table(plan.standing)]))
    if plan.standing.result is not None:
        below.append(("The return as it stands", [return_table(plan.standing.result)]))
    if plan.standing.turning or plan.standing.turning_after:
        below.append(("Lots that turn long-term", [turning_table(plan.standing)]))
    if plan.standing.windows:
        below.append(("Losses that a purchase can still wash", [january_table(plan.standing)]))
    if plan.gift is not None:
        shown.append(gift_table(plan.gift))
        below.append(("Lots to give", [gift_lots_table(plan.gift)]))
    return shown, below


def year_end_text(plan: YearEndPlan) -> str:
    """For a terminal."""
    shown, below = _tables(plan)
    tables = [as_text(t) for t in (*shown, *(t for _, each in below for t in each))]
    return "\n\n".join([year_end_lead(plan), plan.standing.dates.sentence, *tables, "\n".join(_rests_on(plan))]) + "\n"


def year_end_markdown(plan: YearEndPlan) -> str:
    """As GitHub Markdown."""
    shown, below = _tables(plan)
    tables = [as_markdown(t) for t in (*shown, *(t for _, each in below for t in each))]
    said = "\n".join(f"- {markdown_escaped(s)}" for s in _rests_on(plan))
    lead = [markdown_escaped(s) for s in (year_end_lead(plan), plan.standing.dates.sentence)]
    return "\n\n".join([*lead, *tables, said]) + "\n"


def year_end_bundle(plan: YearEndPlan) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    shown, below = _tables(plan)
    parts = [
        _LEAD.format(escaped(year_end_lead(plan)), escaped(plan.standing.dates.sentence)),
        *(as_html(t) for t in shown),
    ]
    parts += [folded(summary, *(as_html(t) for t in tables)) for summary, tables in below]
    parts.append(folded("What it rests on", html_list(_rests_on(plan))))
    return {
        "text/html": str(_NO_FORMULAS.format(Markup("\n").join(parts))),
        "text/markdown": year_end_markdown(plan),
        "text/plain": year_end_text(plan),
    }
