"""A transition for people: what it does over time, what is sent today, and what is only meant for later.

The three views are written from the same tables, as a proposal's are; the chart of tracking error is
the table's own column of bars, so that every drawn figure is also a written one.
"""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from di_advisor.propose.proposal import DISCLAIMER
from di_advisor.propose.transition import PlannedStage, TransitionPlan
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.views import proposal_html, proposal_markdown, proposal_text
from di_advisor.report.wording import bps, count_of, day, money, percent, printable, signed, usd

__all__ = ["transition_html", "transition_markdown", "transition_text"]

_SHOWN = 200
_NO_FORMULAS = Markup('<div class="mathjax_ignore tex2jax_ignore di-proposal">{}</div>')
_LEAD = Markup('<div style="margin:4px 0"><b>{}</b></div>')


def _headline(plan: TransitionPlan) -> str:
    last = plan.stages[-1].on
    stages = f"{len(plan.stages)} stages to {day(last)}" if len(plan.stages) > 1 else "one stage, today"
    worth = plan.benefit_usd
    compared = "less" if worth >= 0 else "more"
    return f"Transition of {plan.account_id} in {stages}: costs {usd(abs(worth))} {compared} than never trading."


def _path(plan: TransitionPlan) -> Table:
    """Tracking error by stage, drawn and written."""

    def row(stage: PlannedStage) -> tuple[Cell, ...]:
        before, after = bps(stage.tracking_error_before), bps(stage.tracking_error_after)
        values = (stage.tracking_error_before, stage.tracking_error_after)
        drawn = Bars(values, f"{day(stage.on)}: before {before} bps, after {after} bps")
        return (day(stage.on), before, after, percent(stage.done, 0), drawn)

    columns = (
        Column("Stage", align=Align.WHOLE),
        Column("Before", "bps a year", Align.RIGHT),
        Column("After", "bps a year", Align.RIGHT),
        Column("Way done", "%", Align.RIGHT),
        Column("Tracking error", align=Align.BARS),
    )
    return Table("Tracking error by stage (grey before, blue after)", columns, tuple(row(s) for s in plan.stages))


def _stages(plan: TransitionPlan) -> Table:
    """Dollars by stage, with their totals."""

    def amounts(stage: PlannedStage) -> tuple[Decimal, ...]:
        gains = (stage.gain_short_usd, stage.gain_long_usd)
        return (stage.sold_usd, stage.bought_usd, *gains, stage.tax_usd, stage.cost_usd, stage.risk_usd)

    rows = tuple(
        (day(stage.on), "today" if i == 0 else "provisional", *(money(x) for x in amounts(stage)))
        for i, stage in enumerate(plan.stages)
    )
    sums = [sum(column, Decimal(0)) for column in zip(*(amounts(s) for s in plan.stages), strict=True)]
    labels = ("Sold", "Bought", "Short-term gain", "Long-term gain", "Tax", "Trading cost", "Price of active risk")
    columns = (Column("Stage", align=Align.WHOLE), Column("Status"), *(Column(x, "$", Align.RIGHT) for x in labels))
    return Table("What each stage does", columns, rows, (("All stages", "", *(money(x) for x in sums)),))


def _years(plan: TransitionPlan) -> Table:
    def shown(amount: Decimal | None) -> str:
        return "none" if amount is None else money(amount)

    rows = tuple(
        (str(y.year), money(y.gain_usd), shown(y.gain_budget_usd), money(y.tax_usd), shown(y.tax_budget_usd))
        for y in plan.years
    )
    labels = ("Net gain", "Its budget", "Tax", "Its budget")
    columns = (Column("Tax year"), *(Column(label, "$", Align.RIGHT) for label in labels))
    return Table("Gains and tax by year", columns, rows)


