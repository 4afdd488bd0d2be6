"""JupyterLab: results that show themselves, and a panel that proposes; widgets are never the only view.

>>> import di_advisor
>>> di_advisor.app()  # doctest: +SKIP
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from di_advisor.ui.formatters import load_ipython_extension, register_under_ipython

if TYPE_CHECKING:
    from di_advisor.ui.entry import app

__all__ = ["app", "load_ipython_extension", "register_under_ipython"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 whatever is asked for
    if name == "app":  # the one name that needs ipywidgets
        if "IPython" in sys.modules:  # in a kernel: the child's imports and ours then run side by side
            from di_advisor.ui.processes import warm_up
            from di_advisor.ui.serving_modules import preloaded

            warm_up(preloaded())
        from di_advisor.ui.entry import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
