"""Account and lots: where the facts are, whose account, and what stands in it."""

from __future__ import annotations

import ipywidgets as widgets

from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.page import Host, Page

__all__ = ["AccountPage"]


class AccountPage(Page):
    """Chooses the account."""

    title = "Account"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        account = host.state.spec.account
        self._account = widgets.Dropdown(
            options=[account], value=account, description="Account", style={"description_width": "auto"}
        )
        self._account.observe(lambda _: self._chosen(), names="value")
        self._box = widgets.Box([self._account])
        self._box.add_class("di-grid")
        self._showing = False

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def show(self, state: AppState) -> None:
        """Show which account is chosen."""
        self._showing = True
        try:
            if state.opened is not None and tuple(self._account.options) != tuple(state.opened["accounts"]):
                self._account.options = list(state.opened["accounts"])
            if state.spec.account in self._account.options:
                self._account.value = state.spec.account
        finally:
            self._showing = False

    def _chosen(self) -> None:
        if not self._showing and self._account.value:
            self.host.edit(self.host.state.spec.with_changes(account=self._account.value))
