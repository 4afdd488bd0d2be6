"""Past orders as they were read, and what watching a cost model on them found, for a notebook and a terminal.

Every order that was dropped is counted under its reason, with examples; names come from files and are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from di_advisor.domain.history_quality import HistoryQuality
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.domain.trained_costs import WatchedCosts, WatchedMonth
from di_advisor.report.markup import as_html, escaped, html_list
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import money, percent, printable

__all__ = ["orders_bundle", "watched_bundle"]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-orders">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div>')
_QUIET: Final = "Nothing changed that these orders can show."
_UNSTABLE: Final = 0.2


def _bundle(lead: str, tables: Sequence[Table], said: Sequence[str]) -> dict[str, str]:
    html = Markup("\n").join([_LEAD.format(escaped(lead)), *map(as_html, tables), html_list(list(said))])
    marked = "\n".join(f"- {markdown_escaped(each)}" for each in said)
    return {
        "text/html": str(_NO_FORMULAS.format(html)),
        "text/markdown": "\n\n".join([f"**{markdown_escaped(lead)}**", *map(as_markdown, tables), marked]) + "\n",
        "text/plain": "\n\n".join([printable(lead), *map(as_text, tables), *map(printable, said)]) + "\n",
    }


def _findings(quality: HistoryQuality) -> Table:
    rows = tuple((str(f.treatment), str(f.flaw), f"{f.count:,}", "; ".join(f.examples)) for f in quality.findings)
    columns = (Column("What was done"), Column("Why"), Column("Count", align=Align.RIGHT), Column("For example"))
    return Table("What was dropped or noted", columns, rows)


def orders_bundle(
    history: TradeHistory, quality: HistoryQuality | None, sentences: Sequence[str], label: str = ""
) -> dict[str, str]:
    """Past orders that were read: how many, what was dropped and why, and what the rest cost.

    Parameters
    ----------
    history : TradeHistory
        What a model may learn from.
    quality : HistoryQuality or None
        Of the file, where one was read.
    sentences : sequence of str
        What was read, left out, and paid.
    label : str
        What must be said of these orders wherever they are shown.
    """
    days = history.day
    window = f", {days.min()} to {days.max()}" if len(history) else ""
    what = "simulated orders" if history.simulated else "orders"
    lead = f"{len(history):,} {what} in {len(set(history.security_id.tolist())):,} names{window}"
    tables = [_findings(quality)] if quality is not None and quality.findings else []
    return _bundle(lead, tables, [*sentences, *([label] if label else [])])


def _month(m: WatchedMonth) -> tuple[str, ...]:
    known = math.isfinite(m.low) and math.isfinite(m.high)
    interval = f"{m.low:.2f} to {m.high:.2f}" if known else "too few days"
    off = "above" if known and m.low > 1 else "below" if known and m.high < 1 else "holds 1" if known else "-"
    dollars = (money(m.predicted_usd), money(m.paid_usd))
    return (f"{m.month:%Y-%m}", f"{m.orders:,}", *dollars, f"{m.ratio:.2f}", interval, off, percent(m.coverage, 0))


def watched_bundle(found: WatchedCosts, model_id: str) -> dict[str, str]:
    """Predicted against paid by month, what drifted, alarms, and what to fall back to."""
    source = "simulated orders" if found.simulated else "orders"
    lead = f"{model_id} on {found.orders:,} {source} since {found.since}: " + (
        f"{len(found.alarms)} alarm{'' if len(found.alarms) == 1 else 's'}" if found.alarms else "no alarm"
    )
    heads = (("Orders", ""), ("Predicted", "$"), ("Paid", "$"), ("Paid over predicted", ""))
    months = Table(
        "Predicted against paid, by month (90 % intervals by days)",
        (
            Column("Month", align=Align.WHOLE),
            *(Column(name, unit, Align.RIGHT) for name, unit in heads),
            Column("Interval"),
            Column("Against 1"),
            Column("Inside the 90 % interval", "%", Align.RIGHT),
        ),
        tuple(map(_month, found.months)),
    )
    drift = Table(
        f"Features against the training (stability index, above {_UNSTABLE} is another draw)",
        (Column("Feature"), Column("Index", align=Align.RIGHT), Column("Says")),
        tuple(
            (name.replace("_", " "), f"{value:.2f}", "another draw" if value > _UNSTABLE else "as in training")
            for name, value in sorted(found.drift.items(), key=lambda item: -item[1])
        ),
    )
    said = [*(found.alarms or (_QUIET,)), found.advice, found.provenance]
    return _bundle(lead, [months, *([drift] if found.drift else [])], said)
