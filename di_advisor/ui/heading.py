"""What stands at the head of the app: whose account, of which day; and what a notebook shows without a kernel."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from di_advisor.report.wording import sentence_case
from di_advisor.ui.app_state import AppState

__all__ = ["STATIC", "heading"]

STATIC: Final = (
    '<div class="mathjax_ignore tex2jax_ignore"><p><b>Direct-indexing advisor.</b> Run this cell to use the '
    "controls; the last result stays below.</p></div>"
)
_TITLE: Final = Markup('<div class="di-title">Direct-indexing advisor</div><div class="di-sub">{}</div>')


def heading(state: AppState) -> str:
    """Title, account and day as HTML."""
    return str(_TITLE.format(_whose(state)))


def _whose(state: AppState) -> str:
    opened = state.opened
    if opened is None:
        return "Opening …" if state.running else "Not opened yet."
    label = f" {sentence_case(opened['label'])}." if opened["label"] else ""
    return f"{state.spec.account}, {opened['as_of']}, {opened['names']} names.{label}"
