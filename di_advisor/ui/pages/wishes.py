"""ESG and factors: what can be wished, what a wish would cost before it is set, and what is set.

Problem: a wish is easily made and its price is seen too late. Decision: a wish is made in a form that says what
it rests on, priced by two solves in the background, and set by its own button once it was priced as things
stand; those that are set stand in a list from which each can be taken. Limits: dials of risk and trading are on
the optimize page; everything else there is can be written as text here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InputError
from di_advisor.runs.question_code import python_of_coverage, python_of_price, python_of_prices
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.esg_form import EsgForm
from di_advisor.ui.pages.factor_form import FactorForm
from di_advisor.ui.pages.fields import actions, button, choice, folds, grid, line, said
from di_advisor.ui.pages.mandate_box import MandateBox
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page
from di_advisor.ui.pages.screen_form import ScreenForm
from di_advisor.ui.pages.wish_form import WishForm
from di_advisor.ui.pages.wish_items import WishItem, items_of

__all__ = ["WishesPage"]

_FORMS: Final[tuple[type[WishForm], ...]] = (EsgForm, ScreenForm, FactorForm)
_LOOK_AGAIN_SECONDS: Final = 0.1
_WAITS: Final = "Set it waits for the price of this wish: press Price it first."
_NOTHING_SET: Final = "No ESG wish, screen or factor wish is set."


@dataclass(frozen=True)
class _Priced:
    """Prices, and what was asked with; ``wished`` is the mandate whose wish was priced."""

    spec: RunSpec
    wished: Mandate
    bundle: Bundle
    code: str


class WishesPage(Page):
    """Prices and sets wishes."""

    title = "ESG and factors"
    empty = "What each ESG measure covers of the account and of its index stands here as soon as it is read."

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._forms = {form.title: form(self._forget_price) for form in _FORMS}
        self._kind = choice("New wish on", list(self._forms))
        self._kind.observe(lambda _: self._turned(), names="value")
        self._stack = widgets.Stack([f.box for f in self._forms.values()], selected_index=0)
        self._stack.add_class("di-page")
        self._price = button("Price it", "Solve with and without this wish; nothing is set", style="primary")
        self._price.on_click(lambda _: host.start(self._price_it))
        self._set = button("Set it", "Take this wish into the mandate")
        self._set.on_click(lambda _: self._set_it())
        self._waits, self._wrong, self._told = line(), line(), line()
        self._items: tuple[WishItem, ...] = ()
        style = {"description_width": "auto"}
        self._list = widgets.Select(options=[], rows=4, description="Wishes that are set", style=style)
        self._take = button("Take it out", "Remove the chosen wish from the mandate")
        self._take.on_click(lambda _: self._take_out())
        self._price_all = button("Price all that are set", "Solve without each of them, one after the other")
        self._price_all.on_click(lambda _: host.start(self._price_them))
        self._text = MandateBox(self._edit)
        self._listed = widgets.VBox([grid(self._list), actions(self._take, self._price_all)])
        self._listed.add_class("di-page")
        self._none = line()
        self._box = widgets.VBox(
            [
                grid(self._kind),
                self._stack,
                actions(self._price, self._set, self._waits),
                self._wrong,
                self._told,
                self._none,
                self._listed,
                folds(("All wishes as text", self._text.box)),
            ]
        )
        self._box.add_class("di-page")
        self._known_of: tuple[Any, ...] | None = None
        self._covers: Bundle | None = None
        self._priced: _Priced | None = None

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Show the wishes that are set."""
        mandate = state.spec.mandate
        self._items = items_of(mandate)
        labels = [(item.label, i) for i, item in enumerate(self._items)]
        if list(self._list.options) != labels:
            self._list.options = labels
        self._listed.layout.display = "" if self._items else "none"
        self._none.value = "" if self._items else said(_NOTHING_SET)
        self._text.show(mandate)
        for each in (self._price, self._price_all):
            each.disabled = state.running
        self._show_set()

    def _show_set(self) -> None:
        """Let the wish be set once it was priced as things stand; else say what it waits for."""
        waits = not self._is_priced
        self._set.disabled = waits or self.host.state.running
        self._waits.value = said(_WAITS) if waits and self._can_be_priced else ""

    @property
    def _can_be_priced(self) -> bool:
        """Whether the form says a wish that is not set already."""
        mandate = self.host.state.spec.mandate
        try:
            return self._form.applied(mandate) != mandate
        except InputError:  # said when it is priced
            return False

    @property
    def _is_priced(self) -> bool:
        """Whether what was priced last is the form's wish, on what the controls say now."""
        priced, spec = self._priced, self.host.state.spec
        if priced is None or priced.spec.solved != spec.solved:
            return False
        try:
            return self._form.applied(spec.mandate) == priced.wished != spec.mandate
        except InputError:
            return False

    def opened(self) -> None:
        """Ask what can be wished, once an account."""
        if self._known_of != self._key():
            self.host.start(self._learn_when_free)

    def result(self, state: AppState) -> Bundle | None:
        """What was priced last, or else what the measures cover."""
        del state
        if self._known_of != self._key():
            return None
        return self._covers if self._priced is None else self._priced.bundle

    def asked(self, state: AppState) -> Asked | None:
        """What was priced under; a wish that was set since is the one that was priced."""
        priced = self._priced
        if self._known_of != self._key():
            return None
        if priced is None:
            return Asked(state.spec, "Coverage", code=python_of_coverage(state.spec), under_wishes=False)
        was_set = state.spec.mandate == priced.wished
        spec = priced.spec.with_changes(mandate=priced.wished) if was_set else priced.spec
        return Asked(spec, "Priced", "Price it again.", priced.code)

    def _key(self) -> tuple[Any, ...]:
        spec = self.host.state.spec
        return (spec.source, spec.account, spec.models)

    @property
    def _form(self) -> WishForm:
        return self._forms[str(self._kind.value)]

    # --- what the reader does

    def _turned(self) -> None:
        self._stack.selected_index = list(self._forms).index(str(self._kind.value))
        self._forget_price()

    def _forget_price(self) -> None:
        if hasattr(self, "_told"):
            self._told.value = self._wrong.value = ""
            self._show_set()

    def _edit(self, mandate: Mandate) -> None:
        self.host.edit(self.host.state.spec.with_changes(mandate=mandate))

    def _asked(self) -> tuple[str, Mandate] | None:
        """Name of the form's wish and the mandate with it; None where the form says why there is none."""
        try:
            found = self._form.label(), self._form.applied(self.host.state.spec.mandate)
        except InputError as error:
            self._wrong.value = said(error.what, error.hint, role="alert")
            return None
        self._wrong.value = ""
        return found

    def _set_it(self) -> None:
        if not self._is_priced:  # a press that came before its button was disabled
            self.host.start(self._price_it)
            return
        asked = self._asked()
        if asked is not None:
            self._edit(asked[1])
            self._told.value = said(f"Set: {asked[0]}.", role="status")

    def _take_out(self) -> None:
        if self._list.value is not None and int(self._list.value) < len(self._items):
            self._edit(self._items[int(self._list.value)].without)

    async def _learn_when_free(self) -> None:
        while self.host.state.running:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        if self._known_of != self._key():
            await self._learn()

    async def _learn(self) -> None:
        key, spec = self._key(), self.host.state.spec
        found: dict[str, Any] | None = await self.host.ask("wishable", doing="Looking what can be wished", spec=spec)
        if found is None:
            return
        self._known_of, self._covers, self._priced = key, found["bundle"], None
        for form in self._forms.values():
            form.offer(found)
        self._show_set()
        self.host.show(self)

    async def _price_it(self) -> None:
        if self._known_of != self._key():
            await self._learn()
        asked = self._asked()
        if asked is None:
            return
        wish, mandate = asked
        spec = self.host.state.spec
        if mandate == spec.mandate:
            self._told.value = said(f"{wish} is set already.", role="status")
            return
        found: dict[str, Any] | None = await self.host.ask(
            "price_wish", doing="Pricing the wish", spec=spec, mandate=mandate, wish=wish
        )
        if found is None:
            return
        self._told.value = said(found["sentence"], role="status" if found["feasible"] else "alert")
        self._show_prices(_Priced(spec, mandate, found["bundle"], python_of_price(spec, mandate, wish)))

    async def _price_them(self) -> None:
        spec = self.host.state.spec
        found: Bundle | None = await self.host.ask("price_all", doing="Pricing wishes", spec=spec)
        if found is not None:
            self._show_prices(_Priced(spec, spec.mandate, found, python_of_prices(spec)))

    def _show_prices(self, priced: _Priced) -> None:
        self._priced = priced
        self._show_set()
        self.host.show(self)
