"""The columns of files of orders and fills as a Markdown table, from the same definitions that readers use."""

from __future__ import annotations

from di_advisor.domain.columns import ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_data.trade_history.aliases import ALIASES

__all__ = ["column_table"]


def column_table() -> str:
    """Rows of orders, then of fills; what is needed is marked with a star."""
    lines = ["| column | of | also known as | meaning |", "| --- | --- | --- | --- |"]
    for what, columns in (("orders", ORDER_COLUMNS), ("fills", ORDER_FILL_COLUMNS)):
        for c in columns:
            known = ", ".join(f"`{a}`" for a in ALIASES.get(c.name, ()))
            lines.append(f"| `{c.name}`{' *' if c.required else ''} | {what} | {known} | {c.meaning} |")
    return "\n".join(lines)
