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

# Of styles only what JupyterLab's own would undo: it reads each when it looks for headings in results, and a cell's
# padding is the host's, which in JupyterLab is set for the class (`di_advisor/ui/labextension`).
_LEFT = Markup(' style="text-align:left"')
_WHOLE = Markup(' style="text-align:left;white-space:nowrap"')
_RIGHT = Markup(' align="right"')
_PLACE = {Align.RIGHT: _RIGHT, Align.WHOLE: _WHOLE}
_BELOW = Markup(' style="text-align:left;padding:0 6px 5px 6px"')
_TOTAL = Markup(' class="di-total"')
_RULE = Markup(' class="di-total" style="border-top:1px solid #8a8a8a"')
_UNDER = Markup(' style="border-bottom:1px solid #8a8a8a"')
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

    def drawn(self, value: float, colour: str, height_px: int) -> str:
        """One bar from zero to the value."""
        span = (self.highest - self.lowest) or 1.0
        left = percent_from_fraction((min(value, 0.0) - self.lowest) / span)
        width = percent_from_fraction(abs(value) / span)
        return (
            f'<div style="margin-left:{left:.1f}%;width:{width:.1f}%;min-width:1px;height:{height_px}px;'
            f'background:{colour}"></div>'
        )


# What follows writes rows as text, part by part: formatting each cell as Markup takes most of the time of a long
# table. Every text that is not written here passes `escaped`.


def _bars(cell: Bars, axis: _Axis) -> str:
    if len(cell.values) == 1:
        value = cell.values[0]
        drawn = axis.drawn(value, FOR if value >= 0 else AGAINST, 10)
    else:
        colours = (BEFORE, FOR)
        drawn = "".join(axis.drawn(v, c, 5) for v, c in zip(cell.values, colours, strict=True))
    return f'<div style="width:80px;padding-top:3px" title="{escaped(cell.says)}">{drawn}</div>'


def _content(cell: Cell, column: Column, axis: _Axis) -> str:
    if isinstance(cell, str):
        has_figures = column.align is Align.RIGHT and "-" in cell and any(c.isdigit() for c in cell)
        return escaped(cell.replace("-", "−") if has_figures else cell)
    if isinstance(cell, Bars):
        return _bars(cell, axis)
    return escaped(cell.ticker) if isinstance(cell, SecurityName) else _reason(cell)


def _reason(cell: Reason) -> str:
    about = f"<b>{escaped(cell.about)}</b> " if cell.about else ""
    if not cell.facts:
        return about + str(escaped(cell.sentence))
    facts = "; ".join(escaped(f"{k}: {v}") for k, v in cell.facts.items())
    return f"<details><summary>{about}{escaped(cell.sentence)}</summary>{facts}</details>"


def _span(cells: tuple[Cell, ...], table: Table) -> int:
    """Columns that the label of a row of totals takes: its own and the empty ones behind it."""
    for i, (cell, column) in enumerate(zip(cells[1:], table.columns[1:], strict=True), start=1):
        if cell or column.align is Align.BELOW:
            return i
    return len(cells)


def _row(cells: tuple[Cell, ...], table: Table, axes: list[_Axis], attributes: str) -> str:
    beside: list[str] = []
    below: list[str] = []
    span = _span(cells, table) if attributes else 1
    for i, (cell, column, axis) in enumerate(zip(cells, table.columns, axes, strict=True)):
        if 0 < i < span:
            continue
        content = _content(cell, column, axis)
        if column.align is Align.BELOW:
            below.append(content)
        elif beside:
            beside.append(f"<td{_PLACE.get(column.align, _LEFT)}>{content}</td>")
        else:
            wide = f' colspan="{span}"' if span > 1 else ""
            beside.append(f'<th scope="row"{wide}{_LEFT}>{content}</th>')
    lines = (
        f'<tr class="di-below"><td colspan="{len(cells) - len(below)}"{_BELOW}><div>{text}</div></td></tr>\n'
        for text in below
        if text
    )
    return f"<tr{attributes}>{''.join(beside)}</tr>\n{''.join(lines)}"


def as_html(table: Table) -> Markup:
    """The table with caption, headings in scope, and its bars drawn to one scale a column."""
    axes = [_Axis.of(table, i) for i in range(len(table.columns))]
    heads = Markup("").join(  # a heading without words would be one that nobody can read out
        Markup('<th scope="col"{}>{}</th>').format(_PLACE.get(c.align, _LEFT), escaped(c.heading))
        if c.heading
        else Markup("<td></td>")
        for c in table.columns
        if c.align is not Align.BELOW
    )
    rows = [_row(r, table, axes, "") for r in table.rows]
    rows += [_row(r, table, axes, _RULE if i == 0 else _TOTAL) for i, r in enumerate(table.totals)]
    body = Markup("".join(rows))  # noqa: S704 - every text in it was escaped
    return Markup("{}<thead{}><tr>{}</tr></thead>\n<tbody>{}</tbody></table>").format(
        _TABLE.format(escaped(table.caption)), _UNDER, heads, body
    )
