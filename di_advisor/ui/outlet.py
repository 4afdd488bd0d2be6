"""A place below the panel whose content can be replaced, and which is saved with the notebook.

A display handle and not an `Output` widget: what it shows is stored as HTML, Markdown and text, and
is still there when the notebook is opened without a kernel. Outside IPython it only remembers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

__all__ = ["Outlet"]


class Outlet:
    """One display id.

    Parameters
    ----------
    display_id : str
        Constant, so that every view of the panel shows the same and stored outputs compare equal.

    Attributes
    ----------
    bundle : Mapping of str to str
        What is shown, by media type.
    """

    def __init__(self, display_id: str) -> None:
        self._display_id = display_id
        self.bundle: Mapping[str, str] = {"text/html": "", "text/plain": ""}

    def place(self) -> None:
        """Make the place in the output of the running cell."""
        if _under_ipython():
            from IPython.display import display

            display(dict(self.bundle), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]

    def show(self, bundle: Mapping[str, str]) -> None:
        """Replace the content wherever the place was made."""
        self.bundle = bundle
        if _under_ipython():
            from IPython.display import update_display

            update_display(dict(bundle), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]


def _under_ipython() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return get_ipython() is not None
