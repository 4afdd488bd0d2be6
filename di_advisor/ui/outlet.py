"""A place below the panel whose content can be replaced, and which is saved with the notebook.

A display handle and not an `Output` widget: what it shows is stored as HTML, Markdown and text, and is still there when
the notebook is opened without a kernel. Outside IPython it only remembers. Voila draws a notebook's outputs once and
heeds only widgets after that, and nothing is saved there: under it the place is a widget.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import ipywidgets as widgets

__all__ = ["Outlet", "under_voila"]


class Outlet:
    """One display id.

    Parameters
    ----------
    display_id : str
        Constant, so that every view of the panel shows the same and stored outputs compare equal.

    Attributes
    ----------
    bundle : Mapping of str to str
        What is shown, by media type.
    widget : HTML or None
        The place itself, under Voila.
    """

    def __init__(self, display_id: str) -> None:
        self._display_id = display_id
        self.bundle: Mapping[str, str] = {"text/html": "", "text/plain": ""}
        self.widget = widgets.HTML("") if under_voila() else None
        if self.widget is not None:
            self.widget.add_class("di-outlet")
            self.widget.add_class("jp-RenderedHTMLCommon")  # tables as they stand in a notebook

    def place(self) -> None:
        """Make the place in the output of the running cell."""
        if self.widget is None and _under_ipython():
            from IPython.display import display

            display(dict(self.bundle), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]

    def show(self, bundle: Mapping[str, str]) -> None:
        """Replace the content wherever the place was made."""
        self.bundle = bundle
        if self.widget is not None:
            self.widget.value = bundle["text/html"]
        elif _under_ipython():
            from IPython.display import update_display

            update_display(dict(bundle), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]


def under_voila() -> bool:
    """Whether Voila started this kernel, as it says in the kernel's environment."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def _under_ipython() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return get_ipython() is not None
