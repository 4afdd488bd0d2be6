"""The ESG file of a person's own: its columns are read, named, tried, and go into the source.

Decision: what a file gives is seen before anything rests on it, with what is not recognised and what is not used; the
columns become part of the source only when the source is opened. Limits: with files of one's own; a file that has our
own layout needs no columns named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.runs.spec import FileSource, Source
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.esg_columns_form import EsgColumnsForm
from di_advisor.ui.pages.fields import actions, button, line, said
from di_advisor.ui.pages.page import Bundle, Host

__all__ = ["EsgFilePart"]


class EsgFilePart:
    """Names the columns of an ESG file.

    Parameters
    ----------
    host : Host
        The app.
    path : callable
        The file that is typed; empty where none is.
    source : callable
        The source that the controls say, columns included; InputError where something is missing.
    show : callable
        Given what a tried file gives, to be shown.
    """

    def __init__(
        self, host: Host, path: Callable[[], str], source: Callable[[], Source], show: Callable[[Bundle], None]
    ) -> None:
        self._host, self._path, self._source, self._show = host, path, source, show
        self._form = EsgColumnsForm()
        self._read = button("Read its columns", "Headers and some cells of the ESG measures file named above")
        self._try = button("Try it", "What the file gives for the market's names; nothing is opened")
        self._read.on_click(lambda _: host.start(self._read_columns))
        self._try.on_click(lambda _: host.start(self._try_it))
        self._told = line()
        self._form.box.layout.display = "none"
        self.box = widgets.VBox([actions(self._read), self._form.box, actions(self._try), self._told])
        self.box.add_class("di-page")
        self._shown: Source | None = None

    def show(self, state: AppState) -> None:
        """Show what the state's source says of its file; only when it is another source."""
        self._read.disabled = self._try.disabled = state.running
        source = state.spec.source
        if source == self._shown:
            return
        self._shown = source
        if isinstance(source, FileSource) and source.esg_columns is not None:
            self._form.show(source.esg_columns)
            self._form.box.layout.display = ""

    def completed(self, source: Source) -> Source:
        """A source with the columns that are named here.

        Raises
        ------
        InputError
            If what is named is incomplete.
        """
        if not isinstance(source, FileSource) or source.esg is None:
            return source
        return replace(source, esg_columns=self._form.columns())

    async def _read_columns(self) -> None:
        path = self._path()
        if not path:
            self._told.value = said("No ESG measures file is named.", "Name it above.", role="alert")
            return
        found: dict[str, Any] | None = await self._host.ask(
            "esg_head", doing="Reading the columns", path=Path(path).expanduser()
        )
        if found is None:
            return
        self._form.offer(found["columns"])
        self._form.box.layout.display = ""
        self._told.value = ""

    async def _try_it(self) -> None:
        try:
            source = self._source()
        except InputError as error:
            self._told.value = said(error.what, error.hint, role="alert")
            return
        self._told.value = ""
        found: dict[str, Any] | None = await self._host.ask("try_esg", doing="Trying the ESG file", source=source)
        if found is not None:
            self._told.value = said(found["sentence"], role="status")
            self._show(found["bundle"])
