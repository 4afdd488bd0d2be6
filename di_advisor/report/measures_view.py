"""The five measures of an account for a notebook: today, after the proposal, and over a history where one is given.

A measure that cannot be known is shown as a dash with what it would need, never as a number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from markupsafe import Markup

from di_advisor.policy.measures import FactorAlignment, HistoryMeasures, NowMeasures
from di_advisor.propose.proposal import Proposal
from di_advisor.report.markup import as_html, folded
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text
from di_advisor.report.wording import bps, day, money, percent, signed

__all__ = ["exposures_table", "measures_bundle", "measures_table"]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-measures">{}</div>')
_COST: Final = "trading cost"
_NEEDS: Final = "needs a history of values"
_SHOWN: Final = 12


def measures_table(now: NowMeasures, proposal: Proposal | None = None, past: HistoryMeasures | None = None) -> Table:
    """One row a measure: today, after the proposal, over the history; and how it is defined.

    Parameters
    ----------
    now : NowMeasures
        What is known today.
    proposal : Proposal, optional
        Its predicted figures.
    past : HistoryMeasures, optional
        What a history shows.
    """
    factor, exposure = now.alignment.largest
    after_exposure = _after(proposal).get(factor) if proposal is not None else None
    cost = None if proposal is None else proposal.after.objective_usd.get(_COST, Decimal(0))
    rows: list[tuple[Cell, ...]] = [
        (
            "Tracking error, ex ante",
            "bps a year",
            bps(now.tracking_error),
            "-" if proposal is None else bps(proposal.after.tracking_error),
            "-",
            "deviation of active weights under the risk model",
        ),
        (
            "Tracking error, realised",
            "bps a year",
            "-",
            "-",
            _bps(None if past is None else past.tracking_error),
            _or(past, "daily"),
        ),
        (
            "After-tax return, step-up",
            "% a year",
            "-",
            "-",
            _percent(None if past is None else past.after_tax_step_up),
            _or(past, "paid"),
        ),
        (
            "After-tax return, liquidation",
            "% a year",
            "-",
            "-",
            _percent(None if past is None else past.after_tax_liquidation),
            _or(past, "sold"),
        ),
        (
            "Pre-tax return",
            "% a year",
            "-",
            "-",
            _percent(None if past is None else past.pre_tax),
            _or(past, "time-weighted"),
        ),
        ("Unrealised gain", "$", signed(money(now.unrealised_usd)), "-", "-", "lots with a known basis"),
        (
            "Tax if sold today",
            "$",
            money(now.liquidation_tax_usd),
            "-",
            "-",
            "at marginal rates; negative where losses would save tax",
        ),
        ("Value after that tax", "$", money(now.after_tax_usd), "-", "-", "the liquidation value today"),
        ("Trading cost", "$", "-", "-" if cost is None else money(cost), "-", "predicted for the proposal"),
        (
            "Trading cost",
            "bps of value",
            "-",
            "-" if cost is None else bps(float(cost) / now.value_usd),
            _bps(None if past is None else past.cost_per_year),
            "of the account's value; a year over a history",
        ),
        (
            "Tax alpha, step-up",
            "bps a year",
            "-",
            "-",
            _bps(None if past is None else past.tax_alpha_step_up),
            _twin(past),
        ),
        (
            "Tax alpha, liquidation",
            "bps a year",
            "-",
            "-",
            _bps(None if past is None else past.tax_alpha_liquidation),
            _twin(past),
        ),
        (
            "Largest active factor exposure",
            "",
            f"{exposure:+.3f}" if factor else "-",
            "-" if after_exposure is None else f"{after_exposure:+.3f}",
            "-",
            factor or "the risk model has no factors",
        ),
        (
            "Active variance from factors",
            "%",
            percent(now.alignment.factor_share, 1),
            "-",
            "-",
            "the rest is of single names",
        ),
        ("Correlation with the target", "", f"{now.alignment.correlation:.4f}", "-", "-", "as the risk model predicts"),
    ]
    if now.without_basis_usd:
        rows.append(("Value without a basis", "$", money(now.without_basis_usd), "-", "-", "not in gains and tax"))
    over = "History" if past is None else f"{day(past.first)} to {day(past.last)}"
    columns = (
        Column("Measure"),
        Column("Unit"),
        Column("Today", align=Align.RIGHT),
        Column("Proposal", align=Align.RIGHT),
        Column(over, align=Align.RIGHT),
        Column("What it is"),
    )
    return Table(f"Measures on {day(now.as_of)}", columns, tuple(rows))


def _after(proposal: Proposal) -> dict[str, float]:
    return dict(proposal.after.factor_active)


def _bps(value: float | None) -> str:
    return "-" if value is None else bps(value)


def _percent(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _or(past: HistoryMeasures | None, kind: str) -> str:
    if past is None:
        return _NEEDS
    return {
        "daily": "deviation of daily differences to the index",
        "paid": "time-weighted, taxes off when due",
        "sold": "also the tax on what is unrealised at the end",
        "time-weighted": "time-weighted",
    }[kind]


def _twin(past: HistoryMeasures | None) -> str:
    known = past is not None and past.tax_alpha_step_up is not None
    return "after-tax less pre-tax excess over the ETF twin" if known else f"{_NEEDS} of account and ETF twin"


def exposures_table(alignment: FactorAlignment, proposal: Proposal | None = None) -> Table:
    """The largest active exposures, today and after the proposal."""
    after = {} if proposal is None else _after(proposal)
    order = sorted(alignment.active, key=lambda f: -abs(alignment.active[f]))[:_SHOWN]

    def row(factor: str) -> tuple[Cell, ...]:
        today = alignment.active[factor]
        then = after.get(factor)
        drawn = Bars((today,) if then is None else (today, then), f"{factor}: {today:+.3f} today")
        return factor, f"{today:+.3f}", "-" if then is None else f"{then:+.3f}", drawn

    columns = (
        Column("Factor"),
        Column("Today", align=Align.RIGHT),
        Column("Proposal", align=Align.RIGHT),
        Column("under | over", align=Align.BARS),
    )
    return Table("Active factor exposures, the largest first", columns, tuple(row(f) for f in order))


def measures_bundle(
    now: NowMeasures, proposal: Proposal | None = None, past: HistoryMeasures | None = None
) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    table, factors = measures_table(now, proposal, past), exposures_table(now.alignment, proposal)
    html = as_html(table) + folded("Factor exposures", as_html(factors))
    return {
        "text/html": str(_NO_FORMULAS.format(html)),
        "text/markdown": f"{as_markdown(table)}\n\n{as_markdown(factors)}\n",
        "text/plain": f"{as_text(table)}\n\n{as_text(factors)}\n",
    }
