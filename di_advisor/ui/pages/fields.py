"""Small controls that all pages make alike: a visible label with its unit, a fixed accessible name.

Problem: a label beside its box is cut off in a narrow panel, and a box without one has no name. Decision:
labels stand above (the style sheet sees to it), units are part of them, and nothing is reported while a
number is still being typed. Limits: core widgets only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from di_advisor.report.markup import escaped

__all__ = ["actions", "button", "choice", "folds", "grid", "line", "offer", "said", "typed_number", "typed_text"]

_WIDE = {"description_width": "auto"}
_LINE = Markup('<div class="di-line" role="{}">{}</div>')


def choice(label: str, options: Sequence[Any], tip: str = "") -> widgets.Dropdown:
    """One of several; options are texts, or pairs of text and value."""
    return widgets.Dropdown(options=list(options), description=label, tooltip=tip, style=_WIDE)


def typed_text(label: str, example: str = "", tip: str = "") -> widgets.Text:
    """A line of text, reported when the reader is done."""
    return widgets.Text(
        description=label, placeholder=example, tooltip=tip or label, continuous_update=False, style=_WIDE
    )


def typed_number(label: str, value: float = 0.0, step: float | None = None, tip: str = "") -> widgets.FloatText:
    """A number of either sign, reported when the reader is done."""
    return widgets.FloatText(
        value=value, description=label, step=step, tooltip=tip or label, continuous_update=False, style=_WIDE
    )


def button(label: str, tip: str, *, style: str = "") -> widgets.Button:
    """A button; its tip says what it does."""
    return widgets.Button(description=label, tooltip=tip, button_style=style)


def offer(control: widgets.Dropdown, options: Sequence[Any]) -> None:
    """Offer other options; what was chosen stays where it is still offered, else the first is."""
    if tuple(control.options) == tuple(options):
        return
    values = [o[1] if isinstance(o, tuple) else o for o in options]
    chosen = control.value if control.value in values else (values[0] if values else None)
    control.options = list(options)
    control.value = chosen


def grid(*controls: widgets.Widget) -> widgets.Box:
    """Controls in as many columns as there is room for."""
    box = widgets.Box(list(controls))
    box.add_class("di-grid")
    return box


def actions(*controls: widgets.Widget) -> widgets.Box:
    """Buttons in a row."""
    box = widgets.Box(list(controls))
    box.add_class("di-actions")
    return box


def folds(*parts: tuple[str, widgets.Widget]) -> widgets.Accordion:
    """Parts that unfold under their titles, all closed."""
    made = widgets.Accordion([box for _, box in parts], selected_index=None)
    made.titles = tuple(title for title, _ in parts)
    return made


def line() -> widgets.HTML:
    """A place for a sentence."""
    return widgets.HTML("")


def said(*sentences: str, role: str = "note") -> str:
    """Sentences for a `line`, each on its own; escaped."""
    return str(_LINE.format(role, Markup("<br>").join(escaped(s) for s in sentences if s))) if any(sentences) else ""
