"""Proposals of one account side by side: risk, benefit by term, taxes, costs, and how sure each is.

Problem: a person weighs two or three sets of wishes, and pages below each other cannot be weighed. Decision: one
table, a figure a row, a scenario a column; the objective's terms stand as benefits over doing nothing, so that
more is better and they add up. Every text is escaped. Limits: where the price of risk differs, benefits are in
different money's worth, and a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from di_advisor.propose.proposal import Proposal
from di_advisor.report.markup import as_html, html_list
from di_advisor.report.sections import turnover_of
from di_advisor.report.tables import Align, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, money, percent, printable, sentence_case, signed

__all__ = ["compare_bundle", "compare_table"]

_ZERO: Final = Decimal(0)
_TAX: Final = "tax"
_COST: Final = "trading cost"
_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-compare">{}{}</div>')
_OTHER_PRICE: Final = "The price of risk differs between these, so that their benefits are not in the same measure."


def _gain_usd(proposal: Proposal) -> Decimal:
    return sum((t.gain_usd for t in proposal.trade_list if t.gain_usd is not None), _ZERO)


def _figures(proposals: Sequence[Proposal]) -> list[tuple[str, str, Callable[[Proposal], str]]]:
    terms = list(dict.fromkeys(term for p in proposals for term in p.terms_usd))

    def benefit(term: str) -> Callable[[Proposal], str]:
        return lambda p: signed(money(-p.terms_usd[term])) if term in p.terms_usd else "-"

    def of_plan(term: str) -> Callable[[Proposal], str]:
        return lambda p: money(p.after.objective_usd[term]) if term in p.after.objective_usd else "-"

    return [
        ("Tracking error after trading", "bps a year", lambda p: bps(p.after.tracking_error)),
        ("Benefit over doing nothing", "$", lambda p: signed(money(p.benefit_usd))),
        *((f"of it: {term}", "$", benefit(term)) for term in terms),
        ("Net gain realised", "$", lambda p: signed(money(_gain_usd(p)))),
        *((sentence_case(f"{term} of the plan"), "$", of_plan(term)) for term in (_TAX, _COST) if term in terms),
        ("Turnover, one way", "% of account", lambda p: percent(turnover_of(p))),
        ("Trades", "", lambda p: f"{len(p.trade_list):,}"),
        ("Names held", "", lambda p: f"{p.after.names:,}"),
        ("Proved gap, before rounding", "$", lambda p: money(p.certificate.gap_usd)),
        ("Proved gap", "bps of account", lambda p: f"{p.certificate.gap_bps:,.3f}"),
    ]


def compare_table(proposals: Mapping[str, Proposal]) -> Table:
    """One row a figure, one column a proposal.

    Parameters
    ----------
    proposals : Mapping of str to Proposal
        By the name of their scenario, at least one, of one account.
    """
    rows: list[tuple[Cell, ...]] = [
        (label, unit, *(figure(p) for p in proposals.values()))
        for label, unit, figure in _figures(list(proposals.values()))
    ]
    columns = (Column("Figure"), Column("Unit"), *(Column(name, align=Align.RIGHT) for name in proposals))
    return Table("Scenarios side by side", columns, tuple(rows))


def _solved_by(proposals: Mapping[str, Proposal]) -> list[str]:
    """What solved them: a sentence, for in a column it would push the figures apart."""
    solvers = {name: p.certificate.solver for name, p in proposals.items()}
    if len(set(solvers.values())) == 1:
        return [f"Solved by {next(iter(solvers.values()))}."]
    return [f"{name} was solved by {solver}." for name, solver in solvers.items()]


def compare_bundle(proposals: Mapping[str, Proposal], notes: Sequence[str] = ()) -> dict[str, str]:
    """Proposals side by side, in every form a notebook may want, by media type.

    Parameters
    ----------
    proposals : Mapping of str to Proposal
        As of `compare_table`.
    notes : sequence of str
        What differs between them, one sentence each.
    """
    table = compare_table(proposals)
    said = [*notes, *_solved_by(proposals)]
    if len({p.mandate.risk_aversion for p in proposals.values()}) > 1:
        said.append(_OTHER_PRICE)
    marked = "\n".join(f"- {markdown_escaped(each)}" for each in said)
    return {
        "text/html": str(_NO_FORMULAS.format(as_html(table), html_list(said))),
        "text/markdown": "\n\n".join([as_markdown(table), *([marked] if marked else [])]) + "\n",
        "text/plain": "\n\n".join([as_text(table), *map(printable, said)]) + "\n",
    }
