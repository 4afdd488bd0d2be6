"""A frontier or a surface for a notebook: picture, one sentence, and the table folded under it.

The picture may be taken out by a sanitizer in a notebook that nobody trusted yet; the sentence and the
table say the same. The sentence is written from the table alone.
"""

from __future__ import annotations

import base64
import math
from typing import Any

from markupsafe import Markup

from di_advisor.propose.frontiers import Frontier
from di_advisor.report.frontier_chart import axis_of, frontier_png
from di_advisor.report.markup import as_html, escaped, folded
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text
from di_advisor.report.wording import bps, count_of, money, printable, usd

__all__ = ["frontier_html", "frontier_markdown", "frontier_sentence", "frontier_table", "frontier_text"]

_MOST = 0.9
_WHOLE = Markup('<div class="mathjax_ignore tex2jax_ignore di-frontier">{}{}{}</div>')
_PICTURE = Markup('<img src="data:image/png;base64,{}" alt="{}" style="max-width:100%">')
_SAYS = Markup('<div style="margin:4px 0">{}</div>')


def frontier_sentence(frame: Frontier) -> str:
    """What the plans range over, where most of it is reached, and what was refused."""
    dials = [axis_of(d, frame[d].tolist()) for d in frame.dials]
    says = [", ".join(axis.says(i) for axis in dials) for i in range(len(frame))]
    benefit = [float(b) for b in frame["benefit_usd"].tolist()] if "benefit_usd" in frame else []
    kept = [i for i, b in enumerate(benefit) if math.isfinite(b)]
    refused = len(frame) - len(kept)
    if not kept:
        return f"None of {count_of(len(frame), 'plan')} can be had; the table says why."
    worst, best = min(kept, key=lambda i: benefit[i]), max(kept, key=lambda i: benefit[i])
    if len(kept) > 1 and usd(benefit[worst]) == usd(benefit[best]):
        text = f"The benefit over doing nothing is {usd(benefit[best])} at every point that has a plan."
    else:
        text = (
            f"The benefit over doing nothing goes from {usd(benefit[worst])} ({says[worst]}) to {usd(benefit[best])} "
        )
        text += f"({says[best]})."
    if len(frame.dials) == 1 and benefit[best] > 0 and dials[0].at[best] > dials[0].at[worst]:
        first = min((i for i in kept if benefit[i] >= _MOST * benefit[best]), key=lambda i: dials[0].at[i])
        if first != best:
            text += f" Nine tenths of that are had already with {says[first]}."
    if refused:
        point = "value" if len(frame.dials) == 1 else "point"
        text += f" {count_of(refused, f'{point} has no plan', f'{point}s have no plan')}; the table says why."
    return printable(text)


def frontier_table(frame: Frontier) -> Table:
    """One row a plan: dials, dollars, tracking error, trades, and what stood in the way."""
    dials = [axis_of(d, frame[d].tolist()) for d in frame.dials]
    dollars = [c for c in frame.columns if c.endswith("_usd") and c != "gap_usd" and c not in frame.dials]
    rows: list[tuple[Cell, ...]] = []
    for i, row in enumerate(frame.to_dict("records")):
        figures = [_dollars(row[c]) for c in dollars]
        benefit = row.get("benefit_usd", math.nan)
        drawn = Bars((benefit if math.isfinite(benefit) else 0.0,), f"benefit {_dollars(benefit)}")
        error = bps(row["tracking_error"]) if math.isfinite(row["tracking_error"]) else "-"
        cells = [*(axis.labels[i] for axis in dials), *figures, drawn, error, str(row["trades"]), row["refused"]]
        rows.append(tuple(cells))
    columns = (
        *(Column(axis.title) for axis in dials),
        *(Column(c.removesuffix("_usd").replace("_", " "), "$", Align.RIGHT) for c in dollars),
        Column("benefit drawn", align=Align.BARS),
        Column("tracking error", "bps a year", Align.RIGHT),
        Column("trades", align=Align.RIGHT),
        Column("why there is no plan"),
    )
    return Table("Changes against doing nothing; a term hurts where it is positive", columns, tuple(rows))


def _dollars(amount: Any) -> str:  # noqa: ANN401 - a cell of the frame
    return money(amount) if math.isfinite(amount) else "-"


def frontier_html(frame: Frontier) -> str:
    """Picture, sentence and folded table."""
    sentence, png = escaped(frontier_sentence(frame)), frontier_png(frame)
    picture = _PICTURE.format(base64.b64encode(png).decode("ascii"), sentence) if png else Markup("")
    table = folded(f"The table: {count_of(len(frame), 'plan')}", as_html(frontier_table(frame)))
    return str(_WHOLE.format(picture, _SAYS.format(sentence), table))


def frontier_markdown(frame: Frontier) -> str:
    """Sentence and table."""
    return f"{frontier_sentence(frame)}\n\n{as_markdown(frontier_table(frame))}\n"


def frontier_text(frame: Frontier) -> str:
    """Sentence and table in plain text."""
    return f"{frontier_sentence(frame)}\n\n{as_text(frontier_table(frame))}\n"
