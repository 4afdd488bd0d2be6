"""Why a name is not traded, in every form a notebook may want: what stands in the way, and what it is short of."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from di_advisor.propose.why_not import Reason
from di_advisor.report.markup import as_html
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text
from di_advisor.report.wording import money, sentence_case

__all__ = ["reasons_bundle"]

_WHOLE = Markup('<div class="mathjax_ignore tex2jax_ignore">{}</div>')


def reasons_bundle(name: str, reasons: Sequence[Reason]) -> dict[str, str]:
    """One row a trade that is not made: buying the name, and selling each of its lots."""
    columns = (
        Column("Trade"),
        Column("Lot", align=Align.WHOLE),
        Column("What stands in the way"),
        Column("Short of paying by", "$", Align.RIGHT),
        Column("Why", align=Align.BELOW),
    )
    rows = tuple(
        (
            sentence_case(r.side.value),
            r.lot_id or "-",
            sentence_case(r.kind.value),
            "-" if r.short_usd is None else money(r.short_usd),
            r.sentence,
        )
        for r in reasons
    )
    table = Table(f"Why {name} is not traded otherwise", columns, rows)
    return {
        "text/html": str(_WHOLE.format(as_html(table))),
        "text/markdown": as_markdown(table),
        "text/plain": as_text(table),
    }
