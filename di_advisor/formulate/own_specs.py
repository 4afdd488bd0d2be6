"""Own terms and rules by name: what a saved file says of them, ``module:qualname``, and back.

Nothing is stored but the name; the code stays where it is importable. What was defined in a notebook
or inside a function lives in memory only and has no name to save.
"""

from __future__ import annotations

import importlib
from typing import Any

from di_advisor.errors import OwnWishError

__all__ = ["loaded", "own_spec"]


def own_spec(own: Any) -> str:  # noqa: ANN401 - the user's object
    """The name of an own term or rule, ``module:qualname``.

    Parameters
    ----------
    own : object or str
        An instance made without arguments, a class, or a name already.

    Raises
    ------
    OwnWishError
        If it was defined in a notebook or inside a function, or was made with arguments.
    """
    if isinstance(own, str):
        loaded(own)
        return own
    kind = own if isinstance(own, type) else type(own)
    spec = f"{kind.__module__}:{kind.__qualname__}"
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        raise OwnWishError(
            f"{kind.__qualname__} was defined in a notebook, a script or a function: it lives in memory only.",
            hint="Move the class to a module that can be imported, and save again.",
            name=kind.__qualname__,
        )
    if own is not kind and vars(loaded(spec)) != vars(own):
        raise OwnWishError(
            f"{spec} was made with arguments, which a name does not say.",
            hint="Give a module an object of it (mine = MyTerm(3)), and save its name, 'module:mine'.",
            name=spec,
        )
    return spec


def loaded(own: Any) -> Any:  # noqa: ANN401 - the user's object
    """The object that a name stands for; anything but a text or a class is returned as it is.

    Raises
    ------
    OwnWishError
        If nothing of this name can be imported.
    """
    if isinstance(own, type):
        return _made(own, own.__qualname__)
    if not isinstance(own, str):
        return own
    module, _, path = own.partition(":")
    if not path or module == "__main__":
        raise OwnWishError(
            f"{own!r} does not name an own term or rule.",
            hint="Names are 'module:qualname' of what can be imported.",
            name=own,
        )
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise OwnWishError(
            f"The own term or rule {own!r} could not be imported: {error}",
            hint="Is its module installed or on the path?",
            name=own,
        ) from error
    return _made(found, own) if isinstance(found, type) else found


def _made(kind: type, name: str) -> Any:  # noqa: ANN401 - an object of the user's class
    try:
        return kind()
    except TypeError as error:
        raise OwnWishError(
            f"{name} cannot be made without arguments: {error}", hint="Pass an object of it.", name=name
        ) from error