def _alternatives(plan: TransitionPlan) -> Table:
    def row(name: str, sentence: str, saves: Decimal | None) -> tuple[Cell, ...]:
        words = sentence.rstrip(",")
        if saves is None:
            return (words, "not allowed", Bars((0.0,), f"{name}: not allowed"))
        return (words, signed(money(saves)), Bars((float(saves),), f"{name}: the plan is better by {usd(saves)}"))

    columns = (Column("Instead of the plan"), Column("Costs more by", "$", Align.RIGHT), Column("", align=Align.BARS))
    rows = tuple(row(a.name, a.sentence, a.saves_usd) for a in plan.alternatives)
    return Table("What waiting is worth: the other ways, all terms counted", columns, rows)


def _later(plan: TransitionPlan) -> Table:
    rows = tuple(
        (
            day(t.on),
            t.side.value,
            t.ticker,
            t.lot_id or "-",
            money(t.value_usd),
            "-" if t.gain_usd is None else money(t.gain_usd),
            "-" if t.long_term is None else ("long" if t.long_term else "short"),
        )
        for t in plan.later[:_SHOWN]
    )
    columns = (
        Column("Stage", align=Align.WHOLE),
        Column("Side"),
        Column("Ticker"),
        Column("Lot"),
        Column("Value", "$", Align.RIGHT),
        Column("Gain", "$", Align.RIGHT),
        Column("Term"),
    )
    more = f", the first {_SHOWN} of {len(plan.later)}" if len(plan.later) > _SHOWN else ""
    return Table(f"Provisional trades{more}: ask again on each date", columns, rows)


def _certificate(plan: TransitionPlan) -> str:
    c = plan.certificate
    return (
        f"Proved: no plan that keeps the rules is better by more than {usd(max(c.rounded_gap_usd, 0.0))} "
        f"({c.rounded_gap_bps:,.1f} bps of the account). {c.solver}."
    )


def transition_html(plan: TransitionPlan) -> str:
    """The plan for a notebook: HTML of the safe subset, everything that came from a file escaped."""
    today = plan.today.trade_list
    later = [folded(f"Later: {count_of(len(plan.later), 'provisional trade')}", as_html(_later(plan)))]
    parts = [
        _LEAD.format(escaped(_headline(plan))),
        html_list(list(plan.sentences)),
        as_html(_path(plan)),
        as_html(_stages(plan)),
        as_html(_years(plan)),
        as_html(_alternatives(plan)),
        folded(f"Today: {count_of(len(today), 'trade')}, each with its reasons", Markup(proposal_html(plan.today))),  # noqa: S704
        *(later if plan.later else []),
        Markup('<div style="margin:4px 0">{}</div>').format(escaped(_certificate(plan))),
        html_list(list(plan.notes)),
        Markup("<div><small>{}</small></div>").format(escaped(DISCLAIMER)),
    ]
    return str(_NO_FORMULAS.format(Markup("\n").join(parts)))


def transition_markdown(plan: TransitionPlan) -> str:
    """The plan as GitHub Markdown."""
    lines = [
        f"### {markdown_escaped(_headline(plan))}",
        "\n".join(f"- {markdown_escaped(s)}" for s in plan.sentences),
        *(as_markdown(table) for table in (_path(plan), _stages(plan), _years(plan), _alternatives(plan))),
        as_markdown(_later(plan)) if plan.later else "",
        markdown_escaped(_certificate(plan)),
        "\n".join(f"- {markdown_escaped(note)}" for note in plan.notes),
        "#### Today",
        proposal_markdown(plan.today),
    ]
    return "\n\n".join(line for line in lines if line)


def transition_text(plan: TransitionPlan) -> str:
    """The plan in plain text for a terminal."""
    lines = [
        printable(_headline(plan)),
        *(printable(s) for s in plan.sentences),
        *(as_text(table) for table in (_path(plan), _stages(plan), _years(plan), _alternatives(plan))),
        _certificate(plan),
        *(f"Note: {printable(note)}" for note in plan.notes),
        "Today",
        proposal_text(plan.today),
    ]
    return "\n\n".join(lines)
