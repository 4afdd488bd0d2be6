"""First figures of a plan, before rounding to whole shares, in every form a notebook may want."""

from __future__ import annotations

from markupsafe import Markup

from di_advisor.propose.unrounded import Unrounded
from di_advisor.report.markup import as_html, escaped
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, count_of, money, percent, signed, usd

__all__ = ["unrounded_bundle"]

_WHOLE = Markup('<div class="mathjax_ignore tex2jax_ignore di-unrounded"><b>{}</b><br>{}{}</div>')
_MARK = "First figures, before rounding to whole shares; orders follow."


def unrounded_bundle(first: Unrounded) -> dict[str, str]:
    """What the certified plan does, marked as not yet rounded."""
    te = f"{bps(first.tracking_error_before)} to {bps(first.tracking_error)} bps a year"
    said = (
        f"Tracking error {te}; {count_of(first.names, 'name')} trade, turnover {percent(first.turnover)} %. Worth "
        f"{usd(first.benefit_usd)} more than doing nothing; no plan is better by more than {usd(first.gap_usd)}."
    )
    columns = (Column("Term"), Column("Gain", "$", Align.RIGHT))
    rows = tuple((name, signed(money(-change))) for name, change in first.change_usd.items())
    table = Table(
        "Gain by term, against doing nothing", columns, rows, (("Together", signed(money(first.benefit_usd))),)
    )
    return {
        "text/html": str(_WHOLE.format(_MARK, escaped(said), as_html(table))),
        "text/markdown": f"**{_MARK}** {markdown_escaped(said)}\n\n{as_markdown(table)}",
        "text/plain": f"{_MARK} {said}\n\n{as_text(table)}",
    }
