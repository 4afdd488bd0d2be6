"""Tables as HTML that survives every place where a notebook is shown.

Problem: JupyterLab's sanitizer (untrusted notebooks), GitHub and nbconvert each remove something;
what is left must still read well, on white and on black. Decision: only tables, `details`, and
`div` with inline widths and hex colours; no style element, no vector graphics, no ids, no script;
text and background inherit. Every text goes through markupsafe. Colour never carries meaning
alone: bars stand left or right of a line, and words or signs say the same. Limits: a page that may
carry its own style sheet finds its hooks in the classes (``di-table``, ``di-total``, ...).
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from di_advisor.report.tables import Align, Bars, Cell, Column, Reason, SecurityName, Table
from di_advisor.report.wording import printable
from di_advisor.units import percent_from_fraction

__all__ = ["AGAINST", "BEFORE", "FOR", "as_html", "escaped", "folded", "html_list"]

FOR = "#1e88e5"
AGAINST = "#c62828"
BEFORE = "#8a8a8a"
"""Colours that stand out on white and on black."""

_LEFT = Markup(' style="text-align:left;padding:2px 6px"')
_WHOLE = Markup(' style="text-align:left;white-space:nowrap;padding:2px 6px"')
_RIGHT = Markup(' align="right" style="padding:2px 6px"')
_PLACE = {Align.RIGHT: _RIGHT, Align.WHOLE: _WHOLE}
_BELOW = Markup(' style="text-align:left;padding:0 6px 5px 6px"')
_PLAIN = Markup("")
_TOTAL = Markup(' class="di-total"')
_RULE = Markup(' class="di-total" style="border-top:1px solid #8a8a8a"')
_TABLE = Markup(
    '<table class="di-table" '
    'style="border-collapse:collapse;margin:4px 0 14px 0;font-size:12px;font-variant:tabular-nums">'
    '<caption style="text-align:left;padding:6px 0 2px 0;white-space:nowrap"><b>{}</b></caption>'
)


def escaped(text: object) -> Markup:
    """Text that is safe inside HTML, control characters made visible."""
    return escape(printable(text))


def folded(summary: object, *body: Markup) -> Markup:
    """Content that unfolds under a summary."""
    return Markup('<details style="margin:4px 0"><summary>{}</summary>{}</details>').format(
        escaped(summary), Markup("").join(body)
    )


def html_list(items: list[str]) -> Markup:
    """Sentences as a list."""
    rows = Markup("").join(Markup("<li>{}</li>").format(escaped(item)) for item in items)
    return Markup('<ul style="margin:2px 0 8px 0">{}</ul>').format(rows) if items else Markup("")


@dataclass(frozen=True, slots=True)
class _Axis:
    """Range of a column of bars; zero lies inside."""

    lowest: float
    highest: float

    @classmethod
    def of(cls, table: Table, column: int) -> _Axis:
        cells = [row[column] for row in (*table.rows, *table.totals)]
        values = [v for cell in cells if isinstance(cell, Bars) for v in cell.values]
        return cls(min([0.0, *values]), max([0.0, *values]))

    def drawn(self, value: float, colour: str, height_px: int) -> Markup:
        """One bar from zero to the value."""
        span = (self.highest - self.lowest) or 1.0
        left = percent_from_fraction((min(value, 0.0) - self.lowest) / span)
        width = percent_from_fraction(abs(value) / span)
        return Markup(
            '<div style="margin-left:{:.1f}%;width:{:.1f}%;min-width:1px;height:{}px;background:{}"></div>'
        ).format(left, width, height_px, colour)


def _bars(cell: Bars, axis: _Axis) -> Markup:
    if len(cell.values) == 1:
        value = cell.values[0]
        drawn = axis.drawn(value, FOR if value >= 0 else AGAINST, 10)
    else:
        colours = (BEFORE, FOR)
        drawn = Markup("").join(axis.drawn(v, c, 5) for v, c in zip(cell.values, colours, strict=True))
    return Markup('<div style="width:80px;padding-top:3px" title="{}">{}</div>').format(escaped(cell.says), drawn)


def _content(cell: Cell, column: Column, axis: _Axis) -> Markup:
    match cell:
        case str() if column.align is Align.RIGHT and any(c.isdigit() for c in cell):
            return escaped(cell.replace("-", "−"))
        case str():
            return escaped(cell)
        case Bars():
            return _bars(cell, axis)
        case SecurityName():
            return escaped(cell.ticker)
        case Reason():
            return _reason(cell)


def _reason(cell: Reason) -> Markup:
    about = Markup("<b>{}</b> ").format(escaped(cell.about)) if cell.about else Markup("")
    if not cell.facts:
        return about + escaped(cell.sentence)
    facts = Markup("; ").join(escaped(f"{k}: {v}") for k, v in cell.facts.items())
    return Markup("<details><summary>{}{}</summary>{}</details>").format(about, escaped(cell.sentence), facts)


def _row(cells: tuple[Cell, ...], table: Table, axes: list[_Axis], attributes: Markup) -> Markup:
    placed = [(c, _content(cell, c, axis)) for cell, c, axis in zip(cells, table.columns, axes, strict=True)]
    beside = [(c, content) for c, content in placed if c.align is not Align.BELOW]
    head = Markup('<th scope="row"{}>{}</th>').format(_LEFT, beside[0][1])
    rest = (Markup("<td{}>{}</td>").format(_PLACE.get(c.align, _LEFT), content) for c, content in beside[1:])
    row = Markup("<tr{}>{}{}</tr>\n").format(attributes, head, Markup("").join(rest))
    below = (content for c, content in placed if c.align is Align.BELOW and content)
    lines = (
        Markup('<tr class="di-below"><td colspan="{}"{}><div>{}</div></td></tr>\n').format(len(beside), _BELOW, text)
        for text in below
    )
    return row + Markup("").join(lines)


def as_html(table: Table) -> Markup:
    """The table with caption, headings in scope, and its bars drawn to one scale a column."""
    axes = [_Axis.of(table, i) for i in range(len(table.columns))]
    heads = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_PLACE.get(c.align, _LEFT), escaped(c.heading))
        for c in table.columns
        if c.align is not Align.BELOW
    )
    body = Markup("").join(_row(r, table, axes, _PLAIN) for r in table.rows)
    foot = Markup("").join(_row(r, table, axes, _RULE if i == 0 else _TOTAL) for i, r in enumerate(table.totals))
    return Markup("{}<thead><tr>{}</tr></thead>\n<tbody>{}{}</tbody></table>").format(
        _TABLE.format(escaped(table.caption)), heads, body, foot
    )
