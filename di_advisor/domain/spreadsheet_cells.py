"""Text cells of files that a person may open in a spreadsheet: never taken for a formula, and read back unchanged.

Problem: a text that begins with a sign is run as a formula; so is the rest of one behind a semicolon or a tab, where
the reader's country separates cells by those and takes our quotes for letters. Some spreadsheets look past blanks
before the sign, and some take the wide signs of East Asian keyboards for the same. Decision: an apostrophe before
each such place, which reading takes away again. Limits: texts only; figures are written as figures.
"""

from __future__ import annotations

import re

__all__ = ["text_cell", "text_of_cell"]

# What a spreadsheet may take for a formula, also behind apostrophes of the text's own.
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]"
_FORMULA = re.compile(rf"[' \u00a0\u3000]*{_SIGNS}")
_LATER = re.compile(rf"(?<=[;\t|])(?='*{_SIGNS})")
_LATER_WRITTEN = re.compile(rf"(?<=[;\t|])'(?='*{_SIGNS})")


def text_cell(text: str) -> str:
    """Text as a cell that no spreadsheet takes for a formula."""
    safe = _LATER.sub("'", text)
    return f"'{safe}" if _FORMULA.match(text) else safe


def text_of_cell(cell: str) -> str:
    """What `text_cell` was given."""
    bare = cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
    return _LATER_WRITTEN.sub("", bare)
