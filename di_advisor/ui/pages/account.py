"""Account and lots: where the facts are, whose account, how it is taxed, and what stands in it.

Problem: everything else rests on these facts, so they must be seen, with what is missing in them, before
anything is proposed. Decision: a source is opened by a button, and takes the place of the open one only when it
could be read; the account's picture comes with it, all lots when they are asked for. Limits: one account at
a time; the pictures of a file's later accounts are asked for one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.report.wording import count_of
from di_advisor.runs.spec import Source
from di_advisor.ui.app_state import AppState
from di_advisor.ui.grid import Grid
from di_advisor.ui.pages.esg_file import EsgFilePart
from di_advisor.ui.pages.fields import actions, button, choice, folds, grid, line, said
from di_advisor.ui.pages.page import Bundle, Host, Page
from di_advisor.ui.pages.source_form import SourceForm
from di_advisor.ui.pages.tax_form import TaxForm, taxpayer_in_words

__all__ = ["AccountPage"]


@dataclass(frozen=True)
class _Pictured:
    """The account whose lots stand in the grid, and its bundle."""

    source: Source
    account: str
    bundle: Bundle


class AccountPage(Page):
    """Chooses the facts, the account, and the taxpayer."""

    title = "Account"
    empty = "Nothing is open yet. Choose where the account comes from and press Open."

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        account = host.state.spec.account
        self._account = choice("Account", [account], "Whose lots are traded; all accounts are searched for wash sales")
        self._account.observe(lambda _: self._chosen(), names="value")
        self._open = button("Open", "Read these facts; what is open stays until they could be read")
        self._open.on_click(lambda _: host.start(self._open_source))
        self._form = SourceForm(self._arranged)
        self._esg = EsgFilePart(host, lambda: self._form.esg_path, self._source, self._show_tried)
        self._esg_fold = folds(("Columns of the ESG file", self._esg.box))
        self._tax = TaxForm(self._taxed)
        self._source_tax = button("Take the source's taxpayer", "Taxpayer that comes with the opened facts")
        self._source_tax.on_click(lambda _: self._take_source_tax())
        self._all = button("Show all lots", "Every lot of the account in a table to sort and search")
        self._all.on_click(lambda _: host.start(self._all_lots))
        self._lots = Grid("Lots", empty="The account holds no lots.")
        self._lots.layout.display = "none"
        self._facts, self._wrong = line(), line()
        whose = widgets.VBox([self._tax.box, actions(self._source_tax)])
        every = widgets.VBox([actions(self._all), self._lots])
        for part in (whose, every):
            part.add_class("di-page")
        self._folds = folds(("Taxpayer", whose), ("All lots", every))
        self._open_row = actions(self._open)
        self._box = widgets.VBox(
            [
                grid(self._form.kind, self._account),
                self._form.files,
                self._form.sample,
                self._esg_fold,
                self._open_row,
                self._wrong,
                self._facts,
                self._folds,
            ]
        )
        self._box.add_class("di-page")
        self._showing = False
        self._pictured: _Pictured | None = None
        self._told: _Pictured | None = None  # of the files just read, or the ESG file just tried
        self._arranged()

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Show the source, the account, what was found in it, and the taxpayer."""
        self._showing = True
        try:
            opened = state.opened
            if opened is not None and tuple(self._account.options) != tuple(opened["accounts"]):
                self._account.options = list(opened["accounts"])
            if state.spec.account in self._account.options:
                self._account.value = state.spec.account
            self._form.show(state.spec.source)
            self._esg.show(state)
            self._show_facts(state)
            self._show_tax(state)
        finally:
            self._showing = False
        self._open.disabled = self._all.disabled = state.running
        if self._pictured is not None and not self._is_of(self._pictured, state):
            self._pictured = None
            self._lots.layout.display = "none"

    def result(self, state: AppState) -> Bundle | None:
        """How the account stands."""
        if self._pictured is not None and self._is_of(self._pictured, state):
            return self._pictured.bundle
        if self._told is not None and self._is_of(self._told, state):
            return self._told.bundle
        standing = (state.opened or {}).get("standing", {})
        found: Bundle | None = standing.get(state.spec.account)
        return found

    @staticmethod
    def _is_of(known: _Pictured, state: AppState) -> bool:
        return (known.source, known.account) == (state.spec.source, state.spec.account)

    def _show_tried(self, bundle: Bundle) -> None:
        spec = self.host.state.spec
        self._told = _Pictured(spec.source, spec.account, bundle)
        self._pictured = None
        self.host.show(self)

    def _show_facts(self, state: AppState) -> None:
        opened = state.opened
        if opened is None:
            self._facts.value = said("Nothing is open yet.") if not state.running else ""
            return
        lots = opened.get("lots", {}).get(state.spec.account)
        parts = [f"As of {opened['as_of']}", count_of(opened["names"], "name")]
        parts += [] if lots is None else [count_of(lots, "lot")]
        parts += [count_of(len(opened["esg"]), "ESG measure")] if opened.get("esg") else []
        parts += [count_of(opened["orders"], "past order")] if opened.get("orders") else []
        notes = len(opened.get("notes", ()))
        below = f"{count_of(notes, 'note')} on what is missing or odd, with the account below." if notes else ""
        self._facts.value = said(f"{', '.join(parts)}.", below)

    def _show_tax(self, state: AppState) -> None:
        opened = state.opened or {}
        year = getattr(opened.get("as_of"), "year", 0)
        self._tax.show(state.spec.tax, year)
        theirs = opened.get("tax")
        self._source_tax.layout.display = "" if theirs is not None and theirs != state.spec.tax else "none"
        title = f"Taxpayer: {taxpayer_in_words(state.spec.tax)}"
        if self._folds.titles[0] != title:
            self._folds.titles = (title, *self._folds.titles[1:])

    # --- what the reader does

    def _arranged(self) -> None:
        if hasattr(self, "_wrong"):
            self._wrong.value = ""
        if hasattr(self, "_esg_fold"):
            self._esg_fold.layout.display = "" if self._form.has_files else "none"

    def _source(self) -> Source:
        """The source that the controls say, with the columns of its ESG file."""
        return self._esg.completed(self._form.source())

    def _chosen(self) -> None:
        if self._showing or not self._account.value:
            return
        self.host.edit(self.host.state.spec.with_changes(account=self._account.value))
        self._show_result()

    def _show_result(self) -> None:
        if self.result(self.host.state) is not None:
            self.host.show(self)
        elif self.host.state.opened is not None:
            self.host.start(self._all_lots)

    def _taxed(self) -> None:
        if self._showing:
            return
        try:
            tax = self._tax.taxpayer()
        except InputError as error:
            self._say_wrong(error)
            return
        self._wrong.value = ""
        self.host.edit(self.host.state.spec.with_changes(tax=tax))

    def _take_source_tax(self) -> None:
        theirs = (self.host.state.opened or {}).get("tax")
        if theirs is not None:
            self.host.edit(self.host.state.spec.with_changes(tax=theirs))

    def _say_wrong(self, error: InputError) -> None:
        self._wrong.value = said(error.what, error.hint, role="alert")

    async def _open_source(self) -> None:
        """Read the source; only one that could be read takes the place of what is open."""
        self._wrong.value = ""
        try:
            source = self._source()
        except InputError as error:
            self._say_wrong(error)
            return
        found: dict[str, Any] | None = await self.host.ask("open", doing="Opening", source=source)
        if found is None:
            return
        spec, accounts = self.host.state.spec, found["accounts"]
        account = spec.account if spec.account in accounts else accounts[0]
        bundle = found.get("standing", {}).get(account)
        self._told = None if bundle is None else _Pictured(source, account, bundle)
        self.host.edit(spec.with_changes(source=source, account=account))
        if self._told is not None:
            self.host.show(self)

    async def _all_lots(self) -> None:
        spec = self.host.state.spec
        found: dict[str, Any] | None = await self.host.ask("lots", doing="Reading lots", spec=spec)
        if found is None:
            return
        self._pictured = _Pictured(spec.source, spec.account, found["bundle"])
        self._lots.fill(found["table"], found["ids"])
        self._lots.layout.display = ""
        self.host.show(self)
