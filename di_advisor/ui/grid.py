"""A table of hundreds or thousands of rows as a control: sorted, searched, chosen from, by mouse and keyboard.

Problem: trades and lots must scan, sort and be chosen, 3,000 of them without a frame over 100 ms, in both
themes, with names that a screen reader speaks, and without making the notebook heavy. Decision: an anywidget
of our own that keeps only the rows in sight in the page; it is filled from the same `Table` as the static
results, and every text goes in as text, never as markup. itables 2.9.1 was tried first: scrolled
through 3,000 rows its frames stay far over 100 ms, its scrolling part cannot be reached by keyboard (axe:
scrollable-region-focusable), and it adds 0.7 MB of script to a notebook that saves its widgets.
Limits: one line a row; cells are text, and columns of numbers sort by the number that is read in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from di_advisor.errors import InputError
from di_advisor.report.tables import Align, Bars, Cell, Column, Reason, SecurityName, Table
from di_advisor.report.wording import printable

__all__ = ["Grid"]

_HERE = files("di_advisor.ui")


class Grid(anywidget.AnyWidget):
    """Rows to look through and to choose from.

    Parameters
    ----------
    label : str
        What the rows are, in a word or two; also the accessible name: "Trades".
    empty : str
        What is said where there are none.
    height_px : int
        Height beyond which the rows scroll.
    elsewhere : bool
        Whether these rows are one page of more: who fills it then sorts (`on_order`) and searches.

    Attributes
    ----------
    selected : tuple of str
        Ids of the chosen rows, in the order in which they were given.
    """

    _esm = (_HERE / "grid.js").read_text(encoding="utf-8")
    _css = (_HERE / "grid.css").read_text(encoding="utf-8")

    label = traitlets.Unicode("").tag(sync=True)
    empty = traitlets.Unicode("Nothing to show.").tag(sync=True)
    height_px = traitlets.Int(360).tag(sync=True)
    columns = traitlets.List(traitlets.Dict()).tag(sync=True)
    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    ids = traitlets.List(traitlets.Unicode()).tag(sync=True)
    filled = traitlets.Int(0).tag(sync=True)  # counts fillings: one message to the page, not one a trait
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    elsewhere = traitlets.Bool(default_value=False).tag(sync=True)
    order: traitlets.List[Any] = traitlets.List().tag(sync=True)  # column number and whether largest first

    def __init__(
        self, label: str, *, empty: str = "Nothing to show.", height_px: int = 360, elsewhere: bool = False
    ) -> None:
        super().__init__(label=label, empty=empty, height_px=height_px, elsewhere=elsewhere)
        self._table: Table | None = None

    def fill(self, table: Table, ids: Sequence[str]) -> None:
        """Show the rows of a table; columns of bars are left out, totals too. Chosen rows that remain stay chosen.

        Parameters
        ----------
        table : Table
            Caption, columns, and rows.
        ids : sequence of str
            One a row, each different.

        Raises
        ------
        InputError
            If there is not one id a row.
        """
        names = [str(each) for each in ids]
        if len(names) != len(table.rows) or len(set(names)) != len(names):
            raise InputError(
                f"{len(table.rows)} rows came with {len(set(names))} different ids.", hint="Give each row its own id."
            )
        if table == self._table and names == self.ids:
            return
        written = table.written()
        known = set(names)
        with self.hold_sync():
            self.columns = [_heading(c) for c in written.columns]
            self.rows = [[_text(cell, c) for cell, c in zip(r, written.columns, strict=True)] for r in written.rows]
            self.ids = names
            self.selected = [each for each in self.selected if each in known]
            self.filled += 1
        self._table = table

    def on_choice(self, told: Callable[[tuple[str, ...]], Any]) -> None:
        """Have a function told the ids of the chosen rows whenever they change."""
        self.observe(lambda change: told(tuple(change["new"])), names="selected")

    def on_order(self, told: Callable[[], Any]) -> None:
        """Have a function told that another order was asked for; only where rows are sorted elsewhere."""
        self.observe(lambda _: told(), names="order")


def _heading(column: Column) -> dict[str, Any]:
    return {"label": column.heading, "right": column.align is Align.RIGHT, "wide": column.align is Align.BELOW}


def _text(cell: Cell, column: Column) -> str:
    match cell:
        case SecurityName():
            text = cell.ticker
        case Reason():
            text = cell.sentence
        case Bars():
            text = cell.says
        case str():
            text = cell
    shown = printable(text)
    is_figure = column.align is Align.RIGHT and any(c.isdigit() for c in shown)
    return shown.replace("-", "−") if is_figure else shown
