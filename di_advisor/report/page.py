"""The proposal as one page that stands alone: no network, no script, light and dark.

Problem: `make demo` and clients want a file that opens anywhere and prints. Decision: the tables
are those of the notebook view; the page adds its own style sheet (allowed here, unlike in a
notebook), cards with the figures that matter first, and where the time went. Colours follow the
reader's system. Limits: charts are the tables' own bars, so that every drawn figure is also a
figure that can be read and copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from di_advisor.propose.proposal import DISCLAIMER, Proposal, Stage
from di_advisor.report import checks, sections
from di_advisor.report.closing import closing_notes
from di_advisor.report.esg_tables import esg_measures
from di_advisor.report.markup import as_html
from di_advisor.report.tables import Align, Bars, Cell, Column, Table
from di_advisor.report.views import exposures, trades_html
from di_advisor.report.wording import bps, count_of, day, printable, sentence_case, signed, usd

__all__ = ["html_report"]

PAGE_TRADES = 25
"""Trades of each side on the page before the rest folds."""


def _card(label: str, figure: str, note: str) -> dict[str, str]:
    return {"label": label, "figure": figure.replace("-", "−"), "note": printable(note)}


def _cards(proposal: Proposal) -> list[dict[str, str]]:
    """The figures a reader looks for first."""
    before, after = proposal.before, proposal.after
    change = proposal.after.tracking_error - proposal.before.tracking_error
    cards = [
        _card("Benefit over doing nothing", usd(proposal.benefit_usd), "sum of all terms of the objective"),
        _card(
            "Tracking error, bps a year",
            f"{bps(before.tracking_error)} → {bps(after.tracking_error)}",
            f"{signed(bps(change))} against doing nothing".replace("-", "−"),
        ),
    ]
    for term, amount in sorted(proposal.terms_usd.items(), key=lambda item: item[1]):
        if term in ("tax", "trading cost"):
            owed = "owed more this year" if amount > 0 else "owed less this year"
            cards.append(
                _card(sentence_case(term), usd(amount), owed if term == "tax" else "spread and impact, expected")
            )
    traded = sum((t.value_usd for t in proposal.trade_list), Decimal(0))
    cards.append(_card("Trades", f"{len(proposal.trade_list):,}", f"{usd(traded)} in all"))
    cards.append(_card("Gap to the best plan, at most", *checks.gap_after_rounding(proposal)))
    return cards


def _time_spent(stages: Sequence[Stage]) -> Table:
    """CPU seconds by stage."""

    def row(stage: Stage) -> tuple[Cell, ...]:
        seconds = f"{stage.cpu_seconds:,.3f}"
        return (stage.name, seconds, Bars((stage.cpu_seconds,), f"{seconds} s"))

    total = sum(s.cpu_seconds for s in stages)
    columns = (Column("Stage"), Column("CPU", "s", Align.RIGHT), Column("Share", align=Align.BARS))
    return Table("Time spent", columns, tuple(map(row, stages)), (("Total", f"{total:,.3f}", ""),))


def html_report(
    proposal: Proposal,
    *,
    title: str = "Proposed rebalance",
    label: str = "",
    stages: Sequence[Stage] | None = None,
) -> str:
    """The proposal as a complete HTML page.

    Parameters
    ----------
    proposal : Proposal
        What to show.
    title : str
        Heading of the page.
    label : str
        A word on the data, shown beside the heading ("Simulated data").
    stages : sequence of Stage, optional
        Where the time went; the proposal's own stages unless given.

    Returns
    -------
    str
        A page without script and without anything to load; every text from a file is escaped.
    """
    environment = Environment(
        loader=PackageLoader("di_advisor.report", "templates"), autoescape=True, undefined=StrictUndefined
    )
    by_sector, by_factor = exposures(proposal)
    stages = proposal.stages if stages is None else tuple(stages)
    return environment.get_template("page.html").render(
        title=printable(title),
        label=printable(label),
        account=printable(proposal.account_id),
        as_of=day(proposal.as_of),
        headline=printable(sections.headline(proposal)).replace("-$", "−$"),
        cards=_cards(proposal),
        measures=as_html(sections.measures(proposal)),
        objective=as_html(sections.objective(proposal)),
        trades=trades_html(proposal, first=PAGE_TRADES),
        sectors=as_html(by_sector) if by_sector.rows else Markup(""),
        factors=as_html(by_factor) if by_factor.rows else Markup(""),
        esg=as_html(esg_measures(proposal)) if proposal.esg else Markup(""),
        rules_summary=checks.rules_summary(proposal),
        rules=as_html(checks.rules(proposal)) if proposal.checks else Markup(""),
        locks_summary=checks.locks_summary(proposal),
        locks=as_html(checks.locks(proposal)) if proposal.locks else Markup(""),
        unpriced=as_html(checks.unpriced(proposal)) if proposal.unpriced else Markup(""),
        certificate=checks.certificate(proposal),
        notes=[printable(note) for note in closing_notes(proposal.notes)],
        provenance=as_html(sections.provenance(proposal)) if proposal.provenance else Markup(""),
        time_spent=as_html(_time_spent(stages)) if stages else Markup(""),
        count=count_of(len(proposal.trade_list), "trade"),
        disclaimer=DISCLAIMER,
    )
