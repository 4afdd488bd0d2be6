"""What the columns of an ESG file mean, as controls: identifiers, since when, and one column after the other.

Problem: a vendor's file has thirty columns of which three count, and a scale or direction that is guessed does the
opposite of what was asked. Decision: a column counts once a person has said what it measures; its editor shows some of
its cells beside; what counts stands in a list. Limits: letters are typed from the worst to the best.
"""

from __future__ import annotations

from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.esg_columns import ColumnKind, EsgColumn, EsgColumns, HeadColumn
from di_advisor.domain.esg_table import Direction
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.errors import InputError
from di_advisor.report.wording import count_of
from di_advisor.ui.pages.fields import actions, button, choice, grid, line, offer, said, typed_text

__all__ = ["EsgColumnsForm"]

_KINDS: Final = [
    ("Score on a scale", ColumnKind.SCORE.value),
    ("Figure with a unit", ColumnKind.FIGURE.value),
    ("Flag (yes, no, blank)", ColumnKind.FLAG.value),
]
_UNSAID: Final = "unsaid"
_BETTER: Final = [
    ("Say which", _UNSAID),
    ("Higher is better", Direction.HIGHER_IS_BETTER.value),
    ("Lower is better", Direction.LOWER_IS_BETTER.value),
]
_SCHEMES: Final = [
    ("Security id", IdentifierScheme.SECURITY_ID.value),
    ("Ticker", IdentifierScheme.TICKER.value),
    ("Name", IdentifierScheme.NAME.value),
    *((s.value.upper(), s.value) for s in IdentifierScheme if s.value in {"isin", "cusip", "sedol", "figi"}),
]
_NONE: Final = ("none", "")


