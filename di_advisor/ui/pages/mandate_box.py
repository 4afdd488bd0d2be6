"""Every wish there is, as text: what has no control of its own stays reachable.

Problem: a mandate has more wishes than a page has room for, and a slip in text must not cost those that are
set. Decision: the mandate's TOML, taken as a whole when it is right; an error names its key. Limits: what is
being typed stays until it is applied or thrown away.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.mandate_text import mandate_from_toml, mandate_template, mandate_toml
from di_advisor.errors import InputError
from di_advisor.ui.pages.fields import actions, button, grid, line, said

__all__ = ["MandateBox"]


class MandateBox:
    """A text area with the mandate.

    Parameters
    ----------
    apply : callable
        Takes a mandate that was read from the text.
    """

    def __init__(self, apply: Callable[[Mandate], None]) -> None:
        self._apply = apply
        style = {"description_width": "auto"}
        self._text = widgets.Textarea(description="All wishes as text (TOML)", rows=12, style=style)
        self._text.add_class("di-text")
        self._wrong = line()
        take = button("Apply text", "Check the text, and take all of its wishes")
        back = button("Discard changes", "Show the wishes that are set")
        template = button("Show all fields", "All fields as comments, with meaning and default")
        take.on_click(lambda _: self._taken())
        back.on_click(lambda _: self._reset())
        template.on_click(lambda _: self._template())
        self.box = widgets.VBox([grid(self._text), self._wrong, actions(take, back, template)])
        self.box.add_class("di-page")
        self._set: Mandate | None = None
        self._shown = ""

    def show(self, mandate: Mandate) -> None:
        """Show a mandate; what is being typed is not written over."""
        if mandate == self._set:
            return
        untouched = self._text.value == self._shown
        self._set = mandate
        if untouched:
            self._reset()
        else:
            self._wrong.value = said("The wishes changed elsewhere; this text is yours until you apply or discard it.")

    def _reset(self) -> None:
        self._shown = "" if self._set is None else mandate_toml(self._set)
        self._text.value = self._shown
        self._wrong.value = ""

    def _template(self) -> None:
        comments = mandate_template().partition("]")[2].strip()
        if comments not in self._text.value:
            self._text.value = f"{self._text.value.rstrip()}\n\n{comments}\n"

    def _taken(self) -> None:
        try:
            mandate = mandate_from_toml(self._text.value, "the text")
        except InputError as error:
            self._wrong.value = said(error.what, error.hint, role="alert")
            return
        self._shown = self._text.value  # what was typed is what is set: showing it anew may reorder it
        self._wrong.value = ""
        self._apply(mandate)
