"""Results show themselves in a notebook: formatters registered by type name, so that nothing heavy is imported.

A result is data and knows nothing of notebooks. When the package is imported under IPython, or on
``%load_ext di_advisor``, its types get a mimebundle: HTML for the notebook, Markdown for what cannot
show HTML, plain text for a terminal. All three are static: they survive export, and notebooks that
nobody has trusted yet. Outside IPython nothing happens.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from di_advisor.backtest.comparison import ComparedRun, PolicyComparison
    from di_advisor.fleet.desk import Desk
    from di_advisor.fleet.fairness import Fairness
    from di_advisor.ledger.books import Books
    from di_advisor.ledger.papers import Paper
    from di_advisor.policy.calendar import Calendar
    from di_advisor.policy.intraday import Poll
    from di_advisor.policy.plan import MultiPeriodPlan
    from di_advisor.policy.year_end import YearEndPlan
    from di_advisor.propose.frontiers import Frontier
    from di_advisor.propose.household.proposal import HouseholdProposal
    from di_advisor.propose.proposal import Proposal
    from di_advisor.propose.trade_explanation import TradeExplanation
    from di_advisor.propose.transition import TransitionPlan

__all__ = [
    "books_bundle",
    "explanation_bundle",
    "frontier_bundle",
    "load_ipython_extension",
    "paper_bundle",
    "proposal_bundle",
    "register_under_ipython",
    "transition_bundle",
    "year_end_plan_bundle",
]

_COMPARED_RUN = ("di_advisor.backtest.comparison", "ComparedRun")
_COMPARISON = ("di_advisor.backtest.comparison", "PolicyComparison")
_DESK = ("di_advisor.fleet.desk", "Desk")
_FAIRNESS = ("di_advisor.fleet.fairness", "Fairness")
_BOOKS = ("di_advisor.ledger.books", "Books")
_EXPLANATION = ("di_advisor.propose.trade_explanation", "TradeExplanation")
_FRONTIER = ("di_advisor.propose.frontiers", "Frontier")
_HOUSEHOLD = ("di_advisor.propose.household.proposal", "HouseholdProposal")
_PAPER = ("di_advisor.ledger.papers.paper", "Paper")
_PROPOSAL = ("di_advisor.propose.proposal", "Proposal")
_TRANSITION = ("di_advisor.propose.transition", "TransitionPlan")
_CALENDAR = ("di_advisor.policy.calendar", "Calendar")
_PLAN = ("di_advisor.policy.plan", "MultiPeriodPlan")
_POLL = ("di_advisor.policy.intraday", "Poll")
_YEAR_END = ("di_advisor.policy.year_end.plan", "YearEndPlan")


def proposal_bundle(proposal: Proposal) -> dict[str, str]:
    """The proposal in every form a notebook may want, by media type."""
    from di_advisor.report.views import proposal_html, proposal_markdown, proposal_text

    return {
        "text/html": proposal_html(proposal),
        "text/markdown": proposal_markdown(proposal),
        "text/plain": proposal_text(proposal),
    }


def explanation_bundle(explanation: TradeExplanation) -> dict[str, str]:
    """One trade explained, in every form a notebook may want, by media type."""
    from di_advisor.report.explanation_view import explanation_html, explanation_markdown, explanation_text

    return {
        "text/html": explanation_html(explanation),
        "text/markdown": explanation_markdown(explanation),
        "text/plain": explanation_text(explanation),
    }


def transition_bundle(plan: TransitionPlan) -> dict[str, str]:
    """A plan over several dates in every form a notebook may want, by media type."""
    from di_advisor.report.transition_view import transition_html, transition_markdown, transition_text

    return {
        "text/html": transition_html(plan),
        "text/markdown": transition_markdown(plan),
        "text/plain": transition_text(plan),
    }


def books_bundle(books: Books) -> dict[str, str]:
    """The books in every form a notebook may want, by media type."""
    from di_advisor.report.books_view import books_html, books_markdown, books_text

    return {
        "text/html": books_html(books),
        "text/markdown": books_markdown(books),
        "text/plain": books_text(books),
    }


def frontier_bundle(frame: Frontier) -> dict[str, str]:
    """A frontier or a surface in every form a notebook may want, by media type; without its dials a plain table."""
    from di_advisor.report.frontier_view import frontier_html, frontier_markdown, frontier_text

    if not frame.dials or not set(frame.dials) <= set(frame.columns):
        return {"text/plain": frame.to_string()}
    return {
        "text/html": frontier_html(frame),
        "text/markdown": frontier_markdown(frame),
        "text/plain": frontier_text(frame),
    }


def year_end_plan_bundle(plan: YearEndPlan) -> dict[str, str]:
    """A year-end plan in every form a notebook may want, by media type."""
    from di_advisor.report.year_end_view import year_end_bundle

    return year_end_bundle(plan)


def paper_bundle(paper: Paper[Any]) -> dict[str, str]:
    """A paper of the ledger in the forms a notebook may want, by media type."""
    from di_advisor.report.books_view import paper_view_html, paper_view_text

    return {"text/html": paper_view_html(paper), "text/plain": paper_view_text(paper)}


def _comparison_bundle(comparison: PolicyComparison) -> dict[str, str]:
    from di_advisor.report.backtest_view import comparison_bundle

    return comparison_bundle(comparison)


def _compared_run_bundle(compared: ComparedRun) -> dict[str, str]:
    from di_advisor.report.backtest_view import run_bundle

    return run_bundle(compared)


def _calendar_bundle(calendar: Calendar) -> dict[str, str]:
    from di_advisor.report.calendar_view import calendar_bundle

    return calendar_bundle(calendar)


def _plan_bundle(plan: MultiPeriodPlan) -> dict[str, str]:
    from di_advisor.report.calendar_view import plan_bundle

    return plan_bundle(plan, plan.account_id)


def _poll_bundle(found: Poll) -> dict[str, str]:
    from di_advisor.report.poll_view import poll_bundle

    return poll_bundle(found)


def _household_bundle(found: HouseholdProposal) -> dict[str, str]:
    from di_advisor.report.household_view import household_bundle

    return household_bundle(found)


def _desk_bundle(desk: Desk) -> dict[str, str]:
    from di_advisor.report.desk_view import desk_bundle

    return desk_bundle(desk)


def _fairness_bundle(fairness: Fairness) -> dict[str, str]:
    from di_advisor.report.desk_view import fairness_bundle

    return fairness_bundle(fairness)


def _add_formatters(ipython: Any) -> None:  # noqa: ANN401 IPython is not imported for a type
    formatter = ipython.display_formatter.mimebundle_formatter
    formatter.for_type_by_name(*_BOOKS, books_bundle)
    formatter.for_type_by_name(*_COMPARED_RUN, _compared_run_bundle)
    formatter.for_type_by_name(*_COMPARISON, _comparison_bundle)
    formatter.for_type_by_name(*_DESK, _desk_bundle)
    formatter.for_type_by_name(*_FAIRNESS, _fairness_bundle)
    formatter.for_type_by_name(*_EXPLANATION, explanation_bundle)
    formatter.for_type_by_name(*_FRONTIER, frontier_bundle)
    formatter.for_type_by_name(*_HOUSEHOLD, _household_bundle)
    formatter.for_type_by_name(*_PAPER, paper_bundle)
    formatter.for_type_by_name(*_PROPOSAL, proposal_bundle)
    formatter.for_type_by_name(*_TRANSITION, transition_bundle)
    formatter.for_type_by_name(*_CALENDAR, _calendar_bundle)
    formatter.for_type_by_name(*_PLAN, _plan_bundle)
    formatter.for_type_by_name(*_POLL, _poll_bundle)
    formatter.for_type_by_name(*_YEAR_END, year_end_plan_bundle)


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 as IPython calls it
    """Register the formatters and the magics ``%di`` and ``%%di`` (``%load_ext di_advisor``)."""
    from di_advisor.ui.magics import di

    _add_formatters(ipython)
    ipython.register_magic_function(di, magic_kind="line_cell", magic_name="di")


def register_under_ipython() -> None:
    """Register the formatters when an IPython shell runs; called when the package is imported."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        _add_formatters(shell)
