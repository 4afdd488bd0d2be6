"""An anywidget that keeps keys inside the app, gives controls their names, and carries the style.

Problem: a single key on a focused button reaches the notebook's command mode ("b" makes a cell, "d d" deletes
one), and sliders have no accessible names. Decision: a few lines of JavaScript, first child of the app's box;
its style sheet uses the theme's variables only. Limits: it is copied into saved widget state, so it stays small.
"""

from __future__ import annotations

from importlib.resources import files

import anywidget
from traitlets import Unicode

__all__ = ["Guard"]

_HERE = files("di_advisor.ui")


class Guard(anywidget.AnyWidget):
    """Keeps keys inside the app and gives controls their names.

    Attributes
    ----------
    window : str
        Name of the browser window in which the app was used last.
    """

    window = Unicode("").tag(sync=True)
    _esm = (_HERE / "guard.js").read_text(encoding="utf-8")
    _css = (_HERE / "panel.css").read_text(encoding="utf-8")
