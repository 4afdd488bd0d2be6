"""Tables for people, independent of where they are shown.

Problem: one table is wanted as HTML, Markdown and plain text, and the three must say the same.
Decision: a `Table` is a caption, columns with units, rows of cells and rows of totals; three
writers turn it into text. A cell is text, a name with its ticker, a bar or a reason that unfolds.
Bars exist in HTML only: their figures stand in the columns beside them. Limits: no merged cells,
but that in HTML the label of a total takes the empty ones behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from di_advisor.report.wording import printable

__all__ = [
    "Align",
    "Bars",
    "Cell",
    "Column",
    "Reason",
    "SecurityName",
    "Table",
    "as_markdown",
    "as_text",
    "markdown_escaped",
]

_MARKDOWN_SPECIAL = frozenset("\\`*_[]#!|$~^@")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


class Align(Enum):
    """Where a column's text stands; WHOLE is left and never broken, BELOW a line of its own."""

    LEFT = "left"
    RIGHT = "right"
    BARS = "bars"
    BELOW = "below"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Bars:
    """One or two values drawn from the column's centre line: right for positive, left for negative.

    Attributes
    ----------
    values : tuple of float
        The figures, in the unit of the column; two are drawn one above the other, before and after.
    says : str
        The same in words, for the pointer and for who does not see the colour.
    """

    values: tuple[float, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, the company it is about, and the facts behind it, which unfold."""

    sentence: str
    about: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SecurityName:
    """A ticker with the name of its company, which HTML shows in the reason's line instead."""

    ticker: str
    name: str


Cell = str | Bars | Reason | SecurityName
"""What stands in a table; text is not escaped yet."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its unit, and where its text stands."""

    label: str
    unit: str = ""
    align: Align = Align.LEFT

    @property
    def heading(self) -> str:
        """Label with unit: ``Value, $``."""
        return f"{self.label}, {self.unit}" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Table:
    """A table of which the first column names the row.

    Attributes
    ----------
    caption : str
        What the table shows.
    columns : tuple of Column
        Headings.
    rows, totals : tuple of tuples of Cell
        One cell a column; totals are set apart.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[tuple[Cell, ...], ...] = ()

    def written(self) -> Table:
        """The table without columns of bars, for writers that cannot draw."""
        keep = [i for i, c in enumerate(self.columns) if c.align is not Align.BARS]
        return Table(
            self.caption,
            tuple(self.columns[i] for i in keep),
            tuple(tuple(row[i] for i in keep) for row in self.rows),
            tuple(tuple(row[i] for i in keep) for row in self.totals),
        )


def _plain(cell: Cell) -> str:
    match cell:
        case str():
            return printable(cell)
        case Bars():
            return printable(cell.says)
        case Reason():
            return printable(cell.sentence)
        case SecurityName():
            return printable(cell.ticker)


def _full(cell: Cell) -> str:
    return printable(f"{cell.ticker} {cell.name}") if isinstance(cell, SecurityName) else _plain(cell)


def markdown_escaped(text: object) -> str:
    """Text as Markdown that shows it as it is: no markup, no link, no formula, no tag."""
    shown = "".join(f"\\{c}" if c in _MARKDOWN_SPECIAL else _ENTITIES.get(c, c) for c in printable(text))
    return shown.replace("://", "\\://")


def as_markdown(table: Table) -> str:
    """The table as GitHub Markdown; the dollar sign appears escaped only, since bare it opens a formula."""
    table = table.written()

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    rules = ["---:" if c.align is Align.RIGHT else ":---" for c in table.columns]
    lines = [f"**{markdown_escaped(table.caption)}**", "", line([markdown_escaped(c.heading) for c in table.columns])]
    lines.append(line(rules))
    lines += [line([markdown_escaped(_full(c)) for c in row]) for row in table.rows]
    lines += [line([f"**{markdown_escaped(_plain(c))}**" if c else "" for c in row]) for row in table.totals]
    return "\n".join(lines)


def as_text(table: Table, indent: str = "  ") -> str:
    """The table in aligned columns for a terminal; a last column of text is not padded."""
    table = table.written()
    grid = [[c.heading for c in table.columns]]
    grid += [[_plain(c) for c in row] for row in (*table.rows, *table.totals)]
    widths = [max(len(row[i]) for row in grid) for i in range(len(table.columns))]

    def line(row: list[str]) -> str:
        cells = [
            text.rjust(w) if c.align is Align.RIGHT else text.ljust(w)
            for text, w, c in zip(row, widths, table.columns, strict=True)
        ]
        return (indent + "  ".join(cells)).rstrip()

    body = [line(row) for row in grid[1:]]
    rule = indent + "-" * (sum(widths[:-1]) + 2 * (len(widths) - 1) + min(widths[-1], 12))
    if table.totals:
        body.insert(len(table.rows), rule)
    return "\n".join([printable(table.caption), line(grid[0]), rule, *body])
