"""A proposal as HTML for a notebook, as Markdown, and as plain text.

Problem: a result must show itself inline, in static exports and in notebooks nobody trusted yet.
Decision: the three views are written from the same tables; the HTML keeps to what every sanitizer
leaves (see `markup`), shows the first trades and folds the rest; nothing here depends on the clock
or on chance, so that stored outputs compare equal. Dollars are kept from being typeset as formulas
by the two class names on the outermost element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import DISCLAIMER, Proposal
from di_advisor.report import checks, sections, trade_tables
from di_advisor.report.closing import closing_notes
from di_advisor.report.esg_tables import esg_measures, esg_summary
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import count_of, percent, printable, signed

__all__ = ["exposures", "proposal_html", "proposal_markdown", "proposal_text", "trades_html"]

FIRST_TRADES = 12
"""Trades of each side that are shown before the rest folds away."""

TEXT_TRADES = 8

_NO_FORMULAS = Markup('<div class="mathjax_ignore tex2jax_ignore di-proposal">{}</div>')
_LEAD = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')


def exposures(proposal: Proposal) -> tuple[Table, Table]:
    """Active sector weights and factor exposures, before and after."""
    by_sector = sections.active_weights(
        proposal, lambda m: m.sector_active, "Sectors: weight against the target (grey before, blue after)", "%"
    )
    by_factor = sections.active_weights(
        proposal, lambda m: m.factor_active, "Factors: exposure against the target (grey before, blue after)", ""
    )
    return by_sector, by_factor


def _exposure_summary(proposal: Proposal) -> str:
    before, after = proposal.before.sector_active, proposal.after.sector_active
    if not after:
        return "Sector and factor exposures"
    name = max(after, key=lambda k: abs(after[k]))
    moved = f"{signed(percent(before.get(name, 0.0)))} % to {signed(percent(after[name]))} %"
    return f"Sector and factor exposures. Largest sector bet after trading: {name}, {moved} of the account."


def _side_html(
    proposal: Proposal, side: Side, table: Callable[..., Table], nouns: tuple[str, str], first: int
) -> Markup:
    trades = sections.trades_of(proposal, side)
    if not trades:
        return Markup("")
    verb, noun = nouns
    shown, rest = trades[:first], trades[first:]
    parts: list[tuple[str, Sequence[Trade]]] = [(f"All {count_of(len(trades), noun)}", trades)]
    if rest:
        parts = [(f"Shown: {len(shown)}", shown), (f"Folded below: {len(rest)}", rest), *parts]
    html = as_html(table(proposal, shown, f"{verb} ({count_of(len(trades), noun)}), largest benefit first", parts))
    if rest:
        continued = trade_tables.slim(table(proposal, rest, f"{verb}, continued", [("Folded here", rest)]))
        html += folded(f"{verb}: the other {count_of(len(rest), noun)}", as_html(continued))
    return html


def trades_html(proposal: Proposal, *, first: int = FIRST_TRADES) -> Markup:
    """Sales and buys with their reasons; the first of each side shown, the rest folded."""
    return _side_html(proposal, Side.SELL, trade_tables.sales, ("Sell", "lot"), first) + _side_html(
        proposal, Side.BUY, trade_tables.buys, ("Buy", "name"), first
    )


def proposal_html(proposal: Proposal, *, first: int = FIRST_TRADES) -> str:
    """The proposal for a notebook.

    Parameters
    ----------
    proposal : Proposal
        What to show.
    first : int
        Trades of each side shown before the rest folds.

    Returns
    -------
    str
        HTML of the safe subset: tables, details, div; everything that came from a file is escaped.
    """
    by_sector, by_factor = exposures(proposal)
    last = [folded("Models and data", as_html(sections.provenance(proposal)))] if proposal.provenance else []
    if proposal.unpriced:
        last.insert(0, as_html(checks.unpriced(proposal)))
    parts = [
        _LEAD.format(escaped(sections.headline(proposal)), escaped(sections.facts_line(proposal))),
        as_html(sections.measures(proposal)),
        as_html(sections.objective(proposal)),
        trades_html(proposal, first=first),
        *([folded(esg_summary(proposal), as_html(esg_measures(proposal)))] if proposal.esg else []),
        folded(_exposure_summary(proposal), as_html(by_sector), as_html(by_factor)),
        folded(checks.rules_summary(proposal), as_html(checks.rules(proposal))),
        folded(checks.locks_summary(proposal), as_html(checks.locks(proposal)))
        if proposal.locks
        else Markup("<div>{}</div>").format(checks.locks_summary(proposal)),
        Markup('<div style="margin:4px 0">{}</div>').format(escaped(checks.certificate(proposal))),
        html_list(closing_notes(proposal.notes)),
        *last,
        Markup("<div><small>{}</small></div>").format(escaped(DISCLAIMER)),
    ]
    return str(_NO_FORMULAS.format(Markup("\n").join(parts)))


def proposal_markdown(proposal: Proposal, *, first: int = FIRST_TRADES) -> str:
    """The proposal as GitHub Markdown: the same tables, the first trades of each side, no links."""
    lines = [
        f"### {markdown_escaped(sections.headline(proposal))}",
        markdown_escaped(sections.facts_line(proposal)),
        as_markdown(sections.measures(proposal)),
        as_markdown(sections.objective(proposal)),
    ]
    for side, table, verb in ((Side.SELL, trade_tables.sales, "Sell"), (Side.BUY, trade_tables.buys, "Buy")):
        trades = sections.trades_of(proposal, side)
        if trades:
            parts = [(f"All {len(trades)}", trades)]
            caption = f"{verb}: {min(first, len(trades))} of {len(trades)}, largest benefit first"
            lines.append(as_markdown(table(proposal, trades[:first], caption, parts)))
    lines += [as_markdown(t) for t in (esg_measures(proposal), *exposures(proposal)) if t.rows]
    lines.append(markdown_escaped(checks.rules_summary(proposal)))
    lines += [as_markdown(t) for t in (checks.rules(proposal), checks.locks(proposal)) if t.rows]
    lines.append(markdown_escaped(checks.certificate(proposal)))
    lines.append("\n".join(f"- {markdown_escaped(note)}" for note in closing_notes(proposal.notes)))
    lines.append(f"*{DISCLAIMER}*")
    return "\n\n".join(line for line in lines if line) + "\n"


def proposal_text(proposal: Proposal) -> str:
    """The proposal in plain text for a terminal: measures, objective, the first trades, rules and notes."""
    lines = [
        printable(sections.headline(proposal)),
        printable(sections.facts_line(proposal)),
        as_text(sections.measures(proposal)),
        as_text(sections.objective(proposal)),
    ]
    for side, verb in ((Side.SELL, "Sell"), (Side.BUY, "Buy")):
        trades = sections.trades_of(proposal, side)
        if trades:
            caption = f"{verb}: {min(TEXT_TRADES, len(trades))} of {len(trades)}, largest benefit first"
            lines.append(as_text(trade_tables.short_trades(trades[:TEXT_TRADES], caption)))
    lines += [esg_summary(proposal)] if proposal.esg else []
    lines += [checks.rules_summary(proposal), checks.locks_summary(proposal), checks.certificate(proposal)]
    lines += [f"Note: {printable(note)}" for note in closing_notes(proposal.notes)]
    lines.append(DISCLAIMER)
    return "\n\n".join(lines) + "\n"
