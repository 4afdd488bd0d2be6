"""A frontier of one dial: which, at which values, in its own unit.

Limits: one dial; surfaces of two are asked in code (`Workspace.surface`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.ui.pages.dials import SWEPT, NumberDial, values_of
from di_advisor.ui.pages.fields import actions, button, choice, grid, line, said, typed_text

__all__ = ["FrontierForm"]


class FrontierForm:
    """Says which values of which dial.

    Parameters
    ----------
    ask : callable
        Asks for the frontier that `asked` gives.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self._dial = choice("Dial", [(d.label, i) for i, d in enumerate(SWEPT)], "The wish that is turned")
        self._values = typed_text("Values", tip="Numbers, with spaces between them")
        self._draw = button("Draw frontier", "One full solve a value; Cancel is below")
        self._wrong = line()
        self.box = widgets.VBox([grid(self._dial, self._values), actions(self._draw), self._wrong])
        self.box.add_class("di-page")
        self._mandate: Mandate | None = None
        self._filled = ""
        self._dial.observe(lambda _: self._fill(), names="value")
        self._draw.on_click(lambda _: ask())

    @property
    def _chosen(self) -> NumberDial:
        return SWEPT[int(self._dial.value)]

    def show(self, mandate: Mandate, *, running: bool) -> None:
        """Offer values around the present wish, where nobody typed others."""
        self._draw.disabled = running
        if mandate != self._mandate:
            self._mandate = mandate
            if self._values.value == self._filled:
                self._fill()

    def _fill(self) -> None:
        self._values.description = f"Values ({self._chosen.unit})"
        if self._mandate is not None:
            self._filled = self._chosen.around(self._mandate)
            self._values.value = self._filled

    def asked(self) -> tuple[NumberDial, tuple[Any, ...]] | None:
        """The dial and its values; None where the form says what is wrong."""
        try:
            found = values_of(self._chosen, self._values.value)
        except InputError as error:
            self._wrong.value = said(error.what, error.hint, role="alert")
            return None
        self._wrong.value = ""
        return self._chosen, found