class EsgColumnsForm:
    """Controls for `EsgColumns`.

    Attributes
    ----------
    box : VBox
        All of them.
    """

    def __init__(self) -> None:
        style = {"description_width": "auto"}
        self._provider = typed_text("Provider", "whose figures they are", "Part of every measure's name")
        self._id = choice("Column of the security", [], "It names the security in each row")
        self._id_kind = choice("It holds", _SCHEMES)
        self._also = choice("Second column (optional)", [_NONE], "For rows that the first does not name")
        self._also_kind = choice("The second holds", _SCHEMES)
        self._also_kind.value = IdentifierScheme.NAME.value
        self._day = widgets.DatePicker(description="Known since (day)", style=style, tooltip="Of the whole file")
        self._days = choice("Or a column of days", [_NONE], "Figures of later days are not used")
        self._mark = choice("Decimal mark", [(". (1,234.5)", "."), (", (1.234,5)", ",")])
        self._column = choice("Column", [], "What it measures is said beside")
        self._measure = typed_text("Measures", "score, carbon_intensity", "How the measure is called")
        self._kind = choice("As", _KINDS)
        self._better = choice("Which way is good", _BETTER)
        self._least = typed_text("Scale from", "0", "Least value of the provider's scale")
        self._greatest = typed_text("Scale to", "100", "Greatest value of the provider's scale")
        self._letters = typed_text("Or letters, worst first", "CCC B BB BBB A AA AAA", "A letter's value is its rank")
        self._unit = typed_text("Unit", "t/$M, or % for percent", "% where the file has percent, fraction for 0 to 1")
        self._add = button("Count this column", "Add it to the columns that count, or replace it there")
        self._drop = button("Leave it out", "Take the chosen column from those that count")
        self._counting = widgets.Select(options=[], rows=4, description="Columns that count", style=style)
        self._cells, self._wrong = line(), line()
        self._kept: dict[str, EsgColumn] = {}
        self._head: dict[str, HeadColumn] = {}
        self._column.observe(lambda _: self._turned(), names="value")
        self._kind.observe(lambda _: self._arrange(), names="value")
        self._add.on_click(lambda _: self._keep())
        self._drop.on_click(lambda _: self._leave_out())
        whole = grid(
            self._provider, self._id, self._id_kind, self._also, self._also_kind, self._day, self._days, self._mark
        )
        one = grid(
            *(self._column, self._measure, self._kind, self._better),
            *(self._least, self._greatest, self._letters, self._unit),
        )
        self.box = widgets.VBox(
            [
                whole,
                widgets.HTML(said("What it measures, one column after the other:")),
                one,
                self._cells,
                actions(self._add),
                self._wrong,
                grid(self._counting),
                actions(self._drop),
            ]
        )
        self.box.add_class("di-page")
        self._arrange()

    def offer(self, columns: tuple[HeadColumn, ...]) -> None:
        """Offer the columns of a file; what was said of those that are still there stays."""
        self._head = {c.name: c for c in columns}
        names = list(self._head)
        offer(self._id, names)
        offer(self._column, names)
        for box in (self._also, self._days):
            offer(box, [_NONE, *((n, n) for n in names)])
        self._turned()

    def show(self, columns: EsgColumns) -> None:
        """Show what a run says of a file."""
        if not self._head:
            named = (columns.id_column, columns.also_column, columns.known_column, *(c.column for c in columns.columns))
            self.offer(tuple(HeadColumn(n, (), 0) for n in dict.fromkeys(named) if n))
        self._provider.value = columns.provider
        for box, value in (
            (self._id, columns.id_column),
            (self._id_kind, columns.id_kind.value),
            (self._also, columns.also_column),
            (self._also_kind, columns.also_kind.value),
            (self._days, columns.known_column),
            (self._mark, columns.decimal_mark),
        ):
            if value in [o[1] if isinstance(o, tuple) else o for o in box.options]:
                box.value = value
        self._day.value = columns.known_on
        self._kept = {c.column: c for c in columns.columns}
        self._list()

    def columns(self) -> EsgColumns | None:
        """What the controls say; None where no column counts and no provider is named.

        Raises
        ------
        InputError
            Naming what is missing.
        """
        if not self._kept and not self._provider.value.strip():
            return None
        return EsgColumns(
            self._provider.value.strip(),
            str(self._id.value or ""),
            tuple(self._kept.values()),
            IdentifierScheme(self._id_kind.value),
            str(self._also.value or ""),
            IdentifierScheme(self._also_kind.value),
            self._day.value,
            str(self._days.value or ""),
            decimal_mark=self._mark.value,
        )

    # --- what the reader does

    def _arrange(self) -> None:
        kind = ColumnKind(self._kind.value)
        shown: dict[Any, bool] = {
            self._least: kind is not ColumnKind.FLAG,
            self._greatest: kind is not ColumnKind.FLAG,
            self._letters: kind is ColumnKind.SCORE,
            self._unit: kind is ColumnKind.FIGURE,
        }
        for box, wanted in shown.items():
            box.layout.display = "" if wanted else "none"

    def _turned(self) -> None:
        """Show the chosen column: some of its cells, and what was said of it."""
        name = str(self._column.value or "")
        head, kept = self._head.get(name), self._kept.get(name)
        shown = ", ".join(head.examples) if head and head.examples else ""
        self._cells.value = said(f"{count_of(head.filled, 'cell')} filled: {shown}.") if head and shown else ""
        self._wrong.value = ""
        if kept is None:
            self._measure.value = self._least.value = self._greatest.value = self._letters.value = self._unit.value = ""
            self._better.value = _UNSAID  # of the column before it would be a guess
            return
        self._measure.value, self._kind.value, self._better.value = kept.measure, kept.kind.value, kept.direction.value
        self._least.value, self._greatest.value = _typed(kept.least), _typed(kept.greatest)
        self._letters.value, self._unit.value = " ".join(kept.letters), kept.unit

    def _keep(self) -> None:
        name, kind = str(self._column.value or ""), ColumnKind(self._kind.value)
        try:
            made = EsgColumn(
                name,
                self._measure.value.strip(),
                kind,
                self._direction(name),
                None if kind is ColumnKind.FLAG else _figure(self._least),
                None if kind is ColumnKind.FLAG else _figure(self._greatest),
                tuple(self._letters.value.split()) if kind is ColumnKind.SCORE else (),
                self._unit.value.strip() if kind is ColumnKind.FIGURE else "",
            )
        except InputError as error:
            self._wrong.value = said(error.what, error.hint, role="alert")
            return
        self._wrong.value = ""
        self._kept[name] = made
        self._list()

    def _direction(self, name: str) -> Direction:
        if self._better.value == _UNSAID:
            raise InputError(f"It is not said which way {name} is good.", hint="Higher or lower is better.")
        return Direction(self._better.value)

    def _leave_out(self) -> None:
        self._kept.pop(str(self._counting.value or ""), None)
        self._list()

    def _list(self) -> None:
        self._counting.options = [(_in_words(c), name) for name, c in self._kept.items()]
        self._turned()


def _typed(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _figure(box: widgets.Text) -> float | None:
    text = box.value.strip().replace("−", "-")
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InputError(
            f"{box.description}: {text!r} is no figure.", hint="Give a number, or leave it blank."
        ) from error


def _in_words(column: EsgColumn) -> str:
    good = "higher" if column.direction is Direction.HIGHER_IS_BETTER else "lower"
    if column.letters:
        scale = f"{column.letters[0]} to {column.letters[-1]}"
    elif column.least is not None and column.greatest is not None:
        scale = f"{column.least:g} to {column.greatest:g}"
    else:
        scale = column.kind.value
    return f"{column.column}: {column.measure}, {scale}{f' {column.unit}' if column.unit else ''}, {good} is better"
