"""Controls for one wish that is not set yet: what its forms have in common.

Problem: what a wish rests on (coverage, direction, what gaps count as) is known before it is set, and must be
read before. Decision: each form gives the mandate with its wish, and a reason line that says what stands behind
it; nothing is set here. Limits: pathways, glide paths, group bands and lists of names are set as text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import ipywidgets as widgets

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.ui.pages.fields import grid, line, said
from di_advisor.units import fraction_from_percent

__all__ = ["WishForm", "typed_fraction"]


def typed_fraction(percent_typed: float) -> float:
    """A fraction from percent, without the digits that binary division adds."""
    return float(f"{fraction_from_percent(percent_typed):.10g}")


class WishForm(ABC):
    """Controls for one kind of wish.

    Parameters
    ----------
    changed : callable
        Told that something was chosen.
    """

    title: ClassVar[str]
    """What kind of wish, in a word or two."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.reason = line()
        self._tell = changed
        self._controls: tuple[widgets.Widget, ...] = ()

    @property
    def box(self) -> widgets.Widget:
        """The controls, and the reason line."""
        made = widgets.VBox([grid(*self._controls), self.reason])
        made.add_class("di-page")
        return made

    def _has(self, *controls: widgets.Widget) -> None:
        self._controls = controls
        for control in controls:
            control.observe(lambda _: self._chosen(), names="value")

    def _chosen(self) -> None:
        self.explain()
        self._tell()

    def explain(self) -> None:
        """Write the reason line."""
        try:
            self.reason.value = said(*self.reasons())
        except InputError as error:
            self.reason.value = said(error.what, error.hint)

    @abstractmethod
    def offer(self, found: dict[str, Any]) -> None:
        """Take what can be wished (the answer of the verb ``wishable``)."""

    @abstractmethod
    def reasons(self) -> Sequence[str]:
        """What stands behind the wish, in sentences."""

    @abstractmethod
    def label(self) -> str:
        """What to call the wish."""

    @abstractmethod
    def applied(self, mandate: Mandate) -> Mandate:
        """The mandate with the wish.

        Raises
        ------
        InputError
            If the controls ask for nothing, or for what is no wish.
        """
