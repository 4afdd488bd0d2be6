"""Below every page: what runs and how far, Cancel, the Python that says the same, saving, and the log.

Problem: a reader must see at any moment what happens, end it, and take it along as code. Decision: one
footer for all pages, made of core widgets; its words come from the state. Limits: progress is a fraction
only where steps are counted; elsewhere the phase and the seconds are shown, and no invented fraction.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import ipywidgets as widgets
from markupsafe import Markup

from di_advisor.report.markup import escaped
from di_advisor.ui.app_state import AppState, Phase

__all__ = ["Footer"]

_STATUS = Markup('<span role="status"><b>{}</b></span>')
_REFUSED = Markup('<div class="di-error" role="alert"><b>{}</b><div>{}</div></div>')
_FAILED = Markup('<div class="di-error" role="alert">The process that computes failed:<pre tabindex="0">{}</pre></div>')
_NOTICE = Markup('<div class="di-notice" role="note">{}</div>')
_ABOVE = Markup('<div class="di-line">{}</div>')
_CODE = Markup('<pre class="di-code" tabindex="0" aria-label="{}">{}</pre>')
_LOG = Markup('<pre class="di-code di-log" tabindex="0" aria-label="Log">{}</pre>')
_NO_CODE = "Nothing has been asked yet."
_PROPOSAL = "A proposal under what the controls say now:"


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escaped(line) for line in text.splitlines())


class Footer:
    """Status, progress, Cancel, code, and log.

    Attributes
    ----------
    box : VBox
        The widgets.
    cancel, insert, insert_last, save : Button
        What the reader can press.
    """

    def __init__(self) -> None:
        self.cancel = widgets.Button(description="Cancel", disabled=True, tooltip="End what is running, at once")
        self.insert = widgets.Button(description="Insert as cell", tooltip="Put this Python into the notebook")
        self.insert_last = widgets.Button(
            description="Insert the question as a cell",
            tooltip="Put the Python of what was asked last into the notebook",
        )
        self.save = widgets.Button(description="Save", tooltip="Save what the controls say, beside the notebook")
        self._status = widgets.HTML(_STATUS.format("Ready"))
        self._elapsed = widgets.HTML("")
        self._elapsed.add_class("di-elapsed")
        self._bar = widgets.FloatProgress(min=0.0, max=1.0, layout=widgets.Layout(display="none", width="120px"))
        self._error, self._notice = widgets.HTML(""), widgets.HTML("")
        self._code, self._log = widgets.HTML(""), widgets.HTML("")
        self._last_code = widgets.HTML("")
        self._last = widgets.VBox([self._last_code, self.insert_last])
        wishes = widgets.HTML(_ABOVE.format(_PROPOSAL))
        self._folds = widgets.Accordion([widgets.VBox([wishes, self._code, self.insert, self._last]), self._log])
        self._folds.titles = ("Python that repeats this", "Log")
        self._folds.selected_index = None
        line = widgets.Box([self.cancel, self._status, self._bar, self._elapsed, self.save])
        line.add_class("di-actions")
        self.box = widgets.VBox([self._error, line, self._notice, self._folds])
        self.box.add_class("di-footer")

    def tick(self, started: float) -> None:
        """Show the seconds since ``started`` (of the monotonic clock)."""
        shown = f"{time.monotonic() - started:.1f} s"
        if shown != self._elapsed.value:
            self._elapsed.value = shown

    def unfold_code(self) -> None:
        """Let the reader see the code."""
        self._folds.selected_index = 0

    def show(self, state: AppState, code: Callable[[], str], *, explained: bool = False) -> None:
        """Show the state; ``code`` is the Python of what the controls say.

        Where a refusal is ``explained`` above, it is not said again.
        """
        self.cancel.disabled = not state.running
        self._status.value = _STATUS.format(escaped(state.status))
        counted = state.running and state.fraction is not None
        self._bar.layout.display = "" if counted else "none"
        self._bar.value = state.fraction or 0.0
        if not state.error or (explained and state.phase is Phase.REFUSED):
            self._error.value = ""
        elif state.phase is Phase.FAILED:
            self._error.value = _FAILED.format(_lines(state.error))
        else:
            self._error.value = _REFUSED.format(_lines(f"{state.doing}: {state.error}"), _lines(state.hint))
        self._notice.value = _NOTICE.format(_lines(state.notice)) if state.notice else ""
        proposing = code()
        self._code.value = _CODE.format("Python that repeats this", proposing or _NO_CODE)
        last = "" if state.repeated == proposing else state.repeated
        self._last.layout.display = "" if last else "none"
        above = _ABOVE.format(f"What was asked last ({state.repeating}):")
        self._last_code.value = above + _CODE.format("Python of what was asked last", last) if last else ""
        self._log.value = _LOG.format("\n".join(state.log) or "Nothing yet.")
