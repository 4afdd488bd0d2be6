"""Trades: every proposed trade with its reason; accept or reject it; why not others; orders as files.

Problem: a person looks through hundreds of trades and decides on each, and what is decided must hold in the next
proposal. Decision: a grid of rows, the card of the chosen one below, and decisions in the spec: rejecting solves
again at once, accepting marks, locking keeps a trade to the share whatever is asked next. Limits: decisions are by
name, not by lot; files go into one folder beside the notebook and are overwritten only where that is ticked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from di_advisor.domain.kept_trades import kept_of
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError
from di_advisor.report.card_tables import swaps_bundle
from di_advisor.report.wording import count_of
from di_advisor.runs.decisions import Decisions
from di_advisor.runs.question_code import python_of_swaps, python_of_trade, python_of_why_not
from di_advisor.ui.app_state import AppState
from di_advisor.ui.beside import place_of
from di_advisor.ui.grid import Grid
from di_advisor.ui.pages.fields import actions, button, choice, line, said, typed_text
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page
from di_advisor.ui.pages.trade_rows import FILTERS, NO_TRADES, trades_table
from di_advisor.ui.verbs.explaining import trade_key

__all__ = ["TradesPage"]


class TradesPage(Page):
    """Shows trades, explains them, and takes decisions on them."""

    title = "Trades"
    empty = "No trades yet. Propose on the page Optimize; then choose a trade here, and its card says why it is made."
    of_answer = True

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._kind = choice("Show", FILTERS, "Which trades are listed")
        self._grid = Grid("Trades", empty="No trades yet. Propose on the page Optimize.")
        self._accept = button("Accept", "Mark the chosen trades as agreed to")
        self._reject = button("Reject and solve again", "Do not trade these names on this side")
        self._lock = button("Lock", "Keep these names' trades to the share, whatever is asked next")
        self._swaps = button("Show swaps", "Every sale with the purchases it pays for")
        self._undo = button("Undo", "Take decisions on these names back; on all where none is chosen")
        self._name = typed_text("Why not", "Ticker or id", "A name that is not traded")
        self._ask_why = button("Ask", "Why this name is not bought, and its lots are not sold")
        what = [("All proposed trades", False), ("Accepted names only", True)]
        self._which = choice("Export", what, "Which trades are written")
        self._basket = widgets.Checkbox(value=False, description="Interactive Brokers basket", indent=False)
        self._replace = widgets.Checkbox(value=False, description="Overwrite files", indent=False)
        self._export = button("Export orders", "Write files into a folder beside the notebook")
        self._says = line()
        self._decide = (self._accept, self._lock, self._reject)
        self._box = widgets.VBox(
            [
                actions(self._kind, self._swaps),
                self._grid,
                actions(*self._decide, self._undo),
                actions(self._name, self._ask_why),
                actions(self._which, self._basket, self._replace, self._export),
                self._says,
            ]
        )
        self._box.add_class("di-page")
        self._rows: tuple[Any, ...] | None = None
        self._card: tuple[Any, Bundle, str] | None = None
        self._kind.observe(lambda _: self.show(host.state), names="value")
        self._grid.on_choice(self._chosen)
        self._accept.on_click(lambda _: self._accepted())
        self._reject.on_click(lambda _: self._rejected())
        self._lock.on_click(lambda _: self._locked())
        self._swaps.on_click(lambda _: self._show_swaps())
        self._undo.on_click(lambda _: self._undone())
        self._ask_why.on_click(lambda _: host.start(self._why_not))
        self._export.on_click(lambda _: host.start(self._exported))

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Fill the grid with the trades of the scenario at hand."""
        self._fill(state)
        for each in (self._ask_why, self._export, self._undo, self._swaps):
            each.disabled = state.running or state.answer is None
        decided = state.spec.decisions
        self._undo.disabled |= not (decided.rejected or decided.locked or decided.accepted)
        for each in self._decide:
            each.disabled = state.running or not self._grid.selected

    def _fill(self, state: AppState) -> None:
        """Make the rows anew only where what they show is another: hundreds of rows, at every change of the state."""
        proposal = None if state.answer is None else state.answer.proposal
        decisions, kind = state.spec.decisions, self._kind.value
        if self._rows is not None and self._rows[0] is proposal and self._rows[1:] == (decisions, kind):
            return
        self._rows = (proposal, decisions, kind)
        self._grid.fill(*((NO_TRADES, ()) if proposal is None else trades_table(proposal, decisions, kind)))

    def result(self, state: AppState) -> Bundle | None:
        """The card asked for last, or else the proposal."""
        if state.answer is None:
            return None
        if self._card is not None and self._card[0] is state.answer:
            return self._card[1]
        return state.answer.shown

    def asked(self, state: AppState) -> Asked | None:
        """What the proposal was asked with, and the Python of the card."""
        if state.answer is None or self._card is None or self._card[0] is not state.answer:
            return super().asked(state)
        return Asked(state.answer.spec, code=self._card[2])

    def _trades(self) -> list[Trade]:
        answer, chosen = self.host.state.answer, set(self._grid.selected)
        return [] if answer is None else [t for t in answer.proposal.trade_list if trade_key(t) in chosen]

    def _chosen(self, ids: tuple[str, ...]) -> None:
        self.show(self.host.state)
        if len(ids) == 1 and not self.host.state.running:
            self.host.start(self._explain)

    async def _explain(self) -> None:
        answer, chosen = self.host.state.answer, tuple(self._grid.selected)
        if answer is not None and len(chosen) == 1:
            await self._bundle("explain", "Explaining", python_of_trade(answer.spec, chosen[0]), trade=chosen[0])

    async def _why_not(self) -> None:
        name = self._name.value.strip()
        answer = self.host.state.answer
        if name and answer is not None:
            await self._bundle("why_not", "Asking why not", python_of_why_not(answer.spec, name), name=name)

    async def _bundle(self, verb: str, doing: str, code: str, **request: Any) -> None:
        answer = self.host.state.answer
        if answer is None:
            return
        found = await self.host.ask(verb, doing=doing, spec=answer.spec, **request)
        if found is not None and self.host.state.answer is answer:
            self._card = (answer, found, code)
            self.host.show(self)

    def _edit(self, **changes: Any) -> None:
        spec = self.host.state.spec
        now = {name: getattr(spec.decisions, name) for name in ("rejected", "locked", "accepted")}
        self.host.edit(spec.with_changes(decisions=Decisions(**{**now, **changes})))

    def _accepted(self) -> None:
        names = {t.security_id for t in self._trades()}
        self._edit(accepted=self.host.state.spec.decisions.accepted | names)
        self._says.value = said(f"{count_of(len(names), 'name')} accepted.")

    def _locked(self) -> None:
        answer, names = self.host.state.answer, {t.security_id for t in self._trades()}
        if answer is None or not names:
            return
        decisions = self.host.state.spec.decisions
        try:
            kept = kept_of(t for t in answer.proposal.trade_list if t.security_id in names)
        except InputError as error:
            self._says.value = said(error.what, error.hint, role="alert")
            return
        self._edit(
            locked={**decisions.locked, **kept},
            rejected={k: v for k, v in decisions.rejected.items() if k not in names},
        )
        self._says.value = said(f"{count_of(len(kept), 'name')} locked: to the share, with all its lots.")

    def _show_swaps(self) -> None:
        answer = self.host.state.answer
        if answer is not None:
            code = python_of_swaps(answer.spec)
            self._card = (answer, swaps_bundle(answer.proposal), code)
            self.host.repeat("Showing swaps", code)
            self.host.show(self)

    def _rejected(self) -> None:
        trades, decisions = self._trades(), self.host.state.spec.decisions
        if not trades:
            return
        names = {t.security_id for t in trades}
        self._edit(
            rejected={**decisions.rejected, **{t.security_id: t.side for t in trades}},
            locked={k: v for k, v in decisions.locked.items() if k not in names},
            accepted=decisions.accepted - names,
        )
        self._says.value = said(f"{count_of(len(names), 'name')} rejected; solving again without.")
        self.host.start(self.host.propose)

    def _undone(self) -> None:
        decisions = self.host.state.spec.decisions
        names = {t.security_id for t in self._trades()} or {*decisions.rejected, *decisions.locked, *decisions.accepted}
        self._edit(
            rejected={k: v for k, v in decisions.rejected.items() if k not in names},
            locked={k: v for k, v in decisions.locked.items() if k not in names},
            accepted=decisions.accepted - names,
        )
        self._says.value = said(f"Decisions on {count_of(len(names), 'name')} taken back.")

    async def _exported(self) -> None:
        state = self.host.state
        if state.answer is None:
            return
        if state.stale:
            self._says.value = said("These trades answer older wishes. Propose again before exporting.", role="alert")
            return
        plain = re.sub(r"[^A-Za-z0-9]+", "_", state.answer.proposal.account_id).strip("_")
        folder = place_of()[0] / f"orders_{plain}_{state.answer.proposal.as_of}"
        solved = state.answer.spec
        marked = replace(solved.decisions, accepted=state.spec.decisions.accepted)
        found = await self.host.ask(
            "export_orders",
            doing="Exporting",
            spec=solved.with_changes(decisions=marked),
            folder=str(folder),
            basket=self._basket.value,
            accepted=self._which.value,
            replace=self._replace.value,
        )
        if found is not None:
            names = ", ".join(f.rpartition("/")[2] for f in found["files"])
            trades = count_of(found["trades"], "trade")
            self._says.value = said(f"{trades} written to {folder.name}: {names}.", " ".join(found["notes"]))
