"""The modelling language, imported when it is first needed: it costs a second of CPU."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["cvxpy"]


def cvxpy() -> Any:  # noqa: ANN401 - the module itself; its functions are not annotated
    """The cvxpy module."""
    return importlib.import_module("cvxpy")
