"""Text cells of files that a person may open in a spreadsheet: never taken for a formula, and read back unchanged."""

from __future__ import annotations

import re

__all__ = ["text_cell", "text_of_cell"]

# What a spreadsheet may take for a formula, also behind apostrophes of the text's own.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def text_cell(text: str) -> str:
    """Text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_of_cell(cell: str) -> str:
    """What `text_cell` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
