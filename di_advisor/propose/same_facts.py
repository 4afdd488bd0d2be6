"""A call that takes what another one takes: one list of arguments, for editors, notebooks and type checkers alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["taking_what"]

Facts = ParamSpec("Facts")
Answer = TypeVar("Answer")


def taking_what(other: Callable[Facts, Any]) -> Callable[[Callable[..., Answer]], Callable[Facts, Answer]]:
    """Give a call the arguments of another one, which it passes on.

    Parameters
    ----------
    other : callable
        Whose arguments they are.
    """

    def taking(call: Callable[..., Answer]) -> Callable[Facts, Answer]:
        answer = inspect.signature(call).return_annotation
        call.__signature__ = inspect.signature(other).replace(return_annotation=answer)  # type: ignore[attr-defined]
        return call

    return taking
