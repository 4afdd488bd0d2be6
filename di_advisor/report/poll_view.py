"""A poll's worklist for a notebook, a panel and a terminal: who calls, since when and why, and what was set aside.

Times are UTC, as they are remembered. Labels, tickers and reasons come from files: the tables' writers escape them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from di_advisor.policy.intraday import Poll
from di_advisor.policy.triggers.words import listed
from di_advisor.report.markup import as_html, escaped, folded
from di_advisor.report.tables import Align, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import count_of, printable

__all__ = ["aside_table", "poll_bundle", "poll_rows", "poll_sentence", "poll_table", "poll_text", "strangers_sentence"]

_TERMINAL_ROWS: Final = 12
_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-worklist">{}</div>')
_PLAIN: Final = Markup('<div style="margin:4px 0">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b></div>')


def poll_sentence(found: Poll) -> str:
    """When, how many call, and what could not be judged."""
    if found.failed:
        return f"{_moment(found.at)}, policy {found.policy}: no quotes. {found.failed}"
    seen = len(found.items) + len(found.unjudged)
    parts = [f"{len(found.standing):,} of {count_of(seen, 'account')} to rebalance"]
    parts += [f"{len(found.called):,} new"] if found.called else []
    parts += [f"{len(found.unjudged):,} not judged"] if found.unjudged else []
    parts += [f"{count_of(len(found.aside), 'quote')} set aside"] if found.aside else []
    return f"{_moment(found.at)}, policy {found.policy}: {', '.join(parts)}."


def poll_rows(found: Poll) -> list[dict[str, Any]]:
    """One row an account, plain values for JSON: its state, since when, and why."""
    rows = []
    fresh = {i.label for i in found.called}
    held = {i.label: i.decision.held_back for i in found.items}
    for label in sorted({*held, *found.unjudged, *found.standing}, key=lambda each: (each not in found.standing, each)):
        calls = found.standing.get(label, ())
        state = "rebalance" if calls else "not judged" if label in found.unjudged else "wait"
        why = [reason for call in calls[-1:] for reason in call.reasons]
        why += [text for text in (found.unjudged.get(label, ""), held.get(label, "")) if text]
        rows.append(
            {
                "account": label,
                "state": state,
                "new": label in fresh,
                "since": calls[0].at.isoformat() if calls else None,
                "calls": len(calls),
                "why": why,
            }
        )
    return rows


def poll_table(found: Poll) -> Table:
    """Accounts: those that called today first, with the reasons of the last call."""
    rows = tuple(
        (
            row["account"],
            f"{row['state']}, new" if row["new"] else row["state"],
            f"{found.standing[row['account']][0].at.astimezone(UTC):%H:%M} UTC" if row["calls"] else "-",
            " ".join(row["why"]) or "Nothing fires.",
        )
        for row in poll_rows(found)
    )
    columns = (
        Column("Account"),
        Column("Now", align=Align.WHOLE),
        Column("Since", align=Align.WHOLE),
        Column("Why", align=Align.BELOW),
    )
    return Table("Worklist", columns, rows)


def aside_table(found: Poll, rows_max: int | None = None) -> Table:
    """Quotes that were not used, and why: a row a reason, the most frequent first; the rest as one row."""
    of: dict[str, list[str]] = {}
    for each in found.aside:
        of.setdefault(each.reason, []).append(each.ticker)
    groups = sorted(of.items(), key=lambda group: -len(group[1]))
    shown = groups if rows_max is None or len(groups) <= rows_max else groups[: rows_max - 1]
    rows = [(listed(names), reason) for reason, names in shown]
    if left := sum(len(names) for _, names in groups[len(shown) :]):
        rows.append((f"{left:,} more", "for other reasons"))
    return Table("Quotes set aside", (Column("Names"), Column("Why")), tuple(rows))


def strangers_sentence(found: Poll) -> str:
    """Symbols that are quoted and that no market knows: a ticker that changed, or a feed of more names."""
    return f"Quoted, but not known here: {listed(found.strangers)}." if found.strangers else ""


def poll_text(found: Poll) -> str:
    """For a terminal."""
    parts = [printable(poll_sentence(found))]
    parts += [as_text(poll_table(found))] if poll_rows(found) else []
    parts += [as_text(aside_table(found, _TERMINAL_ROWS))] if found.aside else []
    parts += [printable(strangers_sentence(found))] if found.strangers else []
    return "\n\n".join(parts) + "\n"


def poll_bundle(found: Poll) -> dict[str, str]:
    """In every form a notebook may want, by media type."""
    html = _LEAD.format(escaped(poll_sentence(found)))
    markdown = [markdown_escaped(poll_sentence(found))]
    if poll_rows(found):
        html += as_html(poll_table(found))
        markdown.append(as_markdown(poll_table(found)))
    if found.aside:
        html += folded(f"{count_of(len(found.aside), 'quote')} set aside", as_html(aside_table(found)))
        markdown.append(as_markdown(aside_table(found)))
    if found.strangers:
        html += _PLAIN.format(escaped(strangers_sentence(found)))
        markdown.append(markdown_escaped(strangers_sentence(found)))
    return {
        "text/html": str(_NO_FORMULAS.format(html)),
        "text/markdown": "\n\n".join(markdown) + "\n",
        "text/plain": poll_text(found),
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
